#include "codec/h264/depacketizer.h"

#include <array>

#include "base/bytes.h"

namespace specter::codec::h264 {
namespace {

constexpr std::uint8_t kFuStart = 0x80;
constexpr std::uint8_t kFuEnd = 0x40;

bool is_interleaved(NalType type) {
  return type == NalType::StapB || type == NalType::Mtap16 || type == NalType::Mtap24 ||
         type == NalType::FuB;
}

}  // namespace

void Depacketizer::handle_packet(const Arrival& arrival) {
  assembly_.arrive(arrival);
  const Bytes payload = arrival.payload;
  if (payload.empty()) return;  // padding: RFC 3550 §5.1

  const NalType type = type_of(payload);
  if (type != NalType::FuA && assembly_.is_unfinished()) assembly_.spoil(arrival.timestamp);
  if ((payload.front() & kForbiddenBit) != 0) {
    handle_malformed(arrival.timestamp);  // RFC 6184 §5.3: there are bit errors
  } else if (is_plain(type)) {
    handle_unit(arrival.timestamp, payload);
  } else if (type == NalType::StapA) {
    handle_aggregate(arrival.timestamp, payload.subspan(1));
  } else if (type == NalType::FuA) {
    handle_fragment(arrival.timestamp, payload);
  } else {
    // RFC 6184 §5.4, table 3. Types 0, 30 and 31 are nobody's, and nothing is missing without them.
    ++assembly_.counts().unsupported;
    if (is_interleaved(type)) assembly_.spoil(arrival.timestamp);
  }
  if (arrival.marker) assembly_.end();
}

void Depacketizer::handle_malformed(std::uint32_t timestamp) {
  ++assembly_.counts().malformed;
  assembly_.spoil(timestamp);
}

void Depacketizer::handle_unit(std::uint32_t timestamp, Bytes nal) {
  if (!open_for(timestamp, nal.front(), nal.subspan(1))) return;
  assembly_.append(kStartCode);
  assembly_.append(nal);
}

// RFC 6184 §5.7.1. All of it is looked at first: a malformed packet gives nothing.
void Depacketizer::handle_aggregate(std::uint32_t timestamp, Bytes payload) {
  ByteReader check(payload);
  while (check.ok() && check.remaining() > 0) {
    const Bytes nal = check.bytes(check.u16());
    if (nal.empty() || !is_plain(type_of(nal)) || (nal.front() & kForbiddenBit) != 0) check.fail();
  }
  if (!check.ok() || payload.empty()) return handle_malformed(timestamp);
  ByteReader in(payload);
  while (in.remaining() > 0) handle_unit(timestamp, in.bytes(in.u16()));
}

// RFC 6184 §5.8. A unit in one fragment, with both bits, is against it and yet clear: it is taken.
void Depacketizer::handle_fragment(std::uint32_t timestamp, Bytes payload) {
  ByteReader in(payload);
  const std::uint8_t indicator = in.u8();
  const std::uint8_t fu = in.u8();
  const NalType type = type_of(fu);
  if (!in.ok() || !is_plain(type)) return handle_malformed(timestamp);
  const Bytes body = in.rest();

  const bool is_start = (fu & kFuStart) != 0;
  if (is_start == assembly_.is_unfinished() || (!is_start && type != fragmented_)) {
    assembly_.spoil(
        timestamp);  // the end of the unit before is missing, or the beginning of this one
  } else if (is_start) {
    const auto header = static_cast<std::uint8_t>((indicator & kNriBits) | (fu & kTypeBits));
    if (open_for(timestamp, header, body)) {
      assembly_.append(kStartCode);
      assembly_.append(header);
      assembly_.append(body);
    }
  } else {
    assembly_.append(body);
  }
  fragmented_ = type;
  assembly_.set_unfinished((fu & kFuEnd) == 0);
}

// A unit begins, and with it an access unit where none is open. False when that can't be given.
bool Depacketizer::open_for(std::uint32_t timestamp, std::uint8_t header, Bytes rest) {
  if (!assembly_.is_open()) {
    seen_ = {};
    const std::array<std::uint8_t, 2> beginning = {header,
                                                   rest.empty() ? std::uint8_t{0} : rest[0]};
    const Bytes first = Bytes(beginning).first(rest.empty() ? 1 : 2);
    if (assembly_.is_after_gap() && !begins_access_unit(first))
      assembly_.spoil(timestamp);
    else
      assembly_.begin(timestamp);
  }
  if (assembly_.is_broken()) return false;
  note(header, rest);
  return !assembly_.is_broken();
}

void Depacketizer::note(std::uint8_t header, Bytes rest) {
  Frame& frame = assembly_.frame();
  switch (type_of(header)) {
    case NalType::Sps: seen_.sps = true; break;
    case NalType::Pps: seen_.pps = true; break;
    case NalType::Sei: {
      // Seen where it is in one piece; one that is cut says nothing here.
      std::array<std::uint8_t, 64> unit{header};
      const std::size_t size = std::min(rest.size(), unit.size() - 1);
      std::copy_n(rest.begin(), size, unit.begin() + 1);
      if (seen_.sps && has_recovery_point(Bytes(unit).first(size + 1))) frame.is_key_frame = true;
      break;
    }
    case NalType::IdrSlice: {
      const bool has_sets = seen_.sps && seen_.pps;
      if (assembly_.is_after_gap() && repeats_sets_ && !has_sets) assembly_.spoil(frame.timestamp);
      repeats_sets_ |= has_sets;
      frame.is_key_frame = true;
      break;
    }
    default: break;
  }
}

}  // namespace specter::codec::h264
