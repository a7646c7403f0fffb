// For tests: a session in a thread of its own, with a connection of the test's own at its other
// side.
#pragma once

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/peer/session.h"

namespace specter::cli {

inline constexpr auto kPatience = std::chrono::seconds(20);

inline Configuration on_loopback() {
  return {.defaults = {.ice = {.loopback = LoopbackPolicy::Include}}, .loops = 1};
}

// A session on two pipes, in a thread of its own.
class RunningSession {
 public:
  // `codecs`: beside the default ones.
  explicit RunningSession(const std::vector<std::string>& codecs = {}) {
    EXPECT_EQ(::pipe(to_session_.data()), 0);
    EXPECT_EQ(::pipe(from_session_.data()), 0);
    thread_ = std::thread([this, codecs] {
      Session session({.configuration = on_loopback(), .codecs = codecs}, to_session_[0],
                      from_session_[1]);
      succeeded_ = session.run();
    });
  }
  ~RunningSession() {
    if (thread_.joinable()) {  // the test ended early
      ::close(to_session_[1]);
      thread_.join();
    }
    for (const int fd : {to_session_[0], from_session_[0], from_session_[1]}) ::close(fd);
  }
  RunningSession(const RunningSession&) = delete;

  void command(const Json& json) {
    const std::string line = to_line(json) + '\n';
    EXPECT_EQ(::write(to_session_[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }

  // Passes over what comes before it.
  Json event(std::string_view name) {
    while (true) {
      if (const auto line = lines_.next()) {
        Json json = Json::parse(line->text);
        if (json["event"] == name) return json;
        if (json["event"] == "error") throw std::runtime_error(line->text);
        continue;
      }
      std::array<char, 4096> bytes;
      const ssize_t count = ::read(from_session_[0], bytes.data(), bytes.size());
      if (count <= 0) throw std::runtime_error("the session ended");
      lines_.add({bytes.data(), static_cast<std::size_t>(count)});
    }
  }

  bool finish() {
    ::close(to_session_[1]);
    event("closed");
    thread_.join();
    return succeeded_;
  }

 private:
  std::array<int, 2> to_session_{}, from_session_{};
  LineReader lines_{1 << 20};
  std::thread thread_;
  bool succeeded_ = false;
};

inline Json described(std::string_view op, const SessionDescription& value) {
  return {{"op", op}, {"type", to_string(value.type)}, {"sdp", value.sdp}};
}

// Offer and answer, the test's candidates in the offer; those of the session come by themselves.
// `before_answer`: what the session is told first.
inline void negotiate(
    const PeerConnection& connection, Mailbox& inbox, RunningSession& session,
    const std::function<void()>& before_answer = [] {}) {
  connection.create_offer().value();
  const auto offer = inbox.receive<event::Offer>(connection, kPatience).value().description;
  connection.set_local_description(offer).value();
  inbox
      .receive_if<event::IceGatheringStateChange>(
          [](const auto& e) { return e.state == IceGatheringState::Complete; }, kPatience)
      .value();
  session.command(described("set_remote_description", *connection.local_description()));
  session.event("remote_description_set");
  before_answer();
  session.command({{"op", "create_answer"}});
  const Json answer = session.event("answer");
  session.command({{"op", "set_local_description"}, {"type", "answer"}, {"sdp", answer["sdp"]}});
  connection.set_remote_description({SdpType::Answer, answer["sdp"]}).value();
}

}  // namespace specter::cli
