// Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: when each
// packet of a transport came, by the numbers of the header extension transport_sequence.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| FMT=15  |     PT=205    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC of media source                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |      first number             |      number of packets        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  reference time, units of 64 ms               | feedback count|
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   then chunks of 16 bits, until they tell of all packets:
//     0, symbol (2 bits), length (13 bits)      a run of one symbol
//     1, 0, 14 symbols of 1 bit                 a narrow vector
//     1, 1, 7 symbols of 2 bits                 a wide vector
//   then for each packet that came a distance, in units of 250 us since the one before it, for the
//   first since the reference time:
//     1 byte                                    for symbol 1
//     2 bytes, signed                           for symbol 2
//   then padding to whole words.
//
// Symbols: 0 not received, 1 small distance, 2 large or negative distance, 3 reserved.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "rtcp/packet.h"

#include "specter/time.h"

namespace specter::rtcp {

struct TransportFeedback {
  static constexpr Duration kTick = std::chrono::microseconds(250);
  static constexpr std::int64_t kTicksPerReference = 256;  // 64 ms
  static constexpr std::uint32_t kReferenceMask = 0xffffff;

  // A packet that came. Those between, and up to `count`, did not.
  struct Arrival {
    std::uint16_t sequence = 0;
    std::int16_t delta = 0;  // ticks since the one before it, or since the reference time

    bool operator==(const Arrival&) const = default;
  };

  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  std::uint16_t first_sequence = 0;
  std::uint16_t count = 0;          // packets that it tells of, 1 or more
  std::uint32_t reference = 0;      // units of 64 ms, 24 bits
  std::uint8_t feedback_count = 0;  // wraps; a gap tells that feedback was lost
  // In the order of the numbers, each in [first_sequence, first_sequence + count).
  std::vector<Arrival> arrivals;

  // The reference time in ticks, on a scale that does not wrap; the arrivals' times are this plus
  // the sum of their distances. `last` is what this gave for the feedback before, 0 at first. The
  // reference wraps each 12.4 days, so feedback has to come twice in that time.
  std::int64_t reference_ticks(std::int64_t last) const;

  // `in` is one whole packet. Memory is bounded by its size, not by its count. Errors: those of
  // RawPacket, WrongType, Truncated (fewer chunks or distances than packets), BadValue (symbol 3,
  // or a count of 0).
  static std::expected<TransportFeedback, ParseError> parse(Bytes in);
  static std::expected<TransportFeedback, ParseError> parse(const RawPacket& packet);
  // Arrivals that are out of order or out of range are a Bug.
  void write(ByteWriter& out) const;
  bool operator==(const TransportFeedback&) const = default;
};

// What a receiver has to report: a packet's number, unwrapped, and when it came.
struct TransportArrival {
  std::int64_t sequence = 0;
  Timestamp at;
};

// Fills one message from the front of `arrivals`, which are in the order of their numbers, each
// once, all from `first_sequence` on: that is where the last message ended, so that this one tells
// what was lost since. Sets all but SSRCs and feedback count, and says how many arrivals are in it;
// the next message begins with the others. A message ends before an arrival
//
// - that would make it longer than `max_bytes`,
// - whose distance does not fit 16 bits (8.19 s either way),
// - that is number kMaxCount or later, counted from the first.
//
// A gap of kMaxCount numbers before the first arrival is left out. Distances are those of the
// rounded times, so that errors do not add up. At least one arrival is taken: none, or `max_bytes`
// below kMinBytes, is a Bug.
struct TransportFeedbackBounds {
  static constexpr std::size_t kMaxCount = 32'767;
  static constexpr std::size_t kMinBytes = 40;

  std::int64_t first_sequence = 0;
  std::size_t max_bytes = 1200;
};
std::size_t fill(TransportFeedback& out, std::span<const TransportArrival> arrivals,
                 const TransportFeedbackBounds& bounds);

}  // namespace specter::rtcp
