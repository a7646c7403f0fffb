// The two headers of Opus in Ogg, RFC 7845 §5. Numbers are little-endian.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/parse_error.h"

#include "specter/bytes.h"

namespace specter::container {

// RFC 7845 §5.1: "OpusHead", version, channels, pre-skip (16 bits), input sample rate (32), output
// gain (16), mapping family, and with another family than 0: streams, coupled streams, one byte a
// channel.
struct OpusHead {
  std::uint8_t version = 1;
  std::uint8_t channels = 2;
  std::uint16_t pre_skip = 312;  // samples at 48 kHz to be thrown away; libopus' delay is 312
  std::uint32_t input_sample_rate =
      48'000;                       // of the original, 0 when not known; playing is at 48 kHz
  std::int16_t output_gain = 0;     // in 1/256 dB
  std::uint8_t mapping_family = 0;  // 0: mono or stereo
  // With another family:
  std::uint8_t streams = 1;
  std::uint8_t coupled_streams = 0;
  std::vector<std::uint8_t> mapping{};  // one a channel

  // Errors: Truncated, WrongType, BadValue (a major version but 0, no channels, a mapping that
  // can't be).
  static std::expected<OpusHead, ParseError> parse(Bytes packet);
  void write(Buffer& out) const;

  bool operator==(const OpusHead&) const = default;
};

// RFC 7845 §5.2: "OpusTags", the encoder's name, then comments, "NAME=value" in UTF-8, each behind
// its length (32 bits).
struct OpusTags {
  static constexpr std::size_t kMaxComments = 1024;

  std::string vendor;
  std::vector<std::string> comments;

  // Errors: Truncated, WrongType, TooMany. What follows the comments is not looked at.
  static std::expected<OpusTags, ParseError> parse(Bytes packet);
  void write(Buffer& out) const;

  bool operator==(const OpusTags&) const = default;
};

}  // namespace specter::container
