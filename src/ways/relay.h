// One relayed address that is wanted: of a base, a server and a family. Allocations for it come and
// go; this is what outlives them.
#pragma once

#include <memory>
#include <optional>

#include "stun/turn_attributes.h"
#include "turn/words.h"
#include "ways/flow.h"
#include "ways/messages.h"

#include "specter/random.h"
#include "specter/time.h"

namespace specter::ways {

struct Relay {
  // Tries in a row that end without an allocation; then it is given up.
  static constexpr int kMaxTries = 4;
  static constexpr int kMaxTriesAgain = 12;  // of one that there was
  static constexpr int kMaxNewPorts = 3;     // at once, in a row: RFC 8656 §7.4 for 437
  static constexpr Duration kFirstPause = std::chrono::seconds(2);  // doubles with each try
  static constexpr Duration kMaxPause = std::chrono::minutes(5);
  static constexpr Duration kQuotaPause = std::chrono::minutes(1);  // RFC 8656 §7.4: 486, 508
  // An allocation that lived so long was a good one, and when it is lost the next is asked for
  // within kSoon: data may have gone through it.
  static constexpr Duration kProvenAfter = std::chrono::minutes(1);
  static constexpr Duration kSoon = std::chrono::milliseconds(500);

  ServerId server_id{};
  std::shared_ptr<const Server> server;
  Endpoint base;
  Endpoint remote;  // the server, as it was resolved
  // Of a second one, beside that which the server gives to who asks for none.
  std::optional<stun::AddressFamily> family;

  std::unique_ptr<Flow> flow;       // none: pausing, or given up
  std::optional<Endpoint> relayed;  // while there is an allocation
  Timestamp up_since{};             // of that
  Deadline give_up_at;              // while there is a flow and no allocation
  Deadline retry_at;                // while pausing
  int tries = 0;                    // that failed, in a row
  int new_ports = 0;                // in a row
  bool was_up = false;
  bool is_told = false;     // its failure; until it is up again
  bool is_settled = false;  // the first try has ended, either way
  bool has_second = false;

  bool is_second() const { return family.has_value(); }
  // When to try again after a failure with this cure, which is counted here; nothing: given up.
  Deadline next_try(Timestamp now, turn::Cure cure, Random& random);
};

}  // namespace specter::ways
