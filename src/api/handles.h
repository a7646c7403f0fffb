// What the public handles point to: the side of a connection that any thread may touch. The loop's
// side is connection.h.
//
//   a call     -> queue -> the connection's loop           (one wake-up for many calls)
//   a question <- snapshot, which the loop wrote before it told the event
//   send()     -> judged by the ledger, then as a call; on the loop itself straight into the core
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

struct SendCall {
  std::shared_ptr<ChannelHandle> channel;
  MessageKind kind = MessageKind::Binary;
  MessagePart part = MessagePart::Whole;
  Buffer message;
};
// A pointer, never null: libstdc++ 12 wants a complete type for a reference.
using Action = std::move_only_function<void(Connection*)>;
using Call = std::variant<SendCall, Action>;

inline constexpr std::size_t kMaxWaitingCalls = 65'536;  // past it calls say WouldBlock

// The descriptions a connection may be asked for.
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
  void close();
  void abort();            // what waits is not made, also when it is closing already
  bool is_closed() const;  // or closing: no call is taken any more
  void wake();             // a turn, soon
  void set_receiving(bool receiving);
  bool is_receiving() const { return receiving_; }

  // ---- snapshots, for any thread; written by the loop
  std::atomic<SignalingState> signaling_state = SignalingState::Stable;
  std::atomic<IceGatheringState> ice_gathering_state = IceGatheringState::New;
  std::atomic<IceConnectionState> ice_connection_state = IceConnectionState::New;
  std::atomic<ConnectionState> connection_state = ConnectionState::New;
  std::atomic<std::size_t> max_message_size = 0;  // what the peer takes; 0: no limit, or not known
  std::atomic<bool> is_over = false;              // Closed was told, or is about to be
  std::atomic<bool> is_aborted = false;           // the loop makes no more calls, but closes
  std::optional<SessionDescription> description(Which which) const;
  void set_descriptions(Descriptions&& descriptions);

  // ---- the loop's: on its thread
  void begin(const std::shared_ptr<io::Driver>& driver, Connection& connection);
  bool take_calls(std::vector<Call>& out);  // `out` is empty before; false when none wait
  void end();                               // no call is taken from here on; what waits is dropped
  // The loop's side, when the calling thread is the loop; else, or when it is over, nothing.
  Connection* loop_side() const;

  SendLedger ledger;  // of what is sent; has a lock of its own, taken within `mutex`

  mutable std::mutex mutex;
  // No call is taken any more. Exact while `mutex` is held; the loop may look without.
  bool refuses_calls() const { return closing_ || ended_; }
  bool has_calls() const { return calls_wait_.load(std::memory_order_acquire); }  // likewise
  // `mutex` is held by `lock`, which is let go before the loop is woken.
  void push(Call&& call, std::unique_lock<std::mutex> lock);

  // ---- the mailbox's, guarded by its mutex but for reading the two counts
  std::atomic<std::size_t> waiting_bytes = 0;      // of messages in the mailbox
  std::atomic<std::size_t> unseen_news_bytes = 0;  // of other events that nobody looked at yet
  bool is_paused = false;                          // to be woken when there is room again
  bool is_stuck_told = false;                      // a log line said that nobody takes its messages

 private:
  void post_turn();
  void leave_loop();  // `mutex` is held: counts as no load of it any more

  const std::weak_ptr<io::Loop> loop;
  const io::Loop* const loop_identity;

  std::vector<Call> calls_;
  std::weak_ptr<io::Driver> driver_;
  bool begun_ = false;
  bool wake_posted_ = false;
  bool is_load_ = true;  // of the loop
  std::atomic<bool> closing_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> receiving_ = true;    // what the owner wants; the loop takes it to the core
  std::atomic<bool> calls_wait_ = false;  // what take_calls() looks at before it locks

  mutable std::mutex snapshot_mutex_;
  Descriptions descriptions_;

  Connection* loop_side_ = nullptr;  // touched on the loop's thread alone
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
  // States only go on: a late Open does not undo a Closing. True when it changed.
  bool advance(DataChannelState to);

  bool is_low_waiting = false;  // a BufferedAmountLow waits: guarded by the mailbox's mutex

  // ---- the loop's
  std::optional<ChannelId> id;  // once the core has made it
};

}  // namespace specter::api
