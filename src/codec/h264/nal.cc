#include "codec/h264/nal.h"

#include <algorithm>

#include "base/start_code.h"

namespace specter::codec::h264 {
namespace {

// ue(v), H.264 §9.1, of values up to 2^16.
class BitReader {
 public:
  explicit BitReader(Bytes in) : in_(in) {}

  std::optional<std::uint32_t> exp_golomb() {
    int zeros = 0;
    while (zeros <= 16) {
      const int next = bit();
      if (next < 0) return std::nullopt;
      if (next == 1) break;
      ++zeros;
    }
    if (zeros > 16) return std::nullopt;
    std::uint32_t value = 1;
    for (int i = 0; i < zeros; ++i) {
      const int next = bit();
      if (next < 0) return std::nullopt;
      value = value << 1 | static_cast<std::uint32_t>(next);
    }
    return value - 1;
  }

 private:
  int bit() {
    if (at_ / 8 >= in_.size()) return -1;
    const int value = in_[at_ / 8] >> (7 - at_ % 8) & 1;
    ++at_;
    return value;
  }

  Bytes in_;
  std::size_t at_ = 0;
};

// The bytes of a unit without its emulation prevention bytes, one at a time (H.264 §7.4.1).
class PayloadReader {
 public:
  explicit PayloadReader(Bytes nal) : in_(nal) {}

  std::optional<std::uint8_t> next() {
    if (zeros_ >= 2 && !in_.empty() && in_.front() == 3) {
      in_ = in_.subspan(1);
      zeros_ = 0;
    }
    if (in_.empty()) return std::nullopt;
    const std::uint8_t byte = in_.front();
    in_ = in_.subspan(1);
    zeros_ = byte == 0 ? zeros_ + 1 : 0;
    return byte;
  }

  // H.264 §7.3.2.3.1: bytes of 255, and one that is less, are summed up.
  std::optional<std::size_t> number() {
    std::size_t sum = 0;
    while (const auto byte = next()) {
      sum += *byte;
      if (*byte != 255) return sum;
    }
    return std::nullopt;
  }

 private:
  Bytes in_;
  std::size_t zeros_ = 0;
};

}  // namespace

bool begins_access_unit(Bytes nal) {
  if (nal.empty()) return false;
  switch (type_of(nal)) {
    case NalType::AccessUnitDelimiter:
    case NalType::Sps:
    case NalType::Sei: return true;
    case NalType::Slice:
    case NalType::PartitionA:
    case NalType::IdrSlice:
      return nal.size() > 1 && (nal[1] & 0x80) != 0;  // first_mb_in_slice is 0
    default: return false;
  }
}

bool has_recovery_point(Bytes sei) {
  constexpr std::size_t kRecoveryPoint = 6;
  if (sei.empty() || type_of(sei) != NalType::Sei) return false;
  PayloadReader in(sei.subspan(1));
  while (const auto type = in.number()) {
    const auto size = in.number();
    if (!size) return false;
    if (*type == kRecoveryPoint) return true;
    for (std::size_t i = 0; i < *size; ++i)
      if (!in.next()) return false;
  }
  return false;
}

std::optional<std::uint8_t> parameter_set_id(Bytes nal) {
  if (nal.empty()) return std::nullopt;
  const NalType type = type_of(nal);
  if (type != NalType::Sps && type != NalType::Pps) return std::nullopt;
  // H.264 §7.3.2.1.1: the SPS has profile_idc, constraint flags and level_idc before it.
  const std::size_t at = type == NalType::Sps ? 4 : 1;
  if (nal.size() <= at) return std::nullopt;
  const auto id = BitReader(nal.subspan(at)).exp_golomb();
  if (!id || *id > (type == NalType::Sps ? 31u : 255u)) return std::nullopt;
  return static_cast<std::uint8_t>(*id);
}

bool split_annex_b(Bytes stream, std::vector<Bytes>& out) {
  std::size_t code = find_start_code(stream, 0);
  if (code == stream.size() || !without_trailing_zeros(stream.first(code)).empty()) return false;
  while (code < stream.size()) {
    const std::size_t begin = code + kStartCodeBytes;
    code = find_start_code(stream, begin);
    const Bytes nal = without_trailing_zeros(stream.subspan(begin, code - begin));
    if (!nal.empty()) out.push_back(nal);
  }
  return true;
}

}  // namespace specter::codec::h264
