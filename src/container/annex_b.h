// H.264 byte streams, H.264 Annex B: NAL units behind start codes of three or four bytes.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "base/parse_error.h"
#include "container/input.h"

#include "specter/bytes.h"

namespace specter::container {

// Chunks of any size become NAL units, as they are: without start codes and the zeros around them,
// with their emulation prevention bytes.
class NalReader {
 public:
  // A unit of more than this is TooMany, and the end. The largest of a 4K key frame is a tenth of
  // it.
  static constexpr std::size_t kMaxNalBytes = 8 << 20;

  // Views that were given end here. Take all units before the next chunk comes: what is not taken
  // stays.
  void append(Bytes more);
  // Nothing follows: the last unit has no start code behind it.
  void finish() { is_finished_ = true; }

  // The next unit, valid until append(); nothing when it is not whole yet. An error stays: BadValue
  // (bytes before the first start code that are no zeros), TooMany.
  std::expected<std::optional<Bytes>, ParseError> poll();
  // The beginning of the unit that poll() waits for: empty when none has begun.
  Bytes begun();

 private:
  std::unexpected<ParseError> fail(ParseError error);

  Input input_;
  std::size_t searched_ = 0;  // no start code of the rest begins before this
  bool is_in_unit_ = false;   // the rest begins behind a start code
  bool is_finished_ = false;
  std::optional<ParseError> error_;
};

// One picture with all that belongs to it.
struct AccessUnit {
  std::span<const Bytes> nals;  // valid until the reader is asked again
  bool is_key_frame = false;    // an IDR picture, or an SPS and a recovery point (H.264 §D.2.8)
};

// Chunks of any size become access units, H.264 §7.4.1.2.3. Each is given as soon as two bytes of
// the next one are there; prefix NAL units (type 14) wait for the unit behind them. Slices in any
// order (only the Baseline profile has that, Constrained Baseline does not) are not told apart from
// slices of the next picture.
class AccessUnitReader {
 public:
  // More bytes or units in one access unit are TooMany, and the end.
  static constexpr std::size_t kMaxBytes = 16 << 20;
  static constexpr std::size_t kMaxNals = 4096;

  void append(Bytes more) { nals_.append(more); }
  void finish();

  // The next one; nothing when it is not whole yet. Errors as NalReader::poll().
  std::expected<std::optional<AccessUnit>, ParseError> poll();

 private:
  struct Range {
    std::size_t begin;
    std::size_t size;
  };

  struct Seen {
    bool picture = false;
    bool idr = false;
    bool sps = false;
    bool recovery_point = false;
  };

  void keep(Bytes nal);
  AccessUnit give();
  void forget_given();
  std::unexpected<ParseError> fail(ParseError error);

  NalReader nals_;
  bool is_finished_ = false;
  Buffer bytes_;  // of the units of the access unit that is not whole
  std::vector<Range> ranges_;
  Seen seen_;
  // At the end of ranges_, behind a picture: the unit behind them says whether they are still of
  // its access unit.
  std::size_t prefixes_ = 0;
  bool is_given_ = false;  // what is kept was given
  std::vector<Bytes> views_;
  std::optional<ParseError> error_;
};

// Whether a unit that begins with these one or two bytes begins an access unit, when the one before
// has its picture already. Nothing: that hangs on the second byte, which is not there, or, for a
// prefix NAL unit (type 14), on the unit behind it.
std::optional<bool> begins_next_access_unit(Bytes beginning);

// Appends the unit behind a start code of four bytes.
void write_nal(Buffer& out, Bytes nal);

}  // namespace specter::container
