// What the core has to say for people: records that wait in a buffer until the owner takes them, as
// events do. Nothing is formatted and no memory is touched for a record that nobody wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "specter/endpoint.h"
#include "specter/log.h"
#include "specter/time.h"

namespace specter {

// Of one connection, and owned by it. Off at first.
class LogBuffer {
 public:
  // Records that nobody has taken; more are counted, and the next take() says how many.
  static constexpr std::size_t kMaxRecords = 1024;
  // The rest of a text is cut off: the peer may have written parts of it.
  static constexpr std::size_t kMaxTextBytes = 512;
  // Hidden endpoints that have a number; more are all called the same.
  static constexpr std::size_t kMaxEndpoints = 256;
  // Causes of drops that are counted one by one. All are written in our code.
  static constexpr std::size_t kMaxCauses = 64;
  // Drops of one cause are told at most so often, with their number.
  static constexpr Duration kDropInterval = std::chrono::seconds(1);

  void set(const LogLevels& levels, LogAddresses addresses);
  // Each input's time comes before the input.
  void advance(Timestamp now) {
    now_ = now;
    if (now >= drops_due_) [[unlikely]]
      tell_drops();
  }
  bool wants(LogModule module, LogLevel level) const { return levels_.allow(module, level); }
  LogAddresses addresses() const { return addresses_; }

  void add(LogModule module, LogLevel level, fmt::string_view text, fmt::format_args args);
  // A packet, or a part of one, was not used. `cause` lives for ever.
  void drop(LogModule module, std::string_view cause, const Endpoint* from);
  // Oldest first.
  std::vector<LogRecord> take();

  // As it may be shown.
  fmt::appender append(fmt::appender out, const Endpoint& endpoint);

 private:
  struct Drops {
    Timestamp told_at;
    std::uint64_t untold = 0;
  };
  // There from the first record on.
  struct Contents {
    std::vector<LogRecord> records;
    std::uint64_t lost = 0;
    std::map<Endpoint, std::size_t> numbers;  // of hidden endpoints
    std::map<std::pair<LogModule, std::string_view>, Drops> drops;
  };

  Contents& contents();
  void tell_drops();

  LogLevels levels_;
  LogAddresses addresses_ = LogAddresses::Hidden;
  Timestamp now_{};
  Timestamp drops_due_ = Timestamp::max();
  std::unique_ptr<Contents> contents_;
};

// An endpoint in the arguments of a record: formatted only when the record is.
struct LogEndpoint {
  LogBuffer* to;
  const Endpoint& endpoint;
};

// Both ends of a path.
struct LogPath {
  LogBuffer* to;
  const Path& path;
};

fmt::appender append(fmt::appender out, const LogEndpoint& shown);
fmt::appender append(fmt::appender out, const LogPath& shown);

// What a layer holds: where its records go, and its name in them. A copy is the same. An empty one
// says nothing.
class Log {
 public:
  Log() = default;
  Log(LogBuffer& to, LogModule module) : to_(&to), module_(module) {}
  Log of(LogModule module) const { return to_ ? Log(*to_, module) : Log(); }

  // For what takes work to say. The arguments of the calls below are evaluated in any case.
  bool wants(LogLevel level) const { return to_ && to_->wants(module_, level); }

  template <class... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) const {
    if (wants(LogLevel::Debug)) [[unlikely]]
      to_->add(module_, LogLevel::Debug, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) const {
    if (wants(LogLevel::Info)) [[unlikely]]
      to_->add(module_, LogLevel::Info, text, fmt::make_format_args(args...));
  }
  // "dropped: <cause>": the first one, and then how many more there were, each second. `cause` is a
  // literal.
  void drop(std::string_view cause) const {
    if (wants(LogLevel::Debug)) [[unlikely]]
      to_->drop(module_, cause, nullptr);
  }
  void drop(std::string_view cause, const Endpoint& from) const {
    if (wants(LogLevel::Debug)) [[unlikely]]
      to_->drop(module_, cause, &from);
  }
  // An argument of the calls above. It must not outlive the endpoint.
  LogEndpoint shown(const Endpoint& endpoint) const { return {to_, endpoint}; }
  LogPath shown(const Path& path) const { return {to_, path}; }
  bool shows_addresses() const { return to_ && to_->addresses() == LogAddresses::Shown; }

 private:
  LogBuffer* to_ = nullptr;
  LogModule module_ = LogModule::Peer;
};

}  // namespace specter

template <>
struct fmt::formatter<specter::LogEndpoint> : fmt::formatter<fmt::string_view> {
  auto format(const specter::LogEndpoint& shown, fmt::format_context& context) const {
    return specter::append(context.out(), shown);
  }
};

template <>
struct fmt::formatter<specter::LogPath> : fmt::formatter<fmt::string_view> {
  auto format(const specter::LogPath& shown, fmt::format_context& context) const {
    return specter::append(context.out(), shown);
  }
};
