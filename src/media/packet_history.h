// What was sent of one source, for who asks for it again: RFC 4588, RFC 4585 §6.2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "media/draft.h"

#include "specter/time.h"

namespace specter::media {

class PacketHistory {
 public:
  struct Limits {
    std::size_t bytes = 4 << 20;  // of whole packets
    std::size_t packets = 8192;   // a power of two
  };
  // A packet is kept for this time at least, or for three round trips, within the limits.
  static constexpr Duration kMinAge = std::chrono::seconds(1);
  static constexpr int kRoundTrips = 3;
  // A packet is not sent again within a round trip, or within this time before one is known.
  static constexpr Duration kDefaultRoundTrip = std::chrono::milliseconds(100);

  explicit PacketHistory(Limits limits) : limits_(limits) {}

  static Duration age_limit(std::optional<Duration> round_trip) {
    return std::max<Duration>(kMinAge, kRoundTrips * round_trip.value_or(Duration::zero()));
  }

  // A packet leaves. Those that are older than `age` are forgotten first, then what the limits
  // leave no room for. `number` is its sequence number, unwrapped.
  void put(Timestamp now, std::int64_t number, const Draft& draft, Duration age);
  void expire(Timestamp now, Duration age);
  void clear();

  // Whether it may be sent again now: it is there, and was not asked for within a round trip. It
  // counts as asked for.
  bool request(Timestamp now, std::int64_t number, Duration round_trip);
  // Whether it was before.
  bool was_requested(std::int64_t number) const {
    return has(number) && at(number).repeated_at.has_value();
  }
  // Null: it is not there any more.
  const Draft* find(std::int64_t number) const;

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::int64_t number = -1;
    Timestamp sent_at{};
    Deadline repeated_at{};
    Draft draft;
  };

  Entry& at(std::int64_t number) {
    return entries_[static_cast<std::size_t>(number) & (entries_.size() - 1)];
  }
  const Entry& at(std::int64_t number) const {
    return entries_[static_cast<std::size_t>(number) & (entries_.size() - 1)];
  }
  bool has(std::int64_t number) const;
  void make_place(std::int64_t number);
  void grow(std::size_t places);
  void drop_oldest();

  const Limits limits_;
  std::vector<Entry> entries_;        // a ring by the number's low bits; a power of two
  std::int64_t begin_ = 0, end_ = 0;  // numbers in the ring are in [begin_, end_), with holes
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace specter::media
