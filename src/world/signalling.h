// How descriptions and candidates get from one owner to the other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "simulation/random.h"
#include "world/plan.h"

#include "specter/description.h"
#include "specter/time.h"

namespace specter::world {

// A channel that both owners make: its number in the conversation.
struct ChannelToMake {
  std::size_t number;
};

struct Letter {
  Side to{};
  // Of a description: which offer it is, or answers.
  std::uint32_t negotiation = 0;
  std::variant<SessionDescription, IceCandidate, ChannelToMake> content;
};

class Signalling {
 public:
  explicit Signalling(const Plan& plan);

  void send(Timestamp now, Letter letter);
  std::optional<Letter> receive(Timestamp now);
  Duration delay() const { return delay_; }
  // So long an owner takes to answer an offer.
  Duration answers_after(Side side) const;
  Deadline next_arrival() const {
    return letters_.empty() ? Deadline{} : Deadline{letters_.begin()->first.first};
  }

 private:
  void mediate(Timestamp now, Letter letter);

  const Plan& plan_;
  simulation::SeededRandom random_;
  Duration delay_{};
  std::uint64_t order_ = 0;
  // What the mediator keeps until it has the other's too.
  std::optional<Letter> first_offer_;
  bool has_mediated_ = false;
  // In the order of their coming; equal times in that of sending.
  std::map<std::pair<Timestamp, std::uint64_t>, Letter> letters_;
};

}  // namespace specter::world
