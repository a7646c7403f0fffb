// How much may be under way, and how fast it may leave. RFC 9260 §7 has one answer (Reno); CUBIC
// and BBR are others.
//
// The sender tells what happens and asks two questions: the window and the rate. Bytes are those of
// whole DATA chunks; they are "under way" from when they are sent until they are acknowledged or
// found to be lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "sctp/tx/delivery_rate.h"

#include "specter/options.h"
#include "specter/time.h"

namespace specter::sctp {

class CongestionController {
 public:
  // RFC 6928's initial window instead of RFC 9260's 4380 bytes, as browsers and TCP have it.
  static constexpr std::size_t kInitialSegments = 10;

  struct Sent {
    Timestamp now;
    std::size_t bytes = 0;
    std::size_t flight_before = 0;
    bool is_app_limited = false;  // before it there was nothing to send
    std::uint64_t delivered = 0;
  };
  // One SACK. What it shows to be lost was told before, chunk by chunk.
  struct Acknowledged {
    Timestamp now{};
    std::size_t bytes = 0;           // newly acknowledged
    std::size_t flight_before = 0;   // under way before it came
    std::size_t flight = 0;          // and now
    std::uint64_t delivered = 0;     // acknowledged in all
    bool is_window_limited = false;  // the window was full when what it acknowledges was under way
    bool in_recovery = false;        // fast recovery; not after a timeout
    bool all_acknowledged = false;
    std::optional<Duration> round_trip{};  // of the newest chunk that was sent once
    std::optional<Duration> smoothed{};
    RateSample sample{};
  };
  struct Lost {
    Timestamp now{};
    std::int64_t tsn = 0;
    std::size_t bytes = 0;
    std::size_t flight = 0;             // when it was sent, itself included
    std::uint64_t lost_since_sent = 0;  // of what was under way then or sent since, itself included
    std::uint64_t delivered = 0;        // acknowledged in all, until now
    bool is_app_limited = false;        // when it was sent
  };
  struct Congestion {
    Timestamp now{};
    std::size_t flight = 0;  // with what was found to be lost
  };

  virtual ~CongestionController() = default;

  virtual void on_sent(const Sent&) {}
  virtual void on_lost(const Lost&) {}
  virtual void on_acknowledged(const Acknowledged& what) = 0;
  virtual void on_congestion(const Congestion& what) = 0;  // once an episode of losses
  virtual void on_recovered() {}                           // all that was sent before is repaired
  // Nothing was lost in the last episode: what was sent again had arrived (RFC 9438 §4.9).
  virtual void on_spurious() = 0;
  // T3-rtx. `repeated`: nothing was acknowledged since the last.
  virtual void on_timeout(const Congestion& what, bool repeated) = 0;
  virtual void on_idle(int timeouts) = 0;  // nothing was sent for so many RTOs

  virtual std::size_t window_bytes() const = 0;
  // Bytes a second; empty: as they come.
  virtual std::optional<double> pacing_rate() const = 0;
  // In recovery the sender goes down to the window in proportion to what arrives (RFC 9937),
  // instead of falling silent until half of it is there.
  virtual bool reduces_in_proportion() const { return true; }
  // It holds back for reasons of its own: what is delivered meanwhile is no measure of the path.
  virtual bool holds_back() const { return false; }
};

// The window over the round trip, and something more so that pacing does not hold back what
// acknowledgements allow: twice in slow start, since the window doubles in a round trip.
std::optional<double> pacing_of_window(std::size_t window_bytes, std::optional<Duration> round_trip,
                                       bool in_slow_start);

// `segment_bytes`: the largest DATA chunk of the path (PMDCS). The seed decides what is left to
// chance (when BBR probes).
std::unique_ptr<CongestionController> make_congestion_controller(CongestionControl which,
                                                                 std::size_t segment_bytes,
                                                                 std::uint64_t seed);

}  // namespace specter::sctp
