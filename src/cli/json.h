// JSON as the commands print and read it: keys stay in the order in which they were put.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "specter/result.h"
#include "specter/stats.h"

namespace specter::cli {

using Json = nlohmann::ordered_json;

// On one line. Bytes that are no UTF-8 (a peer may send them) become U+FFFD.
std::string to_line(const Json& json);

// One flat JSON object. Errors: InvalidJson for any other text, also for one nested too deeply.
Result<Json> parse_object(std::string_view text);

// The keys are the names in specter/stats.h; durations are in seconds, as the W3C has them.
Json to_json(const Stats& stats);

}  // namespace specter::cli
