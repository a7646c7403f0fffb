#include "instance.h"

#include <utility>

namespace specter::nif {

Instance::Instance(ErlNifPid owner, std::vector<std::string> ice_servers,
                   std::shared_ptr<const Specter> specter, std::shared_ptr<Reaper> reaper,
                   Counter& counter, Counter& peer_counter)
    : owner_(owner),
      ice_servers_(std::move(ice_servers)),
      reaper_(std::move(reaper)),
      peer_counter_(peer_counter),
      specter_(std::move(specter)),
      counted_(std::in_place, counter) {}

std::optional<std::string> Instance::new_media_engine() {
  MediaEngine engine = MediaEngine::with_default_codecs();
  const std::lock_guard lock(mutex_);
  if (!specter_) return std::nullopt;
  return engines_.add(std::move(engine));
}

std::optional<std::string> Instance::new_registry(std::string_view engine) {
  const std::lock_guard lock(mutex_);
  MediaEngine* found = engines_.find(engine);
  if (found == nullptr) return std::nullopt;
  return registries_.add(Registry::with_default_interceptors(*found));
}

std::optional<std::string> Instance::new_api(std::string_view engine, std::string_view registry) {
  const std::lock_guard lock(mutex_);
  // Both or neither: a known engine with an unknown registry stays.
  if (!engines_.has(engine) || !registries_.has(registry)) return std::nullopt;
  return apis_.add(specter_->new_api(*engines_.take(engine), *registries_.take(registry)));
}

std::optional<std::string> Instance::new_peer(std::string_view api) {
  const std::lock_guard lock(mutex_);
  const Api* found = apis_.find(api);
  if (found == nullptr) return std::nullopt;
  auto peer = std::make_shared<Peer>(new_id(), owner_, weak_from_this(), peer_counter_);
  // First in the table, then started: the loop's first event may be its last, and wants to find it.
  peers_.put(peer->id(), peer);
  try {
    peer->start(*found);
  } catch (...) {
    peers_.take(peer->id());
    throw;
  }
  return peer->id();
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
  const std::lock_guard lock(mutex_);
  forgotten = peers_.take(id);
}

void Instance::close() { end(true); }
void Instance::abort() { end(false); }

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
  }
  reaper_->bury(std::move(remains));
}

}  // namespace specter::nif
