// The event loops. Each is one thread with one asio::io_context, which this header hides.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "crypto/packet_cipher.h"

#include "specter/random.h"
#include "specter/time.h"

namespace specter::io {

// The options of a loop.
struct LoopOptions {
  Duration spin{};  // how long it polls for work before it sleeps, at most
  crypto::PacketCipher::Choice ciphers = crypto::PacketCipher::usual();
};

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  using Task = std::move_only_function<void()>;

  // An object that lives on a loop, at most as long as the loop.
  class Member {
   public:
    virtual ~Member() = default;
    // The loop ends: notify the peer immediately, without waiting.
    virtual void shut_down() noexcept = 0;
  };

  // Throws std::system_error if no descriptor can be opened.
  explicit Loop(const LoopOptions& options = {});
  ~Loop();
  Loop(const Loop&) = delete;

  // ---- from any thread
  void post(Task task);  // runs on the loop, in the order of posting
  // Whether the calling thread is that of `loop`, which may be destroyed already.
  static bool is_current(const Loop* loop);
  static bool is_any_current();  // whether the calling thread is that of any loop
  void shut_down();              // posts the end: members end, then run() returns

  // The number of its connections that are not closing, for load balancing.
  std::atomic<std::size_t> load = 0;

  // ---- on the loop's own thread
  void run();
  void adopt(std::shared_ptr<Member> member);
  void release(const Member& member);
  Random& random();  // cryptographically secure

  struct Impl;  // loop_impl.h, for src/io alone
  Impl& impl() { return *impl_; }

 private:
  void run_once();

  std::unique_ptr<Impl> impl_;
};

// A fixed number of loops and their threads.
class LoopGroup {
 public:
  // 0: one per core. Throws std::system_error if the system has no thread or descriptor left.
  explicit LoopGroup(std::size_t count, const LoopOptions& options = {});
  // Shuts the loops down and blocks until running turns have ended. On a loop's thread it does not
  // block: the loops end by themselves.
  ~LoopGroup();
  LoopGroup(const LoopGroup&) = delete;

  const std::shared_ptr<Loop>& least_loaded() const;
  std::size_t size() const { return members_.size(); }

 private:
  struct Entry {
    std::shared_ptr<Loop> loop;
    std::thread thread;
  };
  void stop();

  std::vector<Entry> members_;
  mutable std::atomic<std::size_t> next_ = 0;  // loops of equal load alternate
};

}  // namespace specter::io
