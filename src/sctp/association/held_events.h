// Events that wait for an application which takes no messages at the moment, and which of the later
// ones must not overtake them. Messages here still count against the receive window.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/queue.h"
#include "sctp/association.h"

namespace specter::sctp {

class HeldEvents {
 public:
  // Whether an event has to wait: a message of the user's, and what comes behind one of these in
  // the order of its stream.
  bool must_wait(const Association::Event& event, std::optional<Ppid> control) const;
  void hold(Association::Event&& event);
  // Whether the oldest has nothing to wait for any more: what it came behind was taken.
  bool may_take(std::optional<Ppid> control) const;
  std::optional<Association::Event> take();  // the oldest
  std::size_t size() const { return events_.size(); }

 private:
  bool concerns_held(std::span<const StreamId> streams) const;

  RareQueue<Association::Event> events_;
  std::unordered_map<StreamId, std::size_t> streams_;  // how many events of each wait
};

}  // namespace specter::sctp
