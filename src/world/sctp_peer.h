// One end of an association with nothing around it: its process, what stands in for DTLS, and what
// an association must never do.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "sctp/association.h"
#include "simulation/internet.h"
#include "simulation/random.h"
#include "world/journal.h"
#include "world/plan.h"
#include "world/sctp_streams.h"

namespace specter::world {

class SctpPeer {
 public:
  struct World {
    const Plan& plan;
    simulation::Internet& internet;
    Journal& journal;
    std::array<SctpStreams, 2>& streams;  // by who sends on them
    const Tamper& tamper;
  };

  SctpPeer(Side side, World world);
  static Endpoint endpoint(Side side);
  // The largest message that can go from this side to the other.
  static std::size_t most_message_bytes(Side sender, const Plan& plan);

  // The world.
  void connect(Timestamp now, SctpPeer& peer);
  void handle(Timestamp now, simulation::Arrival arrival);
  void handle_too_large(Timestamp now, const simulation::TooLarge& told);
  void handle_timeout(Timestamp now);
  WakeUp next_timeout() const;

  // Its owner.
  void say(Timestamp now, std::size_t count, std::size_t size, std::uint64_t salt,
           bool only_reliable = false);
  void open_stream(Timestamp now, Promise promise);
  void reset_stream(Timestamp now, std::uint64_t salt);
  void set_taking_events(Timestamp now, bool takes);
  void set_receiving(Timestamp now, bool receives);
  void shutdown(Timestamp now);
  void abort(Timestamp now);

  // Its process.
  void pause() { is_paused_ = true; }
  void resume(Timestamp now);
  void stop() { is_stopped_ = true; }

  bool is_stopped() const { return is_stopped_; }
  bool is_ended() const { return closed_.has_value(); }
  bool is_ending() const { return is_ending_; }  // it was told to
  const std::optional<sctp::Closed>& closed() const { return closed_; }
  const sctp::Association& association() const { return association_; }
  // What keeps it from being at rest; empty: nothing.
  std::string unfinished() const;
  std::string told() const;  // for a trace

 private:
  void drain(Timestamp now);
  void handle(Timestamp now, sctp::Association::Event event);
  void handle_closed(const sctp::Closed& closed);
  bool transmit(Timestamp now);
  void check_receive_buffer();
  void check_timers(Timestamp now);
  void fail(Verdict verdict, std::string_view what) const;
  bool is_reachable() const { return !is_stopped_ && !is_paused_; }
  SctpStreams& outgoing() { return world_.streams[index(side_)]; }
  SctpStreams& incoming() { return world_.streams[index(other(side_))]; }

  Side side_;
  World world_;
  sctp::Association::Config config_;
  bool drops_damaged_;
  simulation::SeededRandom random_;
  sctp::Association association_;
  std::deque<simulation::Arrival> socket_;  // what came while it was paused
  Buffer packet_;                           // memory
  std::optional<sctp::Closed> closed_;
  int at_once_ = 0, packets_after_end_ = 0;
  bool was_established_ = false, is_ending_ = false;
  bool takes_events_ = true, is_paused_ = false, is_stopped_ = false;
};

}  // namespace specter::world
