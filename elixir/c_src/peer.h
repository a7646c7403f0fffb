// One peer connection as Elixir knows it: its id, its owner, and the messages that it sends.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <erl_nif.h>

#include "counter.h"

#include "specter/specter.h"

namespace specter::nif {

class Instance;

//          Ready               close, Closed
//   Starting ------> Open --------------------> Closed
//       |                                          ^
//       +------------------------------------------+  the start failed, or the owner is gone
class Peer : public std::enable_shared_from_this<Peer> {
 public:
  // Its answer to a question, told on the loop when the question's turn has come.
  using Answer = std::function<void(const Peer&, const PeerConnection&, const Stats&)>;

  Peer(std::string id, ErlNifPid owner, std::weak_ptr<Instance> instance, Counter& counter);

  // Nobody else may know of the peer before it is started.
  void start(const Api& api);

  const std::string& id() const { return id_; }
  const ErlNifPid& owner() const { return owner_; }
  bool is_open() const { return phase_ == Phase::Open; }
  PeerConnection connection() const;

  // Tells the owner what an operation failed with. On the loop.
  void tell_failure(Operation operation, const Error& error) const;

  // Has `answer` run on the loop, after the answers of all calls before it. Error: Closed.
  Result<> ask(Answer answer);

  // Nobody finds it from here on; the answers to earlier calls come, and its last message. Twice is
  // as good as once.
  void close();
  // The same when nobody listens: earlier calls are not made.
  void abort();

 private:
  enum class Phase { Starting, Open, Closed };

  void handle(const Event& event);
  void handle_ready();
  void handle_stats(const event::Stats& stats);
  void handle_failure(const event::OperationFailed& failure);
  void handle_closed();

  const std::string id_;
  const ErlNifPid owner_;
  const std::weak_ptr<Instance> instance_;
  const Counter::Share counted_;
  std::atomic<Phase> phase_ = Phase::Starting;
  bool start_failed_ = false;  // the loop's

  mutable std::mutex mutex_;  // of what is below
  PeerConnection connection_;
  std::deque<Answer> answers_;  // of the questions that are on their way
};

}  // namespace specter::nif
