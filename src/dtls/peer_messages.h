// Which handshake messages the peer may send in the clear, and which of them have come.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "dtls/connection.h"

namespace specter::dtls {

// A full DTLS 1.2 handshake with certificates on both sides (RFC 6347 §4.2.4, figure 1) leaves no
// choice: a server sees ClientHello, Certificate, ClientKeyExchange, CertificateVerify; a client
// sees [HelloVerifyRequest,] ServerHello, Certificate, ServerKeyExchange, [CertificateRequest,]
// ServerHelloDone. A message that isn't the one of its number was not sent by the peer.
class PeerMessages {
 public:
  // Of one record; ours never has more than five messages, browsers' neither.
  static constexpr std::size_t kMaxFragments = 16;
  static constexpr std::uint32_t kMaxCertificateBytes = 16 * 1024;

  explicit PeerMessages(Role our_role) : our_role_(our_role) {}

  // Whether all fragments in the payload of a handshake record are such; notes them if so.
  bool accept(Bytes payload);
  // Whether all that comes before the peer's ChangeCipherSpec has come, whole.
  bool complete() const;

 private:
  // RFC 6347 §4.2.2.
  struct Fragment {
    std::uint8_t type = 0;
    std::uint32_t message_size = 0;
    std::uint16_t message_seq = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct Message {
    std::uint8_t type;
    std::uint32_t size;
    std::uint32_t missing;       // bytes
    std::vector<bool> received;  // by byte; empty once nothing is missing
  };
  static constexpr std::size_t kMaxMessages = 6;

  static std::optional<Fragment> read(ByteReader& in);
  bool fits(const Fragment& fragment) const;
  bool is_due(std::uint8_t type, std::uint16_t message_seq) const;
  void note(const Fragment& fragment);
  bool has(std::size_t message_seq) const;
  std::size_t first() const;  // the number of the ServerHello

  const Role our_role_;
  std::array<std::optional<Message>, kMaxMessages> messages_;
};

}  // namespace specter::dtls
