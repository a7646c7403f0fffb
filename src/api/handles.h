// What the public handles point to: the part of a connection that any thread may use. The part on
// the event loop is connection.h.
//
//   a call    -> queue -> the connection's loop           (one wake-up for many calls)
//   a getter  <- snapshot, which the loop writes before it delivers the event
//   send()    -> checked by the ledger, then a call; on the loop's thread directly into the core
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/event_ring.h"
#include "api/media_posts.h"
#include "api/send_ledger.h"
#include "base/payload.h"
#include "io/loop.h"

#include "specter/bytes.h"
#include "specter/description.h"
#include "specter/options.h"
#include "specter/result.h"
#include "specter/states.h"

namespace specter::io {
class Driver;
}

namespace specter::api {

class Connection;
struct ChannelHandle;
struct TransceiverHandle;

struct SendCall {
  std::shared_ptr<ChannelHandle> channel;
  MessageKind kind = MessageKind::Binary;
  MessagePart part = MessagePart::Whole;
  Buffer message;
};
// A pointer, never null: libstdc++ 12 requires a complete type for a reference.
using Action = std::move_only_function<void(Connection*)>;
using Call = std::variant<SendCall, Action>;

inline constexpr std::size_t kMaxWaitingCalls = 65'536;  // beyond it calls return WouldBlock

// The descriptions that have a getter.
enum class Which { Local, CurrentLocal, PendingLocal, Remote, CurrentRemote, PendingRemote };
struct Descriptions {
  std::optional<SessionDescription> current_local{}, pending_local{};
  std::optional<SessionDescription> current_remote{}, pending_remote{};
};

struct ConnectionHandle : std::enable_shared_from_this<ConnectionHandle> {
  ConnectionHandle(std::uint64_t number, const std::shared_ptr<io::Loop>& home,
                   std::size_t send_buffer)
      : id(number),
        send_buffer_bytes(send_buffer),
        ledger(send_buffer),
        loop(home),
        loop_identity(home.get()) {
    if (home) home->load.fetch_add(1, std::memory_order_relaxed);  // none in a test of mailboxes
  }

  const std::uint64_t id;
  const std::size_t send_buffer_bytes;

  // ---- calls, from any thread
  Result<> call(Action action);
  // The same for one of W3C [[Operations]].
  Result<> call_operation(Action action);
  bool has_operations() const { return operations_ > 0; }
  void close();
  void abort();            // discards queued calls, also if it is closing already
  bool is_closed() const;  // closed or closing: calls return Closed
  void wake();             // schedules a turn of the loop
  void wake_for_media();   // the same, unless it is the loop that calls and will look anyway
  void set_receiving(bool receiving);
  bool is_receiving() const { return receiving_; }

  // ---- snapshots, for any thread; written by the loop
  std::atomic<SignalingState> signaling_state = SignalingState::Stable;
  std::atomic<IceGatheringState> ice_gathering_state = IceGatheringState::New;
  std::atomic<IceConnectionState> ice_connection_state = IceConnectionState::New;
  std::atomic<ConnectionState> connection_state = ConnectionState::New;
  std::atomic<std::size_t> max_message_size = 0;  // the peer's, bytes; 0: no limit, or unknown
  std::atomic<bool> is_over = false;              // Closed is delivered, or about to be
  std::atomic<bool> is_aborted = false;           // the loop makes no more calls but close()
  std::optional<SessionDescription> description(Which which) const;
  void set_descriptions(Descriptions&& descriptions);
  using Transceivers = std::vector<std::shared_ptr<TransceiverHandle>>;
  Transceivers transceivers() const;
  void set_transceivers(Transceivers&& transceivers);
  void add_transceiver(const std::shared_ptr<TransceiverHandle>& transceiver);
  void remove_transceiver(const std::shared_ptr<TransceiverHandle>& transceiver);

  // ---- on the loop's thread only
  void begin(const std::shared_ptr<io::Driver>& driver, Connection& connection);
  bool take_calls(std::vector<Call>& out);  // `out` must be empty; false: no call was queued
  void end();                               // rejects further calls and drops queued ones
  // The connection on the loop, if called on the loop's thread; null otherwise, and after end().
  Connection* loop_side() const;

  SendLedger ledger;       // has a mutex of its own, which is locked after `mutex`
  MediaPosts media_posts;  // likewise

  mutable std::mutex mutex;
  // Whether calls return Closed. Exact while `mutex` is held; the loop may read it without.
  bool refuses_calls() const { return closing_ || ended_; }
  bool has_calls() const { return calls_wait_.load(std::memory_order_acquire); }  // likewise
  // `lock` holds `mutex`. It is released before the loop is woken.
  void push(Call&& call, std::unique_lock<std::mutex> lock);

  // ---- for the mailbox; guarded by its mutex, except for reading the two counts
  std::atomic<std::size_t> waiting_bytes = 0;      // of messages in the mailbox
  std::atomic<std::size_t> unseen_news_bytes = 0;  // of other events that no receiver has seen yet
  bool is_paused = false;                          // is woken when there is room again
  bool is_stuck_told = false;                      // logged that nobody receives its messages
  EventRing feedback{EventRing::kFeedback};        // BitrateFeedback

 private:
  void post_turn();
  void leave_loop();  // requires `mutex`: no longer counts as load of the loop

  const std::weak_ptr<io::Loop> loop;
  const io::Loop* const loop_identity;

  std::vector<Call> calls_;
  std::weak_ptr<io::Driver> driver_;
  bool begun_ = false;
  bool wake_posted_ = false;
  bool is_load_ = true;  // counts as load of the loop
  std::atomic<bool> closing_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<std::size_t> operations_ = 0;
  std::atomic<bool> receiving_ = true;    // of set_receiving(); the loop passes it to the core
  std::atomic<bool> calls_wait_ = false;  // lets take_calls() return without locking

  mutable std::mutex snapshot_mutex_;
  Descriptions descriptions_;
  Transceivers transceivers_;

  Connection* loop_side_ = nullptr;  // used on the loop's thread only
};

struct ChannelHandle final : SendAccount {
  ChannelHandle(std::shared_ptr<ConnectionHandle> of, std::string name, DataChannelOptions with)
      : connection(std::move(of)), label(std::move(name)), options(std::move(with)) {
    if (options.negotiated && options.id) stream = *options.id;
  }

  std::shared_ptr<ChannelHandle> self() {
    return std::static_pointer_cast<ChannelHandle>(shared_from_this());
  }

  const std::shared_ptr<ConnectionHandle> connection;
  const std::string label;
  const DataChannelOptions options;

  // ---- from any thread
  Result<> send(MessageKind kind, Payload message, MessagePart part);
  void receive_in_parts();
  void close();
  std::size_t buffered_amount() const;
  void set_low_threshold(std::size_t bytes);
  std::size_t low_threshold() const;

  std::atomic<bool> is_in_parts = false;  // receive_in_parts() was called

  // ---- snapshots
  std::atomic<DataChannelState> state = DataChannelState::Connecting;
  DataChannelState current_state() const {
    return connection->is_over ? DataChannelState::Closed : state.load();
  }
  std::atomic<std::int32_t> stream = -1;  // -1: not known yet
  // Changes the state, forward only: a late Open does not undo a Closing. Returns whether it
  // changed.
  bool advance(DataChannelState to);
  // From Open to Connecting: another peer follows, and a negotiated channel opens again.
  void begin_again();

  bool is_low_waiting = false;  // a BufferedAmountLow is in the mailbox, whose mutex guards this

  // ---- on the loop's thread only
  std::optional<ChannelId> id;  // once the core has made it
};

}  // namespace specter::api
