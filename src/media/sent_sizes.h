// The sizes of what was sent last, by numbers that count up: feedback names the numbers alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace specter::media {

class SentSizes {
 public:
  // So many numbers are known, back from the last.
  explicit SentSizes(std::size_t capacity) : capacity_(static_cast<std::int64_t>(capacity)) {}

  void put(std::int64_t number, std::uint32_t bytes) {
    if (entries_.empty()) entries_.resize(static_cast<std::size_t>(capacity_), {-1, 0});
    entries_[index(number)] = {number, bytes};
    end_ = std::max(end_, number + 1);
  }

  // Nothing: it was not sent, or too long ago.
  std::optional<std::uint32_t> find(std::int64_t number) const {
    if (entries_.empty() || number < 0) return std::nullopt;
    const Entry& entry = entries_[index(number)];
    if (entry.number != number) return std::nullopt;
    return entry.bytes;
  }

  std::int64_t begin() const { return std::max<std::int64_t>(0, end_ - capacity_); }
  std::int64_t end() const { return end_; }  // the number after the last

 private:
  struct Entry {
    std::int64_t number;
    std::uint32_t bytes;
  };
  std::size_t index(std::int64_t number) const {
    return static_cast<std::size_t>(number % capacity_);
  }

  std::int64_t capacity_;
  std::int64_t end_ = 0;
  std::vector<Entry> entries_;  // none before the first
};

}  // namespace specter::media
