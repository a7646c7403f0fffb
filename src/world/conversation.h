// The channels of a life and what is said on them, as both owners know it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "world/journal.h"
#include "world/ledger.h"
#include "world/step.h"

#include "specter/core.h"

namespace specter::world {

struct Channel {
  Channel(std::uint64_t seed, Side opened_by, Promise promised, bool made_by_both)
      : opener(opened_by),
        promise(promised),
        is_of_both(made_by_both),
        to_b(seed * 2 + 1, promised),
        to_a(seed * 2 + 2, promised) {}

  Side opener;
  Promise promise;
  bool is_of_both;  // each owner makes it: negotiated
  Priority priority = Priority::Low;
  Ledger to_b, to_a;
  std::array<std::optional<ChannelId>, 2> id{};
  std::array<bool, 2> is_open{}, is_closing{}, is_closed{}, has_called_close{};
  std::optional<Side> closed_by{};  // who called close first

  Ledger& to(Side side) { return side == Side::B ? to_b : to_a; }
  const Ledger& to(Side side) const { return side == Side::B ? to_b : to_a; }
};

class Conversation {
 public:
  Conversation(std::uint64_t seed, Journal& journal) : seed_(seed), journal_(journal) {
    for (auto& each : priorities_) each.fill(Priority::Low);
  }

  enum class Made : std::uint8_t { ByItsOpener, ByBoth };
  // Its number; nothing when the connection has ended.
  std::optional<std::size_t> open(Timestamp now, Side side, core::PeerConnection& connection,
                                  Promise promise, Made made = Made::ByItsOpener);
  // The other owner's part of one that both make.
  void join(Timestamp now, Side side, core::PeerConnection& connection, std::size_t number);
  // What those that this side opens have, in turn.
  void set_priorities(Side side, std::array<Priority, 4> priorities) {
    priorities_[index(side)] = priorities;
  }
  // It closes what its peer opens, at that moment.
  enum class HangsUp : std::uint8_t { WhenTold, WhenOpen, WhenSomethingComes, Never };
  void set_hanging_up(Side side, HangsUp when) { hangs_up_[index(side)] = when; }
  void close(Timestamp now, Side side, core::PeerConnection& connection, std::size_t number);
  // `count` messages of up to `size` bytes, on the channels that the side can send on, in turn;
  // what is refused for now goes out later.
  void say(Timestamp now, Side side, core::PeerConnection& connection, std::size_t count,
           std::size_t size, std::uint64_t salt, bool only_reliable = false);
  // What is still to be sent, as far as it can be.
  void go_on(Timestamp now, Side side, core::PeerConnection& connection);

  void handle(Timestamp now, Side side, core::PeerConnection& connection, const core::Event& event);

  // What keeps it from being at rest; empty: all that must arrive did, and every channel that is to
  // be open is.
  std::string unfinished() const;
  // There is a channel on which what is said has to arrive, or will be.
  bool can_ask() const;
  std::size_t unfinished_bytes(Side from) const;
  // On channels that may give up: each may be a gap by itself.
  std::size_t missing_of_limited(Side from) const;
  std::size_t channels() const { return channels_.size(); }
  void note_closed(Side side) { is_closed_[index(side)] = true; }  // its connection
  std::size_t received() const { return received_; }

 private:
  struct Waiting {
    std::size_t channel, size;
  };

  std::optional<ChannelId> make(Timestamp now, Side side, core::PeerConnection& connection,
                                std::size_t number, const Channel& channel);
  void hang_up(Timestamp now, Side side, core::PeerConnection& connection, ChannelId id,
               HangsUp when);
  Channel* find(Side side, ChannelId id);
  bool send(Timestamp now, Side side, core::PeerConnection& connection, const Waiting& message);
  void receive(Timestamp now, Side side, const core::Message& message);
  void incoming(Side side, const core::IncomingDataChannel& event);
  void closed(Side side, const core::PeerConnection& connection, ChannelId id);

  std::uint64_t seed_;
  Journal& journal_;
  std::deque<Channel> channels_;
  std::array<std::map<ChannelId, std::size_t>, 2> by_id_;
  std::array<std::deque<Waiting>, 2> waiting_;
  std::array<bool, 2> is_closed_{};
  std::array<std::array<Priority, 4>, 2> priorities_;
  std::array<HangsUp, 2> hangs_up_{HangsUp::Never, HangsUp::Never};
  std::size_t received_ = 0;
};

}  // namespace specter::world
