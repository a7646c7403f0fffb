#include "sctp/association/path_mtu.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace specter::sctp {

void PathMtu::set_path(std::vector<std::size_t> sizes) {
  std::erase_if(sizes, [&](std::size_t bytes) { return bytes <= base_ || bytes > most_; });
  std::ranges::sort(sizes);
  sizes.erase(std::ranges::unique(sizes).begin(), sizes.end());
  if (sizes.size() > kMaxSizes)
    sizes.erase(sizes.begin(), sizes.end() - static_cast<std::ptrdiff_t>(kMaxSizes));
  sizes_ = std::move(sizes);
  begin_anew();
}

void PathMtu::set_most(std::size_t bytes) {
  most_ = bytes;
  if (sizes_.empty() || sizes_.back() <= most_) return;
  std::erase_if(sizes_, [&](std::size_t size) { return size > most_; });
  begin_anew();
}

void PathMtu::begin_anew() {
  good_ = 0;
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
  trying_.reset();
  answer_by_.reset();
  due_ = false;
  if (good_ == bad_) {  // Search Complete
    if (bad_ < sizes_.size()) raise_at_ = now + kRaiseInterval;
    return;
  }
  try_size(bad_ == sizes_.size() ? bad_ - 1 : (good_ + bad_) / 2);
}

void PathMtu::try_size(std::size_t index) {
  trying_ = index;
  tries_ = 0;
  due_ = true;
  answer_by_.reset();
}

void PathMtu::suspect() {
  if (good_ == 0) return;
  // What was good last is the first to be tried: mostly it was only a bad moment.
  const std::size_t last = std::exchange(good_, 0) - 1;
  raise_at_.reset();
  try_size(last);
}

PathMtu::Probe PathMtu::take_probe(Timestamp now, std::uint64_t fresh_nonce) {
  SPECTER_CHECK(due_ && trying_);
  if (tries_++ == 0) nonce_ = fresh_nonce;
  due_ = false;
  answer_by_ = now + kProbeTimeout;
  return {sizes_[*trying_], nonce_};
}

bool PathMtu::handle_answer(Timestamp now, std::uint64_t nonce) {
  if (!trying_ || tries_ == 0 || nonce != nonce_) return false;
  good_ = *trying_ + 1;
  bad_ = std::max(bad_, good_);
  search_on(now);
  return true;
}

void PathMtu::handle_timeout(Timestamp now) {
  if (!answer_by_ || *answer_by_ > now) return;
  answer_by_.reset();
  if (tries_ < kMaxProbes) {
    due_ = true;
    return;
  }
  bad_ = *trying_;
  search_on(now);
}

}  // namespace specter::sctp
