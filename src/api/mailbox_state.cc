#include "api/mailbox_state.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "io/event_descriptor.h"
#include "io/log.h"

namespace specter::api {

namespace {

// Longer timeouts are reduced to this, so that adding them to the clock does not overflow.
constexpr Duration kLongestWait = std::chrono::hours(24 * 365 * 10);

template <class E, class... Of>
constexpr bool is_one_of = (std::is_same_v<E, Of> || ...);

// The number of these events is limited by the owner's calls: those without a call of their own
// follow a negotiation.
template <class E>
constexpr bool is_answer =
    is_one_of<E, event::Ready, event::DataChannelCreated, event::Offer, event::Answer,
              event::LocalDescriptionSet, event::RemoteDescriptionSet, event::IceCandidateAdded,
              event::Stats, event::Asked, event::OperationFailed, event::Closed, event::TrackAdded,
              event::TransceiverAdded, event::TrackReplaced, event::SendParametersSet,
              event::ConnectionReport>;
// The number of these is limited by rings.
template <class E>
constexpr bool is_in_ring =
    is_one_of<E, event::Frame, event::RtpPackets, event::TrackStreamsChange, event::TrackMuted,
              event::TrackUnmuted, event::EncodingWanted, event::BitrateFeedback>;

const ChannelHandle* channel_of(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> const ChannelHandle* {
        if constexpr (requires { e.channel.handle(); })
          return e.channel.handle().get();
        else
          return nullptr;
      },
      event);
}

// The channel's flag that a BufferedAmountLow is queued; null for other events.
bool* low_mark(const Event& event) {
  const auto* low = std::get_if<event::BufferedAmountLow>(&event);
  return low && low->channel.handle() ? &low->channel.handle()->is_low_waiting : nullptr;
}

// Whether an event of its kind waits already. If none does, it is the one that waits now.
bool is_repeated(const Event& event) {
  if (bool* const mark = low_mark(event)) return std::exchange(*mark, true);
  const auto* wanted = std::get_if<event::KeyFrameWanted>(&event);
  if (!wanted || !wanted->transceiver.handle()) return false;
  auto& waiting = wanted->transceiver.handle()->key_frames_waiting;
  if (std::ranges::find(waiting, wanted->rid) != waiting.end()) return true;
  waiting.push_back(wanted->rid);
  return false;
}

void unmark(const Event& event) {
  if (bool* const mark = low_mark(event)) *mark = false;
  const auto* wanted = std::get_if<event::KeyFrameWanted>(&event);
  if (wanted && wanted->transceiver.handle())
    std::erase(wanted->transceiver.handle()->key_frames_waiting, wanted->rid);
}

}  // namespace

MailboxState::Charge MailboxState::charge(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> Charge {
        if constexpr (std::is_same_v<E, event::Message>) {
          return {.message = sizeof(Event) + e.data.capacity()};
        } else if constexpr (std::is_same_v<E, event::IncomingDataChannel>) {
          const ChannelHandle* const channel = e.channel.handle().get();
          return {.news = sizeof(Event) + sizeof(ChannelHandle) +
                          (channel ? channel->label.size() + channel->options.protocol.size() : 0)};
        } else if constexpr (is_answer<E> || is_in_ring<E> ||
                             is_one_of<E, event::BufferedAmountLow, event::KeyFrameWanted>) {
          return {};
        } else {
          return {.news = sizeof(Event)};
        }
      },
      event);
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

bool MailboxState::has_room_for_news(const ConnectionHandle& connection, std::size_t more) const {
  return connection.unseen_news_bytes.load(std::memory_order_relaxed) + more < kMaxUnseenNews;
}

bool MailboxState::may_resume(const ConnectionHandle& connection) const {
  const std::size_t own = connection.waiting_bytes.load(std::memory_order_relaxed);
  const std::size_t news = connection.unseen_news_bytes.load(std::memory_order_relaxed);
  return own < kMaxOfConnection / 2 && news < kMaxUnseenNews / 2 &&
         (own == 0 || total_bytes_.load(std::memory_order_relaxed) < kMaxOfAll / 2);
}

void MailboxState::deliver(ConnectionHandle& connection, std::vector<Event>& events,
                           const Charge& bytes) {
  Dropped dropped;
  {
    const std::scoped_lock lock(mutex_);
    const bool was_empty = count_ == 0;
    bool is_over = false;
    for (Event& event : events) {
      if (is_repeated(event)) continue;
      if (const InRing in = ring_of(event)) {
        is_over = count_in(in, &EventRing::incoming) || is_over;
        if (in.is_media) media_bytes_ += in.bytes;
        if (in.is_media && media_bytes_ > kMaxMedia) {
          in.ring->dropping = EventRing::Dropping::ToOne;
          is_over = true;
        }
      }
      incoming_.push_back(std::move(event));
      ++count_;
    }
    if (is_over) {
      drop_oldest(incoming_, &EventRing::incoming, 0, dropped);
      count_ -= dropped.events.size();
      media_bytes_ -= dropped.media_bytes;
    }
    if (was_empty && count_ > 0) io::signal(event_descriptor_);
    total_bytes_ += bytes.message;
    connection.waiting_bytes += bytes.message;
    connection.unseen_news_bytes += bytes.news;
    const bool is_full = !has_room(connection, 0) || !has_room_for_news(connection, 0);
    if (is_full && !std::exchange(connection.is_paused, true))
      paused_.push_back(connection.weak_from_this());
  }
  changed_.notify_all();
  dropped.ask_for_key_frames();
}

// One thread receives at a time. Others wait for it, within their own timeouts.
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

// `accept` is code of the application, so it is called without the lock, on data that only the
// receiver uses.
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
    Connections stuck, to_wake;
    Dropped dropped;
    {
      std::unique_lock lock(mutex_);
      if (incoming_.empty() && timeout > Duration{}) stuck = take_stuck();
      if (stuck.empty()) {
        if (!changed_.wait_until(lock, deadline, [&] { return !incoming_.empty(); }))
          return timed_out();
        seen = see_incoming(to_wake, dropped);
      }
    }
    dropped.ask_for_key_frames();
    for (const auto& connection : stuck) {
      io::log(LogModule::Api, connection->id)
          .warn(
              "{} bytes of messages of connection {} wait in a mailbox whose receiver asks for "
              "other "
              "events: no more are taken from its peer until some of them are received",
              connection->waiting_bytes.load(), connection->id);
    }
    for (const auto& connection : to_wake) connection->wake();
    if (kept_news_bytes_ > drop_at_) seen = drop_untold_channels(seen);
  }
}

// Returns how many of the events in kept_ were seen before.
std::size_t MailboxState::see_incoming(Connections& out, Dropped& dropped) {
  std::size_t seen = kept_.size();
  bool is_over = false;
  for (Event& event : incoming_) {
    const std::size_t news = charge(event).news;
    kept_news_bytes_ += news;
    if (const auto& connection = connection_of(event).handle())
      connection->unseen_news_bytes -= news;
    if (const InRing in = ring_of(event)) {
      count_out(in, &EventRing::incoming);
      is_over = count_in(in, &EventRing::kept) || is_over;
    }
    kept_.push_back(std::move(event));
  }
  incoming_.clear();
  if (is_over) {
    seen = drop_oldest(kept_, &EventRing::kept, seen, dropped);
    count_ -= dropped.events.size();
    media_bytes_ -= dropped.media_bytes;
  }
  out = take_resumable();
  return seen;
}

// The connections that reached their message limit while the receiver leaves everything in the
// queue. Each is returned once, so that it is logged once.
MailboxState::Connections MailboxState::take_stuck() {
  Connections stuck;
  for (const auto& weak : paused_) {
    auto connection = weak.lock();
    if (connection && connection->waiting_bytes >= kMaxOfConnection &&
        !std::exchange(connection->is_stuck_told, true))
      stuck.push_back(std::move(connection));
  }
  return stuck;
}

MailboxState::Connections MailboxState::take_resumable() {
  Connections resumable;
  std::erase_if(paused_, [&](const auto& weak) {
    auto paused = weak.lock();
    if (!paused) return true;
    if (!may_resume(*paused)) return false;
    paused->is_paused = false;
    resumable.push_back(std::move(paused));
    return true;
  });
  return resumable;
}

// A peer may open and close channels forever while the receiver waits for other events. Drops the
// events of channels whose IncomingDataChannel and DataChannelClosed are both unread. Their
// messages stay: they have a limit of their own. Returns how many of the first `seen` events are
// left.
std::size_t MailboxState::drop_untold_channels(std::size_t seen) {
  enum : unsigned { kCame = 1, kWent = 2 };
  std::unordered_map<const ChannelHandle*, unsigned> channels;
  for (const Event& event : kept_) {
    if (std::holds_alternative<event::IncomingDataChannel>(event))
      channels[channel_of(event)] |= kCame;
    if (std::holds_alternative<event::DataChannelClosed>(event))
      channels[channel_of(event)] |= kWent;
  }
  std::deque<Event> left;
  std::size_t seen_and_left = 0;
  kept_news_bytes_ = 0;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const auto channel = channels.find(channel_of(kept_[i]));
    const bool is_untold = channel != channels.end() && channel->second == (kCame | kWent);
    if (is_untold && !std::holds_alternative<event::Message>(kept_[i])) continue;
    if (i < seen) ++seen_and_left;
    kept_news_bytes_ += charge(kept_[i]).news;
    left.push_back(std::move(kept_[i]));
  }
  const std::size_t dropped = kept_.size() - left.size();
  kept_ = std::move(left);
  drop_at_ = std::max(kMaxLeftNews, 2 * kept_news_bytes_);
  const std::scoped_lock lock(mutex_);
  count_ -= dropped;
  if (count_ == 0) io::unsignal(event_descriptor_);
  return seen_and_left;
}

Event MailboxState::remove(std::size_t index) {
  Event event = std::move(kept_[index]);
  kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));

  const Charge bytes = charge(event);
  kept_news_bytes_ -= bytes.news;
  const auto& connection = connection_of(event).handle();
  Connections to_wake;
  {
    const std::scoped_lock lock(mutex_);
    if (--count_ == 0) io::unsignal(event_descriptor_);
    const std::size_t before = total_bytes_;
    total_bytes_ -= bytes.message;
    if (connection) connection->waiting_bytes -= bytes.message;
    unmark(event);
    if (const InRing in = ring_of(event)) {
      count_out(in, &EventRing::kept);
      if (in.is_media) media_bytes_ -= in.bytes;
      tell_dropped(event);
    }
    const bool crossed = before >= kMaxOfAll / 2 && total_bytes_ < kMaxOfAll / 2;
    if (!paused_.empty() && (crossed || (connection && connection->is_paused)))
      to_wake = take_resumable();
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
