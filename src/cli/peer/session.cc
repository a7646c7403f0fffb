#include "cli/peer/session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "cli/peer/more_codecs.h"
#include "io/clock.h"

namespace specter::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kEventsATurn = 64;   // then it is the input's turn
constexpr auto kEchoPause = 20ms;  // longest wait before a full send buffer is tried again
constexpr auto kLookAgain = 20ms;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::int64_t kLongestWaitMs = 60'000;

Api make_api(const Specter& specter, const std::vector<std::string>& codecs) {
  auto engine = MediaEngine::with_default_codecs();
  for (const std::string& codec : codecs) add_codec(engine, codec);
  auto registry = Registry::with_default_interceptors(engine);
  return specter.new_api(std::move(engine), std::move(registry));
}

// Rounded up: a wait that ends too early would be a loop without a pause.
int to_poll_timeout(Deadline deadline, Timestamp now) {
  if (!deadline) return -1;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now);
  return static_cast<int>(std::clamp<std::int64_t>(ms.count(), 0, kLongestWaitMs));
}

bool is_readable(int fd) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&readable, 1, 0) > 0;
}

}  // namespace

Session::Session(const SessionOptions& options, int in, int out)
    : options_(options),
      in_(in),
      output_(out),
      specter_(options.configuration),
      api_(make_api(specter_, options.codecs)),
      connection_(api_.new_peer_connection(inbox_)) {}

bool Session::run() {
  output_.stop_waiting_at(options_.stop_descriptor);
  while (!closed_ && !output_.broken()) {
    wait();
    sending_.handle_timeout(io::now());
    take_events();
    handle_lines();  // Last: lines it leaves wait for events, not for input.
    output_.flush();
    if (closing_ && Clock::now() > give_up_) return false;
  }
  return !start_failed_;
}

// Until there is something to do, and reads what has come from stdin.
void Session::wait() {
  const int stop_descriptor = closing_ ? -1 : options_.stop_descriptor;
  if (echo_.waiting()) {
    // The mailbox stays readable for the messages that we leave in it: take_events() waits instead.
    if (stop_descriptor >= 0 && is_readable(stop_descriptor)) return stop();
    if (takes_commands() && !input_ended_ && is_readable(in_)) read_input();
    return;
  }
  std::vector<pollfd> watched{
      pollfd{.fd = inbox_.native_handle(), .events = POLLIN, .revents = 0},
      pollfd{.fd = takes_commands() && !input_ended_ ? in_ : -1, .events = POLLIN, .revents = 0},
      pollfd{.fd = stop_descriptor, .events = POLLIN, .revents = 0},
  };
  for (const int descriptor : sending_.descriptors())
    watched.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
  Deadline until = sending_.next_timeout();
  const Timestamp now = io::now();
  if (closing_) until = soonest(until, now + kGoodbyeLimit);
  // Without a descriptor for the mailbox its events are looked for.
  if (watched[0].fd < 0) until = soonest(until, now + kLookAgain);
  ::poll(watched.data(), watched.size(), to_poll_timeout(until, now));
  if (watched[2].revents != 0) return stop();
  if (watched[1].revents != 0) read_input();
}

void Session::read_input() {
  std::array<char, kReadBytes> bytes;
  const ssize_t count = ::read(in_, bytes.data(), bytes.size());
  if (count > 0) {
    lines_.add({bytes.data(), static_cast<std::size_t>(count)});
  } else if (count == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
    end_of_input();
  }
}

void Session::handle_lines() {
  while (takes_commands()) {
    const auto line = lines_.next();
    if (!line) break;
    handle_line(*line);
  }
  if (input_ended_ && !closing_ && takes_commands()) {
    handle_line({.number = 0, .text = R"({"op":"close"})"});
  }
}

void Session::end_of_input() {
  lines_.end();
  input_ended_ = true;
}

// What was read and not yet done is left.
void Session::stop() {
  input_ended_ = stopped_ = true;
  begin_closing();
}

void Session::begin_closing() {
  if (closing_) return;
  closing_ = true;
  give_up_ = Clock::now() + kGoodbyeLimit;
  echo_.drop();
  sending_.finish();
  receiving_.finish();
  connection_.close();
}

void Session::take_events() {
  for (int taken = 0; taken < kEventsATurn && !closed_; ++taken) {
    const bool full = echo_.waiting();
    auto event =
        full ? inbox_.next_if(
                   [](const Event& e) { return !std::holds_alternative<event::Message>(e); },
                   kEchoPause)
             : inbox_.next(Duration{});
    if (event) handle_event(*event);
    echo_.retry();
    if (!event || full) break;
  }
}

}  // namespace specter::cli
