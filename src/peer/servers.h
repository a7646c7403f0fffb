// The STUN and TURN servers of a gathering: what came of each, for reports, statistics and reasons.
// Who asks them is ICE (STUN) or the driver (TURN).
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

  void clear() { known_ = {}; }  // another gathering begins
  void note(Timestamp now, const core::IceServerNote& server);
  void note_answer(Timestamp now, std::string_view url);
  void note_lost(std::string_view url);  // the last relay that it gave is gone
  void note_failure(std::optional<Timestamp> now, std::string_view url, std::uint16_t code,
                    std::string_view text);
  // It relays nothing to an address of the peer's.
  void note_peer_refused(std::string_view url, std::uint16_t code);

  bool is_turn(std::string_view url) const;
  std::optional<IceServerTransportProtocol> protocol_of(std::string_view url) const;
  // What is wrong with relays, a clause that ends a sentence; empty: nothing, or nobody asked for
  // them. No addresses and no URLs: this ends up in logs.
  std::string relay_trouble(IceTransportPolicy policy) const;
  // Those that nothing was heard of.
  std::vector<std::string> unasked() const;
  // Without numbers of candidates.
  std::vector<ServerReport> reports() const;

 private:
  struct Known {
    ServerReport report;
    bool is_turn = false;
    bool has_lost_its_relays = false;
    std::uint16_t peer_refused = 0;  // with this code
  };

  Known* find(std::string_view url);
  const Known* find(std::string_view url) const;

  std::vector<Known> known_;
};

}  // namespace specter::peer
