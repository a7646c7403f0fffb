// A DTLS association over datagrams in and out. RFC 6347; RFC 8827 §6.5 for what WebRTC asks of it.
// Which library or code of ours stands behind it does not show here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "crypto/certificate.h"

#include "specter/bytes.h"
#include "specter/error.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::dtls {

enum class Role { Client, Server };  // a=setup:active, a=setup:passive; RFC 8842 §5

// The handshake is done AND the peer's certificate fits the fingerprints: nothing above may flow
// before.
struct Connected {};
struct DataReceived {
  Buffer bytes;
};  // one application record
enum class CloseReason {
  CloseNotify,
  PeerAlert,
  BadFingerprint,
  NoCertificate,
  HandshakeFailed,
  TimedOut,
  LocalClose
};
std::string_view to_string(CloseReason reason);
struct Closed {
  CloseReason reason;
  std::string detail;
};  // a sentence for people; afterwards the machine is silent

struct Counters {
  std::uint64_t records_dropped =
      0;  // forged, early, late, malformed, or of a kind the step doesn't know
  std::uint64_t datagrams_sent = 0, datagrams_received = 0;
  std::uint64_t retransmissions = 0;  // flights sent again
};

class Connection {
 public:
  using Transmit = Buffer;  // one datagram
  using Event = std::variant<Connected, DataReceived, Closed>;

  struct Config {
    Role role = Role::Client;
    std::shared_ptr<const crypto::Certificate> certificate;
    // Of the peer's a=fingerprint lines: the strongest algorithm among them must match, RFC 8122
    // §5. Empty: nothing can.
    std::vector<crypto::Fingerprint> remote_fingerprints;
    std::size_t mtu = 1200;  // no datagram of a handshake is larger, when repeated either
    Duration first_timeout = std::chrono::milliseconds(100);  // doubles up to max_timeout
    Duration max_timeout = std::chrono::seconds(3);
  };

  Connection(Config config, Random& random);
  ~Connection();
  Connection(const Connection&) = delete;

  void start(Timestamp now);  // a client's first flight goes out; a server listens
  // Before Connected: InvalidState. One call is one record and one datagram; at most 16,384 bytes.
  Result<> send(Bytes application_data);
  void close(Timestamp now);  // close_notify, then silent

  void handle_datagram(Timestamp now, Bytes datagram);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  Deadline next_timeout() const;

  bool is_connected() const;
  // RFC 5705. Nothing before Connected.
  std::optional<Buffer> export_keying_material(std::string_view label, std::size_t size) const;
  std::optional<std::string> srtp_profile()
      const;                         // what use_srtp (RFC 5764) agreed on, by its registered name
  Buffer peer_certificate() const;   // DER; empty before it came
  std::string version() const;       // "DTLS 1.2"; empty before Connected
  std::string cipher_suite() const;  // by its registered name; empty before Connected
  Counters counters() const;

  // What a record adds to a datagram that carries application data with the agreed suite (37 for
  // AES-128-GCM in 1.2).
  static constexpr std::size_t kMaxOverhead = 64;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(Machine<Connection>);

}  // namespace specter::dtls
