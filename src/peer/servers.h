// The STUN and TURN servers of a gathering: what came of each, for reports, statistics, events and
// reasons. Who asks them is ICE (STUN) or the driver (TURN).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specter/core.h"
#include "specter/report.h"
#include "specter/time.h"

namespace specter::peer {

class Servers {
 public:
  static constexpr std::size_t kMaxServers = 64;

  void clear() { known_.clear(); }  // another gathering begins
  void note(Timestamp now, const core::IceServerNote& server);
  void note_answer(Timestamp now, std::string_view url);
  void note_failure(Timestamp now, std::string_view url, std::uint16_t code, std::string_view text);
  void note_peer_refused(std::string_view url, std::uint16_t code);

  bool is_turn(std::string_view url) const;
  std::optional<IceServerTransportProtocol> protocol_of(std::string_view url) const;
  // Why there is no relay: a clause for a sentence, without addresses. Empty: there is one, or none
  // was asked for.
  std::string why_no_relay(bool only_relays) const;
  // Without the number of candidates.
  std::vector<ServerReport> reports() const;

 private:
  struct Known {
    ServerReport report;
    bool is_turn = false;
    std::uint16_t refused_peers_code = 0;
  };
  Known* find(std::string_view url);
  const Known* find(std::string_view url) const;

  std::vector<Known> known_;
};

}  // namespace specter::peer
