#include "api/send_ledger.h"

#include <algorithm>
#include <utility>

namespace specter::api {

Result<> SendLedger::post(SendAccount& account, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (!has_room(account, bytes)) return block(account, bytes);
  posted_bytes_ += bytes;
  ++posted_messages_;
  account.posted_bytes_ += bytes;
  note_sent(account);
  return {};
}

Result<> SendLedger::judge(SendAccount& account, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (!has_room(account, bytes)) return block(account, bytes);
  return {};
}

std::size_t SendLedger::amount(const SendAccount& account) const {
  const std::scoped_lock lock(mutex_);
  return account.amount();
}

void SendLedger::set_low_threshold(SendAccount& account, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  account.low_threshold_ = bytes;
  account.was_above_ = account.amount() > bytes;
}

std::size_t SendLedger::low_threshold(const SendAccount& account) const {
  const std::scoped_lock lock(mutex_);
  return account.low_threshold_;
}

// ---- on the loop's thread only

void SendLedger::sent(SendAccount& account, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  account.core_bytes_ += bytes;
  core_bytes_ += bytes;
  note_sent(account);
  activate(account);
}

void SendLedger::move_posted(SendAccount& account, std::size_t bytes, Posted to) {
  const std::scoped_lock lock(mutex_);
  --posted_messages_;
  posted_bytes_ -= bytes;
  account.posted_bytes_ -= bytes;
  if (to == Posted::InCore) {
    core_bytes_ += bytes;
    account.core_bytes_ += bytes;
  } else if (to == Posted::Left) {
    account.left_bytes_ += bytes;
    return;
  }
  activate(account);
}

SendLedger::Accounts SendLedger::settle(
    Timestamp now,
    const std::function<std::optional<std::size_t>(const SendAccount&)>& core_bytes) {
  Accounts low;
  const std::scoped_lock lock(mutex_);
  core_bytes_ = 0;
  std::erase_if(active_, [&](const std::shared_ptr<SendAccount>& account) {
    const auto left = core_bytes(*account);
    if (!left) {
      account->is_active_ = false;
      return true;
    }
    account->core_bytes_ = *left;
    core_bytes_ += *left;
    if (account->was_above_ && account->amount() <= account->low_threshold_) {
      account->was_above_ = false;
      low.push_back(account);
    }
    account->is_active_ = account->amount() > 0;
    return !account->is_active_;
  });
  tell_blocked(now, low);
  note_settled();
  return low;
}

void SendLedger::forget(SendAccount& account) {
  const std::scoped_lock lock(mutex_);
  core_bytes_ -= std::min(core_bytes_, account.core_bytes_);
  account.left_bytes_ += std::exchange(account.core_bytes_, 0);
  account.was_above_ = false;
  told_.remove(account.told_);
  if (std::exchange(account.is_blocked_, false))
    std::erase_if(blocked_, [&](const auto& other) { return other.get() == &account; });
}

SendLedger::Accounts SendLedger::end() {
  const std::scoped_lock lock(mutex_);
  Accounts known = std::exchange(blocked_, {});
  known.insert(known.end(), active_.begin(), active_.end());
  active_.clear();
  posted_bytes_ = posted_messages_ = core_bytes_ = 0;
  note_settled();
  return known;
}

// ---- which channels may send

bool SendLedger::has_room(const SendAccount& account, std::size_t bytes) const {
  return this->bytes() + bytes <= capacity_bytes_ && posted_messages_ < kMaxPosted &&
         is_within_share(account, bytes);
}

bool SendLedger::is_within_share(const SendAccount& account, std::size_t bytes) const {
  // From half of its share on a channel may take one message, however large.
  const std::size_t waiting = account.amount();
  return waiting <= share_bytes_ / 2 || waiting + bytes <= share_bytes_;
}

Result<> SendLedger::block(SendAccount& account, std::size_t bytes) {
  account.refused_bytes_ = bytes;
  told_.remove(account.told_);
  if (!std::exchange(account.is_blocked_, true)) blocked_.push_back(account.shared_from_this());
  note_settled();
  return fail(ErrorCode::WouldBlock,
              "the send buffer is full; BufferedAmountLow tells when to go on");
}

void SendLedger::note_sent(SendAccount& account) {
  account.last_sent_ = ++sends_;
  told_.remove(account.told_);
  if (account.amount() > account.low_threshold_) account.was_above_ = true;
}

void SendLedger::activate(SendAccount& account) {
  if (std::exchange(account.is_active_, true)) return;
  active_.push_back(account.shared_from_this());
  note_settled();
}

// Blocked channels are returned when half of the buffer is free, so that they do not block again at
// once. A channel above its own threshold is returned when it falls to the threshold, and is
// remembered until then.
void SendLedger::tell_blocked(Timestamp now, Accounts& low) {
  told_.pass(now);
  for (const auto& account : low) {
    account->is_blocked_ = false;
    told_.add(account->told_);
  }
  if (!low.empty())
    std::erase_if(blocked_, [](const auto& account) { return !account->is_blocked_; });
  if (blocked_.empty()) {
    // Nobody waits. Until most of it is sent they may come again.
    if (told_.size() == 0 && bytes() <= capacity_bytes_ / 4) share_bytes_ = kAll;
    return;
  }
  share_bytes_ = capacity_bytes_ / count_sharing();
  const bool is_half_free = bytes() <= capacity_bytes_ / 2 && posted_messages_ <= kMaxPosted / 2;
  if (is_half_free) let_go(low);
}

// Returns blocked channels in the order of their last message, and as many as there is room for. If
// all were returned, the same ones would find the room taken each time.
void SendLedger::let_go(Accounts& low) {
  const auto last_sent = [](const auto& account) { return account->last_sent_; };
  if (!std::ranges::is_sorted(blocked_, {}, last_sent)) std::ranges::sort(blocked_, {}, last_sent);
  std::size_t room = capacity_bytes_ - bytes();
  std::erase_if(blocked_, [&](const std::shared_ptr<SendAccount>& account) {
    if (account->amount() > account->low_threshold_ ||
        !is_within_share(*account, account->refused_bytes_))
      return false;
    if (account->refused_bytes_ > room) {
      room = 0;  // others must not overtake a large message
      return false;
    }
    const std::size_t share_left = share_bytes_ - std::min(share_bytes_, account->amount());
    room -= std::min(room, std::max(account->refused_bytes_, share_left));
    low.push_back(account);
    account->is_blocked_ = false;
    told_.add(account->told_);
    return true;
  });
}

// The number of channels that share the buffer: with unsent bytes, blocked, or recently returned.
// Not 0 while one is blocked.
std::size_t SendLedger::count_sharing() const {
  const auto is_told = [&](const auto& account) { return told_.counts(account->told_); };
  const auto is_idle = [](const auto& account) { return !account->is_active_; };
  const auto idle = std::ranges::count_if(blocked_, is_idle);
  const auto twice = told_.size() > 0 ? std::ranges::count_if(active_, is_told) : 0;
  return active_.size() + static_cast<std::size_t>(idle) +
         (told_.size() - static_cast<std::size_t>(twice));
}

}  // namespace specter::api
