// What a receiver knows of one source's packets: how many are missing, and how evenly they come.
// RFC 3550 §6.4.1, with the algorithms of its appendix A.1, A.3 and A.8.
#pragma once

#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "rtp/header.h"

#include "specter/time.h"

namespace specter::rtp {

// RFC 3550 A.8: how much the packets' distances on arrival differ from those at the sender,
// smoothed. RFC 7160 §4.3: over a change of the clock rate a distance is one of the rate before.
class Jitter {
 public:
  // A difference above this is a change of the sender's timestamps and not of the network.
  static constexpr Duration kMaxDifference = std::chrono::seconds(5);

  explicit Jitter(std::uint32_t clock_rate);  // Hz; 0 is a Bug

  // Of the packets from now on: another payload type has come.
  void set_clock_rate(std::uint32_t clock_rate);
  // In the order of arrival; packets that were retransmitted are not for it. Of packets with one
  // timestamp (a frame's) the first counts.
  void handle_packet(Timestamp now, std::uint32_t timestamp);

  // In units of the RTP timestamp, by the clock rate of the last packet that counted.
  std::uint32_t value() const { return static_cast<std::uint32_t>(scaled_ >> 4); }
  std::uint32_t clock_rate() const { return clock_rate_; }

 private:
  std::uint32_t arrival(Timestamp now) const;

  std::uint32_t clock_rate_;
  std::uint32_t next_clock_rate_;  // of the next packet that counts
  std::uint32_t last_timestamp_ = 0;
  std::uint32_t last_transit_ = 0;
  bool is_started_ = false;
  std::int64_t scaled_ = 0;  // sixteen times the jitter
};

// The figures of a report block, RFC 3550 §6.4.1.
struct ReceptionReport {
  std::uint8_t fraction_lost = 0;      // since the last report, in 1/256; 0 when none or fewer
  std::int32_t cumulative_lost = 0;    // -2^23 to 2^23 - 1; below zero when duplicates came
  std::uint32_t highest_sequence = 0;  // cycles in the upper half
  std::uint32_t jitter = 0;            // in units of the RTP timestamp

  bool operator==(const ReceptionReport&) const = default;
};

// One source (SSRC), from its first packet on. RFC 3550 A.1 has a source on probation for two
// packets; not done: SRTP has authenticated these.
class Reception {
 public:
  // RFC 3550 A.1. A number that is further ahead, or behind by kMaxMisorder or more, is taken only
  // when the next packet follows it: the sender has started anew.
  static constexpr std::int64_t kMaxDropout = 3000;
  // A.1 has 100. At 10 Mbit/s a retransmission comes later than that.
  static constexpr std::int64_t kMaxMisorder = 1024;
  static constexpr std::int32_t kMaxLost = 0x7fffff;
  static constexpr std::int32_t kMinLost = -0x800000;

  enum class Verdict {
    Taken,      // counted
    Refused,    // far from all others, not counted
    Restarted,  // the second after one that was refused: everything begins with this one
  };

  // `first` is the source's first packet, which is taken.
  Reception(std::uint32_t clock_rate, Timestamp now, const Header& first);

  // Of the packets from now on: another payload type has come (RFC 7160).
  void set_clock_rate(std::uint32_t clock_rate) { jitter_.set_clock_rate(clock_rate); }

  // A packet of the source, duplicates too. Packets that RTX has restored (RFC 4588) are not for
  // it: they do not reduce the loss. One that is not above the highest number may have been
  // retransmitted under its own, and is no matter of jitter.
  Verdict handle_packet(Timestamp now, const Header& header);

  // A report block's figures; the fraction is counted from here on anew.
  ReceptionReport report();

  std::uint64_t received() const { return received_; }  // duplicates too; since the last restart
  std::uint32_t jitter() const { return jitter_.value(); }  // in units of the RTP timestamp
  std::uint32_t clock_rate() const { return jitter_.clock_rate(); }
  std::int64_t expected() const { return highest_ - base_ + 1; }
  std::int64_t lost() const { return expected() - static_cast<std::int64_t>(received_); }

 private:
  void restart(std::uint16_t sequence);

  Jitter jitter_;
  // Sequence numbers are unwrapped; the first one stands for itself plus one turn.
  std::int64_t base_ = 0;
  std::int64_t highest_ = 0;
  std::uint64_t received_ = 0;
  std::int64_t expected_before_ = 0;  // at the last report
  std::uint64_t received_before_ = 0;
  std::optional<std::uint16_t> after_refused_;  // the number that would confirm a restart
};

}  // namespace specter::rtp
