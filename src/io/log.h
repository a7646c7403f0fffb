// The process's log: records of connections and of what is around them, on their way to the sink
// that specter/log.h has set. Not for the packet path. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "specter/endpoint.h"
#include "specter/log.h"

namespace specter::io {

// To the sink. What the sink throws ends here.
void deliver(const LogRecord& record) noexcept;

// Records of one module, of one connection or of none.
class ProcessLog {
 public:
  ProcessLog(LogModule module, std::uint64_t connection)
      : module_(module), connection_(connection) {}

  template <class... Args>
  void error(fmt::format_string<Args...> text, Args&&... args) const noexcept {
    add(LogLevel::Error, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> text, Args&&... args) const noexcept {
    add(LogLevel::Warning, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) const noexcept {
    add(LogLevel::Info, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) const noexcept {
    add(LogLevel::Debug, text, fmt::make_format_args(args...));
  }

 private:
  void add(LogLevel level, fmt::string_view text, fmt::format_args args) const noexcept;

  LogModule module_;
  std::uint64_t connection_;
};

inline ProcessLog log(LogModule module = LogModule::Io, std::uint64_t connection = 0) {
  return {module, connection};
}

// A line of standard error, without its end. `wall` is the time of the record.
std::string written(const LogRecord& record, std::int64_t wall_microseconds);

// What a record may say of an address or a host: nothing, unless the user asked for it.
enum class Addresses { Hide, Show };
std::string shown(const Endpoint& endpoint, Addresses addresses);
std::string shown(const IpAddress& address, Addresses addresses);
std::string shown(std::string_view host, Addresses addresses);

}  // namespace specter::io
