#include "peer/media_link.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "dtls/connection.h"
#include "ice/agent.h"
#include "net/demux.h"
#include "peer/transport.h"
#include "srtp/key_derivation.h"

namespace specter::peer {
namespace {

// A packet leaves room for the largest tag.
std::size_t less_tag(std::size_t datagram_bytes) {
  return datagram_bytes - std::min(datagram_bytes, srtp::kMaxGrowth);
}

// Why a packet of ours does not leave.
std::string_view cause_of(srtp::Refusal refusal) {
  switch (refusal) {
    case srtp::Refusal::Repeated: return "a packet of ours whose sequence number was used";
    case srtp::Refusal::TooManyStreams: return "a packet of ours of one SSRC more than a key seals";
    case srtp::Refusal::KeyExhausted: return "a packet of ours whose key may seal no more";
    default: return "a packet of ours that SRTP cannot seal";
  }
}

}  // namespace

MediaLink::Keys::Keys(const crypto::PacketCipher& cipher, srtp::Profile profile,
                      const srtp::MasterKey& ours, const srtp::MasterKey& theirs, Cryptex cryptex)
    : opener(cipher, profile, srtp::derive_keys(profile, theirs),
             {.cryptex =
                  cryptex.is_accepted ? srtp::CryptexPolicy::Accept : srtp::CryptexPolicy::Refuse}),
      sealer(cipher, profile, srtp::derive_keys(profile, ours), {.cryptex = cryptex.is_sent}) {}

MediaLink::Active::Active(const MediaOptions& options, crypto::PacketCipher& cipher, Random& random)
    : session(options, random), opening(cipher), sealing(cipher) {}

MediaLink::MediaLink(const ConnectionOptions& options, Transport& transport,
                     crypto::PacketCipher& cipher, Random& random, Log log)
    : options_(options),
      transport_(transport),
      log_(log),
      cipher_(cipher),
      random_(random),
      most_datagram_bytes_(options.transport.max_datagram_bytes),
      most_given_bytes_(std::max(most_datagram_bytes_, kUsualGivenBytes)) {
  transport_.carry(*this);
}

MediaLink::~MediaLink() = default;

// ---- what is negotiated

MediaLink::Active& MediaLink::activate() {
  if (!active_) {
    active_ = std::make_unique<Active>(options_.media, cipher_, random_);
    size_packets();
  }
  return *active_;
}

media::Session& MediaLink::make_session() { return activate().session; }

void MediaLink::set(Timestamp now, TransceiverId transceiver, const MediaParameters& parameters) {
  Active& active = activate();
  if (parameters.sending) {
    std::erase(active.cryptex, transceiver);
    if (parameters.sending->cryptex) active.cryptex.push_back(transceiver);
  }
  if (parameters.sending) active.session.set_sending(now, transceiver, *parameters.sending);
  if (parameters.receiving) active.session.set_receiving(now, transceiver, *parameters.receiving);
  if (!active.keys && transport_.dtls_state() == DtlsTransportState::Connected) make_keys(now);
}

void MediaLink::remove(Timestamp now, TransceiverId transceiver) {
  if (!active_) return;
  std::erase(active_->cryptex, transceiver);
  active_->session.remove(now, transceiver);
}

void MediaLink::leave_peer(Timestamp now) {
  handle_closed(now);
  if (active_) active_->keys.reset();
}

void MediaLink::shut_down(Timestamp now) {
  if (active_) active_->session.shut_down(now);
  is_shut_down_ = true;
}

// ---- the life of the keys

void MediaLink::handle_connected(Timestamp now) {
  if (active_) make_keys(now);
}

void MediaLink::handle_closed(Timestamp now) {
  if (!active_) return;
  active_->taken.clear();
  active_->opening.clear();
  active_->session.set_connected(now, false);
}

void MediaLink::handle_path_change(Timestamp now) {
  // RFC 8899 §4.6: a limit that was found is one of the path before.
  most_datagram_bytes_ = options_.transport.max_datagram_bytes;
  most_given_bytes_ = std::max(most_datagram_bytes_, kUsualGivenBytes);
  size_packets();
  if (active_) active_->session.senders().handle_path_change(now);
}

// It comes back from a silence with one of these, and says them at other times too.
void MediaLink::handle_ice_state(Timestamp now, IceConnectionState state) {
  using enum IceConnectionState;
  if (active_ && (state == Connected || state == Completed))
    active_->session.senders().handle_path_answers(now);
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
  active_->keys =
      std::make_unique<Keys>(cipher_, *profile, is_client ? keys.client : keys.server,
                             is_client ? keys.server : keys.client,
                             Keys::Cryptex{options_.media.cryptex, !active_->cryptex.empty()});
  active_->session.set_connected(now, true);
}

// ---- in

bool MediaLink::take(const Datagram& datagram) {
  if (!active_ || !active_->keys) return false;
  if (transport_.dtls_state() != DtlsTransportState::Connected) return false;
  const bool is_rtcp = net::is_rtcp(datagram.bytes);
  if (is_rtcp)
    active_->opening.add_rtcp(active_->keys->opener, datagram.bytes, datagram.bytes);
  else
    active_->opening.add_rtp(active_->keys->opener, datagram.bytes, datagram.bytes);
  active_->taken.push_back({datagram.path, is_rtcp});
  return true;
}

void MediaLink::open(Timestamp now, ice::Agent& ice) {
  if (!active_ || active_->taken.empty()) return;
  auto& taken = active_->taken;
  const std::span<const srtp::OpenResult> opened = active_->opening.run();
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!opened[i]) {
      ice.note_seen(now, taken[i].path);
      log_.drop("SRTP that is forged, or came before", taken[i].path.remote);
      continue;
    }
    ice.handle_activity(now, taken[i].path);
    if (taken[i].is_rtcp)
      active_->session.handle_rtcp(now, opened[i]->packet);
    else
      active_->session.handle_rtp(now, opened[i]->packet);
  }
  taken.clear();
}

// ---- out

bool MediaLink::append(Timestamp now, Batch& batch) {
  if (!active_ || !active_->keys) return false;
  // What has left may have made a report due.
  return append_rtcp(now, batch) || append_rtp(now, batch) || append_rtcp(now, batch);
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
  if (!active_->session.has_rtcp(now)) return false;
  if (const auto measured = transport_.ice().round_trip_time())
    active_->session.set_path_round_trip(*measured);
  Buffer& bytes = batch.bytes();
  make_room(batch, most_datagram_bytes_);
  while (true) {
    const std::size_t start = bytes.size();
    if (!active_->session.append_rtcp(now, bytes)) return false;
    const std::size_t size = bytes.size() - start;
    bytes.resize(start + size + srtp::kMaxGrowth);
    const MutableBytes out = MutableBytes(bytes).subspan(start);
    const auto sealed = active_->sealing.add_rtcp(active_->keys->sealer, out.first(size), out);
    bytes.resize(start + sealed.value_or(0));
    if (!sealed) {
      log_.drop(cause_of(sealed.error()));
      continue;
    }
    batch.add(Batch::Sealing::Done, Batch::Fragmenting::Forbidden);
    return true;
  }
}

bool MediaLink::append_rtp(Timestamp now, Batch& batch) {
  while (const media::Departure* const packet = active_->session.poll_packet(now)) {
    if (append_packet(now, batch, *packet)) return true;
  }
  return false;
}

// False: it may not be sealed.
bool MediaLink::append_packet(Timestamp now, Batch& batch, const media::Departure& packet) {
  Buffer& bytes = batch.bytes();
  make_room(batch, packet.size() + srtp::kMaxGrowth);
  const std::size_t start = bytes.size();
  for (const Bytes part : {packet.header, packet.prefix, packet.body})
    bytes.insert(bytes.end(), part.begin(), part.end());
  if (!packet.is_sealed) {
    bytes.resize(start + packet.size() + srtp::kMaxGrowth);
    const MutableBytes out = MutableBytes(bytes).subspan(start);
    const std::size_t header_size = packet.header.size();
    const auto sealed = active_->sealing.add_rtp(
        active_->keys->sealer, {.header = out.first(header_size),
                                .prefix = {},
                                .body = out.subspan(header_size, packet.size() - header_size),
                                .out = out});
    bytes.resize(start + sealed.value_or(0));
    if (!sealed) {
      active_->session.handle_refused();
      log_.drop(cause_of(sealed.error()));
      return false;
    }
    if (packet.keepsake) active_->kept.push_back({*packet.keepsake, now, out.first(*sealed)});
  }
  active_->session.handle_sent(now);
  // What was given may be too large for this path, and nobody can cut it.
  const bool is_usual = bytes.size() - start <= usual_datagram_bytes();
  batch.add(Batch::Sealing::Done,
            is_usual ? Batch::Fragmenting::Forbidden : Batch::Fragmenting::Allowed);
  return true;
}

void MediaLink::seal() {
  if (!active_ || active_->sealing.size() == 0) return;
  active_->sealing.run();
  for (const Kept& each : active_->kept)
    active_->session.keep(each.sent_at, each.about, each.sealed);
  active_->kept.clear();
}

void MediaLink::limit_datagrams(std::size_t bytes) {
  most_datagram_bytes_ = std::min(most_datagram_bytes_, bytes);
  most_given_bytes_ = std::min(most_given_bytes_, bytes);
  size_packets();
}

void MediaLink::follow_datagrams(std::optional<std::size_t> bytes) {
  if (bytes == found_datagram_bytes_) return;
  found_datagram_bytes_ = bytes;
  size_packets();
}

std::size_t MediaLink::usual_datagram_bytes() const {
  return std::min(most_datagram_bytes_, found_datagram_bytes_.value_or(most_datagram_bytes_));
}

void MediaLink::size_packets() {
  if (!active_) return;
  active_->session.set_packet_room({less_tag(usual_datagram_bytes()), less_tag(most_given_bytes_)});
}

// ---- time and events

void MediaLink::handle_timeout(Timestamp now) {
  if (active_) active_->session.handle_timeout(now);
}

std::optional<MediaLink::Event> MediaLink::poll_event() {
  return active_ ? active_->session.poll_event() : std::nullopt;
}

// Where there is no path nothing can be sent, and what is due waits for one.
WakeUp MediaLink::next_timeout() const {
  const bool can_send = active_ && active_->keys && !is_shut_down_ && transport_.ice().path();
  return can_send ? active_->session.next_timeout() : WakeUp{};
}

void MediaLink::add_stats(Stats& stats) const {
  if (active_) active_->session.add_stats(stats);
}

}  // namespace specter::peer
