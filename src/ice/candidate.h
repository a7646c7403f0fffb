// An ICE candidate, as SDP and signalling carry it. RFC 8839 §5.1, RFC 8445 §5.1.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/rare.h"

#include "specter/endpoint.h"
#include "specter/result.h"

namespace specter::ice {

// Other: RFC 8839 §5.1 leaves the words for both open. A candidate with one that we don't know is
// well-formed, and nobody can use it.
enum class CandidateType { Host, ServerReflexive, PeerReflexive, Relayed, Other };
enum class TransportProtocol { Udp, Tcp, Other };

std::string_view to_string(CandidateType type);  // "host", "srflx", "prflx", "relay"

//   candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>
//   [raddr <address>] [rport <port>] *(<name> <value>)
struct Candidate {
  std::string foundation;
  std::uint16_t component = 1;
  TransportProtocol protocol = TransportProtocol::Udp;
  std::uint32_t priority = 0;
  std::string host;   // the connection-address as written: an address, or a name (mDNS, "x.local")
  Endpoint endpoint;  // of `host` when that is an address; unspecified when it is a name
  CandidateType type = CandidateType::Host;
  std::optional<Endpoint> related{};  // raddr and rport
  std::vector<std::pair<std::string, std::string>>
      extensions{};  // kept as they came, "tcptype", "ufrag", …; a value may be empty
  // The words for what is Other. No agent can use such a candidate, and hardly one meets any.
  struct OtherWords {
    std::string protocol{}, type{};
    bool operator==(const OtherWords&) const = default;
  };
  Rare<OtherWords> other{};

  // With or without "candidate:" or "a=candidate:" before it. Error: SyntaxError, saying which part
  // is wrong, with the texts that Elixir's programs know where one fits ("attribute not long enough
  // to be ICE candidate", …).
  static Result<Candidate> parse(std::string_view text);
  std::string to_string() const;  // begins with "candidate:"

  bool is_resolved() const { return !endpoint.address.is_unspecified(); }
  // The value of an extension; nothing when it is empty, too.
  std::optional<std::string_view> extension(std::string_view name) const;

  bool operator==(const Candidate&) const = default;
};

// For a log: its type, and where it is as far as that may be shown.
std::string words(const Log& log, const Candidate& candidate);

// RFC 8445 §5.1.2.1: type preference, local preference, component. `local_preference` is 0 to
// 65,535.
std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                 std::uint16_t component);

}  // namespace specter::ice
