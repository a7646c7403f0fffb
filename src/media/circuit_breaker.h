// Stops a source whose packets don't arrive, or do harm on their way: RFC 8083.
//
//            no report, no progress, or too fast for the loss
//   Closed ---------------------------------------------------> Open
//     ^                                                           |
//     +------------------ its time is over -----------------------+
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "rtcp/report_block.h"

#include "specter/time.h"

namespace specter::media {

class CircuitBreaker {
 public:
  // RFC 8083 §4.1: three intervals of five seconds without a report. Only of a peer that has
  // reported before: some never do, and RFC 7675's consent says that they are there.
  static constexpr Duration kReportTimeout = std::chrono::seconds(15);
  // §4.2: reports in a row that have the same highest number.
  static constexpr int kStuckReports = 5;
  // A report stands in front of each early NACK and PLI of a peer without reduced-size RTCP, so
  // five of them may come within a moment.
  static constexpr Duration kStuckTime = std::chrono::milliseconds(2500);
  // §4.3: as many times the rate of a TCP connection are too much.
  static constexpr double kTcpTimes = 10;
  // §4.3: the time that is judged. It is min(max(10 G Tf, 10 Tr, 3 Tdr), max(15 s, 3 Td)) there;
  // a group of G frames of video ends where a key frame is asked for, and audio's Tdr is five
  // seconds, so it is the longest for both.
  static constexpr Duration kInterval = std::chrono::seconds(15);
  static constexpr std::size_t kMaxReports = 32;
  // Reports that tell of loss, at least. Fewer may be of one outage, which is one loss event
  // however much it takes with it (RFC 5348 §5.2), and no congestion that goes on.
  static constexpr int kMinLossReports = 3;
  // §4.5: it starts again only when the congestion can be expected to be over: after this, and each
  // time that it is not, after twice as long.
  static constexpr Duration kFirstRest = std::chrono::seconds(30);
  static constexpr Duration kLongestRest = std::chrono::minutes(8);
  // It did well for so long: the next rest is the first again.
  static constexpr Duration kRecovered = std::chrono::minutes(2);

  void handle_sent(Timestamp now, std::size_t bytes);
  void handle_report(Timestamp now, const rtcp::ReportBlock& block,
                     std::optional<Duration> round_trip);
  void handle_timeout(Timestamp now);
  // The path carries something, both ways (RFC 7675). What was stopped because nothing came back
  // may go on, RFC 8083 §4.5; what was stopped for its congestion may not.
  void handle_path_answers();
  // The application begins anew, or the peer or the path is another one.
  void reset() { *this = {}; }

  bool is_open() const { return open_until_.has_value(); }
  Deadline next_timeout() const;

 private:
  struct Period {  // up to a report
    Timestamp ended{};
    Duration length{};
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint8_t fraction_lost = 0;
  };

  enum class Cause : std::uint8_t { Silence, Congestion };

  void open(Timestamp now, Cause cause);
  bool is_stuck(Timestamp now, const rtcp::ReportBlock& block);
  bool is_too_fast(Timestamp now, Duration round_trip) const;

  Deadline open_until_{};
  Cause cause_ = Cause::Silence;  // of its being open
  Duration next_rest_ = kFirstRest;
  Deadline closed_at_{};
  Deadline last_report_{};
  Deadline last_sent_{};
  Deadline sent_since_report_{};  // the first packet after the last report
  std::optional<std::uint32_t> last_highest_{};
  int stuck_ = 0;
  Timestamp stood_since_{};   // the highest number that was reported
  bool had_packets_ = false;  // sent in the period before the last report
  Period current_{};
  std::array<Period, kMaxReports> periods_{};
  std::size_t count_ = 0;  // all so far; a ring
};

}  // namespace specter::media
