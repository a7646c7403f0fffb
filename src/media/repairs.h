// Retransmissions of one source, on a source of their own: RFC 4588 §4, §8.
#pragma once

#include <cstdint>
#include <optional>

#include "media/packet_history.h"
#include "media/rate_meter.h"
#include "rtp/parameters.h"

#include "specter/time.h"

namespace specter::media {

class Repairs {
 public:
  // Repairs are at most this part of what was sent in the last second, or so many bytes where that
  // is more: a stream that hardly sends can still be repaired.
  static constexpr double kShare = 0.15;
  static constexpr std::uint64_t kMinBytes = 5000;
  // At most this part of it is spent on packets that were repaired before. Some peers do not count
  // what is repaired as received (pion), and ask for it as long as they remember it: that must not
  // take the place of what is asked for the first time.
  static constexpr std::uint64_t kAgainPart = 3;
  static constexpr std::size_t kOriginalNumberBytes = 2;

  Repairs(PacketHistory::Limits limits, std::int64_t first_number)
      : history_(limits), next_number_(first_number) {}

  // A packet of the source has left. It is kept if `is_kept`.
  void handle_sent(Timestamp now, std::int64_t number, const Draft& draft, bool is_kept,
                   std::optional<Duration> round_trip);
  // The same of one that was counted as it left, and is kept as it is on the wire.
  void keep(Timestamp now, std::int64_t number, const Draft& sealed,
            std::optional<Duration> round_trip);
  // What is older than the peer may ask for.
  void expire(Timestamp now, std::optional<Duration> round_trip);
  // The packet is missing. True: it is to be sent again, once for this.
  bool request(Timestamp now, std::int64_t number, std::optional<Duration> round_trip);
  // Null: it is not there any more.
  const Draft* find(std::int64_t number) const { return history_.find(number); }
  void clear() { history_.clear(); }

  // Makes a repair of a packet: its source, payload type and number, and the original's number in
  // front of its payload. Nothing: its codec has no payload type for repairs (RFC 4588 §8.6).
  struct Form {
    rtp::Header header;
    Prefix prefix;
  };
  std::optional<Form> form(const Draft& original, const rtp::SendParameters& section,
                           std::uint32_t ssrc) const;
  // The number of the repair that was formed, which no other has from now on.
  std::int64_t take_number() { return next_number_++; }
  // It has left, with a header of so many bytes.
  void handle_repaired(std::size_t header_bytes, std::size_t payload_bytes);

  std::int64_t next_number() const { return next_number_; }
  std::uint64_t packets() const { return packets_; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  std::uint64_t header_bytes() const { return header_bytes_; }
  std::uint64_t refused() const { return refused_; }

 private:
  PacketHistory history_;
  RateMeter sent_, asked_, asked_again_;
  std::int64_t next_number_;
  std::uint64_t packets_ = 0, payload_bytes_ = 0, header_bytes_ = 0, refused_ = 0;
};

}  // namespace specter::media
