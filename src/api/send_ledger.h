// Accounts for the send buffer of a connection: the bytes that send() took and that are in no
// packet yet. It alone decides about WouldBlock and BufferedAmountLow. Thread: any.
//
//              room             moved by the loop            in a packet
//   post() ---------> posted ---------------------> in core ------------> gone
//      |  no room
//      +--> WouldBlock; settle() returns the channel when it may retry
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "api/told_channels.h"

#include "specter/result.h"
#include "specter/time.h"

namespace specter::api {

// The account of a channel. The ledger's mutex guards all of it.
class SendAccount : public std::enable_shared_from_this<SendAccount> {
 protected:
  SendAccount() = default;
  ~SendAccount() = default;

 private:
  friend class SendLedger;

  std::size_t amount() const { return posted_bytes_ + core_bytes_ + left_bytes_; }

  std::size_t posted_bytes_ = 0;
  std::size_t core_bytes_ = 0;
  std::size_t low_threshold_ = 0;
  // The amount was above the threshold since settle() last returned the channel. Set in the
  // critical section that posts the message, before the loop can send it.
  bool was_above_ = false;
  bool is_blocked_ = false;        // is in SendLedger::blocked_
  bool is_active_ = false;         // is in SendLedger::active_
  std::size_t refused_bytes_ = 0;  // of the message that got WouldBlock
  std::uint64_t last_sent_ = 0;    // SendLedger::sends_ at its last message
  ToldChannels::Ticket told_ = 0;
  std::size_t left_bytes_ = 0;  // the amount when the channel closed: W3C §6.2, never reset
};

class SendLedger {
 public:
  using Accounts = std::vector<std::shared_ptr<SendAccount>>;
  static constexpr std::size_t kMaxPosted = 65'536;  // messages that are not in the core yet
  // What happened to a posted message.
  enum class Posted {
    InCore,
    Refused,  // the core returned an error other than WouldBlock
    Left,     // its channel had closed
  };

  // `capacity_bytes`: the size of the send buffer.
  explicit SendLedger(std::size_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  // Reserves room for a message that is queued for the loop. Error: WouldBlock; settle() returns
  // the account when there is room.
  Result<> post(SendAccount& account, std::size_t bytes);
  // Checks whether a message may go directly into the core; sent() must follow. Error: as above.
  Result<> judge(SendAccount& account, std::size_t bytes);
  std::size_t amount(const SendAccount& account) const;
  void set_low_threshold(SendAccount& account, std::size_t bytes);
  std::size_t low_threshold(const SendAccount& account) const;

  // ---- on the loop's thread only
  // A message went into the core without being posted.
  void sent(SendAccount& account, std::size_t bytes);
  void move_posted(SendAccount& account, std::size_t bytes, Posted to);
  // Whether settle() has nothing to do. Does not lock.
  bool is_settled() const { return is_settled_.load(std::memory_order_relaxed); }
  // Call it after packets were sent. `core_bytes` returns what the core still holds of a channel
  // (empty: the channel is closed). Returns the accounts whose channels get BufferedAmountLow: the
  // amount fell to the threshold, or there is room again after WouldBlock.
  Accounts settle(Timestamp now,
                  const std::function<std::optional<std::size_t>(const SendAccount&)>& core_bytes);
  // A channel is closed; its unsent messages are dropped.
  void forget(SendAccount& account);
  // The connection has ended. Returns all accounts: destroy them without holding a lock.
  [[nodiscard]] Accounts end();

 private:
  // All functions below require `mutex_`.
  std::size_t bytes() const { return posted_bytes_ + core_bytes_; }
  bool has_room(const SendAccount& account, std::size_t bytes) const;
  bool is_within_share(const SendAccount& account, std::size_t bytes) const;
  Result<> block(SendAccount& account, std::size_t bytes);
  void note_sent(SendAccount& account);
  void activate(SendAccount& account);
  void tell_blocked(Timestamp now, Accounts& low);
  void let_go(Accounts& low);
  std::size_t count_sharing() const;
  void note_settled() {
    is_settled_.store(active_.empty() && blocked_.empty(), std::memory_order_relaxed);
  }

  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  const std::size_t capacity_bytes_;
  mutable std::mutex mutex_;
  std::size_t posted_bytes_ = 0;
  std::size_t posted_messages_ = 0;
  std::size_t core_bytes_ = 0;
  Accounts active_;   // with bytes in the core
  Accounts blocked_;  // got WouldBlock
  // How much one channel may have in the buffer while others are blocked. Without this limit the
  // first channel would refill the buffer forever and the others would starve.
  std::size_t share_bytes_ = kAll;
  ToldChannels told_;
  std::uint64_t sends_ = 0;  // messages taken so far: orders channels by their last message
  std::atomic<bool> is_settled_ = true;
};

}  // namespace specter::api
