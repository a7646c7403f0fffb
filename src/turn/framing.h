// How TURN's messages and the peers' data share one way to the server: ChannelData, indications,
// and the cutting of a stream. RFC 8656 §11, §12.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Channel Number        |            Length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   then the data; over a stream, padding to a multiple of four
#pragma once

#include <cstdint>
#include <optional>

#include "stun/message.h"

#include "specter/bytes.h"
#include "specter/endpoint.h"

namespace specter::turn {

inline constexpr std::size_t kChannelHeaderSize = 4;
// RFC 8656 §12: what a client may bind.
inline constexpr std::uint16_t kFirstChannel = 0x4000, kLastChannel = 0x4fff;
// What one datagram of a peer's may have.
inline constexpr std::size_t kMaxPayloadBytes = 65'000;

enum class WireKind { Stun, ChannelData, Unknown };
// By the first byte: 0–63 STUN, 64–79 ChannelData.
WireKind wire_kind(Bytes message);

constexpr std::size_t padding_of(std::size_t size) { return (4 - size % 4) % 4; }

struct ChannelData {
  std::uint16_t number = 0;
  MutableBytes data;  // a view into what was parsed
};

// Nothing when the length says more than there is. What follows the data is padding.
std::optional<ChannelData> parse_channel_data(MutableBytes message);
void write_channel_header(MutableBytes out, std::uint16_t number, std::size_t data_size);

// Bytes of a Send indication before its data: 36 for an IPv4 peer, 48 for an IPv6 one.
std::size_t indication_head_size(const IpAddress& peer);
// `out` is a whole indication: head, `data_size` bytes that are there already, padding.
void write_send_indication(MutableBytes out, const Endpoint& peer, std::size_t data_size,
                           const stun::TransactionId& id);

struct PeerData {
  Endpoint peer;
  MutableBytes data;  // a view into what was parsed
};

bool is_data_indication(Bytes message);
// RFC 8656 §11.4. Nothing for what is malformed, has no XOR-PEER-ADDRESS or no DATA, has a wrong
// FINGERPRINT, or attributes that must be understood and are not (RFC 8489 §6.3.2). No copy is
// made.
std::optional<PeerData> parse_data_indication(MutableBytes message);

// Cuts a stream into STUN messages and ChannelData. It keeps one incomplete message at most.
class StreamReader {
 public:
  static constexpr std::size_t kMaxMessageBytes = 20 + 65'532 + 4;

  // Bytes of the stream, any number. Everything before must have been taken out by next().
  void push(Bytes bytes);
  // The next whole message, padding included; a view until the next push(). Nothing: wait for more.
  std::optional<MutableBytes> next();
  // The stream has something else in it, and will never be in step again: close it.
  bool is_broken() const { return is_broken_; }
  std::size_t waiting_bytes() const { return buffer_.size() - taken_; }

 private:
  Buffer buffer_;
  std::size_t taken_ = 0;
  bool is_broken_ = false;
};

}  // namespace specter::turn
