// Where things end: a thread that may wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "peer.h"

#include "specter/specter.h"

namespace specter::nif {

// What an instance leaves. The Specter is named first, so that it goes last.
struct Remains {
  std::shared_ptr<const Specter> specter;
  std::vector<Api> apis;
  std::vector<std::shared_ptr<Peer>> peers;
  bool has_listener = false;  // an owner who may still want the answers to its calls
};

// Closes and frees what it is given on a thread of its own. The last holder of a Specter waits for
// the end of its loops, and a scheduler's thread or a loop itself must never be that holder.
class Reaper {
 public:
  // Throws std::system_error when no thread is to be had.
  static std::shared_ptr<Reaper> start();

  // Takes over what there is to end, and returns at once. After finish() it is ended on the
  // caller's thread: that of a VM on its way out.
  void bury(Remains remains);

  // Waits until all that was buried is ended, but no longer than the timeout, and ends the thread.
  void finish(std::chrono::milliseconds timeout);

 private:
  static void end(Remains remains);
  void run();

  std::mutex mutex_;  // of what is below
  std::condition_variable changed_;
  std::deque<Remains> waiting_;
  bool finishing_ = false;
  bool finished_ = false;
};

}  // namespace specter::nif
