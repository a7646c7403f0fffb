/// @file
/// WebRTC peer connections with a non-blocking API. This header includes all others, except
/// specter/core.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "specter/bytes.h"
#include "specter/data_channel.h"
#include "specter/description.h"
#include "specter/error.h"
#include "specter/event.h"
#include "specter/export.h"
#include "specter/interceptor.h"
#include "specter/mailbox.h"
#include "specter/media_engine.h"
#include "specter/options.h"
#include "specter/peer_connection.h"
#include "specter/rtp.h"
#include "specter/states.h"
#include "specter/time.h"
#include "specter/track.h"
#include "specter/transceiver.h"

namespace specter {

namespace api {
struct Runtime;
struct ApiState;
}  // namespace api

/// Options of a Specter: its event loops, and the defaults of its connections.
struct Configuration {
  /// The options of connections that are made without options of their own.
  ConnectionOptions defaults{};
  /// The number of event loops; each is a thread. 0: one per processor core.
  std::size_t loops = 0;
  /// How long an event loop polls for work before it sleeps, at most: 0 to 10,000 µs. 0: it sleeps
  /// at once. About 50 µs saves the time of waking a thread in each round trip, and uses a whole
  /// core while messages are exchanged. A loop measures both ways, polls only while that is at
  /// least a tenth faster, and sleeps at once after polling in vain a few times.
  std::chrono::microseconds spin{};
  /// The library that encrypts packets. Fastest is measured once per process, by the first Specter
  /// constructor, in about 4 ms.
  CipherEngine cipher = CipherEngine::Fastest;
  /// Whether log messages contain IP addresses.
  bool log_addresses = false;
};

/// Makes a certificate with a new key, for ConnectionOptions::certificate. Blocks for about 0.1 ms
/// (EcdsaP256) or 100 ms (Rsa2048).
SPECTER_EXPORT std::shared_ptr<const Certificate> generate_certificate(
    CertificateType type = CertificateType::EcdsaP256);

/// Makes peer connections that share a MediaEngine and a Registry.
///
/// Thread: any. A copy is the same Api.
class SPECTER_EXPORT Api {
 public:
  /// Makes a connection that delivers its events to a mailbox. Non-blocking. Result: event::Ready,
  /// or event::OperationFailed with Operation::Start and then Closed.
  PeerConnection new_peer_connection(const Mailbox& owner) const;
  /// The same with options in place of Configuration::defaults.
  PeerConnection new_peer_connection(const Mailbox& owner, ConnectionOptions options) const;
  /// Makes a connection that delivers its events to a callback, one at a time, on the thread of the
  /// connection's event loop.
  ///
  /// The callback may make any call, including close(), and may destroy the Specter. It must not
  /// block: all connections of the same event loop would wait. If it throws, the exception is
  /// logged and the connection is closed; event::Closed is still delivered.
  PeerConnection new_peer_connection(std::function<void(Event&&)> owner) const;
  /// The same with options in place of Configuration::defaults.
  PeerConnection new_peer_connection(std::function<void(Event&&)> owner,
                                     ConnectionOptions options) const;

  /// The codecs of the MediaEngine.
  const std::vector<RtpCodec>& codecs() const;

  /// For the library itself.
  explicit Api(std::shared_ptr<api::ApiState> state);

 private:
  std::shared_ptr<api::ApiState> state_;
};

/// The library: its event loops and its configuration.
///
/// When the Specter and all its Apis are destroyed, the connections are closed and the event loops
/// end. The last destructor blocks until running callbacks have returned; it does not wait for the
/// network. Inside a callback it does not block: the loops end soon afterwards.
///
/// Thread: any.
class SPECTER_EXPORT Specter {
 public:
  /// Starts the event loops. Throws std::system_error if the system has no thread or file
  /// descriptor left. Invalid connection options are reported by new_peer_connection(), as
  /// event::OperationFailed with Operation::Start.
  explicit Specter(Configuration configuration = {});
  ~Specter();
  Specter(const Specter&) = delete;
  Specter& operator=(const Specter&) = delete;
  Specter(Specter&&) = default;
  Specter& operator=(Specter&&) = default;

  /// The configuration given to the constructor.
  const Configuration& configuration() const;

  /// Makes an Api. It consumes both arguments: pass them with std::move().
  Api new_api(MediaEngine&& engine, Registry&& registry) const;

 private:
  std::shared_ptr<api::Runtime> runtime_;
};

/// The version of the library: "0.1.0".
SPECTER_EXPORT const char* version();
/// The libraries that can encrypt packets in this build and on this processor, a line each, the
/// preferred one first: "multi-buffer 1.3.0, AVX-512 with VAES", "OpenSSL 3.0.22".
SPECTER_EXPORT std::string cipher_engines();

}  // namespace specter
