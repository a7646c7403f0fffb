// The event loops: each is one thread with one asio::io_context, which does not show here.
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

// What a loop is made with.
struct LoopOptions {
  Duration spin{};  // how long it looks for work before it sleeps, at most
  crypto::PacketCipher::Choice ciphers = crypto::PacketCipher::usual();
};

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  using Task = std::move_only_function<void()>;

  // Something that lives on a loop and ends with it at the latest.
  class Member {
   public:
    virtual ~Member() = default;
    // The loop ends: say goodbye at once; wait for nothing.
    virtual void shut_down() noexcept = 0;
  };

  // Throws std::system_error when there is no descriptor to be had.
  explicit Loop(const LoopOptions& options = {});
  ~Loop();
  Loop(const Loop&) = delete;

  // ---- from any thread
  void post(Task task);  // runs on the loop, in the order of posting
  // Whether the calling thread is this loop's; it need not live any more.
  static bool is_current(const Loop* loop);
  static bool is_any_current();  // whether the calling thread is a loop's at all
  void shut_down();              // posted too: members end, then run() returns

  // How many connections were given to it and are not closing yet; load balancing looks at it.
  std::atomic<std::size_t> load = 0;

  // ---- on the loop's own thread
  void run();
  void adopt(std::shared_ptr<Member> member);
  void release(const Member& member);
  Random& random();  // fit for cryptography

  struct Impl;  // loop_impl.h, for src/io alone
  Impl& impl() { return *impl_; }

 private:
  void run_once();

  std::unique_ptr<Impl> impl_;
};

// A fixed set of loops and their threads.
class LoopGroup {
 public:
  // 0: one a core. Throws std::system_error when threads or descriptors are not to be had.
  explicit LoopGroup(std::size_t count, const LoopOptions& options = {});
  // Shuts the loops down and waits for the turns that are running; on a thread of a loop, where
  // waiting might be for itself, it leaves them to end alone.
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
  mutable std::atomic<std::size_t> next_ = 0;  // equal loads take turns
};

}  // namespace specter::io
