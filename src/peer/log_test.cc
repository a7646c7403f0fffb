// The log of whole connections: all layers, one time, and nothing in it that is nobody's business.
#include "specter/log.h"

#include <regex>
#include <set>

#include <gmock/gmock.h>

#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::core {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::PeerHost;
using testing::PeerPair;

// Two peers with a channel, that end; and a stranger who sends nonsense.
struct Story {
  explicit Story(LogLevel level, LogAddresses addresses = LogAddresses::Hidden) {
    for (PeerHost* one : {&pair.a, &pair.b}) one->connection.set_log(LogLevels(level), addresses);
    EXPECT_TRUE(pair.a.connection.create_data_channel(pair.now(), "chat"));
    EXPECT_TRUE(pair.connect());
    for (const PeerHost* one : {&pair.a, &pair.b}) keep_secrets(one->connection);
    take();
    EXPECT_TRUE(pair.network.run_until([&] { return pair.b.has<DataChannelOpen>(); }, 5s));
    Buffer nonsense(20, 0xff);
    const Datagram datagram{{pair.b_endpoint(), *Endpoint::parse("203.0.113.9:99")}, nonsense};
    for (int i = 0; i < 10; ++i) pair.b.connection.handle_datagrams(pair.now(), {&datagram, 1});
    pair.network.run_for(10s);
    pair.a.connection.close(pair.now());
    pair.network.run_for(5s);
    take();
  }

  struct Pair : PeerPair {
    Pair() : PeerPair({.latency = 10ms}) {}
    static Endpoint b_endpoint() { return *Endpoint::parse("192.0.2.2:5002"); }
  };

  void take() {
    for (LogRecord& record : pair.a.connection.take_log()) of_a.push_back(std::move(record));
    for (LogRecord& record : pair.b.connection.take_log()) of_b.push_back(std::move(record));
  }
  // What a description has of them.
  void keep_secrets(const PeerConnection& connection) {
    const std::string sdp = connection.local_description()->sdp;
    const std::regex secret("a=(?:ice-ufrag|ice-pwd|fingerprint):(?:sha-256 )?([^\r\n]+)");
    for (std::sregex_iterator at(sdp.begin(), sdp.end(), secret), end; at != end; ++at)
      secrets.insert((*at)[1]);
  }

  Pair pair;
  std::vector<LogRecord> of_a, of_b;
  std::set<std::string> secrets;
};

auto says(LogModule module, LogLevel level, const char* text) {
  return AllOf(Field(&LogRecord::module, module), Field(&LogRecord::level, level),
               Field(&LogRecord::text, HasSubstr(text)));
}

TEST(CoreLog, TellsOfEachLayerAtDebug) {
  const Story story(LogLevel::Debug);
  using enum LogModule;
  using enum LogLevel;
  EXPECT_THAT(story.of_a, Contains(says(Jsep, Info, "local offer of ")));
  EXPECT_THAT(story.of_a, Contains(says(Jsep, Info, "remote answer of ")));
  EXPECT_THAT(story.of_a, Contains(says(Ice, Debug, "local candidate: host ipv4#1")));
  EXPECT_THAT(story.of_a, Contains(says(Ice, Debug, "check ipv4#1 -> ipv4#2: sent")));
  EXPECT_THAT(story.of_a, Contains(says(Ice, Info, "the selected path is ipv4#1 -> ipv4#2")));
  EXPECT_THAT(story.of_a, Contains(says(Dtls, Debug, "flight sent: ")));
  EXPECT_THAT(story.of_a, Contains(says(Dtls, Info, "connected: DTLS 1.3")));
  EXPECT_THAT(story.of_a, Contains(says(Sctp, Info, "the association is established")));
  EXPECT_THAT(story.of_a, Contains(says(Channel, Info, "channel 1 is open")));
  EXPECT_THAT(story.of_a, Contains(says(Peer, Info, "the connection is connected")));
  EXPECT_THAT(story.of_b, Contains(says(Dtls, Info, "closed, close_notify")));
  EXPECT_THAT(story.of_b,
              Contains(says(Peer, Debug, "dropped: a datagram that is not STUN, DTLS or SRTP")));
  EXPECT_THAT(story.of_b, Contains(says(Peer, Debug, "dropped 9 more: a datagram that is not")));
}

TEST(CoreLog, HasNoAddressKeyOrCredentialUnlessAsked) {
  const Story story(LogLevel::Debug);
  ASSERT_EQ(story.secrets.size(), 6u);
  for (const auto* records : {&story.of_a, &story.of_b}) {
    for (const LogRecord& record : *records) {
      for (const char* address : {"192.0.2.", "203.0.113.", "5001", "5002"})
        EXPECT_THAT(record.text, Not(HasSubstr(address)));
      for (const std::string& secret : story.secrets)
        EXPECT_THAT(record.text, Not(HasSubstr(secret)));
    }
  }
  const Story open(LogLevel::Debug, LogAddresses::Shown);
  EXPECT_THAT(open.of_a,
              Contains(says(LogModule::Ice, LogLevel::Debug, "192.0.2.1:5001 -> 192.0.2.2:5002")));
  for (const LogRecord& record : open.of_a) {
    for (const std::string& secret : open.secrets) EXPECT_THAT(record.text, Not(HasSubstr(secret)));
  }
}

TEST(CoreLog, IsTheSameOfTheSameConnection) {
  const Story first(LogLevel::Debug), second(LogLevel::Debug);
  EXPECT_FALSE(first.of_a.empty());
  EXPECT_EQ(first.of_a, second.of_a);
  EXPECT_EQ(first.of_b, second.of_b);
}

// It draws no randomness, and moves no timer.
TEST(CoreLog, ChangesNothingOfTheConnection) {
  const auto sent = [](LogLevel level) {
    std::vector<Buffer> packets;
    PeerPair pair({.latency = 10ms});
    pair.a.connection.set_log(LogLevels(level));
    pair.b.connection.set_log(LogLevels(level));
    EXPECT_TRUE(pair.a.connection.create_data_channel(pair.now(), "chat"));
    EXPECT_TRUE(pair.connect());
    pair.network.run_for(30s);
    const Stats stats = pair.a.connection.stats();
    return std::tuple(pair.now(), pair.a.connection.local_description(),
                      stats.transport.packets_sent, stats.transport.bytes_sent,
                      stats.transport.bytes_received);
  };
  EXPECT_EQ(sent(LogLevel::Off), sent(LogLevel::Debug));
}

TEST(CoreLog, IsOffAtFirst) {
  PeerPair pair;
  EXPECT_TRUE(pair.a.connection.create_data_channel(pair.now(), "chat"));
  EXPECT_TRUE(pair.connect());
  EXPECT_THAT(pair.a.connection.take_log(), IsEmpty());
  pair.a.connection.set_log(LogLevels(LogLevel::Info));
  pair.a.connection.close(pair.now());
  EXPECT_FALSE(pair.a.connection.take_log().empty());
}

TEST(CoreLog, SaysThatADescriptionIsRefusedAndNotWhatItHas) {
  PeerPair pair;
  pair.a.connection.set_log(LogLevels(LogLevel::Info));
  EXPECT_FALSE(pair.a.connection.set_remote_description(
      pair.now(), {SdpType::Offer, "v=0\r\nc=IN IP4 192.0.2.77\r\nnonsense"}));
  const auto records = pair.a.connection.take_log();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_THAT(records[0].text, HasSubstr("remote description is refused: "));
  EXPECT_THAT(records[0].text, Not(HasSubstr("192.0.2")));
}

}  // namespace
}  // namespace specter::core
