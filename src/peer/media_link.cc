#include "peer/media_link.h"

#include <algorithm>
#include <utility>

#include "dtls/connection.h"
#include "ice/agent.h"
#include "net/demux.h"
#include "peer/transport.h"
#include "srtp/key_derivation.h"

namespace specter::peer {
namespace {

// The largest packet of RTP or RTCP leaves room for the largest tag.
std::size_t packet_room(std::size_t datagram_bytes) {
  return datagram_bytes - std::min(datagram_bytes, srtp::kMaxGrowth);
}

}  // namespace

MediaLink::Keys::Keys(const crypto::PacketCipher& cipher, srtp::Profile profile,
                      const srtp::MasterKey& ours, const srtp::MasterKey& theirs, bool is_cryptex)
    : opener(cipher, profile, srtp::derive_keys(profile, theirs),
             {.cryptex = is_cryptex ? srtp::CryptexPolicy::Accept : srtp::CryptexPolicy::Refuse}),
      sealer(cipher, profile, srtp::derive_keys(profile, ours), {.cryptex = is_cryptex}) {}

MediaLink::MediaLink(const ConnectionOptions& options, Transport& transport,
                     crypto::PacketCipher& cipher, Random& random)
    : options_(options),
      transport_(transport),
      cipher_(cipher),
      random_(random),
      most_datagram_bytes_(options.transport.max_datagram_bytes),
      opening_(cipher),
      sealing_(cipher) {
  transport_.carry(*this);
}

MediaLink::~MediaLink() = default;

// ---- what is negotiated

media::Session& MediaLink::make_session() {
  if (!session_) {
    session_ = std::make_unique<media::Session>(options_.media, random_);
    session_->set_packet_room(packet_room(most_datagram_bytes_));
  }
  return *session_;
}

void MediaLink::set(Timestamp now, TransceiverId transceiver, const MediaParameters& parameters) {
  media::Session& session = make_session();
  if (parameters.sending) session.set_sending(now, transceiver, *parameters.sending);
  if (parameters.receiving) session.set_receiving(now, transceiver, *parameters.receiving);
  if (!keys_ && transport_.dtls_state() == DtlsTransportState::Connected) make_keys(now);
}

void MediaLink::remove(Timestamp now, TransceiverId transceiver) {
  if (session_) session_->remove(now, transceiver);
}

void MediaLink::leave_peer(Timestamp now) {
  handle_closed(now);
  keys_.reset();
  is_cryptex_ = false;
}

void MediaLink::shut_down(Timestamp now) {
  if (session_) session_->shut_down(now);
  is_shut_down_ = true;
}

// ---- the life of the keys

void MediaLink::handle_connected(Timestamp now) {
  if (session_) make_keys(now);
}

void MediaLink::handle_closed(Timestamp now) {
  taken_.clear();
  if (session_) session_->set_connected(now, false);
}

// RFC 5764 §4.2. The peer's certificate has been verified: DTLS is connected.
void MediaLink::make_keys(Timestamp now) {
  const dtls::Connection* const dtls = transport_.dtls();
  const auto number = dtls ? dtls->srtp_profile() : std::nullopt;
  const auto profile = number ? srtp::profile(static_cast<std::uint16_t>(*number)) : std::nullopt;
  if (!profile) return;  // the peer does no SRTP: what is written is dropped, and counted
  const auto exported =
      dtls->export_keying_material(srtp::kExporterLabel, srtp::exported_size(*profile));
  if (!exported) return;
  const srtp::MasterKeys keys = srtp::cut_exported(*profile, *exported);
  const bool is_client = transport_.dtls_role() == dtls::Role::Client;
  keys_ = std::make_unique<Keys>(cipher_, *profile, is_client ? keys.client : keys.server,
                                 is_client ? keys.server : keys.client, is_cryptex_);
  session_->set_connected(now, true);
}

// ---- in

void MediaLink::take(const Datagram& datagram) {
  if (!keys_) {
    ++dropped_without_keys_;
    return;
  }
  const bool is_rtcp = net::is_rtcp(datagram.bytes);
  if (is_rtcp)
    opening_.add_rtcp(keys_->opener, datagram.bytes, datagram.bytes);
  else
    opening_.add_rtp(keys_->opener, datagram.bytes, datagram.bytes);
  taken_.push_back({datagram.path, is_rtcp});
}

void MediaLink::open(Timestamp now, ice::Agent& ice) {
  if (taken_.empty()) return;
  const std::span<const srtp::OpenResult> opened = opening_.run();
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (!opened[i]) {
      ice.note_seen(now, taken_[i].path);
      continue;
    }
    ice.handle_activity(now, taken_[i].path);
    if (taken_[i].is_rtcp)
      session_->handle_rtcp(now, opened[i]->packet);
    else
      session_->handle_rtp(now, opened[i]->packet);
  }
  taken_.clear();
}

// ---- out

bool MediaLink::append(Timestamp now, Batch& batch) {
  return keys_ && (append_rtcp(now, batch) || append_rtp(now, batch));
}

// What waits to be sealed points into the batch: its memory may not move before that, as it does
// for the second datagram of a batch, which has all room from then on.
void MediaLink::make_room(Batch& batch, std::size_t size) {
  Buffer& bytes = batch.bytes();
  std::size_t needed = bytes.size() + size;
  if (batch.count() > 0) needed = std::max(needed, Batch::kMaxBytes);
  if (needed <= bytes.capacity()) return;
  seal();
  bytes.reserve(needed);
}

bool MediaLink::append_rtcp(Timestamp now, Batch& batch) {
  if (!session_->has_rtcp(now)) return false;
  if (const auto measured = transport_.ice().round_trip_time())
    session_->set_path_round_trip(*measured);
  Buffer& bytes = batch.bytes();
  make_room(batch, most_datagram_bytes_);
  while (true) {
    const std::size_t start = bytes.size();
    if (!session_->append_rtcp(now, bytes)) return false;
    const std::size_t size = bytes.size() - start;
    bytes.resize(start + size + srtp::kMaxGrowth);
    const MutableBytes out = MutableBytes(bytes).subspan(start);
    const auto sealed = sealing_.add_rtcp(keys_->sealer, out.first(size), out);
    bytes.resize(start + sealed.value_or(0));
    if (!sealed) continue;  // the key has sealed as many as it may
    batch.add(Batch::Sealing::Done, Batch::Fragmenting::Forbidden);
    return true;
  }
}

bool MediaLink::append_rtp(Timestamp now, Batch& batch) {
  Buffer& bytes = batch.bytes();
  while (const media::Departure* const packet = session_->poll_packet(now)) {
    make_room(batch, packet->size() + srtp::kMaxGrowth);
    const std::size_t start = bytes.size();
    bytes.insert(bytes.end(), packet->header.begin(), packet->header.end());
    bytes.insert(bytes.end(), packet->prefix.begin(), packet->prefix.end());
    bytes.insert(bytes.end(), packet->body.begin(), packet->body.end());
    bytes.resize(start + packet->size() + srtp::kMaxGrowth);
    const MutableBytes out = MutableBytes(bytes).subspan(start);
    const srtp::OutgoingRtp parts{
        .header = out.first(packet->header.size()),
        .prefix = {},
        .body = out.subspan(packet->header.size(), packet->prefix.size() + packet->body.size()),
        .out = out};
    const auto sealed = sealing_.add_rtp(keys_->sealer, parts);
    bytes.resize(start + sealed.value_or(0));
    if (!sealed) continue;  // a number that was used, or a key that is used up: nothing may leave
    batch.add(Batch::Sealing::Done, Batch::Fragmenting::Forbidden);
    return true;
  }
  return false;
}

void MediaLink::seal() {
  if (sealing_.size() > 0) sealing_.run();
}

void MediaLink::limit_datagrams(std::size_t bytes) {
  if (bytes >= most_datagram_bytes_) return;
  most_datagram_bytes_ = bytes;
  if (session_) session_->set_packet_room(packet_room(bytes));
}

// ---- time and events

void MediaLink::handle_timeout(Timestamp now) {
  if (session_) session_->handle_timeout(now);
}

std::optional<MediaLink::Event> MediaLink::poll_event() {
  return session_ ? session_->poll_event() : std::nullopt;
}

// Where there is no path nothing can be sent, and what is due waits for one.
WakeUp MediaLink::next_timeout() const {
  const bool can_send = keys_ && !is_shut_down_ && transport_.ice().path();
  return can_send ? session_->next_timeout() : WakeUp{};
}

void MediaLink::add_stats(Stats& stats) const {
  if (session_) session_->add_stats(stats);
}

}  // namespace specter::peer
