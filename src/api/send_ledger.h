// What a connection's owner has sent and no packet holds yet, and who may go on: decided here and
// nowhere else. Any thread may use it.
//
//              room             moved by the loop            in a packet
//   post() ---------> posted ---------------------> in core ------------> gone
//      |  no room
//      +--> WouldBlock, and the channel waits until settle() says that it may go on
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

// A channel's part of the ledger, which guards all of it.
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
  // The amount was above the threshold since settle() last told of it. Set in the same critical
  // section as the message is posted, so before the loop can see it go.
  bool was_above_ = false;
  bool is_blocked_ = false;        // stands in SendLedger::blocked_
  bool is_active_ = false;         // stands in SendLedger::active_
  std::size_t refused_bytes_ = 0;  // of the message that was told WouldBlock
  std::uint64_t last_sent_ = 0;    // SendLedger::sends_ at its last message
  ToldChannels::Ticket told_ = 0;
  std::size_t left_bytes_ = 0;  // what it had when it ended: W3C §6.2, never set to 0
};

class SendLedger {
 public:
  using Accounts = std::vector<std::shared_ptr<SendAccount>>;
  static constexpr std::size_t kMaxPosted = 65'536;  // messages that the core hasn't seen yet
  // What becomes of a posted message.
  enum class Posted {
    InCore,
    Refused,  // by the core, for another reason than room
    Left,     // its channel had closed
  };

  // For messages of so many bytes together.
  explicit SendLedger(std::size_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  // A message on its way to the loop. WouldBlock: no room, and settle() tells when to go on.
  Result<> post(SendAccount& account, std::size_t bytes);
  // Whether a message may go straight into the core. WouldBlock as above; else sent() follows.
  Result<> judge(SendAccount& account, std::size_t bytes);
  std::size_t amount(const SendAccount& account) const;
  void set_low_threshold(SendAccount& account, std::size_t bytes);
  std::size_t low_threshold(const SendAccount& account) const;

  // ---- the loop's
  // Went into the core without being posted.
  void sent(SendAccount& account, std::size_t bytes);
  void move_posted(SendAccount& account, std::size_t bytes, Posted to);
  // Nothing to be settled. Read without the lock.
  bool is_settled() const { return is_settled_.load(std::memory_order_relaxed); }
  // Packets went out: takes over what the core still has of each channel (nothing: it is closed),
  // and returns whom to tell that the amount is low, or that there is room again.
  Accounts settle(Timestamp now,
                  const std::function<std::optional<std::size_t>(const SendAccount&)>& core_bytes);
  // A channel is gone, with what it had to send.
  void forget(SendAccount& account);
  // The connection is gone. Returns whom the ledger knew, to be let go where no lock is held.
  [[nodiscard]] Accounts end();

 private:
  // All below: `mutex_` is held.
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
  Accounts active_;   // with something in the core
  Accounts blocked_;  // were told WouldBlock
  // What one channel may have waiting, while there are some that wait for room: else who came first
  // would fill again what it has sent, and the others wait for ever.
  std::size_t share_bytes_ = kAll;
  ToldChannels told_;
  std::uint64_t sends_ = 0;  // messages taken so far: who sent last, and who long ago
  std::atomic<bool> is_settled_ = true;
};

}  // namespace specter::api
