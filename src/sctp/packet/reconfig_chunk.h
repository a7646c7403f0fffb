// RE-CONFIG and its parameters, RFC 6525 §3.1, §4.
#pragma once

#include <variant>
#include <vector>

#include "sctp/ids.h"
#include "sctp/packet/packet.h"

namespace specter::sctp {

// Outgoing SSN Reset Request, §4.1: "my streams start again, once you have all up to that TSN".
struct OutgoingResetRequest {
  static constexpr std::uint16_t kType = 13;
  static constexpr std::size_t kFixedBytes = 16;

  std::uint32_t request = 0;   // its sequence number
  std::uint32_t response = 0;  // of the request of ours that this answers; else the last one seen
  std::uint32_t last_tsn = 0;  // the sender's last assigned TSN
  std::vector<StreamId> streams;  // none: all

  bool operator==(const OutgoingResetRequest&) const = default;
};

// Incoming SSN Reset Request, §4.2: "start your streams again".
struct IncomingResetRequest {
  static constexpr std::uint16_t kType = 14;

  std::uint32_t request = 0;
  std::vector<StreamId> streams;  // none: all

  bool operator==(const IncomingResetRequest&) const = default;
};

// SSN/TSN Reset Request §4.3, Add Outgoing Streams §4.5, Add Incoming Streams §4.6: all of them we
// only refuse, so their number is enough.
struct OtherReconfigRequest {
  static constexpr std::uint16_t kSsnTsnReset = 15;
  static constexpr std::uint16_t kAddOutgoing = 17;
  static constexpr std::uint16_t kAddIncoming = 18;

  std::uint16_t type = kSsnTsnReset;
  std::uint32_t request = 0;
  std::uint16_t new_streams = 0;  // of the two that add

  bool operator==(const OtherReconfigRequest&) const = default;
};

enum class ReconfigResult : std::uint32_t {
  NothingToDo = 0,
  Performed = 1,
  Denied = 2,
  WrongSsn = 3,
  RequestInProgress = 4,
  BadSequenceNumber = 5,
  InProgress = 6,
};

// Re-configuration Response, §4.4. The TSNs of an SSN/TSN reset's answer are read over.
struct ReconfigResponse {
  static constexpr std::uint16_t kType = 16;
  static constexpr std::size_t kBytes = 12;

  std::uint32_t response = 0;
  ReconfigResult result{};

  bool operator==(const ReconfigResponse&) const = default;
};

using ReconfigParameter = std::variant<OutgoingResetRequest, IncomingResetRequest,
                                       OtherReconfigRequest, ReconfigResponse>;

struct ReConfigChunk {
  static constexpr ChunkType kType = ChunkType::ReConfig;
  static constexpr std::size_t kMaxParameters = 2;  // §3.1

  std::vector<ReconfigParameter> parameters;

  // Unknown parameters are passed over.
  static std::expected<ReConfigChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;

  bool operator==(const ReConfigChunk&) const = default;
};

}  // namespace specter::sctp
