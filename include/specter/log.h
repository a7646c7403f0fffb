/// @file
/// The log: what the library does, by module and level. Warnings and errors go to standard error
/// unless set_log() says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "specter/export.h"
#include "specter/result.h"
#include "specter/time.h"

namespace specter {

/// How much is said. Each level includes those before it.
enum class LogLevel : std::uint8_t {
  /// Nothing.
  Off,
  /// Something inside the library or the system is wrong.
  Error,
  /// Something does not work as configured. The default.
  Warning,
  /// What connections become: descriptions, states, paths.
  Info,
  /// Each candidate, pair, check, flight and probe, and why anything was dropped.
  Debug,
};

/// What a record is about.
enum class LogModule : std::uint8_t {
  /// Candidates, checks, nomination, consent.
  Ice,
  /// Handshakes.
  Dtls,
  /// Associations, the path MTU.
  Sctp,
  /// Data channels.
  Channel,
  /// Descriptions.
  Jsep,
  /// Tracks and their packets.
  Media,
  /// The connection as a whole.
  Peer,
  /// TURN and TURN servers.
  Turn,
  /// Sockets, event loops, names.
  Io,
  /// Owners and handles.
  Api,
};
/// The number of modules.
inline constexpr std::size_t kLogModules = 10;

/// "off", "error", "warning", "info", "debug".
SPECTER_EXPORT std::string_view to_string(LogLevel level);
/// "ice", "dtls", "sctp", "channel", "jsep", "media", "peer", "turn", "io", "api".
SPECTER_EXPORT std::string_view to_string(LogModule module);

/// A level for each module.
class SPECTER_EXPORT LogLevels {
 public:
  /// All modules at one level.
  constexpr explicit LogLevels(LogLevel all = LogLevel::Off) {
    for (std::size_t i = 0; i < kLogModules; ++i) set(LogModule(i), all);
  }
  /// Reads "debug", "ice=debug,dtls=info" or "info,ice=debug": a level for all modules or for one,
  /// left to right, starting from Warning for all. Error: InvalidArgument, with the valid names.
  static Result<LogLevels> parse(std::string_view text);

  /// The level of a module.
  constexpr LogLevel of(LogModule module) const { return LogLevel(bits_ >> shift(module) & kMask); }
  /// Sets the level of a module.
  constexpr void set(LogModule module, LogLevel level) {
    bits_ &= ~(kMask << shift(module));
    bits_ |= std::uint32_t(level) << shift(module);
  }
  /// Whether records of this level are made.
  constexpr bool allow(LogModule module, LogLevel level) const { return level <= of(module); }
  /// The form that parse() reads.
  std::string to_string() const;

  bool operator==(const LogLevels&) const = default;

 private:
  static constexpr std::uint32_t kMask = 7;
  static constexpr unsigned shift(LogModule module) { return 3 * unsigned(module); }
  std::uint32_t bits_ = 0;
};

/// Whether records have addresses in them. Keys and credentials are never in any.
enum class LogAddresses : bool {
  /// Each address and port has a number within its connection: "ipv4#1".
  Hidden,
  /// As they are: "192.0.2.1:5000".
  Shown,
};

/// One thing that was worth saying.
struct LogRecord {
  /// Never Off.
  LogLevel level = LogLevel::Debug;
  /// What it is about.
  LogModule module = LogModule::Peer;
  /// PeerConnection::id(); 0 if it is about no single connection. Records of core::PeerConnection
  /// have 0.
  std::uint64_t connection = 0;
  /// When it was. The process's monotonic clock; in records of core::PeerConnection, the `now` that
  /// was passed in.
  Timestamp time{};
  /// A line of text without its end.
  std::string text;

  bool operator==(const LogRecord&) const = default;
};

/// Takes records.
using LogSink = std::function<void(const LogRecord&)>;

/// Sets the levels, and where records go. Without a sink: to standard error, a line each.
///
/// Until the first call, the environment variable SPECTER_LOG sets the levels, in the form of
/// LogLevels::parse(). Both hold for the whole process and for connections that exist already.
///
/// The sink is called on any thread, on several at once, and must not block: event loops wait for
/// it. What it throws is ignored, and so is what the library has to say within it. A call that is
/// running may end after set_log() has returned.
///
/// Thread: any.
SPECTER_EXPORT void set_log(const LogLevels& levels, LogSink sink = {});
/// The same with levels as text. Error: that of LogLevels::parse(); nothing is changed.
SPECTER_EXPORT Result<> set_log(std::string_view levels, LogSink sink = {});
/// The levels that hold. Thread: any.
SPECTER_EXPORT LogLevels log_levels();

}  // namespace specter
