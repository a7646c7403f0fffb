#include "sctp/rx/received_tsns.h"

#include "base/sequence.h"

namespace specter::sctp {

ReceivedTsns::ReceivedTsns(std::uint32_t initial_tsn)
    // One turn up, so that what lies before the first TSN is not negative.
    : cumulative_(std::int64_t{initial_tsn} + (std::int64_t{1} << 32) - 1) {}

std::int64_t ReceivedTsns::unwrap(std::uint32_t tsn) const {
  return specter::unwrap(tsn, cumulative_);
}

ReceivedTsns::Verdict ReceivedTsns::look_at(std::int64_t tsn) const {
  if (tsn <= cumulative_ || beyond_.contains(tsn)) return Verdict::Duplicate;
  if (tsn == cumulative_ + 1) return Verdict::New;
  if (tsn > cumulative_ + kMaxDistance) return Verdict::TooFar;
  if (beyond_.ranges().size() >= kMaxGaps && beyond_.adds_range(tsn)) return Verdict::TooFar;
  return Verdict::New;
}

void ReceivedTsns::add(std::int64_t tsn) {
  if (tsn == cumulative_ + 1) {
    ++cumulative_;
    absorb();
  } else {
    beyond_.add(tsn);
  }
}

void ReceivedTsns::add_duplicate(std::uint32_t tsn) {
  if (duplicates_.size() < kMaxDuplicates) duplicates_.push_back(tsn);
}

void ReceivedTsns::skip_to(std::int64_t tsn) {
  if (tsn <= cumulative_) return;
  cumulative_ = tsn;
  beyond_.remove_up_to(tsn);
  absorb();
}

void ReceivedTsns::absorb() {
  if (beyond_.empty() || beyond_.lowest() != cumulative_ + 1) return;
  cumulative_ = beyond_.ranges().front().last;
  beyond_.remove_up_to(cumulative_);
}

}  // namespace specter::sctp
