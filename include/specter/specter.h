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
#include "specter/configuration.h"
#include "specter/data_channel.h"
#include "specter/description.h"
#include "specter/error.h"
#include "specter/event.h"
#include "specter/export.h"
#include "specter/loopback_policy.h"
#include "specter/mailbox.h"
#include "specter/media_engine.h"
#include "specter/peer_connection.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter {

namespace api {
struct Runtime;
struct ApiState;
}  // namespace api

struct Configuration {
  std::vector<IceServer> ice_servers{};
  std::size_t loops = 0;  // event loops, each a thread; 0: one a core
  // How long a loop looks for work before it sleeps, at most: 0 to 10,000 µs; 0: not at all. 50 µs
  // or so takes the time of waking a thread off each answer, and costs a core while messages come
  // and go. A loop tries both ways, looks only while that is faster by a tenth, and sleeps at once
  // when it has found nothing a few times in a row.
  std::chrono::microseconds spin{};
  // Fastest: what is faster on this processor is measured once a process, in the first
  // constructor: some 4 ms.
  CipherEngine cipher = CipherEngine::Fastest;
  LoopbackPolicy loopback = LoopbackPolicy::Fallback;
  // Of UDP payload, at first: what every path carries. RFC 8831 §5: an IP packet of 1200 bytes,
  // less 28 of headers. Paths that carry less are found. At least 548.
  std::size_t max_datagram_bytes = 1172;
  // RFC 8899: larger packets, up to the interface's MTU, once probes have shown that they arrive.
  bool path_mtu_discovery = true;
  std::size_t send_buffer_bytes = 16 << 20;  // of one connection; past it send() says WouldBlock
  // Of one connection: the window that its peer sees at most. No memory is used before it is
  // needed; an owner that stops reading lets so much pile up. A path of 1 Gbit/s and 100 ms
  // holds 12.5 MB.
  std::size_t receive_buffer_bytes = 16 << 20;
  CongestionControl congestion_control = CongestionControl::Cubic;  // of what we send
  // Of one received message. 0: no limit, for channels that receive_in_parts(); on another a
  // message that is larger than receive_buffer_bytes ends the connection.
  std::size_t max_message_bytes = 256 * 1024;
  // SNAP, draft-hancke-tsvwg-snap: descriptions carry a=sctp-init, and with a peer that does so too
  // data channels open two round trips sooner; with any other nothing changes. SctpStats::snap says
  // whether it was used.
  bool snap = true;
  // RFC 8260: with a peer that can do it too, a large message on one data channel holds up those of
  // others by no more than a packet or so. With any other, channels take turns by whole messages,
  // by their priorities too. SctpStats::interleaving says whether it was agreed.
  bool interleaving = true;
  // The DTLS handshake rides in ICE's Binding messages where the peer can do it too
  // (draft-hancke-webrtc-sped): connected one round trip earlier, and faster over a lossy path.
  bool sped = true;
  // W3C §4.4.2: candidates that were added show in the remote descriptions. False: these come back
  // as they were given.
  bool show_remote_candidates = true;
  // Both ends of the range: the best that the peer has too is taken. Dtls12 for both, or Dtls13 for
  // both, refuses a peer that can't.
  DtlsVersion min_dtls_version = DtlsVersion::Dtls12;
  DtlsVersion max_dtls_version = DtlsVersion::Dtls13;
  // EcdsaP256: each connection has a certificate of its own, unless they share one. Rsa2048: all
  // share one, which Specter's constructor makes (some 100 ms of CPU).
  CertificateType certificate = CertificateType::EcdsaP256;
  // One certificate for all connections, as with W3C §4.9's generateCertificate: some 0.1 ms less
  // of CPU for each. Peers can tell by it that they talk to the same program.
  bool share_certificate = false;
  // Where the secrets of all connections are appended, in the format that Wireshark reads
  // (SSLKEYLOGFILE's); empty: nowhere. Whoever has that file can read everything that was sent, so
  // each connection that writes there is warned of in the log.
  std::string key_log_file{};
  bool log_addresses = false;  // logs name no address unless you ask for it
};

// Makes peer connections that share a table of codecs and a set of interceptors; serves any number.
class SPECTER_EXPORT Api {
 public:
  // The owner's events go to the mailbox. event::Ready is the first (or OperationFailed with Start,
  // then Closed).
  PeerConnection new_peer_connection(const Mailbox& owner) const;
  // The owner's events are handed to a function on the connection's loop, one at a time. Every call
  // is allowed in it, close and destruction included; it must not wait, or everything on that loop
  // waits. An exception that it lets out is logged and closes the connection; it still hears the
  // end.
  PeerConnection new_peer_connection(std::function<void(Event&&)> owner) const;

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
  // Throws std::system_error when no thread or descriptor is to be had. A bad URL in ice_servers
  // shows at new_peer_connection (OperationFailed with Start).
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
