// The bodies of all handshake messages but the hellos, of ACKs and alerts. Each parses a whole body
// and refuses bytes behind its end.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "dtls/wire/hello.h"
#include "dtls/wire/numbers.h"
#include "dtls/wire/record.h"

#include "specter/bytes.h"

namespace specter::dtls {

// RFC 6347 §4.2.1.
struct HelloVerifyRequest {
  std::uint16_t version = 0xfeff;  // RFC 6347: 1.0, whatever comes later
  Buffer cookie;                   // at most 255 bytes

  static std::expected<HelloVerifyRequest, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  bool operator==(const HelloVerifyRequest&) const = default;
};

// RFC 8446 §4.3.1: of its extensions only use_srtp (RFC 5764 over 1.3) is of interest.
struct EncryptedExtensions {
  std::optional<UseSrtp> use_srtp;
  ExtensionSet others{};  // written empty

  ExtensionSet extensions() const;

  static std::expected<EncryptedExtensions, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  bool operator==(const EncryptedExtensions&) const = default;
};

// The peer's own certificate; the rest of a chain is read over (each entry is bounded by the body).
// Empty: it has none. `request_context` is 1.3's, and empty in a handshake. RFC 5246 §7.4.2,
// RFC 8446 §4.4.2.
struct CertificateMessage {
  static constexpr std::size_t kMaxBytes = 16'384;
  Buffer request_context;
  Buffer certificate;         // DER
  ExtensionSet extensions{};  // 1.3, those of the whole chain; written empty, with the certificate

  static std::expected<CertificateMessage, ParseError> parse(Version version, Bytes body);
  void write(Version version, ByteWriter& out) const;
  bool operator==(const CertificateMessage&) const = default;
};

// RFC 5246 §7.4.4, RFC 8446 §4.3.2.
struct CertificateRequest {
  Buffer request_context;                        // 1.3
  std::vector<std::uint8_t> certificate_types;   // 1.2: ecdsa_sign (64), rsa_sign (1)
  std::vector<std::uint16_t> signature_schemes;  // never empty
  // Names of authorities are read over and never written.

  static std::expected<CertificateRequest, ParseError> parse(Version version, Bytes body);
  void write(Version version, ByteWriter& out) const;
  bool operator==(const CertificateRequest&) const = default;
};

// ECDHE's alone, with a named curve. RFC 8422 §5.4.
struct ServerKeyExchange {
  std::uint16_t group = 0;
  Buffer share;
  std::uint16_t scheme = 0;
  Buffer signature;

  static std::expected<ServerKeyExchange, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  // curve_type, namedcurve, point: what the signature covers behind the two randoms.
  void write_parameters(ByteWriter& out) const;
  bool operator==(const ServerKeyExchange&) const = default;
};

// RFC 8422 §5.7.
struct ClientKeyExchange {
  Buffer share;

  static std::expected<ClientKeyExchange, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  bool operator==(const ClientKeyExchange&) const = default;
};

// The same in both versions. RFC 5246 §7.4.8, RFC 8446 §4.4.3.
struct CertificateVerify {
  std::uint16_t scheme = 0;
  Buffer signature;

  static std::expected<CertificateVerify, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  bool operator==(const CertificateVerify&) const = default;
};

// RFC 8446 §4.6.3: one byte, 0 or 1.
struct KeyUpdate {
  bool update_requested = false;

  static std::expected<KeyUpdate, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  bool operator==(const KeyUpdate&) const = default;
};

// The payload of an ACK record. RFC 9147 §7.
struct Ack {
  // Of more, the first are taken and the rest read over. Writing more is a Bug.
  static constexpr std::size_t kMaxRecords = 64;
  std::vector<RecordNumber> records;

  static std::expected<Ack, ParseError> parse(Bytes payload);
  void write(ByteWriter& out) const;
  bool operator==(const Ack&) const = default;
};

// RFC 8446 §6. A level that is neither warning nor fatal is an error; 1.3 treats all but
// close_notify and user_canceled as fatal whatever it says.
struct Alert {
  bool fatal = true;
  std::uint8_t description = 0;

  static std::expected<Alert, ParseError> parse(Bytes payload);
  void write(ByteWriter& out) const;
  bool operator==(const Alert&) const = default;
};

// A message as it stands on the wire; the second for those that each version writes its own way.
template <class Message>
Buffer written(const Message& message) {
  Buffer out;
  ByteWriter writer(out);
  message.write(writer);
  return out;
}
template <class Message>
Buffer written(Version version, const Message& message) {
  Buffer out;
  ByteWriter writer(out);
  message.write(version, writer);
  return out;
}

}  // namespace specter::dtls
