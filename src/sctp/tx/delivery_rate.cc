#include "sctp/tx/delivery_rate.h"

#include <algorithm>

namespace specter::sctp {

SendRecord DeliveryRate::sent(Timestamp now, std::size_t flight_before) {
  // §4.1.2.2: after a pause a new flight begins; the pause is not part of any interval.
  if (flight_before == 0) first_sent_at_ = delivered_at_ = now;
  SendRecord record;
  record.sent_at = now;
  record.first_sent_at = first_sent_at_;
  record.delivered_at = delivered_at_;
  record.delivered = delivered_;
  record.lost = static_cast<std::uint32_t>(lost_);
  return record;
}

void DeliveryRate::begin() { newest_.reset(); }

void DeliveryRate::acknowledged(Timestamp now, const SendRecord& record, std::int64_t tsn,
                                std::size_t bytes, bool was_app_limited) {
  delivered_ += bytes;
  delivered_at_ = now;
  const bool is_newer = !newest_ || record.sent_at > newest_->sent_at ||
                        (record.sent_at == newest_->sent_at && tsn > newest_->tsn);
  if (is_newer) newest_ = Newest{record.sent_at, tsn, record, was_app_limited, now};
}

RateSample DeliveryRate::finish(std::optional<Duration> min_round_trip) {
  if (app_limited_until_ != 0 && delivered_ > app_limited_until_) app_limited_until_ = 0;
  RateSample sample;
  if (!newest_) return sample;
  const SendRecord& record = newest_->record;
  first_sent_at_ = std::max(first_sent_at_, record.sent_at);
  sample.prior_delivered = record.delivered;
  sample.delivered = static_cast<std::size_t>(delivered_ - record.delivered);
  sample.lost = lost_since(record);
  sample.flight = record.flight;
  sample.is_app_limited = newest_->is_app_limited;
  const Duration sending = record.sent_at - record.first_sent_at;
  const Duration acknowledging = newest_->acknowledged_at - record.delivered_at;
  const Duration interval = std::max(sending, acknowledging);
  // §4.1.2.3: shorter than any round trip, it can't have been one.
  if (interval <= Duration{} || (min_round_trip && interval < *min_round_trip)) return sample;
  sample.bytes_per_second = static_cast<double>(sample.delivered) / seconds(interval);
  return sample;
}

void DeliveryRate::note_app_limited(std::size_t flight) {
  app_limited_until_ = std::max<std::uint64_t>(delivered_ + flight, 1);
}

}  // namespace specter::sctp
