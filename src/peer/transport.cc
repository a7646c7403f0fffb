#include "peer/transport.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/demux.h"
#include "peer/data_link.h"
#include "peer/media_link.h"

namespace specter::peer {
namespace {

ice::Agent::Config ice_config(const ConnectionOptions& options) {
  return {.options = options.ice,
          .embedding = options.transport.sped,
          .max_message_bytes = options.transport.max_datagram_bytes};
}

}  // namespace

Transport::Transport(const ConnectionOptions& options, crypto::PacketCipher& cipher, Random& random,
                     Log log)
    : options_(options),
      cipher_(cipher),
      random_(random),
      log_(log),
      ice_(ice_config(options), random, log.of(LogModule::Ice)) {}

void Transport::start(Timestamp now, const RemoteTransport& remote, dtls::Role role) {
  if (is_closed_) return;
  if (!role_) {
    role_ = role;
    make_dtls(remote);
    ice_.set_remote_embedding(remote.sped);
  }
  using Implementation = ice::Agent::Implementation;
  ice_.set_remote_credentials(now, remote.credentials,
                              remote.ice_lite ? Implementation::Lite : Implementation::Full);
  if (is_embedding_) start_dtls(now);
  for (const ice::Candidate& candidate : remote.candidates) {
    // Past the agent's limit they are passed over: docs/failures.md row 15.
    (void)ice_.add_remote_candidate(now, candidate);
  }
  if (remote.end_of_candidates) ice_.end_of_remote_candidates(now);
}

void Transport::leave_peer(Timestamp now) {
  if (is_closed_) return;
  ice_.leave_former_generations(now);
  dtls_.reset();
  role_.reset();
  early_ = {};
  proven_paths_.clear();
  carried_.reset();
  is_embedding_ = false;
  is_timed_ = false;
  failure_.reset();
  progress_.leave_peer();
  set_dtls_state(DtlsTransportState::New);
}

void Transport::handle_datagrams(Timestamp now, std::span<const Datagram> datagrams) {
  for (const Datagram& datagram : datagrams) {
    if (is_closed_) return;
    ++packets_received_;
    bytes_received_ += datagram.bytes.size();
    last_received_ = now;
    switch (net::kind_of(datagram.bytes)) {
      case net::DatagramKind::Stun: ice_.handle_datagram(now, datagram.path, datagram.bytes); break;
      case net::DatagramKind::Dtls:
        // It may be the end of the keys for what came before it.
        if (media_) media_->open(now, ice_);
        handle_dtls(now, datagram);
        break;
      case net::DatagramKind::Rtp:
        if (media_ && may_read_dtls(datagram.path) && media_->take(datagram)) break;
        ++dropped_unknown_;
        log_.of(LogModule::Media)
            .drop("SRTP that nothing takes, or before its keys", datagram.path.remote);
        break;
      case net::DatagramKind::Unknown:
        ++dropped_unknown_;
        log_.drop("a datagram that is not STUN, DTLS or SRTP", datagram.path.remote);
        break;
    }
  }
  if (media_) media_->open(now, ice_);
  pump(now);
}

void Transport::handle_dtls(Timestamp now, const Datagram& datagram) {
  const Path& path = datagram.path;
  if (may_read_dtls(path)) {
    // SPED acknowledges what came directly too.
    if (!dtls_->is_connected()) ice_.note_dtls_received(datagram.bytes);
    return read_dtls(now, path, datagram.bytes);
  }
  if (early_.keep_unproved(now, path, datagram.bytes, ice_)) return;
  ++dropped_unvalidated_;
  log_.drop("DTLS from a path that no check has proved", path.remote);
}

void Transport::read_dtls(Timestamp now, const Path& path, MutableBytes datagram) {
  bool has_proved_itself = false;
  while (const auto packet = dtls_->open(now, datagram)) {
    has_proved_itself = true;
    pump_dtls(now, path);  // that it is connected comes before its first data
    // Only the peer can have sealed this: it is alive on that path.
    ice_.handle_activity(now, path);
    if (data_) data_->handle(now, *packet);
  }
  // The peer may still be in the handshake, and wait for what we send elsewhere.
  if (!has_proved_itself) ice_.note_seen(now, path);
  pump_dtls(now, path);
}

void Transport::replay_early(Timestamp now) {
  if (!early_.has_unproved() || !dtls_) return;
  const auto may_read = [this](const Path& path) { return may_read_dtls(path); };
  while (auto early = early_.take(now, may_read)) read_dtls(now, early->path, early->bytes);
}

void Transport::handle_timeout(Timestamp now) {
  last_words_.handle_timeout(now);
  if (is_closed_) return;
  ice_.handle_timeout(now);
  // Whether the peer can be reached is ICE's to say, before DTLS gives it up.
  pump_ice(now);
  watch_patience(now);
  if (dtls_) dtls_->handle_timeout(now);
  pump(now);
}

void Transport::pump(Timestamp now) {
  for (bool busy = true; busy && !is_closed_;) {
    replay_early(now);
    busy = pump_ice(now);
    busy = pump_dtls(now, std::nullopt) || busy;
    carry_handshake(now);
  }
  // Media has no probes. Where the path tells nobody what it carries (RFC 8899), SCTP finds out.
  if (media_ && media_->is_active() && data_) {
    const auto room = record_room(*this);
    const auto packet = room ? data_->small_packets() : std::nullopt;
    media_->follow_datagrams(packet ? std::optional(*packet + room->total()) : std::nullopt);
  }
  progress_.note(now, dtls_state_);
}

bool Transport::pump_ice(Timestamp now) {
  bool busy = false;
  while (auto event = ice_.poll_event()) {
    busy = true;
    std::visit(
        [&]<class E>(E& e) {
          progress_.note(now, e);
          if constexpr (std::is_same_v<E, ice::PathUsable>) {
            start_dtls(now);
            if (data_) data_->handle_path();
          } else if constexpr (std::is_same_v<E, ice::DtlsReceived>) {
            read_embedded(now, e);
          } else if constexpr (std::is_same_v<E, ice::SelectedPathChanged>) {
            const bool is_another = std::exchange(has_selected_path_, true);
            if (data_) data_->handle_path();
            if (data_ && is_another) data_->handle_path_change(now);
            if (media_ && is_another) media_->handle_path_change(now);
          } else {
            if constexpr (std::is_same_v<E, ice::ConnectionStateChanged>) {
              note_ice_state(e);
              if (media_) media_->handle_ice_state(now, e.state);
            }
            events_.emplace_back(std::move(e));
          }
        },
        *event);
  }
  return busy;
}

bool Transport::pump_dtls(Timestamp now, const std::optional<ice::Path>& from) {
  bool busy = false;
  while (auto event = dtls_ ? dtls_->poll_event() : std::nullopt) {
    busy = true;
    if (auto* data = std::get_if<dtls::DataReceived>(&*event)) {
      // It came before the handshake was over.
      if (from) ice_.handle_activity(now, *from);
      if (data_) data_->handle(now, data->bytes);
    } else if (std::holds_alternative<dtls::Connected>(*event)) {
      set_dtls_state(DtlsTransportState::Connected);
      // Whoever has still something to confirm sent the last flight.
      ice_.handshake_done(!dtls_->is_handshake_confirmed());
      if (data_) data_->handle_connected(now);
      if (media_) media_->handle_connected(now);
    } else if (auto* line = std::get_if<dtls::KeyLogged>(&*event)) {
      key_log_.push_back(std::move(line->line));
    } else {
      handle_dtls_closed(now, std::move(std::get<dtls::Closed>(*event)));
    }
  }
  return busy;
}

void Transport::set_dtls_state(DtlsTransportState state) {
  if (dtls_state_ == state) return;
  dtls_state_ = state;
  events_.emplace_back(DtlsStateChanged{state});
}

// RFC 8899 §4.6, RFC 6347 §4.1.1.1. Of the path in use; what a check of another one learns is lost.
void Transport::handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                                 std::size_t most) {
  const auto path = ice_.path();
  if (is_closed_ || !dtls_ || path != ice::Path{local, remote}) return;
  dtls_->limit_datagrams(most);
  if (media_) media_->limit_datagrams(most);
  const auto room = record_room(*this);
  const std::size_t overhead = room ? room->total() : kUsualRecordOverhead;
  if (data_) data_->limit_packets(now, most > overhead ? most - overhead : 0);
}

// The next datagram, behind those of the batch; false: there is none.
bool Transport::append(Timestamp now, Batch& batch) {
  if (carried_) {
    batch.bytes().insert(batch.bytes().end(), carried_->bytes.begin(), carried_->bytes.end());
    batch.add(Batch::Sealing::Done, carried_->fragmenting);
    carried_.reset();
    return true;
  }
  if (const auto datagram = dtls_ ? dtls_->poll_transmit(now) : std::nullopt) {
    if (media_) media_->seal();  // the batch's memory may move
    batch.bytes().insert(batch.bytes().end(), datagram->begin(), datagram->end());
    batch.add(Batch::Sealing::Done, Batch::Fragmenting::Forbidden);
    return true;
  }
  if (media_) {
    if (media_->append(now, batch)) return true;
    media_->seal();  // the same
  }
  const auto room = record_room(*this);
  return room && data_ && data_->append(now, batch, *room);
}

std::optional<Transmit> Transport::next_batch(Timestamp now, Buffer& memory) {
  const auto path = ice_.path(now);
  if (!path) {
    // Nowhere to send to. A handshake's datagrams come again; riders' packets are not even made.
    while (dtls_ && dtls_->poll_transmit(now)) {
    }
    return std::nullopt;
  }
  Batch batch(*path, std::move(memory));
  while (batch.is_open() && append(now, batch)) {
  }
  if (media_) media_->seal();
  for (const Batch::Records& records : batch.to_seal())
    if (!records.bytes.empty()) dtls_->seal(records.bytes, records.record_bytes);
  if (auto misfit = batch.take_misfit()) carried_ = std::move(*misfit);
  packets_sent_ += batch.count();
  specter::Transmit out = batch.take();
  if (batch.count() > 0) return out;
  memory = std::move(out.bytes);
  return std::nullopt;
}

std::optional<Transmit> Transport::poll_transmit(Timestamp now) {
  Buffer none;
  return poll_transmit(now, none);
}

std::optional<Transmit> Transport::poll_transmit(Timestamp now, Buffer& memory) {
  if (auto words = last_words_.poll_transmit()) return words;
  if (is_closed_) return std::nullopt;
  auto out = ice_.poll_transmit(now);
  if (out) {
    ++packets_sent_;
  } else {
    out = next_batch(now, memory);
    // Everything is sent: whoever hears nothing from now on is not heard.
    if (!out) ice_.expect_answer(now, data_ && data_->awaits_answer());
  }
  if (out) {
    bytes_sent_ += out->bytes.size();
    last_sent_ = now;
  }
  return out;
}

std::optional<Transport::Event> Transport::poll_event() {
  if (events_.empty()) return std::nullopt;
  return events_.take_front();
}

WakeUp Transport::next_timeout() const {
  if (is_closed_) return last_words_.next_timeout();
  return soonest(ice_.next_timeout(), dtls_ ? dtls_->next_timeout() : WakeUp{},
                 last_words_.next_timeout());
}

}  // namespace specter::peer
