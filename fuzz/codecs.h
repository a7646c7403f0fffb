// What the targets of codecs have in common.
#pragma once

#include <array>
#include <string_view>

namespace specter::fuzz {

// By the first byte of an input.
inline constexpr std::array<std::string_view, 3> kCodecs = {"H264", "VP8", "opus"};

}  // namespace specter::fuzz
