#include "sctp/tx/rack.h"

#include <algorithm>

namespace specter::sctp {

void Rack::delivered(Timestamp now, std::int64_t tsn, Timestamp sent_at, bool was_sent_again) {
  if (tsn > highest_)
    highest_ = tsn;
  else if (tsn < highest_ && !was_sent_again)
    has_seen_reordering_ = true;
  const Duration round_trip = now - sent_at;
  // Sooner than any round trip: the acknowledgement is of an earlier transmission.
  if (was_sent_again && min_ && round_trip < *min_) return;
  if (sent_at < sent_at_ || (sent_at == sent_at_ && tsn < tsn_)) return;
  sent_at_ = sent_at;
  tsn_ = tsn;
  round_trip_ = round_trip;
}

void Rack::note_round_trip(Timestamp now, Duration round_trip) {
  if (min_ && round_trip > *min_ && now - min_at_ < kMinRttWindow) return;
  min_ = round_trip;
  min_at_ = now;
}

void Rack::note_spurious(std::int64_t cumulative, std::int64_t next_tsn) {
  has_seen_reordering_ = true;
  persists_ = kPersistence;
  if (cumulative < spurious_until_) return;
  spurious_until_ = next_tsn;
  ++multiple_;
}

void Rack::note_recovered() {
  if (persists_ == 0) return;
  --persists_;
  if (persists_ == 0) multiple_ = 1;
}

Duration Rack::reordering_window(bool is_sure, std::optional<Duration> smoothed) const {
  if (!min_ || (is_sure && !has_seen_reordering_)) return Duration{};
  return std::min(multiple_ * *min_ / 4, smoothed.value_or(*min_));
}

}  // namespace specter::sctp
