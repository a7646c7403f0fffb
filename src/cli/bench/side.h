// What both sides of a two-sided bench have: connections, and a link that carries their signalling.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cli/bench/link.h"
#include "cli/bench/peer.h"

namespace specter::cli::bench {

// A peer whose other side is at the other end of a link. Its index is the same there.
class LinkedPeer : public Peer {
 public:
  LinkedPeer(Link& link, std::size_t index) : link_(link), index_(index) {}

 protected:
  void tell(const SessionDescription& description) override;
  void tell(const IceCandidate& candidate) override;
  void on_failure(const std::string& what) override;

  Link& link() const { return link_; }

 private:
  Link& link_;
  const std::size_t index_;
};

class Side {
 public:
  Side(Link& link, const Configuration& configuration);
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  void add(std::shared_ptr<LinkedPeer> peer);
  // Carries the signalling until one of our peers, or the other side, says `op`. Errors: Timeout;
  // what went wrong on either side.
  Result<Json> wait_for(std::string_view op, Duration timeout);

  Link& link() const { return link_; }

 private:
  Result<> take(const Json& line);

  Link& link_;
  std::vector<std::shared_ptr<LinkedPeer>> peers_;
  Specter specter_;  // its end closes the connections, and no handler runs any more
  const Api api_;
};

Api default_api(const Specter& specter);

}  // namespace specter::cli::bench
