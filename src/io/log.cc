#include "io/log.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "io/clock.h"

namespace specter::io {

namespace {

constexpr std::string_view kHidden = "(address hidden)";

// The wall clock's time of what was at `time`.
std::int64_t wall_microseconds(Timestamp time) {
  using std::chrono::microseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch() - (io::now() - time);
  return std::chrono::duration_cast<microseconds>(wall).count();
}

void write_to_standard_error(const LogRecord& record) {
  const std::string line = written(record, wall_microseconds(record.time)) + '\n';
  // One call a line: those of other threads come before or after it.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

class Sink {
 public:
  Sink() {
    const char* const text = std::getenv("SPECTER_LOG");
    if (!text || !*text) return;
    if (const auto wanted = LogLevels::parse(text)) {
      levels_ = *wanted;
    } else {
      write_to_standard_error({.level = LogLevel::Warning,
                               .module = LogModule::Io,
                               .time = io::now(),
                               .text = "SPECTER_LOG is not used: " + wanted.error().message});
    }
  }

  LogLevels levels() const { return levels_.load(std::memory_order_relaxed); }
  void set(const LogLevels& levels, LogSink&& to) {
    auto next = to ? std::make_shared<const LogSink>(std::move(to)) : nullptr;
    const std::scoped_lock lock(mutex_);
    to_.swap(next);
    levels_ = levels;
  }
  void take(const LogRecord& record) {
    std::shared_ptr<const LogSink> to;
    {
      const std::scoped_lock lock(mutex_);
      to = to_;
    }
    if (to)
      (*to)(record);
    else
      write_to_standard_error(record);
  }

 private:
  std::atomic<LogLevels> levels_ = LogLevels(LogLevel::Warning);
  std::mutex mutex_;
  std::shared_ptr<const LogSink> to_;
};

Sink& sink() {
  // Never destroyed: a thread of a resolver may outlive main().
  static auto* const one = new Sink();
  return *one;
}

thread_local bool is_in_sink = false;

}  // namespace

void deliver(const LogRecord& record) noexcept {
  if (is_in_sink) return;
  is_in_sink = true;
  try {
    sink().take(record);
  } catch (...) {
    // There is nobody to tell.
  }
  is_in_sink = false;
}

void ProcessLog::add(LogLevel level, fmt::string_view text, fmt::format_args args) const noexcept {
  try {
    if (!log_levels().allow(module_, level)) return;
    deliver({.level = level,
             .module = module_,
             .connection = connection_,
             .time = io::now(),
             .text = fmt::vformat(text, args)});
  } catch (...) {
    // No memory for it.
  }
}

std::string written(const LogRecord& record, std::int64_t wall_microseconds) {
  constexpr std::int64_t kSecond = 1'000'000;
  const auto second = static_cast<std::time_t>(wall_microseconds / kSecond);
  std::string out =
      fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06} {} {}", fmt::gmtime(second),
                  wall_microseconds % kSecond, to_string(record.level), to_string(record.module));
  if (record.connection != 0) out += fmt::format(" {}", record.connection);
  return out + ": " + record.text;
}

std::string shown(const Endpoint& endpoint, Addresses addresses) {
  return addresses == Addresses::Show ? endpoint.to_string() : std::string(kHidden);
}

std::string shown(const IpAddress& address, Addresses addresses) {
  return addresses == Addresses::Show ? address.to_string() : std::string(kHidden);
}

std::string shown(std::string_view host, Addresses addresses) {
  return std::string(addresses == Addresses::Show ? host : kHidden);
}

}  // namespace specter::io

namespace specter {

void set_log(const LogLevels& levels, LogSink to) { io::sink().set(levels, std::move(to)); }

Result<> set_log(std::string_view levels, LogSink to) {
  const auto read = LogLevels::parse(levels);
  if (!read) return fail(read.error());
  set_log(*read, std::move(to));
  return {};
}

LogLevels log_levels() { return io::sink().levels(); }

}  // namespace specter
