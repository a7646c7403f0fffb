// How fast chunks arrive at the peer: one sample a SACK. draft-ietf-ccwg-bbr §4.1 (before:
// draft-cheng-iccrg-delivery-rate-estimation).
//
// Between the sending of a chunk and its acknowledgement so many bytes were delivered in so long a
// time. The longer of the two times counts, that in which they were sent and that in which they
// were acknowledged: so neither a burst of ours nor a batch of acknowledgements looks faster than
// the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "specter/time.h"

namespace specter::sctp {

inline double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

// What is remembered with each chunk that is under way.
struct SendRecord {
  Timestamp sent_at{};
  Timestamp first_sent_at{};  // when the chunk was sent that was acknowledged last before it
  Timestamp delivered_at{};   // when that was acknowledged
  std::uint64_t delivered = 0;
  std::uint32_t lost = 0;    // bytes found lost before, the low 32 bits
  std::uint32_t flight = 0;  // under way, itself included; the sender fills it in
};

struct RateSample {
  double bytes_per_second = 0;        // 0: no sample could be taken
  std::uint64_t prior_delivered = 0;  // when the newest chunk acknowledged was sent
  std::size_t delivered = 0;          // since then
  std::size_t lost = 0;               // since then
  std::size_t flight = 0;             // then, itself included; 0: nothing was acknowledged
  bool is_app_limited = false;        // then there was nothing more to send
};

class DeliveryRate {
 public:
  // A chunk is sent with so many bytes under way before it.
  SendRecord sent(Timestamp now, std::size_t flight_before);
  // Of one SACK: begin, all chunks that it newly acknowledges, and what comes of them.
  void begin();
  void acknowledged(Timestamp now, const SendRecord& record, std::int64_t tsn, std::size_t bytes,
                    bool was_app_limited);
  // Samples over less than `min_round_trip` are no samples.
  RateSample finish(std::optional<Duration> min_round_trip);
  void lost(std::size_t bytes) { lost_ += bytes; }
  std::size_t lost_since(const SendRecord& record) const {
    return static_cast<std::uint32_t>(static_cast<std::uint32_t>(lost_) - record.lost);
  }

  // There is nothing to send, with so many bytes under way, though there might be.
  void note_app_limited(std::size_t flight);
  bool is_app_limited() const { return app_limited_until_ != 0; }
  std::uint64_t delivered() const { return delivered_; }

 private:
  std::uint64_t delivered_ = 0;
  Timestamp delivered_at_{};
  Timestamp first_sent_at_{};
  std::uint64_t lost_ = 0;
  std::uint64_t app_limited_until_ = 0;  // until so much is delivered; 0: not

  // Of the SACK at hand: the chunk of it that was sent last.
  struct Newest {
    Timestamp sent_at{};
    std::int64_t tsn = 0;
    SendRecord record;
    bool is_app_limited = false;
    Timestamp acknowledged_at{};
  };
  std::optional<Newest> newest_;
};

}  // namespace specter::sctp
