// What is looked at in JSON text of somebody else's before a parser builds anything of it.
#pragma once

#include <cstddef>
#include <string_view>

namespace specter {

// 1 MiB of SDP, however it is escaped but as \u all through.
inline constexpr std::size_t kMaxJsonBytes = 4 << 20;
inline constexpr std::size_t kMaxJsonDepth = 32;  // [[]] has 2

// Whether arrays and objects lie in one another deeper than that anywhere. One pass, no memory; of
// text that is no JSON the answer is of its brackets outside of what would be strings.
bool is_json_deeper_than(std::string_view text, std::size_t limit);

}  // namespace specter
