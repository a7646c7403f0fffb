#include "cli/json.h"

#include <fmt/format.h>

#include "base/json_limits.h"

namespace specter::cli {
namespace {

constexpr std::size_t kMaxDepth = 2;  // the object itself, and a value that may be ignored

}  // namespace

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_object(std::string_view text) {
  // Before the parser: a line of brackets costs no memory.
  if (text.size() > kMaxJsonBytes)
    return fail(ErrorCode::InvalidJson,
                fmt::format("a command has {} bytes at most", kMaxJsonBytes));
  if (is_json_deeper_than(text, kMaxDepth))
    return fail(ErrorCode::InvalidJson, "nothing in a command is nested so deeply");
  try {
    Json json = Json::parse(text.begin(), text.end());
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
