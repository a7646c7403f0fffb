/// @file
/// What became of an attempt to connect: each phase with its times and counts, each server, each
/// pair of candidates that was tried, and why it failed if it did. For people, and for whoever has
/// to find out why a connection did not come to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "specter/error.h"
#include "specter/export.h"
#include "specter/states.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter {

/// When a phase began, and when it was done. Empty: it has not begun, or is not done.
struct PhaseTimes {
  /// The beginning.
  std::optional<Timestamp> began{};
  /// The end.
  std::optional<Timestamp> ended{};
};

/// What came of a server.
enum class ServerOutcome {
  /// It is being asked, or its name is being looked up.
  Asking,
  /// It told an address, or gave a relay.
  Answered,
  /// It did neither from any local address.
  Failed,
};
/// "asking", "answered", "failed".
SPECTER_EXPORT std::string_view to_string(ServerOutcome outcome);

/// A STUN or TURN server, as the latest gathering asked it.
struct ServerReport {
  /// As it stands in ConnectionOptions::ice_servers.
  std::string url;
  /// How it is spoken with.
  IceServerTransportProtocol protocol = IceServerTransportProtocol::Udp;
  /// When it was asked first, and when it answered first or was last heard to fail.
  PhaseTimes times{};
  /// What came of it.
  ServerOutcome outcome = ServerOutcome::Asking;
  /// Candidates that it led to.
  std::size_t candidates = 0;
  /// Of the latest failure: what IceCandidateError::error_code would be. 0: none.
  std::uint16_t error_code = 0;
  /// Of the latest failure: a sentence.
  std::string error_text{};
};

/// The gathering of local candidates.
struct GatheringReport {
  /// The latest gathering.
  PhaseTimes times{};
  /// RTCIceGatheringState.
  IceGatheringState state = IceGatheringState::New;
  /// Local host candidates.
  std::size_t host = 0;
  /// Local server-reflexive candidates.
  std::size_t server_reflexive = 0;
  /// Local relayed candidates.
  std::size_t relayed = 0;
  /// The servers that were asked.
  std::vector<ServerReport> servers{};
};

/// ICE's connectivity checks, until the first pair was valid.
struct ChecksReport {
  /// From the first candidates of the peer's to the first valid pair.
  PhaseTimes times{};
  /// RTCIceConnectionState.
  IceConnectionState state = IceConnectionState::New;
  /// Candidates of the peer's that make pairs.
  std::size_t remote_candidates = 0;
  /// Binding requests sent, retransmissions and consent checks included.
  std::uint64_t requests_sent = 0;
  /// Binding requests received.
  std::uint64_t requests_received = 0;
  /// Binding responses received.
  std::uint64_t responses_received = 0;
  /// Received STUN messages whose credentials were wrong.
  std::uint64_t wrong_credentials = 0;
};

/// The choice of the pair that is used.
struct NominationReport {
  /// From the first valid pair to the first that was nominated.
  PhaseTimes times{};
  /// Whether this side chooses.
  IceRole role = IceRole::Unknown;
};

/// DTLS's handshake.
struct DtlsReport {
  /// The handshake, until it was done or had failed.
  PhaseTimes times{};
  /// RTCDtlsTransportState.
  DtlsTransportState state = DtlsTransportState::New;
  /// Whether this side is the client.
  DtlsRole role = DtlsRole::Unknown;
  /// "DTLS 1.3" or "DTLS 1.2". Empty: not agreed yet.
  std::string version{};
  /// Datagrams that were dropped.
  std::uint64_t dropped = 0;
};

/// SCTP's handshake. With SNAP (DataOptions::snap) there is none: it ends where it begins.
struct SctpReport {
  /// The handshake.
  PhaseTimes times{};
  /// SCTP packets sent.
  std::uint64_t packets_sent = 0;
  /// SCTP packets received.
  std::uint64_t packets_received = 0;
};

/// How a candidate pair ended.
enum class PairOutcome {
  /// No check was sent.
  Untried,
  /// Checks are under way.
  Trying,
  /// No check was answered.
  Unanswered,
  /// Checks are answered; another pair is used.
  Answered,
  /// It is used.
  Selected,
  /// Checks were answered once, and are no more.
  Lost,
};
/// "untried", "trying", "unanswered", "answered", "selected", "lost".
SPECTER_EXPORT std::string_view to_string(PairOutcome outcome);

/// A candidate pair.
struct PairReport {
  /// The local candidate.
  CandidateStats local;
  /// The remote candidate.
  CandidateStats remote;
  /// How it ended.
  PairOutcome outcome = PairOutcome::Untried;
  /// Whether it was nominated.
  bool nominated = false;
  /// Binding requests sent.
  std::uint64_t requests_sent = 0;
  /// Binding requests received.
  std::uint64_t requests_received = 0;
  /// Binding responses received.
  std::uint64_t responses_received = 0;
  /// When the first request was sent.
  std::optional<Timestamp> first_request{};
  /// When the latest request was sent.
  std::optional<Timestamp> last_request{};
  /// The latest round trip.
  std::optional<Duration> round_trip_time{};
};

/// A report on a connection. Times are by the clock of Stats::timestamp.
struct SPECTER_EXPORT ConnectionReport {
  /// Pairs in a report at most: those that matter most.
  static constexpr std::size_t kMaxPairs = 32;

  /// When it was made.
  Timestamp timestamp{};
  /// When the connection began to gather candidates or to connect. Empty: it has not.
  std::optional<Timestamp> began{};
  /// RTCPeerConnection.connectionState.
  ConnectionState state = ConnectionState::New;
  /// Why it failed, as a code; empty unless it is Failed.
  std::optional<ErrorCode> code{};
  /// Why it failed, as a sentence; empty unless it is Failed. docs/reasons.md lists them.
  std::string reason{};
  /// Gathering.
  GatheringReport gathering{};
  /// Connectivity checks.
  ChecksReport checks{};
  /// Nomination.
  NominationReport nomination{};
  /// DTLS.
  DtlsReport dtls{};
  /// SCTP.
  SctpReport sctp{};
  /// The pairs: the selected one first, then those that are or were answered, then those that were
  /// tried, by priority.
  std::vector<PairReport> pairs{};
  /// Pairs past kMaxPairs.
  std::size_t pairs_left_out = 0;

  /// The report as a JSON object. Times are in milliseconds since `began`.
  std::string to_json() const;
};

}  // namespace specter
