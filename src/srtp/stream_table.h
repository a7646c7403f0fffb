// What is remembered of each SSRC of one direction, by SSRC.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace specter::srtp {

inline constexpr std::size_t kMaxStreams = 1024;  // SSRCs of one direction under one key

// Nothing is ever taken out: an SSRC that is forgotten would start again at index 0, and its nonces
// would repeat. A `Stream` keeps its address.
template <class Stream>
class StreamTable {
 public:
  // Null: unknown.
  Stream* find(std::uint32_t ssrc) {
    if (last_ < ssrcs_.size() && ssrcs_[last_] == ssrc) return streams_[last_].get();
    const auto at = std::ranges::lower_bound(ssrcs_, ssrc);
    if (at == ssrcs_.end() || *at != ssrc) return nullptr;
    last_ = static_cast<std::size_t>(at - ssrcs_.begin());
    return streams_[last_].get();
  }
  // An SSRC that is unknown. Null: there are kMaxStreams.
  Stream* add(std::uint32_t ssrc) {
    if (is_full()) return nullptr;
    const auto at = std::ranges::lower_bound(ssrcs_, ssrc);
    const auto place = at - ssrcs_.begin();
    ssrcs_.insert(at, ssrc);
    return streams_.insert(streams_.begin() + place, std::make_unique<Stream>())->get();
  }
  bool is_full() const { return ssrcs_.size() == kMaxStreams; }
  std::size_t size() const { return ssrcs_.size(); }

 private:
  std::vector<std::uint32_t> ssrcs_;  // ascending; streams_ has the same order
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t last_ = 0;  // where the last one was found: most packets are of the same stream
};

}  // namespace specter::srtp
