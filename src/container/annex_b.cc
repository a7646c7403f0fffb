#include "container/annex_b.h"

#include <algorithm>
#include <utility>

#include "base/start_code.h"

namespace specter::container {
namespace {

// H.264 table 7-1.
constexpr std::uint8_t kSlice = 1;
constexpr std::uint8_t kPartitionA = 2;
constexpr std::uint8_t kIdrSlice = 5;
constexpr std::uint8_t kSei = 6;
constexpr std::uint8_t kSps = 7;
constexpr std::uint8_t kDelimiter = 9;
constexpr std::uint8_t kPrefix = 14;
constexpr std::uint8_t kLastReserved = 18;
constexpr std::uint8_t kRecoveryPoint = 6;  // H.264 §D.1

std::uint8_t type_of(Bytes nal) { return nal.front() & 0x1f; }
bool is_picture(std::uint8_t type) { return type >= kSlice && type <= kIdrSlice; }

// The first message says it: encoders give a recovery point a unit of its own.
bool is_recovery_point(Bytes nal) {
  return type_of(nal) == kSei && nal.size() > 1 && nal[1] == kRecoveryPoint;
}

}  // namespace

// ---- NAL units

void NalReader::append(Bytes more) {
  if (!error_) input_.append(more);
}

std::unexpected<ParseError> NalReader::fail(ParseError error) {
  error_ = error;
  input_.drop();
  return std::unexpected(error);
}

std::expected<std::optional<Bytes>, ParseError> NalReader::poll() {
  if (error_) return std::unexpected(*error_);
  while (true) {
    const Bytes rest = input_.rest();
    const std::size_t code = find_start_code(rest, searched_);
    const bool is_found = code < rest.size();
    const Bytes unit = without_trailing_zeros(rest.first(code));
    if (!is_in_unit_ && !unit.empty()) return fail(ParseError::BadValue);
    if (is_in_unit_ && code > kMaxNalBytes) return fail(ParseError::TooMany);
    if (!is_found && !is_finished_) {
      // The last two bytes may be the beginning of a start code.
      const std::size_t searched = rest.size() - std::min<std::size_t>(rest.size(), 2);
      if (is_in_unit_)
        searched_ = searched;
      else
        input_.take(searched);
      return std::nullopt;
    }
    input_.take(is_found ? code + kStartCodeBytes : rest.size());
    searched_ = 0;
    is_in_unit_ = is_found;
    if (!unit.empty()) return unit;
    if (!is_found) return std::nullopt;
  }
}

Bytes NalReader::begun() {
  while (is_in_unit_) {
    const Bytes rest = input_.rest();
    if (rest.empty() || rest.front() != 0) return rest;
    // Zeros up to the next start code are no unit.
    const std::size_t code = find_start_code(rest, searched_);
    if (code == rest.size() || !without_trailing_zeros(rest.first(code)).empty()) return rest;
    input_.take(code + kStartCodeBytes);
    searched_ = 0;
  }
  return {};
}

// ---- access units

std::optional<bool> begins_next_access_unit(Bytes beginning) {
  if (beginning.empty()) return std::nullopt;
  const std::uint8_t type = type_of(beginning);
  if (type == kSlice || type == kPartitionA || type == kIdrSlice) {
    if (beginning.size() < 2) return std::nullopt;
    return (beginning[1] & 0x80) != 0;  // first_mb_in_slice, ue(v), is 0
  }
  if (type == kPrefix) return std::nullopt;
  return (type >= kSei && type <= kDelimiter) || (type > kPrefix && type <= kLastReserved);
}

void AccessUnitReader::finish() {
  nals_.finish();
  is_finished_ = true;
}

std::expected<std::optional<AccessUnit>, ParseError> AccessUnitReader::poll() {
  if (error_) return std::unexpected(*error_);
  if (std::exchange(is_given_, false)) forget_given();
  while (true) {
    // A unit that has begun ends the access unit before it is whole itself.
    if (seen_.picture && begins_next_access_unit(nals_.begun()).value_or(false)) return give();
    const auto nal = nals_.poll();
    if (!nal) return fail(nal.error());
    if (!*nal) break;
    if (bytes_.size() + (*nal)->size() > kMaxBytes || ranges_.size() == kMaxNals)
      return fail(ParseError::TooMany);
    keep(**nal);
  }
  if (!is_finished_ || ranges_.empty()) return std::nullopt;
  prefixes_ = 0;
  return give();
}

std::unexpected<ParseError> AccessUnitReader::fail(ParseError error) {
  error_ = error;
  return std::unexpected(error);
}

void AccessUnitReader::keep(Bytes nal) {
  ranges_.push_back({bytes_.size(), nal.size()});
  bytes_.insert(bytes_.end(), nal.begin(), nal.end());
  const std::uint8_t type = type_of(nal);
  seen_.picture |= is_picture(type);
  seen_.idr |= type == kIdrSlice;
  seen_.sps |= type == kSps;
  seen_.recovery_point |= is_recovery_point(nal);
  prefixes_ = type == kPrefix && seen_.picture ? prefixes_ + 1 : 0;
}

void AccessUnitReader::forget_given() {
  const std::size_t given = ranges_.size() - prefixes_;
  const std::size_t size = prefixes_ > 0 ? ranges_[given].begin : bytes_.size();
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
  ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(given));
  for (Range& range : ranges_) range.begin -= size;
  seen_ = {};
  prefixes_ = 0;
}

AccessUnit AccessUnitReader::give() {
  is_given_ = true;
  views_.clear();
  for (const Range& range : std::span(ranges_).first(ranges_.size() - prefixes_))
    views_.push_back(Bytes(bytes_).subspan(range.begin, range.size));
  return {views_, seen_.idr || (seen_.sps && seen_.recovery_point)};
}

void write_nal(Buffer& out, Bytes nal) {
  out.insert(out.end(), {0, 0, 0, 1});
  out.insert(out.end(), nal.begin(), nal.end());
}

}  // namespace specter::container
