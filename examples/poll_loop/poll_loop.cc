// Teaches the sans-IO machine: specter::core::PeerConnection on an event loop of your own. Nothing
// in it opens a socket, starts a thread or reads a clock. This program does that, with poll(2): two
// peers, a socket each, one thread. peer.h is the driver, and may be copied to begin one's own.
//
// Two rules carry it (specter/core.h has them in full). After every input drain poll_event() and
// poll_transmit() until both are empty. Then sleep until next_timeout() at most, rounded up:
// rounded down, the loop would wake early, find nothing due, and spin.
#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include <poll.h>

#include "peer.h"

using namespace std::chrono_literals;
namespace core = specter::core;

namespace {

constexpr auto kLimit = 20s;

// The one clock of the program. The machine's time may begin anywhere; it only must not run back.
specter::Timestamp read_clock() {
  return specter::Timestamp(std::chrono::steady_clock::now().time_since_epoch());
}

int round_up(specter::Deadline deadline, specter::Timestamp now) {
  if (!deadline) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now);
  return static_cast<int>(std::clamp<std::chrono::milliseconds>(wait, 0ms, kLimit).count());
}

// Two peers that introduce themselves to each other in memory.
class Conversation {
 public:
  Conversation() {
    const auto identity = core::generate_certificate(
        random_, std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
    for (auto* side : {&a_, &b_}) side->emplace(random_, identity);
    a_->on_event = [this](auto now, auto&& event) { hear(now, *a_, *b_, event); };
    b_->on_event = [this](auto now, auto&& event) { hear(now, *b_, *a_, event); };
  }

  bool run() {
    begin(read_clock());
    const auto end = read_clock() + kLimit;
    for (auto now = read_clock(); closed_ < 2 && now < end; now = read_clock()) {
      // What one says may be an input of the other (a candidate, say): both have turns until
      // neither has anything left to say.
      for (bool busy = true; busy;) {
        busy = a_->turn(now, std::exchange(readable_[0], false));
        busy = b_->turn(now, std::exchange(readable_[1], false)) || busy;
      }
      wait(soonest(a_->next_timeout(), b_->next_timeout(), specter::Deadline(end)), now);
    }
    return closed_ == 2 && heard_ == "hello, b" && echoed_ == "hello, a";
  }

 private:
  void begin(specter::Timestamp now) {
    auto& a = a_->connection();
    auto& b = b_->connection();
    a.create_data_channel(now, "data").value();
    const auto offer = a.create_offer().value();
    a.set_local_description(now, offer).value();
    b.set_remote_description(now, offer).value();
    const auto answer = b.create_answer().value();
    b.set_local_description(now, answer).value();
    a.set_remote_description(now, answer).value();
  }

  void wait(specter::Deadline deadline, specter::Timestamp now) {
    std::array<pollfd, 2> sockets{pollfd{a_->socket(), POLLIN, 0}, pollfd{b_->socket(), POLLIN, 0}};
    ::poll(sockets.data(), sockets.size(), round_up(deadline, now));
    readable_ = {sockets[0].revents != 0, sockets[1].revents != 0};
  }

  void hear(specter::Timestamp now, Peer& from, Peer& to, core::Event& event) {
    auto& connection = from.connection();
    if (auto* found = std::get_if<core::LocalCandidate>(&event)) {
      to.connection().add_ice_candidate(now, found->candidate).value();
    } else if (auto* change = std::get_if<core::ConnectionStateChange>(&event)) {
      std::cout << (&from == &*a_ ? "a: " : "b: ") << to_string(change->state) << '\n';
    } else if (auto* open = std::get_if<core::DataChannelOpen>(&event); open && &from == &*a_) {
      say(now, connection, open->channel, "hello, b");
    } else if (auto* message = std::get_if<core::Message>(&event)) {
      const std::string text(specter::as_text(message->data));
      std::cout << (&from == &*a_ ? "a" : "b") << " received: " << text << '\n';
      if (&from == &*b_) {
        heard_ = text;
        say(now, connection, message->channel, "hello, a");
      } else {
        echoed_ = text;
        a_->connection().close(now);
        b_->connection().close(now);
      }
    } else if (std::holds_alternative<core::Closed>(event)) {
      ++closed_;
    }
  }

  static void say(specter::Timestamp now, core::PeerConnection& connection,
                  specter::ChannelId channel, std::string_view text) {
    connection.send(now, channel, specter::MessageKind::Text, specter::as_bytes(text)).value();
  }

  core::SystemRandom random_;
  std::optional<Peer> a_, b_;
  std::array<bool, 2> readable_{};
  std::string heard_, echoed_;
  int closed_ = 0;
};

}  // namespace

int main() try {
  const bool ok = Conversation().run();
  if (!ok) std::cerr << "the two did not come to talk\n";
  return ok ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
