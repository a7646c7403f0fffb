// The names of specter/log.h, and how levels are read from text.
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "specter/log.h"

namespace specter {

namespace {

constexpr std::array<std::string_view, 5> kLevels = {"off", "error", "warning", "info", "debug"};
constexpr std::array<std::string_view, kLogModules> kModules = {
    "ice", "dtls", "sctp", "channel", "jsep", "media", "peer", "turn", "io", "api"};

template <class E, std::size_t N>
std::optional<E> named(const std::array<std::string_view, N>& names, std::string_view wanted) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == wanted) return E(i);
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// False: there is no such level or module.
bool apply(LogLevels& levels, std::string_view part) {
  const std::size_t equals = part.find('=');
  const bool is_of_one = equals != std::string_view::npos;
  const auto level = named<LogLevel>(kLevels, trimmed(is_of_one ? part.substr(equals + 1) : part));
  const auto module =
      is_of_one ? named<LogModule>(kModules, trimmed(part.substr(0, equals))) : std::nullopt;
  if (!level || (is_of_one && !module)) return false;
  if (module)
    levels.set(*module, *level);
  else
    levels = LogLevels(*level);
  return true;
}

}  // namespace

std::string_view to_string(LogLevel level) {
  const auto index = std::size_t(level);
  return index < kLevels.size() ? kLevels[index] : "?";
}

std::string_view to_string(LogModule module) {
  const auto index = std::size_t(module);
  return index < kModules.size() ? kModules[index] : "?";
}

Result<LogLevels> LogLevels::parse(std::string_view text) {
  LogLevels levels(LogLevel::Warning);
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = trimmed(rest.substr(0, comma));
    if (!apply(levels, part)) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("'{}' is no log level: write LEVEL or MODULE=LEVEL, with commas "
                              "between, where LEVEL is one of {}, and MODULE one of {}",
                              part, fmt::join(kLevels, ", "), fmt::join(kModules, ", ")));
    }
    if (comma == std::string_view::npos) return levels;
    rest.remove_prefix(comma + 1);
  }
}

std::string LogLevels::to_string() const {
  std::string out;
  for (std::size_t i = 0; i < kLogModules; ++i) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", kModules[i],
                       specter::to_string(of(LogModule(i))));
  }
  return out;
}

}  // namespace specter
