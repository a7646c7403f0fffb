#include "codec/h264/packetizer.h"

#include <algorithm>

#include "base/bytes.h"
#include "codec/h264/nal.h"

namespace specter::codec::h264 {
namespace {

using Outcome = std::expected<void, PacketizeError>;

constexpr std::size_t kLengthBytes = 2;  // before each unit of an aggregate, RFC 6184 §5.7
constexpr std::size_t kMaxInAggregate = 0xffff;
constexpr std::size_t kFuPrefixBytes = 2;  // RFC 6184 §5.8: indicator and header
constexpr std::uint8_t kFuStart = 0x80;
constexpr std::uint8_t kFuEnd = 0x40;

// RFC 6184 §5.8.
bool append_fragments(Bytes nal, Room room, std::vector<Piece>& out) {
  const std::uint8_t header = nal.front();
  const bool fits =
      append_cut(nal.subspan(1), {room.first - kFuPrefixBytes, room.others - kFuPrefixBytes}, out,
                 [header](Piece& piece, std::size_t i) {
                   piece.prefix.push_back(static_cast<std::uint8_t>(
                       (header & ~kTypeBits) | static_cast<std::uint8_t>(NalType::FuA)));
                   piece.prefix.push_back(
                       static_cast<std::uint8_t>((i == 0 ? kFuStart : 0) | (header & kTypeBits)));
                 });
  if (!fits) return false;
  Piece& last = out.back();
  last.prefix.clear();
  last.prefix.push_back(
      static_cast<std::uint8_t>((header & ~kTypeBits) | static_cast<std::uint8_t>(NalType::FuA)));
  last.prefix.push_back(static_cast<std::uint8_t>(kFuEnd | (header & kTypeBits)));
  return true;
}

// RFC 6184 §5.7.1: NRI is the highest of the units', F is set where one of theirs is.
void append_aggregate(std::span<const Bytes> nals, Pieces& out) {
  std::uint8_t nri = 0;
  const std::size_t begin = out.written.size();
  ByteWriter w(out.written);
  for (const Bytes nal : nals) {
    nri = std::max(nri, static_cast<std::uint8_t>(nal.front() & kNriBits));
    w.u16(static_cast<std::uint16_t>(nal.size()));
    w.bytes(nal);
  }
  Piece& piece = out.all.emplace_back();
  piece.prefix.push_back(
      static_cast<std::uint8_t>(nri | static_cast<std::uint8_t>(NalType::StapA)));
  piece.body = Bytes(out.written).subspan(begin);
}

// How many units from the first on go into one packet, one at least.
std::size_t units_that_fit(std::span<const Bytes> nals, std::size_t room) {
  std::size_t bytes = 1;
  std::size_t count = 0;
  for (const Bytes nal : nals) {
    bytes += kLengthBytes + nal.size();
    if (bytes > room || nal.size() > kMaxInAggregate) break;
    ++count;
  }
  return std::max<std::size_t>(count, 1);
}

bool is_missing(std::span<const Bytes> nals, NalType type) {
  return std::ranges::none_of(nals, [type](Bytes nal) { return type_of(nal) == type; });
}

// As the depacketizer says it, see there.
bool is_key_frame(std::span<const Bytes> nals) {
  if (!is_missing(nals, NalType::IdrSlice)) return true;
  return !is_missing(nals, NalType::Sps) && std::ranges::any_of(nals, has_recovery_point);
}

}  // namespace

Outcome Packetizer::packetize(const Sample& access_unit, Room room, Pieces& out) {
  out.clear();
  if (access_unit.bytes.empty()) return std::unexpected(PacketizeError::Empty);
  nals_.clear();
  if (!split_annex_b(access_unit.bytes, nals_)) return std::unexpected(PacketizeError::Malformed);
  return packetize_nals(nals_, room, out);
}

Outcome Packetizer::packetize_nals(std::span<const Bytes> nals, Room room, Pieces& out) {
  out.clear();
  Outcome outcome = prepare(nals, room, out.written);
  if (outcome) outcome = write(room, out);
  if (!outcome) out.clear();
  if (outcome) out.is_key_frame = is_key_frame(nals);
  return outcome;
}

// What is sent, in the order of H.264 §7.4.1.2.3: a delimiter, parameter sets, the rest.
Outcome Packetizer::prepare(std::span<const Bytes> nals, Room room, Buffer& written) {
  units_.clear();
  if (nals.empty()) return std::unexpected(PacketizeError::Empty);
  for (const Bytes nal : nals) {
    if (nal.empty() || (nal.front() & kForbiddenBit) != 0 || !is_plain(type_of(nal)))
      return std::unexpected(PacketizeError::Malformed);
    sets_.remember(nal);
  }
  reserve(nals, room, written);
  if (!is_missing(nals, NalType::IdrSlice)) {
    const bool needs_sps = is_missing(nals, NalType::Sps);
    const bool needs_pps = is_missing(nals, NalType::Pps);
    const auto take_while = [&](NalType type) {
      for (; !nals.empty() && type_of(nals.front()) == type; nals = nals.subspan(1))
        units_.push_back(nals.front());
    };
    take_while(NalType::AccessUnitDelimiter);
    if (needs_sps) repeat(NalType::Sps, written);
    take_while(NalType::Sps);
    if (needs_pps) repeat(NalType::Pps, written);
  }
  units_.insert(units_.end(), nals.begin(), nals.end());
  return {};
}

// Pieces have views into it, so it must not move while they come to be.
void Packetizer::reserve(std::span<const Bytes> nals, Room room, Buffer& written) const {
  if (nals.size() == 1 && type_of(nals.front()) != NalType::IdrSlice) return;
  // What is repeated is written for itself, then perhaps into an aggregate.
  std::size_t most = 2 * sets_.bytes() + kLengthBytes * sets_.size();
  for (const Bytes nal : nals)
    if (nal.size() < std::max(room.first, room.others)) most += kLengthBytes + nal.size();
  written.reserve(most);
}

// Copied: sets_ may have others before the pieces are sent.
void Packetizer::repeat(NalType type, Buffer& written) {
  sets_.for_each(type, [&](Bytes set) {
    const std::size_t begin = written.size();
    written.insert(written.end(), set.begin(), set.end());
    units_.push_back(Bytes(written).subspan(begin));
  });
}

Outcome Packetizer::write(Room room, Pieces& out) const {
  if (std::min(room.first, room.others) <= kFuPrefixBytes)
    return std::unexpected(PacketizeError::NoRoom);
  for (std::span<const Bytes> left = units_; !left.empty();) {
    const Bytes unit = left.front();
    const Room here = out.all.empty() ? room : Room{room.others, room.others};
    const std::size_t count =
        mode_ == PacketizationMode::SingleNal ? 1 : units_that_fit(left, here.first);
    if (out.all.size() == kMaxPieces) return std::unexpected(PacketizeError::TooMany);
    if (count > 1) {
      append_aggregate(left.first(count), out);
    } else if (unit.size() <= here.first) {
      out.all.emplace_back().body = unit;
    } else if (mode_ == PacketizationMode::SingleNal) {
      return std::unexpected(PacketizeError::TooLarge);
    } else if (!append_fragments(unit, here, out.all)) {
      return std::unexpected(PacketizeError::TooMany);
    }
    left = left.subspan(count);
  }
  out.all.back().marker = true;  // RFC 6184 §5.1
  return {};
}

}  // namespace specter::codec::h264
