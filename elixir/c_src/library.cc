#include "library.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace specter::nif {

namespace {

// How long the end of the VM or of the module may take. Closing waits for no network, so this is
// far more than it needs.
constexpr std::chrono::milliseconds kPatience{2000};

}  // namespace

void Library::enter() {
  const std::lock_guard lock(mutex_);
  if (!reaper_) reaper_ = Reaper::start();
  ++users_;
}

void Library::leave() {
  {
    const std::lock_guard lock(mutex_);
    if (--users_ != 0) return;
  }
  halt();
}

void Library::halt() {
  std::shared_ptr<Reaper> reaper;
  {
    const std::lock_guard lock(mutex_);
    reaper = std::exchange(reaper_, nullptr);
  }
  if (!reaper) return;
  for (const auto& instance : live_instances()) instance->halt();
  reaper->finish(kPatience);
}

std::shared_ptr<Instance> Library::new_instance(ErlNifPid owner, Options options) {
  const std::lock_guard lock(mutex_);
  if (!reaper_) throw std::runtime_error("the library is closed");
  auto specter = specter_for(options);
  auto instance = std::make_shared<Instance>(owner, std::move(options), std::move(specter), reaper_,
                                             types, instance_counter_, peer_counter_);
  std::erase_if(instances_, [](const auto& old) { return old.expired(); });
  instances_.push_back(instance);
  return instance;
}

std::shared_ptr<const Specter> Library::specter_for(const Options& options) {
  if (const auto found = specters_.find(options); found != specters_.end()) {
    if (auto specter = found->second.lock()) return specter;
  }
  struct Shared {
    Shared(Configuration config, Counter& counter) : counted(counter), specter(std::move(config)) {}
    Counter::Share counted;
    Specter specter;
  };
  const auto shared = std::make_shared<const Shared>(options.configuration(), loops_counter_);
  std::shared_ptr<const Specter> specter(shared, &shared->specter);
  std::erase_if(specters_, [](const auto& old) { return old.second.expired(); });
  specters_.insert_or_assign(options, specter);
  return specter;
}

std::vector<std::shared_ptr<Instance>> Library::live_instances() {
  std::vector<std::shared_ptr<Instance>> live;
  const std::lock_guard lock(mutex_);
  for (const auto& instance : instances_) {
    if (auto alive = instance.lock()) live.push_back(std::move(alive));
  }
  return live;
}

}  // namespace specter::nif
