// A packet's number among all that its transport sends:
// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2, and libwebrtc's transport-wide-cc-02,
// which can ask for feedback.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |       sequence number         |T|  count: only in version 2   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"

namespace specter::rtp {

struct TransportSequence {
  static constexpr ExtensionKind kKind = ExtensionKind::TransportSequence;

  std::uint16_t sequence = 0;

  // Errors: BadLength (not two bytes).
  static std::expected<TransportSequence, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const { out.u16(sequence); }
  bool operator==(const TransportSequence&) const = default;
};

// What the sender wants to hear, at once.
struct FeedbackRequest {
  static constexpr std::uint16_t kMaxCount = 0x7fff;

  bool with_times = false;  // T
  std::uint16_t count = 0;  // the packets that the feedback tells of, back from this one; 0: none

  bool operator==(const FeedbackRequest&) const = default;
};

struct TransportSequence2 {
  static constexpr ExtensionKind kKind = ExtensionKind::TransportSequence2;

  std::uint16_t sequence = 0;
  std::optional<FeedbackRequest> request;

  // Errors: BadLength (neither two nor four bytes).
  static std::expected<TransportSequence2, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const TransportSequence2&) const = default;
};

}  // namespace specter::rtp
