// Which packets are missing, and when the peer is asked for them: NACK, RFC 4585 §6.2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtcp/compound.h"

#include "specter/time.h"

namespace specter::media {

// Of one source. Numbers are unwrapped.
class NackGenerator {
 public:
  // A gap is asked for when so many packets behind it have come, or after this time: until then it
  // may be reordering.
  static constexpr std::int64_t kReorderedPackets = 2;
  static constexpr Duration kReorderedTime = std::chrono::milliseconds(10);
  // Before a round trip is known.
  static constexpr Duration kFirstRoundTrip = std::chrono::milliseconds(100);
  static constexpr Duration kMinRepeat = std::chrono::milliseconds(20);
  static constexpr int kMaxTries = 10;
  static constexpr Duration kMaxAge = std::chrono::seconds(3);
  // With more missing all of them are given up.
  static constexpr std::size_t kMaxMissing = 1000;

  void set_round_trip(Duration round_trip);

  // Packets that came, in the order of arrival. False: too many are missing, and none is asked for.
  bool handle_packet(Timestamp now, std::int64_t sequence);
  // What is below is not wanted any more.
  void forget_below(std::int64_t sequence);
  // Nothing is missing, and the next packet is the first.
  void reset();

  // Appends what is due, and says how many messages it was.
  std::size_t write(Timestamp now, std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                    std::vector<rtcp::Message>& out);
  Deadline next_timeout() const;

  std::size_t size() const { return missing_.size(); }

 private:
  struct Missing {
    std::int64_t sequence = 0;
    Timestamp noticed;
    Timestamp due;
    int tries = 0;
  };

  std::optional<std::int64_t> highest_;
  std::vector<Missing> missing_;  // in the order of their numbers
  Duration repeat_ = kFirstRoundTrip;
};

}  // namespace specter::media
