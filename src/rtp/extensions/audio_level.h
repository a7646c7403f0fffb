// How loud a packet's sound is: the sender's, RFC 6464 §3, and that of each contributing source,
// RFC 6465 §3.
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+
//   |V|    level    |    -dBov: 0 is the loudest, 127 is silence; V: it is a voice
//   +-+-+-+-+-+-+-+-+
//   for contributing sources one such byte each, in the order of the CSRCs, without V
#pragma once

#include <expected>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"
#include "rtp/inline_list.h"

namespace specter::rtp {

struct AudioLevel {
  static constexpr ExtensionKind kKind = ExtensionKind::AudioLevel;

  bool is_voice = false;
  std::uint8_t level = 127;  // -dBov, 0 to 127

  // Errors: BadLength (not one byte).
  static std::expected<AudioLevel, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const AudioLevel&) const = default;
};

struct CsrcAudioLevels {
  static constexpr ExtensionKind kKind = ExtensionKind::CsrcAudioLevels;

  InlineList<std::uint8_t, kMaxCsrcs> levels;  // -dBov, 0 to 127, in the order of the CSRCs

  // Errors: BadLength (none, or more than a packet has CSRCs).
  static std::expected<CsrcAudioLevels, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const CsrcAudioLevels&) const = default;
};

}  // namespace specter::rtp
