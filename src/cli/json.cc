#include "cli/json.h"

#include <fmt/format.h>

namespace specter::cli {
namespace {

constexpr int kMaxDepth = 2;  // the object itself is at 0, and nothing in a command is nested

}  // namespace

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_object(std::string_view text) {
  bool too_deep = false;
  // Values below the limit are dropped as they are read, so that a line of brackets costs no
  // memory.
  const auto watch_depth = [&](int depth, Json::parse_event_t event, const Json&) {
    const bool opens =
        event == Json::parse_event_t::array_start || event == Json::parse_event_t::object_start;
    if (opens && depth >= kMaxDepth) too_deep = true;
    return depth < kMaxDepth || !opens;
  };
  try {
    Json json = Json::parse(text.begin(), text.end(), watch_depth);
    if (too_deep) return fail(ErrorCode::InvalidJson, "nothing in a command is nested so deeply");
    if (!json.is_object()) return fail(ErrorCode::InvalidJson, "a command is a JSON object");
    return json;
  } catch (const Json::parse_error& error) {
    return fail(ErrorCode::InvalidJson,
                fmt::format("no JSON in UTF-8: it breaks off or errs at byte {}", error.byte));
  } catch (const Json::exception&) {
    return fail(ErrorCode::InvalidJson, "no JSON that can be held: a number is out of range");
  }
}

}  // namespace specter::cli
