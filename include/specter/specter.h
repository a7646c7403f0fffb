// Specter: WebRTC peer connections that are told, never asked. Include this one.
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
#include "specter/mailbox.h"
#include "specter/media_engine.h"
#include "specter/options.h"
#include "specter/peer_connection.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter {

namespace api {
struct Runtime;
struct ApiState;
}  // namespace api

// Of the process, and what its connections are made with.
struct Configuration {
  // Of each connection that is made without options of its own.
  ConnectionOptions defaults{};
  std::size_t loops = 0;  // event loops, each a thread; 0: one a core
  // How long a loop looks for work before it sleeps, at most: 0 to 10,000 µs; 0: not at all. 50 µs
  // or so takes the time of waking a thread off each answer, and costs a core while messages come
  // and go. A loop tries both ways, looks only while that is faster by a tenth, and sleeps at once
  // when it has found nothing a few times in a row.
  std::chrono::microseconds spin{};
  // Fastest: what is faster on this processor is measured once a process, in the first
  // constructor: some 4 ms.
  CipherEngine cipher = CipherEngine::Fastest;
  bool log_addresses = false;  // logs name no address unless you ask for it
};

// A certificate for ConnectionOptions::certificate, with a new key from the system's randomness.
// Blocks while the key is made: some 0.1 ms for EcdsaP256, 100 ms for Rsa2048.
SPECTER_EXPORT std::shared_ptr<const Certificate> generate_certificate(
    CertificateType type = CertificateType::EcdsaP256);

// Makes peer connections that share a table of codecs and a set of interceptors; serves any number.
class SPECTER_EXPORT Api {
 public:
  // The owner's events go to the mailbox. event::Ready is the first (or OperationFailed with Start,
  // then Closed).
  PeerConnection new_peer_connection(const Mailbox& owner) const;
  // With options of its own in place of Configuration::defaults.
  PeerConnection new_peer_connection(const Mailbox& owner, ConnectionOptions options) const;
  // The owner's events are handed to a function on the connection's loop, one at a time. Every call
  // is allowed in it, close and destruction included; it must not wait, or everything on that loop
  // waits. An exception that it lets out is logged and closes the connection; it still hears the
  // end.
  PeerConnection new_peer_connection(std::function<void(Event&&)> owner) const;
  PeerConnection new_peer_connection(std::function<void(Event&&)> owner,
                                     ConnectionOptions options) const;

  const std::vector<RtpCodec>& codecs() const;

  explicit Api(std::shared_ptr<api::ApiState> state);  // for the library itself

 private:
  std::shared_ptr<api::ApiState> state_;
};

// The library: its loops and its configuration. When the last copy of it and of its Apis is gone,
// all its connections are closed and its loops end: it waits for the handlers that are running, and
// never for the network. Destroying it inside a handler is allowed: then the loops end by
// themselves soon afterwards.
class SPECTER_EXPORT Specter {
 public:
  // Throws std::system_error when no thread or descriptor is to be had. Wrong
  // connection options show at new_peer_connection (OperationFailed with Start).
  explicit Specter(Configuration configuration = {});
  ~Specter();
  Specter(const Specter&) = delete;
  Specter& operator=(const Specter&) = delete;
  Specter(Specter&&) = default;
  Specter& operator=(Specter&&) = default;

  const Configuration& configuration() const;

  // Consumes both: a move, checked by the compiler.
  Api new_api(MediaEngine&& engine, Registry&& registry) const;

 private:
  std::shared_ptr<api::Runtime> runtime_;
};

// A version as "0.1.0".
SPECTER_EXPORT const char* version();
// The libraries that encipher packets in this build and on this processor, a line each, the usual
// first: "multi-buffer 1.3.0, AVX-512 with VAES", "OpenSSL 3.0.22".
SPECTER_EXPORT std::string cipher_engines();

}  // namespace specter
