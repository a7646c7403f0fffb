// The kinds of media that are read from files and written to files, each with its one file format.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "specter/bytes.h"

namespace specter::cli::transfer {

enum class Kind : std::uint8_t { H264, Vp8, Opus };

struct KindTraits {
  std::string_view name;           // as --codec has it: "h264"
  std::string_view encoding_name;  // as SDP has it: "H264"
  std::string_view file_format;    // "Annex B"
  std::uint32_t clock_rate;        // RTP's, in Hz
};
const KindTraits& traits(Kind kind);

std::optional<Kind> kind_of(std::string_view name);  // "h264", "vp8", "opus", of any case

// By the first bytes of a file or, where these say nothing, by the ending of its name. An IVF file
// of another codec than VP8 is none.
std::optional<Kind> kind_of_file(Bytes beginning, std::string_view name);

}  // namespace specter::cli::transfer
