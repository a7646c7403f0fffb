#include "base/log.h"

#include <gmock/gmock.h>

#include "testing/counting_allocator.h"

#include "specter/log.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Endpoint kHere = Endpoint::parse("192.0.2.1:5000").value();
const Endpoint kThere = Endpoint::parse("[2001:db8::1]:6000").value();

std::vector<std::string> texts(LogBuffer& buffer) {
  std::vector<std::string> out;
  for (const LogRecord& record : buffer.take()) out.push_back(record.text);
  return out;
}

LogBuffer debugging(LogAddresses addresses = LogAddresses::Hidden) {
  LogBuffer buffer;
  buffer.set(LogLevels(LogLevel::Debug), addresses);
  return buffer;
}

// ---- levels

TEST(LogLevels, AreReadFromText) {
  LogLevels expected(LogLevel::Warning);
  expected.set(LogModule::Ice, LogLevel::Debug);
  expected.set(LogModule::Dtls, LogLevel::Info);
  EXPECT_EQ(LogLevels::parse("ice=debug,dtls=info").value(), expected);
  EXPECT_EQ(LogLevels::parse(" ice = debug , dtls=info ").value(), expected);
  EXPECT_EQ(LogLevels::parse("debug").value(), LogLevels(LogLevel::Debug));
  EXPECT_EQ(LogLevels::parse("off").value(), LogLevels());
}

// From left to right: what comes later counts.
TEST(LogLevels, MixALevelForAllWithOneForAModule) {
  LogLevels expected(LogLevel::Info);
  expected.set(LogModule::Ice, LogLevel::Debug);
  EXPECT_EQ(LogLevels::parse("info,ice=debug").value(), expected);
  EXPECT_EQ(LogLevels::parse("ice=debug,info").value(), LogLevels(LogLevel::Info));
}

TEST(LogLevels, RefuseWhatTheyDoNotKnowAndSayWhatThereIs) {
  for (const char* text : {"", "loud", "ice", "ice=", "=debug", "ice=loud", "tcp=debug", "debug,",
                           "ice=debug,,dtls=info", "ICE=debug", "ice=debug=debug"}) {
    const auto read = LogLevels::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(read.error().message, HasSubstr("off, error, warning, info, debug"));
    EXPECT_THAT(read.error().message, HasSubstr("ice, dtls, sctp"));
  }
}

TEST(LogLevels, AreWrittenAsTheyAreRead) {
  auto levels = LogLevels::parse("info,ice=debug,api=off").value();
  EXPECT_EQ(LogLevels::parse(levels.to_string()).value(), levels);
  EXPECT_THAT(levels.to_string(), HasSubstr("ice=debug,dtls=info"));
}

TEST(LogLevels, HaveANameForEachModuleAndOneOfItsOwn) {
  for (std::size_t i = 0; i < kLogModules; ++i) {
    const LogModule module{static_cast<std::uint8_t>(i)};
    LogLevels levels;
    levels.set(module, LogLevel::Debug);
    EXPECT_EQ(LogLevels::parse("off," + std::string(to_string(module)) + "=debug").value(), levels);
  }
}

// ---- records

TEST(Log, KeepsRecordsWithTheirTimeUntilTheyAreTaken) {
  LogBuffer buffer = debugging();
  const Log ice(buffer, LogModule::Ice);
  buffer.advance(Timestamp(1s));
  ice.debug("the {}. of {}", 1, "two");
  buffer.advance(Timestamp(2s));
  ice.of(LogModule::Dtls).info("the {}.", 2);

  EXPECT_THAT(buffer.take(), ElementsAre(LogRecord{.level = LogLevel::Debug,
                                                   .module = LogModule::Ice,
                                                   .time = Timestamp(1s),
                                                   .text = "the 1. of two"},
                                         LogRecord{.level = LogLevel::Info,
                                                   .module = LogModule::Dtls,
                                                   .time = Timestamp(2s),
                                                   .text = "the 2."}));
  EXPECT_THAT(buffer.take(), IsEmpty());
}

TEST(Log, MakesOnlyRecordsOfTheLevelsThatWereAskedFor) {
  LogBuffer buffer;
  buffer.set(LogLevels::parse("off,ice=info").value(), LogAddresses::Hidden);
  const Log ice(buffer, LogModule::Ice), dtls(buffer, LogModule::Dtls);
  ice.debug("no");
  ice.info("yes");
  dtls.info("no");
  ice.drop("no");
  EXPECT_THAT(texts(buffer), ElementsAre("yes"));
  EXPECT_TRUE(ice.wants(LogLevel::Info));
  EXPECT_FALSE(ice.wants(LogLevel::Debug));
}

TEST(Log, AllocatesNothingForWhatNobodyWants) {
  LogBuffer buffer;
  const Log off(buffer, LogModule::Ice);
  const Log empty;
  const std::string long_text(100, 'x');
  const std::int64_t before = testing::allocations;
  for (const Log& log : {off, empty}) {
    log.debug("a pair {} of {}", log.shown(kHere), long_text);
    log.info("{}", long_text);
    log.drop("a message that is not ours", kThere);
    buffer.advance(Timestamp(1s));
  }
  EXPECT_EQ(testing::allocations, before);

  buffer.set(LogLevels(LogLevel::Debug), LogAddresses::Hidden);
  off.debug("a pair {} of {}", off.shown(kHere), long_text);
  EXPECT_GT(testing::allocations, before);
}

TEST(Log, IsBoundedAndSaysHowManyRecordsWereLost) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Ice);
  for (std::size_t i = 0; i < LogBuffer::kMaxRecords + 3; ++i) log.debug("{}", i);
  const auto records = buffer.take();
  ASSERT_EQ(records.size(), LogBuffer::kMaxRecords + 1);
  EXPECT_EQ(records.front().text, "0");
  EXPECT_EQ(records[LogBuffer::kMaxRecords - 1].text, std::to_string(LogBuffer::kMaxRecords - 1));
  EXPECT_EQ(records.back().text, "3 log records were lost: take_log() was not called");
  EXPECT_EQ(records.back().level, LogLevel::Warning);
  log.debug("again");
  EXPECT_THAT(texts(buffer), ElementsAre("again"));
}

// A peer writes parts of some texts.
TEST(Log, CutsLongTextsAndKeepsThemOnOneLine) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Ice);
  log.debug("{}", std::string(LogBuffer::kMaxTextBytes + 1, 'x'));
  log.debug("a{}b{}", "\r\n\x1b[31m", "\xc3\xa4");
  EXPECT_THAT(texts(buffer),
              ElementsAre(std::string(LogBuffer::kMaxTextBytes, 'x') + " ...", "a???[31mb??"));
}

// ---- addresses

TEST(Log, NumbersEndpointsInsteadOfShowingThem) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Ice);
  log.debug("{} -> {}", log.shown(kHere), log.shown(kThere));
  log.debug("{} <- {}", log.shown(kHere), log.shown(kThere));
  EXPECT_THAT(texts(buffer), ElementsAre("ipv4#1 -> ipv6#2", "ipv4#1 <- ipv6#2"));
}

TEST(Log, ShowsEndpointsWhenAsked) {
  LogBuffer buffer = debugging(LogAddresses::Shown);
  const Log log(buffer, LogModule::Ice);
  log.debug("{} -> {}", log.shown(kHere), log.shown(kThere));
  log.drop("a cause", kHere);
  EXPECT_THAT(texts(buffer), ElementsAre("192.0.2.1:5000 -> [2001:db8::1]:6000",
                                         "dropped: a cause, from 192.0.2.1:5000"));
}

TEST(Log, NumbersSoManyEndpointsAndNoMore) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Ice);
  Endpoint endpoint = kHere;
  for (std::size_t i = 0; i < LogBuffer::kMaxEndpoints; ++i) {
    ++endpoint.port;
    log.debug("{}", log.shown(endpoint));
  }
  log.debug("{}", log.shown(kHere));
  log.debug("{}", log.shown(endpoint));
  const auto all = texts(buffer);
  EXPECT_EQ(all[LogBuffer::kMaxEndpoints], "ipv4#?");
  EXPECT_EQ(all.back(), "ipv4#256");
}

// ---- drops

TEST(Log, TellsTheFirstDropOfACauseAndThenCountsThem) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Ice);
  buffer.advance(Timestamp(1s));
  for (int i = 0; i < 5; ++i) log.drop("no message", kHere);
  log.drop("no integrity");
  buffer.advance(Timestamp(1999ms));
  log.drop("no message", kHere);
  EXPECT_THAT(texts(buffer),
              ElementsAre("dropped: no message, from ipv4#1", "dropped: no integrity"));

  // By the next input, whatever it is.
  buffer.advance(Timestamp(2s));
  EXPECT_THAT(buffer.take(), ElementsAre(LogRecord{.level = LogLevel::Debug,
                                                   .module = LogModule::Ice,
                                                   .time = Timestamp(2s),
                                                   .text = "dropped 5 more: no message"}));
  buffer.advance(Timestamp(10s));
  EXPECT_THAT(buffer.take(), IsEmpty());
}

TEST(Log, TellsOfDropsOnceASecondHoweverManyThereAre) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Dtls);
  for (Duration at{}; at < 10s; at += 1ms) {
    buffer.advance(Timestamp(at));
    log.drop("a forged record");
  }
  const auto all = texts(buffer);
  ASSERT_EQ(all.size(), 10u);
  EXPECT_EQ(all[1], "dropped 999 more: a forged record");
}

TEST(Log, TellsADropAfterAQuietSecondAsTheFirst) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Dtls);
  log.drop("a forged record", kHere);
  buffer.advance(Timestamp(5s));
  log.drop("a forged record", kHere);
  EXPECT_THAT(texts(buffer), ElementsAre("dropped: a forged record, from ipv4#1",
                                         "dropped: a forged record, from ipv4#1"));
}

TEST(Log, CountsDropsOfTheModulesApart) {
  LogBuffer buffer = debugging();
  Log(buffer, LogModule::Dtls).drop("early");
  Log(buffer, LogModule::Sctp).drop("early");
  EXPECT_THAT(texts(buffer), ElementsAre("dropped: early", "dropped: early"));
}

TEST(Log, CountsSoManyCausesAndTellsOthersEachTime) {
  LogBuffer buffer = debugging();
  const Log log(buffer, LogModule::Dtls);
  std::vector<std::string> causes;
  for (std::size_t i = 0; i <= LogBuffer::kMaxCauses; ++i) causes.push_back(std::to_string(i));
  for (const std::string& cause : causes) log.drop(cause);
  EXPECT_EQ(buffer.take().size(), causes.size());
  log.drop(causes.front());
  log.drop(causes.back());
  EXPECT_THAT(texts(buffer), ElementsAre("dropped: " + causes.back()));
}

}  // namespace
}  // namespace specter
