// The handshake messages that the peer sends in the clear, put together from their fragments.
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
//
// OpenSSL 3.0 can reassemble too, but drops a whole message when it already has a part of it, as
// happens whenever a flight is cut differently the second time.
class PeerMessages {
 public:
  static constexpr std::size_t kMaxFragments = 16;  // of one record; nobody sends more than five
  static constexpr std::uint32_t kMaxCertificateBytes = 16 * 1024;
  // Messages of one number that claim different sizes: at most one is the peer's.
  static constexpr std::size_t kMaxVariants = 4;

  struct Whole {
    std::uint8_t type;
    std::uint16_t message_seq;
    Buffer body;
  };

  explicit PeerMessages(Role our_role) : our_role_(our_role) {}

  // Takes the payload of a handshake record. False: something in it is not the peer's, or says
  // nothing new to come; nothing of it was taken.
  bool accept(Bytes payload);
  // The next message in their order, each once.
  std::optional<Whole> next();
  // Whether all that comes before the peer's ChangeCipherSpec was had by next().
  bool complete() const;

 private:
  // RFC 6347 §4.2.2.
  struct Fragment {
    std::uint8_t type = 0;
    std::uint32_t message_size = 0;
    std::uint16_t message_seq = 0;
    std::uint32_t offset = 0;
    Bytes body;
  };
  struct Variant {
    std::uint8_t type;
    Buffer body;
    std::size_t missing;         // bytes
    std::vector<bool> received;  // by byte
  };
  struct Message {
    std::vector<Variant> variants;  // one, when it is whole; none, when next() has handed it out
    bool whole = false;
    std::uint8_t type = 0;  // once whole
  };
  static constexpr std::size_t kMaxMessages = 6;

  static std::optional<Fragment> read(ByteReader& in);
  bool fits(const Fragment& fragment) const;
  bool is_due(std::uint8_t type, std::uint16_t message_seq) const;
  void take(const Fragment& fragment);
  bool has(std::size_t message_seq, std::uint8_t type) const;
  std::size_t first() const;  // the number of the ServerHello

  const Role our_role_;
  std::array<Message, kMaxMessages> messages_;
  std::uint16_t next_ = 0;
};

}  // namespace specter::dtls
