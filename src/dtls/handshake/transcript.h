// What both sides say that they have seen: all handshake messages, one behind the other.
#pragma once

#include "base/bytes.h"
#include "crypto/kdf.h"
#include "dtls/wire/numbers.h"

namespace specter::dtls {

class Transcript {
 public:
  explicit Transcript(Version version) : version_(version) {}

  // In DTLS 1.2 a message counts with the head of its only fragment (RFC 6347 §4.2.6), in 1.3 with
  // TLS's own shorter head (RFC 9147 §5.2).
  void add(HandshakeType type, std::uint16_t message_seq, Bytes body) {
    ByteWriter out(bytes_);
    out.u8(static_cast<std::uint8_t>(type));
    out.u24(static_cast<std::uint32_t>(body.size()));
    if (version_ == Version::Dtls12) {
      out.u16(message_seq);
      out.u24(0);
      out.u24(static_cast<std::uint32_t>(body.size()));
    }
    out.bytes(body);
  }
  // RFC 8446 §4.4.1: before a HelloRetryRequest the first ClientHello is put down as its hash.
  void replace_by_hash(crypto::HashAlgorithm algorithm) {
    const crypto::Secret digest = hash(algorithm);
    bytes_.clear();
    add(HandshakeType::MessageHash, 0, digest);
  }

  crypto::Secret hash(crypto::HashAlgorithm algorithm) const {
    return crypto::digest(algorithm, bytes_);
  }
  Bytes bytes() const { return bytes_; }

 private:
  Version version_;
  Buffer bytes_;
};

}  // namespace specter::dtls
