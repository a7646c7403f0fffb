// Many packets opened by one call, and those that have to be tried again by one more.
#include <algorithm>
#include <cstring>

#include "srtp/opener.h"

namespace specter::srtp {

std::size_t OpenBatch::add_rtp(Opener& opener, Bytes packet, MutableBytes out) {
  return take(opener, opener.look_at_rtp(begin(), packet, out));
}

std::size_t OpenBatch::add_rtcp(Opener& opener, Bytes packet, MutableBytes out) {
  return take(opener, opener.look_at_rtcp(begin(), packet, out));
}

OpenBatch::Attempt& OpenBatch::begin() {
  if (is_done_) {
    results_.clear();
    is_done_ = false;
  }
  results_.emplace_back(std::unexpected(Refusal::BadTag));  // until it is known
  return waiting_.emplace_back().attempt;
}

std::size_t OpenBatch::take(Opener& opener, std::optional<Refusal> refusal) {
  const std::size_t place = results_.size() - 1;
  if (refusal) {
    waiting_.pop_back();
    results_[place] = std::unexpected(opener.count(*refusal));
    return place;
  }
  Waiting& waiting = waiting_.back();
  Attempt& attempt = waiting.attempt;
  attempt.result = place;
  // The second try needs the ciphertext again, and the first one overwrites it.
  if (attempt.may_retry && attempt.sealed.data() == attempt.out.data()) {
    waiting.kept_at = kept_.size();
    kept_.insert(kept_.end(), attempt.sealed.begin(), attempt.sealed.end());
  }
  return place;
}

std::span<const OpenResult> OpenBatch::run() {
  struct Empty {  // also when the cipher throws
    OpenBatch& batch;
    ~Empty() {
      batch.waiting_.clear();
      batch.kept_.clear();
      batch.is_done_ = true;
    }
  } const empty{*this};
  if (is_done_) results_.clear();
  for (Waiting& waiting : waiting_) {
    if (waiting.kept_at != kNotKept)
      waiting.attempt.sealed = Bytes(kept_).subspan(waiting.kept_at, waiting.attempt.sealed.size());
  }
  while (!waiting_.empty()) try_once();
  return results_;
}

void OpenBatch::clear() {
  waiting_.clear();
  kept_.clear();
  results_.clear();
}

void OpenBatch::try_once() {
  jobs_.clear();
  besides_.clear();
  for (const Waiting& waiting : waiting_) {
    waiting.attempt.opener->describe(jobs_.emplace_back(), besides_.emplace_back(),
                                     waiting.attempt);
  }
  for (std::size_t i = 0; i < jobs_.size(); ++i) besides_[i].attach(jobs_[i]);
  cipher_->open(jobs_);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    if (!finish(waiting_[i].attempt, jobs_[i].ok)) continue;
    if (kept != i) waiting_[kept] = waiting_[i];
    ++kept;
  }
  waiting_.resize(kept);
}

bool OpenBatch::finish(Attempt& attempt, bool is_right) {
  Opener& opener = *attempt.opener;
  std::optional<Refusal> refusal = Refusal::BadTag;
  if (is_right) {
    refusal = opener.accept(attempt);
  } else if (const auto index = opener.next_index(attempt)) {
    attempt.tried.indices[attempt.tried.count++] = *index;
    return true;
  }
  if (refusal) {
    std::ranges::fill(attempt.out, std::uint8_t{0});
    results_[attempt.result] = std::unexpected(opener.count(*refusal));
    return false;
  }
  // The header stands where it is when the packet was opened in place.
  if (attempt.plain_profile == 0 || attempt.csrc_bytes == 0) {
    const std::size_t clear = attempt.plain_profile == 0 ? attempt.header_size : kCryptexClearBytes;
    std::memmove(attempt.out.data(), attempt.sealed.data(), clear);
  } else {
    scatter(attempt.out, attempt.csrc_bytes);
  }
  if (attempt.plain_profile != 0)
    store16(&attempt.out[rtp::kFixedHeaderSize + attempt.csrc_bytes], attempt.plain_profile);
  results_[attempt.result] = Opened{attempt.out, attempt.tried.last()};
  return false;
}

}  // namespace specter::srtp
