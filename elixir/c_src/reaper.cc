#include "reaper.h"

#include <thread>
#include <utility>

#include "boundary.h"

namespace specter::nif {

std::shared_ptr<Reaper> Reaper::start() {
  auto reaper = std::make_shared<Reaper>();
  // Detached, and keeps its own reaper: finish() waits for its work, and whoever runs out of
  // patience there leaves nothing dangling. The library is never unmapped (-z nodelete).
  std::thread([reaper] { reaper->run(); }).detach();
  return reaper;
}

void Reaper::bury(Remains remains) {
  {
    const std::lock_guard lock(mutex_);
    if (!finished_) {
      waiting_.push_back(std::move(remains));
      changed_.notify_all();
      return;
    }
  }
  end(std::move(remains));
}

void Reaper::finish(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  finishing_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, timeout, [&] { return finished_; });
}

void Reaper::end(Remains remains) {
  for (const auto& peer : remains.peers) {
    event_boundary([&] { remains.has_listener ? peer->close() : peer->abort(); }, [] {});
  }
}

void Reaper::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return finishing_ || !waiting_.empty(); });
    if (waiting_.empty()) break;
    Remains next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    end(std::move(next));
    lock.lock();
  }
  finished_ = true;
  changed_.notify_all();
}

}  // namespace specter::nif
