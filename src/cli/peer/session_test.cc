// What two `specter peer` processes can't show each other (tests/cli/peer_test.py has the rest):
// here the other side is a connection of the test's own.
#include "cli/peer/session.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace specter::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;

// A session on two pipes, in a thread of its own.
class RunningSession {
 public:
  RunningSession() {
    EXPECT_EQ(::pipe(to_session_.data()), 0);
    EXPECT_EQ(::pipe(from_session_.data()), 0);
    thread_ = std::thread([this] {
      Session session({.configuration = {.defaults = {.ice = {.loopback = LoopbackPolicy::Include}},
                                         .loops = 1}},
                      to_session_[0], from_session_[1]);
      succeeded_ = session.run();
    });
  }
  ~RunningSession() {
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

Json description(std::string_view op, const SessionDescription& value) {
  return {{"op", op}, {"type", to_string(value.type)}, {"sdp", value.sdp}};
}

TEST(Session, TellsTextThatIsNoUtf8InBase64) {
  RunningSession session;
  Mailbox inbox;
  const Specter specter({.defaults = {.ice = {.loopback = LoopbackPolicy::Include}}, .loops = 1});
  const auto connection = specter.new_api({}, {}).new_peer_connection(inbox);
  const auto channel = connection.create_data_channel("data").value();

  // All candidates of ours are in the offer; those of the session come by themselves.
  connection.create_offer().value();
  const auto offer = inbox.receive<event::Offer>(connection, kPatience).value().description;
  connection.set_local_description(offer).value();
  inbox
      .receive_if<event::IceGatheringStateChange>(
          [](const auto& e) { return e.state == IceGatheringState::Complete; }, kPatience)
      .value();
  session.command(description("set_remote_description", *connection.local_description()));
  session.command({{"op", "create_answer"}});
  const Json answer = session.event("answer");
  session.command({{"op", "set_local_description"}, {"type", "answer"}, {"sdp", answer["sdp"]}});
  connection.set_remote_description({SdpType::Answer, answer["sdp"]}).value();
  inbox.receive<event::DataChannelOpen>(connection, kPatience).value();

  const Buffer latin1{'n', 'a', 0xef, 'v', 'e'};
  channel.send(as_text(latin1)).value();
  channel.send("naïve").value();
  channel.send(Bytes(latin1)).value();

  EXPECT_EQ(session.event("message"),
            (Json{{"event", "message"}, {"channel", 1}, {"kind", "text"}, {"base64", "bmHvdmU="}}));
  EXPECT_EQ(session.event("message"),
            (Json{{"event", "message"}, {"channel", 1}, {"kind", "text"}, {"text", "naïve"}}));
  EXPECT_EQ(
      session.event("message"),
      (Json{{"event", "message"}, {"channel", 1}, {"kind", "binary"}, {"base64", "bmHvdmU="}}));
  EXPECT_TRUE(session.finish());
}

}  // namespace
}  // namespace specter::cli
