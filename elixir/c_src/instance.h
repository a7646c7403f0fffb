// What one call of Specter.init made, and all that its owner made with it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <erl_nif.h>

#include "counter.h"
#include "ids.h"
#include "local_tracks.h"
#include "options.h"
#include "peer.h"
#include "reaper.h"
#include "resources.h"

#include "specter/specter.h"

namespace specter::nif {

// Whether what is made has what the library makes by itself.
enum class Defaults { With, Without };

// Usable from any thread; every call is a look-up and a post, and none waits.
//
//          the owner dies             the last connection that was given away is over
//   Open ------------------> Orphaned ----------------------------------------------> Closed
//     |                                                                                  ^
//     +--------------------- close, nobody names it any more ----------------------------+
//
// Orphaned it has only the connections that other processes own, and Closed nothing.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  Instance(ErlNifPid owner, ConnectionOptions options, std::shared_ptr<const Specter> specter,
           std::shared_ptr<Reaper> reaper, const ResourceTypes& types, Counter& counter,
           Counter& peer_counter);

  const ConnectionOptions& options() const { return options_; }
  const ErlNifPid& owner() const { return owner_; }

  // The id of the new thing; nothing when what it is made of is not there.
  std::optional<std::string> new_media_engine(Defaults defaults);
  std::optional<std::string> new_registry(std::string_view engine, Defaults defaults);
  std::optional<std::string> new_api(std::string_view engine, std::string_view registry);
  std::optional<std::string> new_peer(std::string_view api, ActiveChange active,
                                      ConnectionOptions options);
  std::optional<std::string> new_track(AnyTrack track);

  bool media_engine_exists(std::string_view id) const;
  bool registry_exists(std::string_view id) const;
  // What `use` makes of an engine that is not consumed yet; nothing where there is none.
  template <class Use>
  auto use_media_engine(std::string_view id, Use use)
      -> std::optional<std::invoke_result_t<Use, MediaEngine&>> {
    const std::lock_guard lock(mutex_);
    MediaEngine* const found = engines_.find(id);
    if (found == nullptr) return std::nullopt;
    return use(*found);
  }

  LocalTracks& tracks() { return tracks_; }

  // A peer from its ready message on until it is closed.
  std::shared_ptr<Peer> peer(std::string_view id);
  // The same, and it is the last time.
  std::shared_ptr<Peer> take_peer(std::string_view id);
  // It is closed.
  void forget_peer(std::string_view id);

  // Data channels, from their :data_channel message on until they are closed.
  std::string add_channel(const DataChannel& channel);
  std::optional<DataChannel> channel(std::string_view id) const;
  void forget_channel(std::string_view id);

  // Leaves everything to the reaper. Twice is as good as once.
  void close();
  // The same when nobody listens: calls that wait are not made.
  void halt();
  // The owner is gone, and with it what is its.
  void abort();

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  void end(bool has_listener);

  const ErlNifPid owner_;
  const ConnectionOptions options_;
  const std::shared_ptr<Reaper> reaper_;
  const ResourceTypes& types_;
  Counter& peer_counter_;

  mutable std::mutex mutex_;                // of what is below; held for a look-up or a post
  std::shared_ptr<const Specter> specter_;  // none once it is closed
  std::optional<Counter::Share> counted_;
  bool is_orphaned_ = false;
  Table<MediaEngine> engines_;
  Table<Registry> registries_;
  Table<Api> apis_;
  Table<std::shared_ptr<Peer>> peers_;

  LocalTracks tracks_;

  mutable std::mutex channels_mutex_;  // its own: every message that is sent looks here
  std::unordered_map<std::string, DataChannel, TextHash, std::equal_to<>> channels_;
};

}  // namespace specter::nif
