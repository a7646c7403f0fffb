// How the DTLS handshake travels: over a path that ICE found, or inside of the Binding messages
// that look for one (SPED, draft-hancke-webrtc-sped).
#include <algorithm>
#include <utility>

#include "peer/transport.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;

// Twice a measured round trip, within these: draft-hancke-webrtc-sped, and nobody gains from less.
constexpr Duration kMinTimeout = 50ms;
constexpr Duration kMaxTimeout = 1s;

}  // namespace

void Transport::make_dtls(const RemoteTransport& remote) {
  is_embedding_ =
      options_.transport.sped && remote.sped && ice_.embedding_state() != ice::EmbeddingState::Off;
  dtls::Connection::Config dtls;
  dtls.role = *role_;
  dtls.certificate = options_.certificate;
  dtls.remote_fingerprints = remote.fingerprints;
  dtls.mtu = options_.transport.max_datagram_bytes;
  dtls.log_keys = !options_.key_log_file.empty();
  std::erase_if(dtls.versions, [&](dtls::Version version) {
    const auto it = version == dtls::Version::Dtls13 ? DtlsVersion::Dtls13 : DtlsVersion::Dtls12;
    return it < options_.transport.min_dtls_version || it > options_.transport.max_dtls_version;
  });
  // A Binding message has to have room for each datagram.
  if (is_embedding_)
    dtls.mtu = std::clamp<std::size_t>(ice_.max_embedded_bytes(), 256,
                                       options_.transport.max_datagram_bytes);
  dtls_ = std::make_unique<dtls::Connection>(std::move(dtls), random_, cipher_,
                                             log_.of(LogModule::Dtls));
  if (is_embedding_) dtls_->keep_flights();
}

void Transport::start_dtls(Timestamp now) {
  if (!dtls_ || dtls_state_ != DtlsTransportState::New) return;
  set_dtls_state(DtlsTransportState::Connecting);
  carry_handshake(now);  // its timers are right before its first flight
  dtls_->start(now);
  auto embedded = early_.take_embedded();
  for (ice::DtlsReceived& early : embedded) read_dtls(now, early.path, early.bytes);
}

bool Transport::may_read_dtls(const ice::Path& path) const {
  return dtls_ &&
         (ice_.is_validated(path) || std::ranges::find(proven_paths_, path) != proven_paths_.end());
}

// Its Binding message had the right integrity: that is the proof that ICE asks for.
void Transport::read_embedded(Timestamp now, ice::DtlsReceived& received) {
  if (std::ranges::find(proven_paths_, received.path) == proven_paths_.end() &&
      proven_paths_.size() < kMaxProvenPaths)
    proven_paths_.push_back(received.path);
  if (dtls_) return read_dtls(now, received.path, received.bytes);
  early_.keep_embedded(std::move(received));
}

// Between ICE and DTLS, after every input: the flight to carry, and the time to wait for its
// answer.
void Transport::carry_handshake(Timestamp now) {
  if (!dtls_ || dtls_state_ == DtlsTransportState::Closed ||
      dtls_state_ == DtlsTransportState::Failed)
    return;
  if (is_embedding_) ice_.set_flight(dtls_->flight_generation(), dtls_->flight());
  if (is_timed_) return;
  const auto round_trip = ice_.round_trip_time();
  if (round_trip) {
    is_timed_ = true;
    dtls_->set_first_timeout(std::clamp<Duration>(*round_trip * 2, kMinTimeout, kMaxTimeout));
  }
  // Until the first Binding response, Binding requests alone bring the flight again.
  const bool is_carried = is_embedding_ && ice_.embedding_state() != ice::EmbeddingState::Off;
  dtls_->hold_timers(now, is_carried && !round_trip);
}

}  // namespace specter::peer
