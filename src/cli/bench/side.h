// What both sides of a two-sided bench have: connections, and a conversation that carries their
// signalling.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "cli/bench/conversation.h"
#include "cli/bench/peer.h"

namespace specter::cli::bench {

// A peer whose other side takes part in the same conversation. Its index is the same there.
class TalkingPeer : public Peer {
 public:
  TalkingPeer(Conversation& conversation, std::size_t index)
      : conversation_(conversation), index_(index) {}

 protected:
  void tell(const SessionDescription& description) override;
  void tell(const IceCandidate& candidate) override;
  void on_failure(const std::string& what) override;

  Conversation& conversation() const { return conversation_; }

 private:
  Conversation& conversation_;
  const std::size_t index_;
};

class Side {
 public:
  Side(Conversation& conversation, const Configuration& configuration);
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  void add(std::shared_ptr<TalkingPeer> peer);
  // Carries the signalling until one of our peers, or the other side, says `op`. Errors: Timeout;
  // what went wrong on either side.
  Result<Json> wait_for(std::string_view op, Duration timeout);

  Conversation& conversation() const { return conversation_; }

 private:
  Result<> take(const Json& line);

  Conversation& conversation_;
  std::vector<std::shared_ptr<TalkingPeer>> peers_;
  Specter specter_;  // its end closes the connections, and no handler runs any more
  const Api api_;
};

Api default_api(const Specter& specter);

}  // namespace specter::cli::bench
