#include "library.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "specter/option_table.h"

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

std::shared_ptr<Instance> Library::new_instance(ErlNifPid owner, InitOptions options) {
  const std::lock_guard lock(mutex_);
  if (!reaper_) throw std::runtime_error("the library is closed");
  auto specter = specter_for(options.loops);
  auto instance =
      std::make_shared<Instance>(owner, std::move(options.connection), std::move(specter), reaper_,
                                 types, instance_counter_, peer_counter_);
  std::erase_if(instances_, [](const auto& old) { return old.expired(); });
  instances_.push_back(instance);
  return instance;
}

namespace {

// The loops are there: what is asked for must be what they are.
template <class T>
void must_be(std::string_view name, const std::optional<T>& wanted, const T& there,
             const auto& shown) {
  if (wanted && *wanted != there)
    throw BadOption{
        fmt::format("{} is {} in this VM, since the first Specter.init/1: it can't be {} while a "
                    "Specter is there",
                    name, shown(there), shown(*wanted))};
}

}  // namespace

std::shared_ptr<const Specter> Library::specter_for(const LoopOptions& options) {
  if (auto specter = specter_.lock()) {
    const Configuration& there = specter->configuration();
    const auto number = [](std::size_t value) { return fmt::format("{}", value); };
    must_be("loops", options.loops, there.loops, number);
    must_be("spin", options.spin, there.spin,
            [](std::chrono::microseconds value) { return fmt::format("{}", value.count()); });
    must_be("cipher", options.cipher, there.cipher,
            [](CipherEngine value) { return fmt::format(":{}", option_name(value)); });
    return specter;
  }
  struct Shared {
    Shared(Configuration config, Counter& counter) : counted(counter), specter(std::move(config)) {}
    Counter::Share counted;
    Specter specter;
  };
  Configuration configuration;
  if (options.loops) configuration.loops = *options.loops;
  if (options.spin) configuration.spin = *options.spin;
  if (options.cipher) configuration.cipher = *options.cipher;
  const auto shared = std::make_shared<const Shared>(std::move(configuration), loops_counter_);
  std::shared_ptr<const Specter> specter(shared, &shared->specter);
  specter_ = specter;
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
