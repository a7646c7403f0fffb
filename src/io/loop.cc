#include "io/loop.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include <asio/post.hpp>

#include "io/clock.h"
#include "io/log.h"
#include "io/loop_impl.h"
#include "io/thread.h"

namespace specter::io {

namespace {

thread_local const Loop* current_loop = nullptr;
constexpr auto kFirstTimerAtMost = std::chrono::seconds(1);

}  // namespace

// Asio does not look whether the poller took what it wakes by (ENOMEM, ENOSPC): a loop whose timers
// don't ring has neither.
Loop::Impl::Impl(const LoopOptions& options)
    : spin(options.spin), cipher(std::make_shared<crypto::PacketCipher>(options.ciphers)) {
  first_timer.expires_at(std::chrono::steady_clock::time_point::min());
  first_timer.async_wait([](const std::error_code&) {});
  if (context.run_one_for(kFirstTimerAtMost) == 0) {
    throw std::system_error(std::make_error_code(std::errc::not_enough_memory),
                            "epoll takes no descriptor");
  }
}

Loop::Loop(const LoopOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Loop::~Loop() = default;

Random& Loop::random() { return impl_->random; }

void Loop::post(Task task) { asio::post(impl_->context, std::move(task)); }
bool Loop::is_current(const Loop* loop) { return current_loop && current_loop == loop; }
bool Loop::is_any_current() { return current_loop != nullptr; }

void Loop::shut_down() {
  post([this] {
    // Somebody waits for the loop's end, so nothing here may want memory.
    while (!impl_->members.empty()) {
      const auto member = std::move(impl_->members.extract(impl_->members.begin()).mapped());
      member->shut_down();
    }
    impl_->work.reset();
    impl_->context.stop();
  });
}

void Loop::run() {
  current_loop = this;
  while (!impl_->context.stopped()) {
    try {
      run_once();
    } catch (const std::exception& e) {
      // A connection's turn catches its own; this is the last net.
      log().error("a task of a loop threw: {}", e.what());
    } catch (...) {
      log().error("a task of a loop threw something that is no std::exception");
    }
  }
  current_loop = nullptr;
}

// What is ready; or, when nothing is, the next that will be.
void Loop::run_once() {
  asio::io_context& context = impl_->context;
  Spin& spin = impl_->spin;
  if (spin.limit() == Duration{}) {
    context.run();
    return;
  }
  if (context.poll() > 0 || context.stopped()) return;
  const Timestamp begun = now();
  if (spin.is_worth_it()) {
    while (now() - begun < spin.limit()) {
      // What it runs counts as a part of the wait, here and below: no wait ends without.
      if (context.poll() > 0) return spin.found(now() - begun);
      if (context.stopped()) return;
    }
  }
  context.run_one();
  spin.slept(now() - begun);
}

void Loop::adopt(std::shared_ptr<Member> member) {
  const Member* key = member.get();
  impl_->members.emplace(key, std::move(member));
}

void Loop::release(const Member& member) { impl_->members.erase(&member); }

namespace {

// Threads of loops that were told to end from a loop, where nobody may wait for them. They end at
// once by themselves; but a process must not take its statics down around one that has not yet.
class Leaving {
 public:
  ~Leaving() {
    for (std::thread& thread : threads_) {
      // One that calls exit() itself can't be waited for, nor one that never returns from a
      // handler.
      if (Loop::is_any_current() || !join_within(thread, kMostAtExit)) thread.detach();
    }
  }
  void add(std::thread thread) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(threads_, [](std::thread& earlier) { return join_within(earlier, Duration{}); });
    threads_.push_back(std::move(thread));
  }

 private:
  static constexpr Duration kMostAtExit = std::chrono::seconds(1);
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

Leaving& leaving() {
  static Leaving threads;
  return threads;
}

}  // namespace

LoopGroup::LoopGroup(std::size_t count, const LoopOptions& options) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  try {
    members_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      auto loop = std::make_shared<Loop>(options);
      auto name = "specter-" + std::to_string(i % 1'000'000);
      std::thread thread = start_thread(name.c_str(), [loop] { loop->run(); });
      members_.push_back({std::move(loop), std::move(thread)});
    }
  } catch (...) {
    stop();
    throw;
  }
}

LoopGroup::~LoopGroup() { stop(); }

void LoopGroup::stop() {
  for (const Entry& entry : members_) entry.loop->shut_down();
  for (Entry& entry : members_) {
    // Joining another loop from here could wait for one that waits for us.
    if (Loop::is_any_current())
      leaving().add(std::move(entry.thread));
    else
      entry.thread.join();
  }
}

const std::shared_ptr<Loop>& LoopGroup::least_loaded() const {
  const std::size_t first = next_.fetch_add(1, std::memory_order_relaxed) % members_.size();
  std::size_t best = first;
  for (std::size_t i = 1; i < members_.size(); ++i) {
    const std::size_t candidate = (first + i) % members_.size();
    if (members_[candidate].loop->load.load(std::memory_order_relaxed) <
        members_[best].loop->load.load(std::memory_order_relaxed)) {
      best = candidate;
    }
  }
  return members_[best].loop;
}

}  // namespace specter::io
