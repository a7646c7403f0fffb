// Options that users give.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "specter/bytes.h"

namespace specter {

// RTCIceServer, W3C §4.2.2. stun: servers are asked for candidates; turn: (which needs username and
// credential) and stuns: are checked and not used yet.
struct IceServer {
  std::vector<std::string>
      urls;                // "stun:host[:port]", "turn:host[:port][?transport=udp]"; RFC 7064, 7065
  std::string username{};  // turn: only
  std::string credential{};  // turn: only

  bool operator==(const IceServer&) const = default;
};

// RTCPriorityType, W3C WebRTC Priority Control §3. While several channels of a connection have
// something to send, each gets a share of what goes out in proportion to its priority's number,
// which are those of RFC 8831 §6.4: a High one four times what a Low one gets. No channel starves.
enum class Priority : std::uint16_t { VeryLow = 128, Low = 256, Medium = 512, High = 1024 };

// RTCDataChannelInit, W3C §6.1.1.
struct DataChannelOptions {
  bool ordered = true;
  // At most one of the next two: what the channel does instead of delivering everything.
  std::optional<std::chrono::milliseconds>
      max_packet_life_time{};                      // 0 to 65,535 ms from send(), then given up
  std::optional<std::uint16_t> max_retransmits{};  // sent again so many times, then given up
  std::string protocol{};                          // the application's own; at most 65,535 bytes
  bool negotiated = false;  // true: both sides create it with the same id, nothing is announced
  std::optional<std::uint16_t> id{};  // 0 to 65,534; needed when negotiated, else chosen for you
  // Of what each side sends on it: the peer is told ours, and takes it for its own. Of a channel
  // that the peer opened, the nearest one that is not below the number it gave.
  Priority priority = Priority::Low;

  bool operator==(const DataChannelOptions&) const = default;
};

// What DTLS may be spoken. RFC 9147 and RFC 6347; nothing older (RFC 8827 §6.5).
enum class DtlsVersion : std::uint8_t { Dtls12, Dtls13 };

// The key of our certificate. RFC 8827 §6.5: every peer takes P-256; RSA-2048 is for those that
// somebody has told otherwise, and costs more in each handshake.
enum class CertificateType : std::uint8_t { EcdsaP256, Rsa2048 };

// Which library enciphers packets. Both give the same bytes; they differ in what they cost.
enum class CipherEngine : std::uint8_t {
  Fastest,  // for each algorithm the faster one of those below, on this processor
  OpenSsl,
  // Intel's libipsec-mb, where it was built in and the processor has AES instructions; elsewhere,
  // and for what it hasn't, OpenSSL.
  MultiBuffer,
};

// How an SCTP association decides how much to send and how fast. Each side chooses for what it
// sends; the peer need not know.
enum class CongestionControl : std::uint8_t {
  // RFC 9438, with HyStart++ (RFC 9406): what most of the Internet's TCP does. Fills the path's
  // queue until something is lost; random losses slow it down.
  Cubic,
  // draft-ietf-ccwg-bbr (BBRv3): sends as fast as the path was measured to deliver. Short queues,
  // and little harm from random losses of a percent or two.
  Bbr,
  // RFC 9260 §7.2: what the SCTP of browsers does.
  Reno,
};

// RTCOfferOptions, W3C §4.2.3.
struct OfferOptions {
  bool ice_restart = false;
};

// What a message of a data channel is: RFC 8831 §8.
enum class MessageKind { Text, Binary };

// How much of a message is sent at once. One may be larger than all memory: any number of parts
// with More, and a Last, which may be empty. While it is not ended nothing else can be sent on its
// channel (InvalidState), and, to a peer without RFC 8260 (browsers, as of 2026), on no other
// channel either. Its channel must have no limit on retransmissions or lifetime. Closing the
// channel cuts it off.
enum class MessagePart : std::uint8_t { Whole, More, Last };

// Names a data channel within its connection, for as long as the connection lives; not its stream
// id.
enum class ChannelId : std::uint64_t {};

}  // namespace specter
