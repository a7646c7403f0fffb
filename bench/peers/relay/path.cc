#include "path.h"

#include <algorithm>

namespace relay {

void Path::push(Clock::time_point now, const std::uint8_t* data, std::size_t size) {
  if (options_.loss > 0 && std::uniform_real_distribution<double>()(random_) < options_.loss) {
    ++counts_.lost;
    return;
  }
  auto departure = now;
  if (options_.bits_per_second > 0) {
    // What waits is known by when the link will have sent it.
    const double bytes_per_second = options_.bits_per_second / 8;
    const auto wait = std::max(Clock::duration{}, busy_until_ - now);
    const double seconds = std::chrono::duration<double>(wait).count();
    const auto queued = static_cast<std::size_t>(seconds * bytes_per_second);
    const std::size_t weight = size + kHeaderBytes;
    if (options_.queue_bytes > 0 && queued + weight > options_.queue_bytes) {
      ++counts_.dropped;
      return;
    }
    counts_.most_queued_bytes = std::max(counts_.most_queued_bytes, queued + weight);
    const std::chrono::duration<double> sending(static_cast<double>(weight) / bytes_per_second);
    departure = now + wait + std::chrono::duration_cast<Clock::duration>(sending);
    busy_until_ = departure;
  }
  packets_.push_back({departure + options_.delay, std::vector<std::uint8_t>(data, data + size)});
}

void Path::pop(std::size_t count) {
  packets_.erase(packets_.begin(), packets_.begin() + static_cast<std::ptrdiff_t>(count));
  counts_.forwarded += count;
}

}  // namespace relay
