// Descriptions and candidates as JSON text: W3C §4.6.2, §4.8.1.
#include "specter/description.h"

#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_limits.h"

namespace specter {

namespace {

// A JSON type whose objects keep the order of their keys.
using Json = nlohmann::ordered_json;

// Bytes that are not valid UTF-8 become U+FFFD: JSON cannot represent them.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Failure bad(const std::string& why) { return fail(ErrorCode::InvalidJson, why); }

Result<Json> parse_object(std::string_view text) {
  // Checked before parsing: the parser would need about fifty bytes of memory per bracket.
  if (text.size() > kMaxJsonBytes)
    return bad(
        fmt::format("the text has {} bytes; {} are taken at most", text.size(), kMaxJsonBytes));
  if (is_json_deeper_than(text, kMaxJsonDepth))
    return bad(fmt::format("this is nested more than {} deep", kMaxJsonDepth));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return bad("this is no JSON text");
  if (!json.is_object()) return bad("this is JSON, but no object");
  return json;
}

// Empty if the key is missing or null.
const Json* find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::optional<std::string>> optional_text(const Json& object, const char* key) {
  const Json* value = find(object, key);
  if (!value) return std::nullopt;
  if (!value->is_string()) return bad(std::string("\"") + key + "\" must be a string or null");
  return value->get<std::string>();
}

Result<std::optional<std::uint16_t>> optional_index(const Json& object, const char* key) {
  const Json* value = find(object, key);
  if (!value) return std::nullopt;
  const auto in_range = [](const Json& number) {
    return number.is_number_unsigned() &&
           number.get<std::uint64_t>() <= std::numeric_limits<std::uint16_t>::max();
  };
  if (!in_range(*value))
    return bad(std::string("\"") + key + "\" must be a whole number from 0 to 65535, or null");
  return static_cast<std::uint16_t>(value->get<std::uint64_t>());
}

std::optional<SdpType> sdp_type(std::string_view name) {
  for (const SdpType type :
       {SdpType::Offer, SdpType::PrAnswer, SdpType::Answer, SdpType::Rollback}) {
    if (to_string(type) == name) return type;
  }
  return std::nullopt;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

std::string SessionDescription::to_json() const {
  Json json = Json::object();
  json["type"] = std::string(to_string(type));
  json["sdp"] = sdp;
  return dump(json);
}

Result<SessionDescription> SessionDescription::from_json(std::string_view text) {
  auto json = parse_object(text);
  if (!json) return fail(std::move(json).error());
  const Json* type_value = find(*json, "type");
  if (!type_value || !type_value->is_string()) return bad("\"type\" must be a string");
  const auto type = sdp_type(type_value->get_ref<const std::string&>());
  if (!type) return bad("\"type\" must be offer, pranswer, answer or rollback");
  const Json* sdp = find(*json, "sdp");
  if (sdp && !sdp->is_string()) return bad("\"sdp\" must be a string");
  if (!sdp && *type != SdpType::Rollback) return bad("\"sdp\" is missing");
  return SessionDescription{*type, sdp ? sdp->get<std::string>() : std::string()};
}

std::string IceCandidate::to_json() const {
  Json json = Json::object();
  json["candidate"] = candidate;
  json["sdpMid"] = or_null(sdp_mid);
  json["sdpMLineIndex"] = or_null(sdp_mline_index);
  json["usernameFragment"] = or_null(username_fragment);
  return dump(json);
}

Result<IceCandidate> IceCandidate::from_json(std::string_view text) {
  auto json = parse_object(text);
  if (!json) return fail(std::move(json).error());
  const Json* candidate = find(*json, "candidate");
  if (!candidate || !candidate->is_string()) return bad("\"candidate\" must be a string");
  auto mid = optional_text(*json, "sdpMid");
  if (!mid) return fail(std::move(mid).error());
  auto index = optional_index(*json, "sdpMLineIndex");
  if (!index) return fail(std::move(index).error());
  auto fragment = optional_text(*json, "usernameFragment");
  if (!fragment) return fail(std::move(fragment).error());
  return IceCandidate{candidate->get<std::string>(), std::move(*mid), *index, std::move(*fragment)};
}

}  // namespace specter
