#include <utility>

#include "api/connection.h"
#include "api/handles.h"
#include "io/driver.h"

namespace specter::api {

Result<> ConnectionHandle::call(Action action) {
  std::unique_lock lock(mutex);
  if (refuses_calls()) return fail(ErrorCode::Closed, "the connection is closed");
  if (calls_.size() >= kMaxWaitingCalls)
    return fail(ErrorCode::WouldBlock, "too many calls wait for the connection's loop");
  push(std::move(action), std::move(lock));
  return {};
}

Result<> ConnectionHandle::call_operation(Action action) {
  ++operations_;
  auto called = call([action = std::move(action)](Connection* connection) mutable {
    --connection->handle()->operations_;
    action(connection);
  });
  if (!called) --operations_;
  return called;
}

void ConnectionHandle::close() {
  std::unique_lock lock(mutex);
  if (refuses_calls()) return;
  closing_ = true;
  leave_loop();
  push(Action([](Connection* connection) { connection->close(); }), std::move(lock));
}

// Called when closing begins, not when it ends: a closing connection must not count as load, or new
// connections would all go to another loop meanwhile.
void ConnectionHandle::leave_loop() {
  if (!std::exchange(is_load_, false)) return;
  if (const auto home = loop.lock()) home->load.fetch_sub(1, std::memory_order_relaxed);
}

void ConnectionHandle::abort() {
  is_aborted = true;
  close();  // wakes the loop, unless closing has begun already
}

bool ConnectionHandle::is_closed() const {
  const std::scoped_lock lock(mutex);
  return refuses_calls();
}

void ConnectionHandle::push(Call&& call, std::unique_lock<std::mutex> lock) {
  calls_.push_back(std::move(call));
  calls_wait_.store(true, std::memory_order_release);
  // No wake-up is needed before the connection has started, nor in a turn of the loop that will
  // look for calls again.
  const Connection* const here = loop_side();
  if (!begun_ || wake_posted_ || (here && here->will_look_again())) return;
  wake_posted_ = true;
  lock.unlock();
  post_turn();
}

void ConnectionHandle::wake() {
  {
    const std::scoped_lock lock(mutex);
    if (!begun_ || ended_ || std::exchange(wake_posted_, true)) return;
  }
  post_turn();
}

void ConnectionHandle::wake_for_media() {
  const Connection* const here = loop_side();
  if (!here || !here->will_look_again()) wake();
}

// Not a queued call: only the latest value counts, and it must not fail because the queue is full.
void ConnectionHandle::set_receiving(bool receiving) {
  if (receiving_.exchange(receiving) == receiving) return;
  if (Connection* const here = loop_side()) {
    here->take_receiving();
    if (here->will_look_again()) return;
  }
  wake();
}

void ConnectionHandle::post_turn() {
  const auto home = loop.lock();
  if (!home) return;
  home->post([self = shared_from_this()] {
    std::shared_ptr<io::Driver> driver;
    {
      const std::scoped_lock lock(self->mutex);
      self->wake_posted_ = false;
      driver = self->driver_.lock();
    }
    if (driver) driver->turn();
  });
}

std::optional<SessionDescription> ConnectionHandle::description(Which which) const {
  const std::scoped_lock lock(snapshot_mutex_);
  const Descriptions& all = descriptions_;
  switch (which) {
    case Which::Local: return all.pending_local ? all.pending_local : all.current_local;
    case Which::CurrentLocal: return all.current_local;
    case Which::PendingLocal: return all.pending_local;
    case Which::Remote: return all.pending_remote ? all.pending_remote : all.current_remote;
    case Which::CurrentRemote: return all.current_remote;
    case Which::PendingRemote: return all.pending_remote;
  }
  return std::nullopt;
}

void ConnectionHandle::set_descriptions(Descriptions&& descriptions) {
  const std::scoped_lock lock(snapshot_mutex_);
  std::swap(descriptions_, descriptions);
}

ConnectionHandle::Transceivers ConnectionHandle::transceivers() const {
  const std::scoped_lock lock(snapshot_mutex_);
  return transceivers_;
}

void ConnectionHandle::set_transceivers(Transceivers&& transceivers) {
  const std::scoped_lock lock(snapshot_mutex_);
  std::swap(transceivers_, transceivers);
}

void ConnectionHandle::add_transceiver(const std::shared_ptr<TransceiverHandle>& transceiver) {
  const std::scoped_lock lock(snapshot_mutex_);
  transceivers_.push_back(transceiver);
}

void ConnectionHandle::remove_transceiver(const std::shared_ptr<TransceiverHandle>& transceiver) {
  const std::scoped_lock lock(snapshot_mutex_);
  std::erase(transceivers_, transceiver);
}

void ConnectionHandle::begin(const std::shared_ptr<io::Driver>& driver, Connection& connection) {
  loop_side_ = &connection;
  const std::scoped_lock lock(mutex);
  driver_ = driver;
  begun_ = true;
}

bool ConnectionHandle::take_calls(std::vector<Call>& out) {
  if (!calls_wait_.load(std::memory_order_acquire)) return false;
  const std::scoped_lock lock(mutex);
  calls_.swap(out);
  calls_wait_.store(false, std::memory_order_relaxed);
  return !out.empty();
}

void ConnectionHandle::end() {
  loop_side_ = nullptr;
  is_over = true;
  // Calls, accounts, samples and transceivers hold handles, which hold this object: they are
  // destroyed after the lock is released.
  std::vector<Call> dropped;
  SendLedger::Accounts known;
  const MediaPosts::Rest media = media_posts.end();
  set_transceivers({});
  const std::scoped_lock lock(mutex);
  ended_ = true;
  leave_loop();
  dropped.swap(calls_);
  // After ended_ is set: an entry of a later send() would stay in the ledger and keep this object.
  known = ledger.end();
  driver_.reset();
}

Connection* ConnectionHandle::loop_side() const {
  return io::Loop::is_current(loop_identity) ? loop_side_ : nullptr;
}

}  // namespace specter::api
