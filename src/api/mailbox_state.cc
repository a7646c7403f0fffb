#include "api/mailbox_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "io/event_descriptor.h"

namespace specter::api {

namespace {

// Longer waits are this long: far beyond them the clock's numbers would wrap.
constexpr Duration kLongestWait = std::chrono::hours(24 * 365 * 10);

}  // namespace

std::size_t MailboxState::charge(const Event& event) {
  const auto* message = std::get_if<event::Message>(&event);
  return sizeof(Event) + (message ? message->data.size() : 0);
}

MailboxState::~MailboxState() {
  for (const auto& weak : connections_) {
    if (const auto connection = weak.lock()) connection->close();
  }
  io::close_event_descriptor(event_descriptor_);
}

void MailboxState::join(const std::shared_ptr<ConnectionHandle>& connection) {
  const std::scoped_lock lock(mutex_);
  if (connections_.size() >= prune_at_) {
    std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
    prune_at_ = std::max<std::size_t>(64, connections_.size() * 2);
  }
  connections_.push_back(connection);
}

bool MailboxState::has_room(const ConnectionHandle& connection, std::size_t more) const {
  const std::size_t own = connection.waiting_bytes.load(std::memory_order_relaxed) + more;
  return own < kMaxOfConnection &&
         (own == 0 || total_bytes_.load(std::memory_order_relaxed) + more < kMaxOfAll);
}

bool MailboxState::may_resume(const ConnectionHandle& connection) const {
  const std::size_t own = connection.waiting_bytes.load(std::memory_order_relaxed);
  return own < kMaxOfConnection / 2 &&
         (own == 0 || total_bytes_.load(std::memory_order_relaxed) < kMaxOfAll / 2);
}

void MailboxState::deliver(ConnectionHandle& connection, std::vector<Event>& events,
                           std::size_t bytes) {
  {
    const std::scoped_lock lock(mutex_);
    if (count_ == 0 && !events.empty()) io::signal(event_descriptor_);
    count_ += events.size();
    incoming_.insert(incoming_.end(), std::move_iterator(events.begin()),
                     std::move_iterator(events.end()));
    total_bytes_ += bytes;
    connection.waiting_bytes += bytes;
    if (!has_room(connection, 0) && !std::exchange(connection.is_paused, true))
      paused_.push_back(connection.weak_from_this());
  }
  changed_.notify_all();
}

// One thread receives at a time; another waits its turn, with its own timeout.
class MailboxState::Receiving {
 public:
  Receiving(MailboxState& mailbox, std::chrono::steady_clock::time_point deadline)
      : mailbox_(mailbox) {
    std::unique_lock lock(mailbox_.mutex_);
    has_turn_ =
        mailbox_.changed_.wait_until(lock, deadline, [&] { return !mailbox_.is_receiving_; });
    if (has_turn_) mailbox_.is_receiving_ = true;
  }
  ~Receiving() {
    if (!has_turn_) return;
    {
      const std::scoped_lock lock(mailbox_.mutex_);
      mailbox_.is_receiving_ = false;
    }
    mailbox_.changed_.notify_all();
  }
  Receiving(const Receiving&) = delete;

  bool has_turn() const { return has_turn_; }

 private:
  MailboxState& mailbox_;
  bool has_turn_ = false;
};

// `accept` is the user's, so it is called without the lock: what it looks at is the receiver's own.
Result<Event> MailboxState::take(const std::function<bool(const Event&)>& accept,
                                 Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + std::min(timeout, kLongestWait);
  const Receiving receiving(*this, deadline);
  const auto timed_out = [] {
    return fail(ErrorCode::Timeout, "no such event came in the time given");
  };
  if (!receiving.has_turn()) return timed_out();
  for (std::size_t seen = 0;;) {
    for (; seen < kept_.size(); ++seen) {
      if (accept(kept_[seen])) return remove(seen);
    }
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [&] { return !incoming_.empty(); }))
      return timed_out();
    kept_.insert(kept_.end(), std::move_iterator(incoming_.begin()),
                 std::move_iterator(incoming_.end()));
    incoming_.clear();
  }
}

Event MailboxState::remove(std::size_t index) {
  Event event = std::move(kept_[index]);
  kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));

  const std::size_t bytes = charge(event);
  const auto& connection = connection_of(event).handle();
  std::vector<std::shared_ptr<ConnectionHandle>> to_wake;
  {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) io::unsignal(event_descriptor_);
    const std::size_t before = total_bytes_;
    total_bytes_ -= bytes;
    if (connection) connection->waiting_bytes -= bytes;
    const bool crossed = before >= kMaxOfAll / 2 && total_bytes_ < kMaxOfAll / 2;
    if (!paused_.empty() && (crossed || (connection && connection->is_paused))) {
      std::erase_if(paused_, [&](const auto& weak) {
        auto paused = weak.lock();
        if (!paused) return true;
        if (!may_resume(*paused)) return false;
        paused->is_paused = false;
        to_wake.push_back(std::move(paused));
        return true;
      });
    }
  }
  for (const auto& paused : to_wake) paused->wake();
  return event;
}

std::size_t MailboxState::size() const {
  const std::scoped_lock lock(mutex_);
  return count_;
}

int MailboxState::native_handle() {
  const std::scoped_lock lock(mutex_);
  if (event_descriptor_ < 0) {
    event_descriptor_ = io::open_event_descriptor();
    if (count_ > 0) io::signal(event_descriptor_);
  }
  return event_descriptor_;
}

}  // namespace specter::api
