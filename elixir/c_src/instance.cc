#include "instance.h"

#include <functional>
#include <utility>

namespace specter::nif {

Instance::Instance(ErlNifPid owner, ConnectionOptions options,
                   std::shared_ptr<const Specter> specter, std::shared_ptr<Reaper> reaper,
                   const ResourceTypes& types, Counter& counter, Counter& peer_counter)
    : owner_(owner),
      options_(std::move(options)),
      reaper_(std::move(reaper)),
      types_(types),
      peer_counter_(peer_counter),
      specter_(std::move(specter)),
      counted_(std::in_place, counter) {}

std::optional<std::string> Instance::new_media_engine(Defaults defaults) {
  MediaEngine engine =
      defaults == Defaults::With ? MediaEngine::with_default_codecs() : MediaEngine();
  const std::lock_guard lock(mutex_);
  if (!specter_ || is_orphaned_) return std::nullopt;
  return engines_.add(std::move(engine));
}

std::optional<std::string> Instance::new_registry(std::string_view engine, Defaults defaults) {
  const std::lock_guard lock(mutex_);
  MediaEngine* found = engines_.find(engine);
  if (found == nullptr) return std::nullopt;
  return registries_.add(defaults == Defaults::With ? Registry::with_default_interceptors(*found)
                                                    : Registry());
}

std::optional<std::string> Instance::new_api(std::string_view engine, std::string_view registry) {
  const std::lock_guard lock(mutex_);
  // Both or neither: a known engine with an unknown registry stays.
  if (!engines_.has(engine) || !registries_.has(registry)) return std::nullopt;
  return apis_.add(specter_->new_api(*engines_.take(engine), *registries_.take(registry)));
}

std::optional<std::string> Instance::new_peer(std::string_view api, ActiveChange active,
                                              ConnectionOptions options) {
  const std::lock_guard lock(mutex_);
  const Api* found = apis_.find(api);
  if (found == nullptr) return std::nullopt;
  auto peer = std::make_shared<Peer>(new_id(), owner_, weak_from_this(), types_, peer_counter_);
  // First in the table, then started: the loop's first event may be its last, and wants to find it.
  peers_.put(peer->id(), peer);
  try {
    peer->start(*found, active, std::move(options));
  } catch (...) {
    peers_.take(peer->id());
    throw;
  }
  return peer->id();
}

std::optional<std::string> Instance::new_track(AnyTrack track) {
  const std::lock_guard lock(mutex_);
  if (!specter_ || is_orphaned_) return std::nullopt;
  return tracks_.add(std::move(track));
}

bool Instance::media_engine_exists(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return engines_.has(id);
}

bool Instance::registry_exists(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return registries_.has(id);
}

std::shared_ptr<Peer> Instance::peer(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<Peer>* found = peers_.find(id);
  return found != nullptr && (*found)->is_open() ? *found : nullptr;
}

std::shared_ptr<Peer> Instance::take_peer(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<Peer>* found = peers_.find(id);
  if (found == nullptr || !(*found)->is_open()) return nullptr;
  return *peers_.take(id);
}

void Instance::forget_peer(std::string_view id) {
  std::optional<std::shared_ptr<Peer>> forgotten;  // destroyed after the lock is open again
  {
    const std::lock_guard lock(mutex_);
    forgotten = peers_.take(id);
    if (!is_orphaned_ || !peers_.empty()) return;
  }
  end(true);
}

std::string Instance::add_channel(const DataChannel& channel) {
  std::string id = new_id();
  const std::lock_guard lock(channels_mutex_);
  channels_.emplace(id, channel);
  return id;
}

std::optional<DataChannel> Instance::channel(std::string_view id) const {
  const std::lock_guard lock(channels_mutex_);
  const auto found = channels_.find(id);
  if (found == channels_.end()) return std::nullopt;
  return found->second;
}

void Instance::forget_channel(std::string_view id) {
  const std::lock_guard lock(channels_mutex_);
  if (const auto found = channels_.find(id); found != channels_.end()) channels_.erase(found);
}

void Instance::close() { end(true); }
void Instance::halt() { end(false); }

void Instance::abort() {
  const auto is_another_s = [](const std::shared_ptr<Peer>& peer) {
    return peer->outbox().is_given();
  };
  {
    Remains remains;
    const std::lock_guard lock(mutex_);
    if (!specter_ || is_orphaned_) return;
    is_orphaned_ = peers_.any(is_another_s);
    if (is_orphaned_) {
      remains.peers = peers_.take_if(std::not_fn(is_another_s));
      remains.specter = specter_;
      remains.apis = apis_.take_all();
      engines_.take_all();
      registries_.take_all();
      tracks_.clear();
      return reaper_->bury(std::move(remains));
    }
  }
  end(false);
}

void Instance::end(bool has_listener) {
  Remains remains;
  remains.has_listener = has_listener;
  {
    const std::lock_guard lock(mutex_);
    if (!specter_) return;
    remains.peers = peers_.take_all();
    remains.apis = apis_.take_all();
    remains.specter = std::move(specter_);
    specter_ = nullptr;
    counted_.reset();
    engines_.take_all();
    registries_.take_all();
    tracks_.clear();
  }
  {
    const std::lock_guard lock(channels_mutex_);
    channels_.clear();
  }
  reaper_->bury(std::move(remains));
}

}  // namespace specter::nif
