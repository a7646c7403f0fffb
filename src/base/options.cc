#include "specter/options.h"

#include <charconv>
#include <chrono>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include "specter/option_table.h"

namespace specter {

namespace {

template <class T>
constexpr bool is_number = std::is_same_v<T, std::size_t> || std::is_same_v<T, Duration>;

Result<> check_range(const OptionRow& row, std::uint64_t value, bool is_negative,
                     std::string_view unit) {
  if (!is_negative && value >= row.least && value <= row.most) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} is {}{}{}: it must be {} to {}{}", row.name, is_negative ? "-" : "",
                          value, unit, row.least, row.most, unit));
}

Result<> check_value(const OptionRow& row, std::size_t value) {
  return check_range(row, value, false, " bytes");
}
Result<> check_value(const OptionRow& row, Duration value) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(value).count();
  return check_range(row,
                     static_cast<std::uint64_t>(milliseconds < 0 ? -milliseconds : milliseconds),
                     milliseconds < 0, " ms");
}

// ---- from text

Result<> refuse(const OptionRow& row, std::string_view value, std::string_view must) {
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} is \"{}\": it must be {}", row.name, value, must));
}

Result<> read(const OptionRow& row, std::string_view text, bool& value) {
  if (text != "true" && text != "false") return refuse(row, text, "true or false");
  value = text == "true";
  return {};
}

Result<> read(const OptionRow& row, std::string_view text, std::size_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > row.most)
    return refuse(row, text, fmt::format("{} to {}", row.least, row.most));
  return {};
}

Result<> read(const OptionRow& row, std::string_view text, Duration& value) {
  std::size_t milliseconds = 0;
  if (auto verdict = read(row, text, milliseconds); !verdict) return verdict;
  value = std::chrono::milliseconds(milliseconds);
  return {};
}

Result<> read(const OptionRow&, std::string_view text, std::string& value) {
  value = text;
  return {};
}

Result<> read(const OptionRow&, std::string_view text, std::vector<IceServer>& value) {
  value.push_back({.urls = {std::string(text)}});
  return {};
}

template <class E>
  requires std::is_enum_v<E>
Result<> read(const OptionRow& row, std::string_view text, E& value) {
  const auto known = named_option<E>(text);
  if (!known) {
    std::string names;
    for (const auto& [name, unused] : OptionNames<E>::kAll)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    return refuse(row, text, "one of " + names);
  }
  value = *known;
  return {};
}

}  // namespace

Result<> set_option(ConnectionOptions& options, std::string_view name, std::string_view value) {
  bool is_known = false;
  std::string names;
  Result<> verdict;
  for_each_option(options, [&](const OptionRow& row, auto& field) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
    if (row.name != name) return;
    is_known = true;
    verdict = read(row, value, field);
  });
  if (!is_known)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("unknown option \"{}\"; the options are: {}", name, names));
  return verdict;
}

Result<> check_options(const ConnectionOptions& options) {
  Result<> verdict;
  for_each_option(options, [&]<class T>(const OptionRow& row, const T& value) {
    if constexpr (is_number<T>) {
      if (verdict) verdict = check_value(row, value);
    }
  });
  if (!verdict) return verdict;
  if (options.transport.min_dtls_version > options.transport.max_dtls_version)
    return fail(ErrorCode::InvalidArgument,
                "min_dtls_version is above max_dtls_version: there is no version left to speak");
  return {};
}

}  // namespace specter
