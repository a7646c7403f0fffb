#include "sctp/association/path_mtu.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace specter::sctp {

void PathMtu::set_path(std::vector<std::size_t> sizes) {
  const std::size_t bound = sizes.empty() ? base_ : std::max(std::ranges::max(sizes), kSmallest);
  sizes.push_back(std::min(base_, kSmallest));
  if (base_ <= bound) sizes.push_back(base_);
  std::erase_if(sizes, [&](std::size_t bytes) {
    return bytes < std::min(base_, kSmallest) || (bytes > base_ && bytes > most_) ||
           bytes > kLargest;
  });
  std::ranges::sort(sizes);
  sizes.erase(std::ranges::unique(sizes).begin(), sizes.end());
  // Of too many the smallest, the base and the largest.
  const auto base = std::ranges::upper_bound(sizes, base_) - 1;
  const auto excess =
      static_cast<std::ptrdiff_t>(sizes.size()) - static_cast<std::ptrdiff_t>(kMaxSizes);
  const auto above = sizes.end() - (base + 1), below = base - sizes.begin();
  if (excess > 0) {
    const auto first = std::min(excess, above);
    const auto index = base - sizes.begin();
    sizes.erase(base + 1, base + 1 + first);
    const auto rest = std::min(excess - first, below - 1);
    if (rest > 0) sizes.erase(sizes.begin() + index - rest, sizes.begin() + index);
  }
  sizes_.clear();
  for (const std::size_t bytes : sizes) sizes_.push_back(static_cast<std::uint16_t>(bytes));
  sizes_.shrink_to_fit();
  begin_anew();
}

void PathMtu::set_most(std::size_t bytes) {
  most_ = bytes;
  if (sizes_.back() <= most_ || sizes_.back() <= base_) return;
  std::erase_if(sizes_, [&](std::size_t size) { return size > most_ && size > base_; });
  begin_anew();
}

void PathMtu::begin_anew() {
  start_ = static_cast<std::size_t>(std::ranges::upper_bound(sizes_, base_) - sizes_.begin()) - 1;
  now_ = start_;
  bad_ = sizes_.size();
  trying_.reset();
  due_ = false;
  answer_by_.reset();
  raise_at_.reset();
}

void PathMtu::want(Timestamp now) {
  if (searching()) return;
  if (raise_at_) {
    if (*raise_at_ > now) return;
    raise_at_.reset();
    bad_ = sizes_.size();  // RFC 8899 §5.2: the path may carry more by now
  }
  search_on(now);
}

void PathMtu::search_on(Timestamp now) {
  const bool was_searching = searching();
  trying_.reset();
  answer_by_.reset();
  due_ = false;
  if (now_ + 1 == bad_) {  // Search Complete
    if (bad_ < sizes_.size()) raise_at_ = now + kRaiseInterval;
    if (was_searching) log_.debug("path MTU: {} bytes are the most", packet_bytes());
    return;
  }
  try_size(bad_ == sizes_.size() ? bad_ - 1 : (now_ + 1 + bad_) / 2);
}

void PathMtu::try_size(std::size_t index) {
  trying_ = index;
  tries_ = 0;
  due_ = true;
  answer_by_.reset();
}

void PathMtu::suspect(Suspicion suspicion) {
  if (now_ == 0 || (now_ <= start_ && suspicion == Suspicion::Mild)) return;
  // What was good last is the first to be tried: mostly it was only a bad moment.
  const std::size_t last = std::exchange(now_, now_ > start_ ? start_ : 0);
  log_.debug("path MTU: {} bytes seem too large, {} for now", sizes_[last], packet_bytes());
  raise_at_.reset();
  try_size(last);
}

bool PathMtu::limit(Timestamp now, std::size_t bytes) {
  const auto fits =
      static_cast<std::size_t>(std::ranges::upper_bound(sizes_, bytes) - sizes_.begin());
  const std::size_t bad = std::max<std::size_t>(fits, 1);
  if (bad >= bad_) return false;
  bad_ = bad;
  const bool is_smaller = now_ >= bad_;
  log_.debug("path MTU: no more than {} bytes, says the network", bytes);
  now_ = std::min(now_, bad_ - 1);
  raise_at_.reset();
  if (trying_ && *trying_ >= bad_) search_on(now);
  if (!searching()) raise_at_ = now + kRaiseInterval;
  return is_smaller;
}

PathMtu::Probe PathMtu::take_probe(Timestamp now, std::uint64_t fresh_nonce) {
  SPECTER_CHECK(due_ && trying_);
  if (tries_++ == 0) nonce_ = fresh_nonce;
  due_ = false;
  answer_by_ = now + kProbeTimeout;
  log_.debug("path MTU: probe of {} bytes, time {}", sizes_[*trying_], tries_);
  return {sizes_[*trying_], nonce_};
}

bool PathMtu::handle_answer(Timestamp now, std::uint64_t nonce) {
  if (!trying_ || tries_ == 0 || nonce != nonce_) return false;
  now_ = *trying_;
  log_.debug("path MTU: the probe came, {} bytes from now on", packet_bytes());
  bad_ = std::max(bad_, now_ + 1);
  search_on(now);
  return true;
}

void PathMtu::handle_timeout(Timestamp now, bool is_silent) {
  if (!answer_by_ || *answer_by_ > now) return;
  answer_by_.reset();
  if (is_silent) tries_ = 1;  // as if this had been the first; a late answer to it still counts
  if (tries_ < kMaxProbes) {
    due_ = true;
    return;
  }
  log_.debug("path MTU: {} bytes don't come through", sizes_[*trying_]);
  bad_ = *trying_;
  search_on(now);
}

}  // namespace specter::sctp
