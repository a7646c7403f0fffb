#include "io/driver.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "io/alarm.h"
#include "io/clock.h"
#include "io/key_log.h"
#include "io/loop_impl.h"
#include "io/network.h"
#include "io/relays.h"

namespace specter::io {

namespace {

// More than all calls that may wait take, at kCallsPerTurn.
constexpr int kMaxLastTurns = 4096;
// What a core that asks to be called at once, for ever, costs: a hundredth of a core, not all of
// it.
constexpr Duration kSpinGuard = std::chrono::milliseconds(1);
// What a TURN server has to say to a goodbye, mostly that its nonce is stale, comes by then.
constexpr Duration kMostForRelays = std::chrono::milliseconds(500);

// Of the exception that is being handled.
Error current_fault() {
  try {
    throw;
  } catch (const std::system_error& e) {
    return {ErrorCode::OperationFailed, fmt::format("the system refuses: {}", e.what()), {}};
  } catch (const std::exception& e) {
    return {ErrorCode::Internal, fmt::format("an error inside the library: {}", e.what()), {}};
  } catch (...) {
    return {ErrorCode::Internal,
            "an error inside the library: something that is no std::exception was thrown",
            {}};
  }
}

}  // namespace

Driver::Driver(Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), ice_(options_.connection.ice) {
  core_ = std::make_unique<core::PeerConnection>(std::exchange(options_.connection, {}),
                                                 loop.random(), loop.impl().cipher);
  hand_on_log();
}

Driver::~Driver() = default;

void Driver::start(std::unique_ptr<Sink> sink) {
  sink_ = std::move(sink);
  // In a turn, where exceptions end: the sink hears of them.
  take_turn([this] {
    const std::weak_ptr<void> self = weak_from_this();
    const auto ready = [this] {
      readable_ = true;
      turn();
    };
    const auto lost = [this](const Endpoint& local, const std::error_code& error) {
      take_turn([&] { handle_lost_socket(local, error.message()); });
    };
    network_ = std::make_unique<Network>(loop_, self, ready, lost);
    alarm_ = std::make_unique<Alarm>(loop_, self, [this] { turn(); });
    loop_.adopt(shared_from_this());
  });
}

// The one place where exceptions of a connection end: that connection is dropped, the loop lives.
void Driver::take_turn(const std::function<void()>& input) {
  if (ended_ || in_turn_) return;
  const auto alive = shared_from_this();
  in_turn_ = true;
  try {
    run_turn(input);
  } catch (...) {
    end(current_fault());
  }
  hand_on_log();
  in_turn_ = false;
  draining_ = false;
}

void Driver::turn() { lingers_ ? linger() : take_turn({}); }

void Driver::schedule_turn() {
  if (std::exchange(turn_scheduled_, true)) return;
  loop_.post([self = shared_from_this()] {
    self->turn_scheduled_ = false;
    self->turn();
  });
}

void Driver::run_turn(const std::function<void()>& input) {
  now_ = io::now();
  hand_on_log();
  events_left_ = kEventsPerTurn;
  transmit_bytes_left_ = kTransmitBytesPerTurn;
  calls_left_ = kCallsPerTurn;
  datagrams_left_ = kDatagramsPerTurn;
  if (input) input();
  // Before the timers: what a timer waits for may have come.
  if (readable_) receive();
  turn_relays();
  core_->handle_timeout(now_);
  bool quiet = drain();
  network_->flush();
  // What came is answered in pieces, so that the peer does not wait for all of it to be looked at.
  while (quiet && !closed_ && !closing_ && readable_ && datagrams_left_ > 0) {
    receive();
    quiet = drain();
    network_->flush();
  }
  if (closed_ || (closing_ && quiet)) {
    // What the goodbye has to say is said; nobody waits for what becomes of it.
    transmit_bytes_left_ = kTransmitBytesPerTurn;
    drain_transmits();
    network_->flush();
    end(std::nullopt);
    return;
  }
  finish_turn(quiet);
}

void Driver::receive() {
  readable_ = network_->receive(kDatagramsPerAnswer, [this](std::span<const Datagram> datagrams) {
    datagrams_left_ -= std::min(datagrams_left_, datagrams.size());
    receive(datagrams);
  });
}

void Driver::receive(std::span<const Datagram> datagrams) {
  const auto to_core = [this](std::span<const Datagram> those) {
    core_->handle_datagrams(now_, those);
  };
  if (relays_)
    relays_->receive(now_, datagrams, to_core);
  else
    to_core(datagrams);
}

void Driver::send(Transmit&& transmit) {
  if (relays_ && relays_->is_relayed(transmit.path))
    relays_->send(now_, std::move(transmit), *network_);
  else
    network_->send(std::move(transmit));
}

// True when the core was told anything.
bool Driver::turn_relays() {
  if (!relays_ || closed_) return false;
  relays_->receive_late(now_, [this](std::span<const Datagram> datagrams) {
    core_->handle_datagrams(now_, datagrams);
  });
  const bool busy = relays_->turn(now_, *core_, *network_);
  if (!awaits_relays_ || !relays_->is_settled()) return busy;
  end_gathering();
  return true;
}

// True when nobody has anything left; false when a budget ran out before.
bool Driver::drain() {
  draining_ = true;
  bool quiet = false;
  while (!quiet && !closed_ && events_left_ > 0 && transmit_bytes_left_ > 0 && calls_left_ > 0) {
    bool busy = sink_->run_calls();
    busy = turn_relays() || busy;
    busy = drain_events() || busy;
    busy = drain_transmits() || busy;
    busy = sink_->settle() || busy;
    quiet = !busy;
  }
  draining_ = false;
  return quiet;
}

// Between turns the levels may have become others. What a log's sink calls has a wake-up of its
// own: this turn may have looked at calls for the last time.
void Driver::hand_on_log() noexcept {
  const bool was_draining = std::exchange(draining_, false);
  if (const LogLevels levels = specter::log_levels(); levels != log_levels_) {
    log_levels_ = levels;
    core_->set_log(levels, options_.log_addresses ? LogAddresses::Shown : LogAddresses::Hidden);
  }
  try {
    for (LogRecord& record : core_->take_log()) {
      record.connection = options_.number;
      deliver(record);
    }
  } catch (...) {
    // No memory for them.
  }
  draining_ = was_draining;
}

// True when there was one.
bool Driver::drain_events() {
  bool busy = false;
  hand_on_log();
  if (options_.key_log) {
    if (const auto lines = core_->take_key_log(); !lines.empty()) options_.key_log->write(lines);
  }
  while (events_left_ > 0) {
    // An owner who closes wants to hear the end, and no more messages: the sink drops those.
    if (!closing_ && !sink_->takes_events()) break;
    auto event = core_->poll_event();
    if (!event) {
      sink_->handle_drained();
      break;
    }
    busy = true;
    --events_left_;
    if (std::holds_alternative<core::Closed>(*event)) {
      closed_ = true;
      break;
    }
    if (std::holds_alternative<core::GatherCandidates>(*event)) {
      gather();
      continue;
    }
    sink_->handle_event(std::move(*event));
  }
  return busy;
}

bool Driver::drain_transmits() {
  bool busy = false;
  BufferPool& buffers = loop_.impl().buffers;
  Buffer memory = buffers.take();
  while (transmit_bytes_left_ > 0) {
    auto transmit = core_->poll_transmit(now_, memory);
    if (!transmit) break;
    busy = true;
    transmit_bytes_left_ -= std::min(transmit_bytes_left_, transmit->bytes.size());
    send(std::move(*transmit));
    if (memory.capacity() == 0) memory = buffers.take();
  }
  buffers.give(std::move(memory));
  return busy;
}

void Driver::finish_turn(bool quiet) {
  network_->take_too_large([this](const Endpoint& local, const Endpoint& remote, std::size_t most) {
    core_->handle_too_large(now_, local, remote, most);
  });
  const bool room_again = sink_->end_turn();
  if (!quiet || readable_ || room_again) {
    schedule_turn();
    return;
  }
  const WakeUp asked =
      relays_ ? soonest(core_->next_timeout(), relays_->next_timeout()) : core_->next_timeout();
  if (const auto timer = timers_.see(now_, asked); !timer.empty())
    log().warn("the timer '{}' asks again at once after each turn: please report it", timer);
  Deadline next = asked;
  if (next && *next <= now_) next = now_ + kSpinGuard;
  if (network_->has_failed_to_receive()) {
    readable_ = true;
    next = soonest(next, now_ + kSpinGuard);
  }
  alarm_->set(next);
}

void Driver::close() {
  if (std::exchange(closing_, true)) return;
  core_->close(now_);
}

void Driver::shut_down() noexcept {
  const auto alive = weak_from_this().lock();  // unlike shared_from_this(), never throws
  shutting_down_ = true;
  try {
    if (ended_) return linger();
    try {
      sink_->close_by_loop();
      // Each turn makes some of the finitely many calls that wait; close is the last of them.
      for (int i = 0; i < kMaxLastTurns && !ended_; ++i) turn();
      end(std::nullopt);
    } catch (...) {
      end(current_fault());
    }
  } catch (...) {
    // Not even its end could be told or sent (no memory); the loop ends all the same, and with it
    // what is left of this.
    ended_ = true;
  }
}

void Driver::end(const std::optional<Error>& fault) {
  if (std::exchange(ended_, true)) return;
  draining_ = false;
  if (fault) log().error("a connection is dropped: {}", fault->message);
  try {
    sink_->handle_end(fault);
  } catch (const std::exception& e) {
    log().error("the end of a connection could not be told: {}", e.what());
  } catch (...) {
    log().error("the end of a connection could not be told");
  }
  ++gathering_;
  if (resolve_cap_) resolve_cap_->cancel();
  // The owner has heard the end, and needs nothing of ours any more.
  sink_.reset();
  if (fault || !(closing_ || closed_)) return leave();
  lingers_ = true;
  linger();
}

// The goodbye is said a few times more, where there is a peer, and then to the servers of relays. A
// loop that ends waits for nothing: all leaves at once.
void Driver::linger() {
  if (left_) return;
  const auto alive = shared_from_this();
  try {
    now_ = io::now();
    if (!say_goodbye() || !give_relays_back()) return;
  } catch (const std::exception& e) {
    log().error("a goodbye could not be said: {}", e.what());
  } catch (...) {
    log().error("a goodbye could not be said");
  }
  leave();
}

// False: the alarm is set for more of it.
bool Driver::say_goodbye() {
  for (Deadline next = core_->next_timeout(); next; next = core_->next_timeout()) {
    if (!shutting_down_ && *next > now_) {
      alarm_->set(next);
      return false;
    }
    now_ = std::max(now_, *next);
    core_->handle_timeout(now_);
    transmit_bytes_left_ = kTransmitBytesPerTurn;
    drain_transmits();
    if (relays_) relays_->flush();
    network_->flush();
  }
  return true;
}

// False: the alarm is set for more of it.
bool Driver::give_relays_back() {
  if (!relays_) return true;
  if (!relays_until_) {
    relays_->close(now_, *network_);
    relays_until_ = now_ + kMostForRelays;
  }
  const auto nobody = [](std::span<const Datagram>) {};
  if (readable_) {
    readable_ = network_->receive(kDatagramsPerAnswer, [&](std::span<const Datagram> datagrams) {
      relays_->receive(now_, datagrams, nobody);
    });
  }
  relays_->receive_late(now_, nobody);
  relays_->turn_leaving(now_, *network_);
  network_->flush();
  if (shutting_down_ || relays_->is_over() || now_ >= *relays_until_) return true;
  if (readable_) schedule_turn();
  readable_ = readable_ || network_->has_failed_to_receive();
  Deadline next = soonest(relays_->next_timeout(), relays_until_);
  if (readable_ || *next <= now_) next = now_ + kSpinGuard;
  alarm_->set(next);
  return false;
}

void Driver::leave() {
  if (std::exchange(left_, true)) return;
  hand_on_log();
  if (alarm_) alarm_->cancel();
  if (network_) network_->close();
  loop_.release(*this);
}

}  // namespace specter::io
