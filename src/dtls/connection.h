// A DTLS association over datagrams in and out, 1.3 or 1.2 as the peer can. RFC 9147, 6347;
// RFC 8827 §6.5 for what WebRTC asks of it. A facade: record/ has what is done to each record,
// handshake/ how an association comes to be, association.h how it lives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/machine.h"
#include "crypto/certificate.h"
#include "crypto/key_exchange.h"
#include "crypto/packet_cipher.h"
#include "dtls/wire/numbers.h"
#include "dtls/wire/record.h"

#include "specter/bytes.h"
#include "specter/random.h"
#include "specter/result.h"
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
struct KeyLogged {
  std::string line;  // as in an NSS key log (SSLKEYLOGFILE), for Wireshark
};
struct Closed {
  CloseReason reason;
  std::string detail;
};  // a sentence for people; afterwards the machine is silent

struct Counters {
  std::uint64_t records_dropped =
      0;  // forged, early, late, malformed, or of a kind the step doesn't know
  std::uint64_t datagrams_sent = 0;
  std::uint64_t retransmissions = 0;  // flights sent again
};

class Connection {
 public:
  using Transmit = Buffer;  // one datagram
  using Event = std::variant<Connected, DataReceived, Closed, KeyLogged>;

  struct Config {
    Role role = Role::Client;
    std::shared_ptr<const crypto::Certificate> certificate;
    // Of the peer's a=fingerprint lines: the strongest algorithm among them must match, RFC 8122
    // §5. Empty: nothing can.
    std::vector<crypto::Fingerprint> remote_fingerprints;
    std::size_t mtu = 1200;  // no datagram of a handshake is larger, when repeated either; >= 256
    Duration first_timeout = std::chrono::milliseconds(100);  // doubles up to max_timeout
    Duration max_timeout = std::chrono::seconds(1);

    // What we offer and take, best first. Each list has one entry at least.
    std::vector<Version> versions = {Version::Dtls13, Version::Dtls12};
    std::vector<CipherSuite> cipher_suites = {CipherSuite::Aes128GcmSha256,
                                              CipherSuite::Aes256GcmSha384,
                                              CipherSuite::ChaCha20Poly1305Sha256,
                                              CipherSuite::EcdheEcdsaAes128GcmSha256,
                                              CipherSuite::EcdheRsaAes128GcmSha256,
                                              CipherSuite::EcdheEcdsaAes256GcmSha384,
                                              CipherSuite::EcdheRsaAes256GcmSha384,
                                              CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256,
                                              CipherSuite::EcdheRsaChaCha20Poly1305Sha256};
    std::vector<crypto::Group> groups = {crypto::Group::X25519, crypto::Group::Secp256r1,
                                         crypto::Group::Secp384r1};
    std::vector<SrtpProfile> srtp_profiles = {
        SrtpProfile::AeadAes128Gcm, SrtpProfile::AeadAes256Gcm, SrtpProfile::Aes128CmSha1_80,
        SrtpProfile::Aes128CmSha1_32};  // may be empty: no use_srtp
    // Each secret becomes a KeyLogged event. Whoever has them can read everything.
    bool log_keys = false;
    // AES-GCM keys of 1.3 are renewed after so many records (RFC 8446 §5.5: at most 2^24.5).
    std::uint64_t records_a_key = 1 << 24;
  };

  // All outlive it.
  Connection(Config config, Random& random, crypto::PacketCipher& cipher, Log log = {});
  ~Connection();
  Connection(const Connection&) = delete;

  void start(Timestamp now);  // a client's first flight goes out; a server listens
  // Before Connected: InvalidState. One call is one record and one datagram; at most 16,384 bytes.
  Result<> send(Bytes application_data);
  // The same without a copy or an allocation, for the caller's own datagrams: records of
  // `record_bytes`, one behind the other, of which the last may be shorter. The payload of each
  // stands at [room.before, size - room.after), and what is around it is written here. Only while
  // is_connected(); SPECTER_CHECK. The room is the same as long as the association lives.
  RecordRoom record_room() const;
  void seal(MutableBytes records, std::size_t record_bytes);
  void close(Timestamp now);  // close_notify, then silent

  void handle_datagram(Timestamp now, Bytes datagram);
  // handle_datagram() in steps and without a copy: deciphers the next application data of
  // `datagram` in its place, and cuts off what it has read. Nothing at the datagram's end; all else
  // that is in it has been handled, and may have left events.
  std::optional<MutableBytes> open(Timestamp now, MutableBytes& datagram);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  // Something that should know says that no larger datagram gets through: flights are cut to that
  // from now on, but to no less than what any path carries.
  void limit_datagrams(std::size_t bytes);

  bool is_connected() const;
  // RFC 5705. Nothing before Connected.
  std::optional<Buffer> export_keying_material(std::string_view label, std::size_t size) const;
  std::optional<SrtpProfile> srtp_profile() const;  // what use_srtp (RFC 5764) agreed on
  Buffer peer_certificate() const;                  // DER; empty before it came
  std::string version() const;                      // "DTLS 1.3"; empty before Connected
  std::string cipher_suite() const;              // by its registered name; empty before Connected
  crypto::CipherLibrary cipher_library() const;  // that seals our records
  std::string group() const;                     // "x25519"; empty before Connected
  Counters counters() const;

  // ---- for one who carries a handshake in other ways too (SPED)

  // The datagrams of the flight that the peer has not answered yet, as they were sent last. Kept
  // only after keep_flights(), which comes before start().
  void keep_flights();
  std::span<const Buffer> flight() const;
  std::uint32_t flight_generation() const;  // another one whenever flight() has changed
  // Whether there is nothing that the peer may still need of the handshake.
  bool is_handshake_confirmed() const;
  // While held, no flight is sent again by time.
  void hold_timers(Timestamp now, bool held);
  // The peer can't be reached, for a reason of whoever carries the datagrams: what it does not say
  // meanwhile is not held against it, and its time to answer begins anew.
  void give_time(Timestamp now);
  // Of flights from now on, from a round trip that was measured.
  void set_first_timeout(Duration timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(Machine<Connection>);

}  // namespace specter::dtls
