// Descriptions and candidates as JSON. What is read is written and read as the same; whatever is in
// a value, JSON comes of it that can be read.
#include "base/json_limits.h"
#include "target.h"

#include "specter/description.h"

namespace specter::fuzz {
namespace {

template <class Value>
void check_reading(std::string_view text) {
  const auto value = Value::from_json(text);
  if (!value) {
    SPECTER_CHECK(value.error().code == ErrorCode::InvalidJson);
    SPECTER_CHECK(!value.error().message.empty());
    return;
  }
  SPECTER_CHECK(text.size() <= kMaxJsonBytes && !is_json_deeper_than(text, kMaxJsonDepth));
  const std::string json = value->to_json();
  const auto again = Value::from_json(json);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == *value);
  SPECTER_CHECK(again->to_json() == json);
}

// Before a parser looks at it: deeper than n + 1 is deeper than n, and what is put into brackets is
// deeper by those.
void check_depth(std::string_view text) {
  std::size_t depth = 0;
  while (depth < 200 && is_json_deeper_than(text, depth)) ++depth;
  SPECTER_CHECK(depth == 200 || !is_json_deeper_than(text, depth + 1));
  const std::string inside = "[[" + std::string(text);
  SPECTER_CHECK(depth == 200 || !is_json_deeper_than(inside, depth + 2));
  SPECTER_CHECK(is_json_deeper_than(inside, 1));
  SPECTER_CHECK(!SessionDescription::from_json(std::string(kMaxJsonDepth + 1, '[') + "]"));
}

// `text` may be no UTF-8: then it comes back changed, but once only.
void check_writing(std::string_view text) {
  const SessionDescription description{SdpType::Answer, std::string(text)};
  check_reading<SessionDescription>(description.to_json());
  SPECTER_CHECK(SessionDescription::from_json(description.to_json()).has_value());
  const IceCandidate candidate{std::string(text), std::string(text.substr(text.size() / 2)),
                               static_cast<std::uint16_t>(text.size()), std::nullopt};
  check_reading<IceCandidate>(candidate.to_json());
  SPECTER_CHECK(IceCandidate::from_json(candidate.to_json()).has_value());
}

}  // namespace

void run(Bytes input) {
  const std::string_view text = as_text(input);
  check_depth(text);
  check_reading<SessionDescription>(text);
  check_reading<IceCandidate>(text);
  check_writing(text);
}

}  // namespace specter::fuzz
