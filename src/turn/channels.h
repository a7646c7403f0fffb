// Which channel is which peer's. RFC 8656 §12: a number is one peer address and port's, and the
// other way round, until five minutes after the binding ends.
//
//           bind              answer            600 s without another          300 s
//   absent ------> Asked ----------> Bound ----------------------------> resting -----> absent
//                    |                 ^  |
//                    |                 +--+ bound again, in time
//                    +---------------------- refused, not answered ----> resting
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "specter/endpoint.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::turn {

class Channels {
 public:
  static constexpr std::size_t kMaxChannels = 64;                   // those that rest as well
  static constexpr Duration kLifetime = std::chrono::seconds(600);  // RFC 8656 §12
  static constexpr Duration kRest = std::chrono::seconds(300);      // RFC 8656 §12
  static constexpr Duration kMargin = std::chrono::seconds(120);
  // A request is sent for up to 40 s, and the server's time begins with the one that arrives.
  static constexpr Duration kSlack = std::chrono::seconds(60);
  static constexpr Duration kPause = std::chrono::seconds(5);    // after one that failed
  static constexpr Duration kRefused = std::chrono::minutes(5);  // after one that was refused

  explicit Channels(Random& random) : random_(random) {}

  // False when there is no place. One that rests is bound again under its number.
  bool add(Timestamp now, const Endpoint& peer);
  // It is not bound again. What comes over it is welcome until it ends.
  void remove(const Endpoint& peer);
  void remove_all_of(const IpAddress& peer);

  struct Due {
    Endpoint peer;
    std::uint16_t number;
  };
  std::optional<Due> take_due(Timestamp now);            // asked from here on
  bool bound(Timestamp asked_at, const Endpoint& peer);  // whether it is news
  void failed(Timestamp now, const Endpoint& peer);      // asked again after a pause
  void refused(Timestamp now, const Endpoint& peer);     // not asked again soon

  // To send over; nothing while it is not bound.
  std::optional<std::uint16_t> number_of(Timestamp now, const Endpoint& peer) const;
  // Of what came. A number counts from the request on: data may overtake the answer.
  const Endpoint* peer_of(Timestamp now, std::uint16_t number) const;
  void handle_timeout(Timestamp now);  // forgets those that have rested
  std::size_t size() const { return channels_.size(); }
  // When to ask. What only rests wakes nobody: its place is looked for when one is wanted.
  Deadline next_timeout() const;

 private:
  struct Channel {
    std::uint16_t number;
    bool is_wanted = true;
    bool is_asked = false;
    Deadline until;   // bound until then; empty: never was
    Timestamp quiet;  // the number is this peer's until then
    Deadline ask_at;
    Deadline refused_until;  // however often it is added
  };

  Random& random_;
  std::map<Endpoint, Channel> channels_;
  std::map<std::uint16_t, Endpoint> peers_;
  std::uint16_t next_ = 0x4000;
};

}  // namespace specter::turn
