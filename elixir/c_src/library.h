// What all of a VM's instances share: loops, the reaper, counters.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <erl_nif.h>

#include "counter.h"
#include "instance.h"
#include "options.h"
#include "reaper.h"
#include "resources.h"

#include "specter/specter.h"

namespace specter::nif {

// There is one in a VM. It is made when the library is first loaded, and never destroyed: threads
// may look at it until the process is gone.
class Library {
 public:
  // One more module's code uses it. Throws std::system_error when no thread is to be had.
  void enter();
  // One less. The last closes everything, and waits for that, but not for long.
  void leave();
  // Closes everything, for good: the process ends. Waits for that, but not for long.
  void halt();

  // What Specter.init makes. Throws std::system_error when no thread or descriptor is to be had,
  // and BadOption when the loops that there are were made with other options.
  std::shared_ptr<Instance> new_instance(ErlNifPid owner, InitOptions options);

  const Counter& instances() const { return instance_counter_; }
  const Counter& peers() const { return peer_counter_; }
  const Counter& loops() const { return loops_counter_; }

  ResourceTypes types;

 private:
  std::shared_ptr<const Specter> specter_for(const LoopOptions& options);
  std::vector<std::shared_ptr<Instance>> live_instances();

  Counter instance_counter_, peer_counter_, loops_counter_;

  std::mutex mutex_;  // of what is below
  std::size_t users_ = 0;
  std::shared_ptr<Reaper> reaper_;
  // All of the VM's share it: its loops are threads, one a core.
  std::weak_ptr<const Specter> specter_;
  std::vector<std::weak_ptr<Instance>> instances_;
};

}  // namespace specter::nif
