// Teaches signalling without a server: two people on two machines copy one line each, and then talk
// over a data channel. And a program that waits for two things at once: poll(2) watches the
// keyboard and the mailbox.
//
//   chat invite [STUN-URL]     on one machine
//   chat join   [STUN-URL]     on the other
//
// A line that is typed is a message; the end of input (Ctrl-D), or the other side's end, is the
// end.
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <poll.h>
#include <unistd.h>

#include "one_line.h"

using namespace std::chrono_literals;
namespace event = specter::event;

namespace {

// What read(2) brings, by lines. std::getline() would keep some where poll(2) can't see them.
class Keyboard {
 public:
  // Waits for more when there is no whole line yet; false at the end of input.
  bool read_more() {
    std::array<char, 4096> piece;
    const auto size = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (size <= 0) return false;
    text_.append(piece.data(), static_cast<std::size_t>(size));
    return true;
  }
  std::optional<std::string> next_line() {
    const auto end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

 private:
  std::string text_;
};

// True while the conversation goes on.
bool handle(const specter::Event& next) {
  if (const auto* message = std::get_if<event::Message>(&next)) {
    std::cout << "they: " << message->text() << '\n' << std::flush;
  } else if (const auto* changed = std::get_if<event::ConnectionStateChange>(&next)) {
    // Disconnected may pass: the network was away for some seconds. Failed is the end.
    if (changed->state == specter::ConnectionState::Disconnected)
      std::cout << "(nothing comes from the other side; waiting)\n" << std::flush;
    if (changed->state == specter::ConnectionState::Failed) {
      std::cout << "(the end: " << changed->reason << ")\n" << std::flush;
      return false;
    }
  } else if (std::holds_alternative<event::DataChannelClosed>(next) ||
             std::holds_alternative<event::Closed>(next)) {
    std::cout << "(the other side has left)\n" << std::flush;
    return false;
  }
  return true;
}

void talk(const specter::DataChannel& channel, specter::Mailbox& inbox) {
  std::cout << "Connected. Type, and press Enter; Ctrl-D ends.\n" << std::flush;
  Keyboard keyboard;
  for (;;) {
    while (auto next = inbox.next(0s))
      if (!handle(*next)) return;
    std::array<pollfd, 2> watched = {pollfd{STDIN_FILENO, POLLIN, 0},
                                     pollfd{inbox.native_handle(), POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0) return;
    if (watched[0].revents == 0) continue;
    if (!keyboard.read_more()) return;
    while (const auto line = keyboard.next_line()) channel.send(*line).value();
  }
}

// The first open channel: that which we made, or that of the other side.
specter::DataChannel wait_for_channel(specter::Mailbox& inbox) {
  for (;;) {
    auto next = inbox.next(one_line::kPatience).value();
    if (auto* open = std::get_if<event::DataChannelOpen>(&next)) return open->channel;
    if (auto* changed = std::get_if<event::ConnectionStateChange>(&next);
        changed && changed->state == specter::ConnectionState::Failed) {
      throw std::runtime_error("no connection: " + changed->reason);
    }
  }
}

}  // namespace

int main(int count, char** words) try {
  const std::string_view what = count > 1 ? words[1] : "";
  if (count > 3 || (what != "invite" && what != "join")) {
    std::cerr << "chat invite [STUN-URL], or chat join [STUN-URL]\n";
    return 2;
  }
  std::setvbuf(stdin, nullptr, _IONBF, 0);  // what is read ahead, poll(2) would not see
  specter::Specter specter(
      one_line::configuration(count == 3 ? std::optional<std::string>(words[2]) : std::nullopt));
  specter::Mailbox inbox;
  const auto connection = one_line::new_connection(specter, inbox);
  if (what == "invite") {
    connection.create_data_channel("chat").value();
    one_line::invite(connection, inbox);
  } else {
    one_line::join(connection, inbox);
  }
  const auto channel = wait_for_channel(inbox);
  talk(channel, inbox);
  one_line::leave(connection, channel, inbox);
  return 0;
} catch (const specter::BadResultAccess& failure) {
  std::cerr << to_string(failure.error().code) << ": " << failure.error().message << '\n';
  return 1;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
