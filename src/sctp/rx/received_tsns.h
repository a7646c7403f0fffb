// Which TSNs have come. RFC 9260 §6.2, §3.3.4.
#pragma once

#include <cstdint>
#include <vector>

#include "sctp/range_set.h"

namespace specter::sctp {

class ReceivedTsns {
 public:
  static constexpr std::size_t kMaxGaps = 4096;      // ranges beyond the cumulative TSN
  static constexpr std::size_t kMaxDuplicates = 64;  // reported in the next SACK; more are not
  // A gap block's offset has 16 bits: what lies farther off could not be acknowledged.
  static constexpr std::int64_t kMaxDistance = 0xffff;

  explicit ReceivedTsns(std::uint32_t initial_tsn);

  enum class Verdict { New, Duplicate, TooFar };
  Verdict look_at(std::int64_t tsn) const;  // without remembering
  void add(std::int64_t tsn);               // one that is New
  void add_duplicate(std::uint32_t tsn);
  void skip_to(std::int64_t tsn);  // as if all up to there had come: RFC 3758 §3.6

  std::int64_t unwrap(std::uint32_t tsn) const;
  std::int64_t cumulative() const { return cumulative_; }
  bool has_gaps() const { return !beyond_.empty(); }
  // Whether a later one is there, of one that is New.
  bool is_in_gap(std::int64_t tsn) const { return has_gaps() && tsn < beyond_.highest(); }
  std::span<const Range> beyond() const { return beyond_.ranges(); }
  std::vector<std::uint32_t> take_duplicates() { return std::move(duplicates_); }

 private:
  void absorb();

  std::int64_t cumulative_;
  RangeSet beyond_;
  std::vector<std::uint32_t> duplicates_;
};

}  // namespace specter::sctp
