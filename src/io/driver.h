// Drives one connection on its event loop: the sans-IO core, its sockets and its timer. A turn is
// one iteration. Nothing else uses the core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/ice_url.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/timer_watch.h"

#include "specter/core.h"
#include "specter/options.h"

namespace specter::io {

class Alarm;
class KeyLog;
class Network;
class Relays;
class TlsTrusts;
class Resolver;
struct InterfaceAddress;

class Driver final : public Loop::Member, public std::enable_shared_from_this<Driver> {
 public:
  // The owner of the connection. Its functions are called on the loop, within a turn, and may call
  // the driver.
  class Sink {
   public:
    virtual ~Sink() = default;
    // Makes some of the queued calls. Returns whether it made any.
    virtual bool run_calls() = 0;
    // Whether the owner has room for events. After false, call turn() or schedule_turn() when it
    // has.
    virtual bool takes_events() = 0;
    virtual void handle_event(core::Event&& event) = 0;
    virtual void handle_drained() {}  // all events of the core were handled
    // Called after packets were sent. Returns whether it delivered an event or calls may be queued.
    virtual bool settle() = 0;
    virtual bool end_turn() = 0;  // true: there is room again for events held back in this turn
    // The loop ends: makes all queued calls, then close().
    virtual void close_by_loop() = 0;
    // The last function called. `fault`: why the connection was dropped; empty if it was closed.
    virtual void handle_end(const std::optional<Error>& fault) = 0;
  };

  struct Options {
    ConnectionOptions connection;  // for the core
    std::vector<IceUrl> servers;   // the parsed ICE servers of `connection`
    std::uint64_t number = 0;      // the connection's, in log records
    bool log_addresses = false;
    std::shared_ptr<Resolver> resolver;
    std::shared_ptr<TlsTrusts> trusts;  // for turns: servers; none: they are not used
    std::shared_ptr<KeyLog> key_log;    // none: no secrets are written
  };

  // The limits of one turn; then other connections of the loop have theirs.
  static constexpr std::size_t kDatagramsPerTurn = 512;
  static constexpr std::size_t kDatagramsPerAnswer =
      128;  // then packets are sent before more are received
  static constexpr std::size_t kEventsPerTurn = 1024;
  static constexpr std::size_t kTransmitBytesPerTurn = 1 << 20;
  static constexpr std::size_t kCallsPerTurn = 64;  // some take milliseconds; messages don't count
  // The part of IceOptions::gathering_timeout that is left for a server's response after its name
  // was resolved.
  static constexpr Duration kTimeForServers = std::chrono::milliseconds(500);

  // Throws std::invalid_argument as core::PeerConnection does.
  Driver(Loop& loop, Options options);
  ~Driver() override;

  // ---- on the loop
  void start(std::unique_ptr<Sink> sink);  // once: the first turn
  void turn();
  void schedule_turn();  // soon, after what already waits on the loop
  void close();          // closes the core; the connection ends with this turn
  void set_servers(std::vector<IceUrl> servers);  // from the next gathering on
  void shut_down() noexcept override;

  core::PeerConnection& core() { return *core_; }
  Timestamp now() const { return now_; }  // of this turn
  // Within a turn, before its last look at the sink's calls.
  bool is_draining() const { return draining_; }
  bool is_closing() const { return closing_; }
  // For the sink, which counts its calls. With none left the turn ends, and another follows.
  bool has_calls_left() const { return calls_left_ > 0; }
  void note_call() { --calls_left_; }
  bool has_ended() const { return ended_; }

 private:
  void take_turn(const std::function<void()>& input);
  void run_turn(const std::function<void()>& input);
  void receive();
  bool drain();
  bool drain_events();
  bool drain_transmits();
  void hand_on_log() noexcept;
  ProcessLog log(LogModule module = LogModule::Io) const { return {module, options_.number}; }
  void finish_turn(bool quiet);
  void gather();
  std::string open_sockets();
  void drop_sockets_without_an_address(const std::vector<InterfaceAddress>& all);
  void handle_lost_socket(const Endpoint& local, const std::string& why);
  void resolve_servers();
  void fail_server(const IceUrl& url, std::string_view why);  // none of it was reached
  struct Resolved;
  void handle_resolved(std::uint64_t gathering, const IceUrl& url, const Resolved& resolved);
  void add_servers(const IceUrl& url, const Resolved& resolved);
  void end_gathering();
  void end_of_servers();                              // all names are resolved, or their time is up
  void receive(std::span<const Datagram> datagrams);  // relayed ones undressed
  void send(Transmit&& transmit);
  bool turn_relays();
  void end(const std::optional<Error>& fault);
  void leave();
  void linger();
  bool say_goodbye();
  bool give_relays_back();

  Loop& loop_;
  Options options_;  // without `connection`
  IceOptions ice_;
  std::unique_ptr<core::PeerConnection> core_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Relays> relays_;  // once there is a TURN server
  std::unique_ptr<Alarm> alarm_;
  std::unique_ptr<Alarm> resolve_cap_;  // set once a name has to be resolved

  Timestamp now_{};
  LogLevels log_levels_;  // the core's
  TimerWatch timers_;
  bool in_turn_ = false;
  bool draining_ = false;
  bool turn_scheduled_ = false;
  bool readable_ = false;
  bool closing_ = false;
  bool closed_ = false;  // the core returned Closed
  bool ended_ = false;
  bool shutting_down_ = false;
  bool lingers_ = false;
  bool left_ = false;
  Deadline relays_until_{};  // once they are given back: how long their servers are heard
  std::size_t events_left_ = 0;
  std::size_t transmit_bytes_left_ = 0;
  std::size_t calls_left_ = 0;
  std::size_t datagrams_left_ = 0;

  std::uint64_t gathering_ = 0;  // counts gatherings: addresses for an earlier one are ignored
  std::vector<std::string> unresolved_;  // servers of this gathering whose name is looked up
  bool awaits_relays_ = false;           // what is left of it
};

}  // namespace specter::io
