#include "cli/peer/fields.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace specter::cli {

const Json* Fields::find(std::string_view key) {
  known_.push_back(key);
  const auto found = object_.find(std::string(key));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void Fields::fail(ErrorCode code, std::string message) {
  if (!error_) error_ = Error{code, std::move(message), std::nullopt};
}

void Fields::needs(std::string_view key) {
  fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is missing", key));
}

std::optional<std::string> Fields::optional_text(std::string_view key) {
  const Json* value = find(key);
  if (!value) return std::nullopt;
  if (!value->is_string()) {
    fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" must be a string", key));
    return std::nullopt;
  }
  return value->get<std::string>();
}

std::optional<std::uint64_t> Fields::optional_number(std::string_view key, std::uint64_t max) {
  const Json* value = find(key);
  if (!value) return std::nullopt;
  const bool whole = value->is_number_unsigned() ||
                     (value->is_number_integer() && value->get<std::int64_t>() >= 0);
  if (!whole || value->get<std::uint64_t>() > max) {
    fail(ErrorCode::InvalidArgument,
         fmt::format("\"{}\" must be a whole number from 0 to {}", key, max));
    return std::nullopt;
  }
  return value->get<std::uint64_t>();
}

std::optional<bool> Fields::optional_flag(std::string_view key) {
  const Json* value = find(key);
  if (!value) return std::nullopt;
  if (!value->is_boolean()) {
    fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" must be true or false", key));
    return std::nullopt;
  }
  return value->get<bool>();
}

std::string Fields::text(std::string_view key) {
  auto value = optional_text(key);
  if (!value) needs(key);
  return value.value_or("");
}

std::vector<std::string> Fields::optional_texts(std::string_view key) {
  const Json* value = find(key);
  if (!value) return {};
  const auto is_text = [](const Json& one) { return one.is_string(); };
  if (!value->is_array() || !std::ranges::all_of(*value, is_text)) {
    fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" must be an array of strings", key));
    return {};
  }
  return value->get<std::vector<std::string>>();
}

std::vector<std::string> Fields::texts(std::string_view key) {
  const auto found = object_.find(std::string(key));
  if (found == object_.end() || found->is_null()) needs(key);
  return optional_texts(key);
}

std::optional<double> Fields::optional_real(std::string_view key, double max) {
  const Json* value = find(key);
  if (!value) return std::nullopt;
  if (!value->is_number() || !(value->get<double>() > 0) || value->get<double>() > max) {
    fail(ErrorCode::InvalidArgument,
         fmt::format("\"{}\" must be a number above 0, {} at most", key, max));
    return std::nullopt;
  }
  return value->get<double>();
}

std::uint64_t Fields::number(std::string_view key, std::uint64_t max) {
  const auto value = optional_number(key, max);
  if (!value) needs(key);
  return value.value_or(0);
}

void Fields::refuse_others() {
  for (const auto& [key, value] : object_.items()) {
    if (std::ranges::find(known_, std::string_view(key)) == known_.end()) {
      fail(ErrorCode::InvalidArgument,
           fmt::format("\"{}\" is no field of this command; it takes {}", key,
                       fmt::join(known_, ", ")));
    }
  }
}

}  // namespace specter::cli
