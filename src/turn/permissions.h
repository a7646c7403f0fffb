// Which peers' addresses the server lets through, and when to ask for them again. RFC 8656 §9, §10.
// Ports do not matter to a permission.
#pragma once

#include <map>
#include <vector>

#include "specter/endpoint.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::turn {

class Permissions {
 public:
  static constexpr std::size_t kMaxPeers = 64;
  static constexpr std::size_t kMaxPeersPerRequest = 16;
  static constexpr Duration kLifetime = std::chrono::seconds(300);  // RFC 8656 §9
  static constexpr Duration kMargin = std::chrono::seconds(90);     // two requests that get lost
  static constexpr Duration kTogether = std::chrono::seconds(30);   // due so soon: asked as well
  static constexpr Duration kPause = std::chrono::seconds(5);       // after one that failed

  explicit Permissions(Random& random) : random_(random) {}

  // False when there is no place. A peer that is known stays as it is.
  bool add(Timestamp now, const IpAddress& peer);
  void remove(const IpAddress& peer) { peers_.erase(peer); }

  // Those to ask for now, in one request; they are asked from here on. Empty: none.
  std::vector<IpAddress> take_due(Timestamp now);
  // Whether it is news.
  bool granted(Timestamp asked_at, const IpAddress& peer);
  // Asked again after a pause, alone when it was not.
  enum class Alone { No, Yes };
  void failed(Timestamp now, const IpAddress& peer, Alone alone);

  bool has(const IpAddress& peer) const { return peers_.contains(peer); }
  // Whether what is said to it may get through: it has a permission, or the request for it was made
  // before. A server takes the two in the order in which they come.
  bool may_send(Timestamp now, const IpAddress& peer) const;
  // Whether data from there are welcome: what comes may overtake the answer to our request.
  bool accepts(Timestamp now, const IpAddress& peer) const;
  std::vector<IpAddress> all() const;
  std::size_t size() const { return peers_.size(); }
  Deadline next_timeout() const;

 private:
  struct Permission {
    Deadline until;   // empty: never granted
    Deadline ask_at;  // empty: asked, and not answered
    bool alone = false;
  };

  Random& random_;
  std::map<IpAddress, Permission> peers_;
};

}  // namespace specter::turn
