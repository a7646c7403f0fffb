#include "media/packet_history.h"

#include <algorithm>
#include <utility>

namespace specter::media {

bool PacketHistory::has(std::int64_t number) const {
  return number >= begin_ && number < end_ && at(number).number == number;
}

void PacketHistory::drop_oldest() {
  Entry& entry = at(begin_++);
  if (entry.number != begin_ - 1) return;  // a hole
  bytes_ -= entry.draft.bytes;
  --size_;
  entry = {};
}

void PacketHistory::expire(Timestamp now, Duration age) {
  while (begin_ < end_) {
    const Entry& entry = at(begin_);
    if (entry.number == begin_ && entry.sent_at + age >= now) return;
    drop_oldest();
  }
}

void PacketHistory::clear() {
  while (begin_ < end_) drop_oldest();
}

void PacketHistory::grow(std::size_t places) {
  std::vector<Entry> larger(places);
  std::swap(larger, entries_);
  for (Entry& entry : larger)
    if (entry.number >= 0) at(entry.number) = std::move(entry);
}

// The ring spans the numbers from the oldest to the newest.
void PacketHistory::make_place(std::int64_t number) {
  constexpr std::size_t kFirstPlaces = 64;
  if (begin_ == end_) begin_ = end_ = number;
  const auto most = static_cast<std::int64_t>(limits_.packets);
  // The application's own numbers may jump.
  if (number - begin_ >= 2 * most) {
    clear();
    begin_ = end_ = number;
  }
  while (begin_ < end_ && number - begin_ >= most) drop_oldest();
  std::size_t places = std::max(entries_.size(), std::min(kFirstPlaces, limits_.packets));
  while (number - begin_ >= static_cast<std::int64_t>(places)) places *= 2;
  if (places > entries_.size()) grow(places);
  end_ = std::max(end_, number + 1);
}

void PacketHistory::put(Timestamp now, std::int64_t number, const Draft& draft, Duration age) {
  expire(now, age);
  if (draft.bytes > limits_.bytes) return;
  while (begin_ < end_ && bytes_ + draft.bytes > limits_.bytes) drop_oldest();
  if (begin_ < end_ && number < begin_) return;  // older than all that is kept
  make_place(number);
  Entry& entry = at(number);
  if (entry.number == number) {  // a number that the application has used twice
    bytes_ -= entry.draft.bytes;
    --size_;
  }
  entry = {.number = number, .sent_at = now, .repeated_at = {}, .draft = draft};
  bytes_ += draft.bytes;
  ++size_;
}

bool PacketHistory::request(Timestamp now, std::int64_t number, Duration round_trip) {
  if (!has(number)) return false;
  Entry& entry = at(number);
  if (entry.repeated_at && now < *entry.repeated_at + round_trip) return false;
  entry.repeated_at = now;
  return true;
}

const Draft* PacketHistory::find(std::int64_t number) const {
  return has(number) ? &at(number).draft : nullptr;
}

}  // namespace specter::media
