// What comes in one datagram: packets one behind the other, RFC 3550 §6.1, 5506.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <variant>
#include <vector>

#include "rtcp/app.h"
#include "rtcp/bitrate_estimate.h"
#include "rtcp/bye.h"
#include "rtcp/congestion_feedback.h"
#include "rtcp/extended_report.h"
#include "rtcp/full_intra_request.h"
#include "rtcp/nack.h"
#include "rtcp/packet.h"
#include "rtcp/picture_loss.h"
#include "rtcp/receiver_report.h"
#include "rtcp/sender_report.h"
#include "rtcp/source_description.h"
#include "rtcp/transport_feedback.h"

namespace specter::rtcp {

// A packet of a kind that is not read here, as it came, without padding: RPSI, SLI, TMMBR, LRR and
// what nobody knows yet.
struct UnknownPacket {
  PacketType type{};
  std::uint8_t count = 0;
  Buffer body;

  void write(ByteWriter& out) const;
  bool operator==(const UnknownPacket&) const = default;
};

using Message = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, App,
                             ExtendedReport, Nack, PictureLoss, FullIntraRequest, BitrateEstimate,
                             TransportFeedback, CongestionFeedback, UnknownPacket>;

// Errors: those of the kind that the packet is of.
std::expected<Message, ParseError> parse_message(const RawPacket& packet);
void write(ByteWriter& out, const Message& message);

// Walks a datagram by the packets' lengths, and stops at the first that lies.
class CompoundReader {
 public:
  // Packets that are looked at; the rest of the datagram is left.
  static constexpr std::size_t kMaxPackets = 128;

  explicit CompoundReader(Bytes in) : in_(in) {}

  std::optional<RawPacket> next();

  // Why the walk stopped before the datagram's end; nothing: it did not.
  std::optional<ParseError> error() const { return error_; }

 private:
  Bytes in_;
  std::size_t packets_ = 0;
  std::optional<ParseError> error_;
};

// What may come: until both sides have said `a=rtcp-rsize`, an SR or RR stands first.
enum class CompoundForm : std::uint8_t { Full, ReducedSize };

struct Compound {
  std::vector<Message> messages;      // that parsed, in their order
  std::size_t malformed = 0;          // packets whose content did not parse, left out
  std::optional<ParseError> stopped;  // where a length lied, the packets before it count

  // Errors: Truncated, BadValue and BadLength of the first packet; WrongType (Full, and the first
  // is neither SR nor RR).
  static std::expected<Compound, ParseError> parse(Bytes in, CompoundForm form);

  bool operator==(const Compound&) const = default;
};

// Writes packets one behind the other into a buffer of somebody else, up to a limit.
class CompoundWriter {
 public:
  // What stands in `out` is left, and does not count.
  CompoundWriter(Buffer& out, std::size_t max_bytes)
      : out_(out), start_(out.size()), max_bytes_(max_bytes) {}

  // Whether it fit; if not, nothing was written.
  template <class One>
  bool add(const One& message) {
    const std::size_t before = out_.size();
    ByteWriter writer(out_, start_);
    message.write(writer);
    if (size() <= max_bytes_) return true;
    out_.resize(before);
    return false;
  }
  bool add(const Message& message);

  std::size_t size() const { return out_.size() - start_; }
  std::size_t room() const { return max_bytes_ - size(); }

 private:
  Buffer& out_;
  std::size_t start_;
  std::size_t max_bytes_;
};

}  // namespace specter::rtcp
