// What one call of Specter.init made, and all that its owner made with it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erl_nif.h>

#include "counter.h"
#include "ids.h"
#include "peer.h"
#include "reaper.h"

#include "specter/specter.h"

namespace specter::nif {

// Usable from any thread; every call is a look-up and a post, and none waits. When its owner dies
// or nobody names it any more it is closed: then it has nothing, and answers so.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  Instance(ErlNifPid owner, std::vector<std::string> ice_servers,
           std::shared_ptr<const Specter> specter, std::shared_ptr<Reaper> reaper, Counter& counter,
           Counter& peer_counter);

  const std::vector<std::string>& ice_servers() const { return ice_servers_; }

  // The id of the new thing; nothing when what it is made of is not there.
  std::optional<std::string> new_media_engine();
  std::optional<std::string> new_registry(std::string_view engine);
  std::optional<std::string> new_api(std::string_view engine, std::string_view registry);
  std::optional<std::string> new_peer(std::string_view api);

  bool media_engine_exists(std::string_view id) const;
  bool registry_exists(std::string_view id) const;

  // A peer from its ready message on until it is closed.
  std::shared_ptr<Peer> peer(std::string_view id);
  // The same, and it is the last time.
  std::shared_ptr<Peer> take_peer(std::string_view id);
  // It is closed.
  void forget_peer(std::string_view id);

  // Leaves everything to the reaper. Twice is as good as once.
  void close();
  // The same when nobody listens: calls that wait are not made.
  void abort();

 private:
  void end(bool has_listener);

  const ErlNifPid owner_;
  const std::vector<std::string> ice_servers_;
  const std::shared_ptr<Reaper> reaper_;
  Counter& peer_counter_;

  mutable std::mutex mutex_;                // of what is below; held for a look-up or a post
  std::shared_ptr<const Specter> specter_;  // none once it is closed
  std::optional<Counter::Share> counted_;
  Table<MediaEngine> engines_;
  Table<Registry> registries_;
  Table<Api> apis_;
  Table<std::shared_ptr<Peer>> peers_;
};

}  // namespace specter::nif
