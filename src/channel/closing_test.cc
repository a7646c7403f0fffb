#include <map>

#include <gmock/gmock.h>

#include "channel/testing/two_sides.h"
#include "sctp/packet/packet.h"

namespace specter::channel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Closing, GoesThroughBothStreams) {
  for (const bool opener : {true, false}) {
    TwoSides two;
    two.establish();
    const auto [here, there] = two.channel();
    DataChannels& closer = opener ? two.a : two.b;
    DataChannels& other = opener ? two.b : two.a;
    closer.close(two.pair.now(), opener ? here : there);
    closer.close(two.pair.now(), opener ? here : there);
    EXPECT_EQ(closer.state(opener ? here : there), DataChannelState::Closing);
    two.pair.run_for(2s);
    EXPECT_THAT(opener ? two.take_a() : two.take_b(), ElementsAre("closed 1"));
    EXPECT_THAT(opener ? two.take_b() : two.take_a(), ElementsAre("closing 1", "closed 1"));
    EXPECT_EQ(closer.state(ChannelId{1}), std::nullopt);
    EXPECT_EQ(other.state(ChannelId{1}), std::nullopt);
    EXPECT_EQ(closer.totals().closed, 1u);
    EXPECT_EQ(other.totals().closed, 1u);
    closer.close(two.pair.now(), ChannelId{1});
    closer.close(two.pair.now(), ChannelId{77});
    EXPECT_FALSE(closer.poll_event());
  }
}

TEST(Closing, MayBeginOnBothSidesAtOnce) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  two.a.close(two.pair.now(), here);
  two.b.close(two.pair.now(), there);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1"));
  EXPECT_THAT(two.take_b(), ElementsAre("closed 1"));
}

TEST(Closing, DeliversFirstWhatWasSent) {
  TwoSides two({.latency = 20ms, .loss = 0.1, .seed = 3});
  two.establish();
  const auto [here, there] = two.channel();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(two.send_bytes(two.a, here, Buffer(5'000)));
  two.a.close(two.pair.now(), here);
  EXPECT_TRUE(two.pair.run_until([&] { return !two.b.state(there); }, 120s));
  auto events = two.take_b();
  ASSERT_EQ(events.size(), 52u);
  EXPECT_EQ(events[49], "binary 1 of 5000 bytes");
  EXPECT_EQ(events[50], "closing 1");
  EXPECT_EQ(events[51], "closed 1");
}

// W3C §6.5: a message for a channel that is not open is discarded.
TEST(Closing, HearsNothingMore) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  two.a.close(two.pair.now(), here);
  ASSERT_TRUE(two.send_text(two.b, there, "late"));
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1"));
  EXPECT_EQ(two.a.totals().messages_dropped, 1u);
}

TEST(Closing, FreesTheIdForTheNext) {
  TwoSides two;
  two.establish();
  for (int round = 0; round < 5; ++round) {
    const auto [here, there] = two.channel();
    EXPECT_EQ(two.a.info(here)->options.id, 0);
    ASSERT_TRUE(two.send_text(two.a, here, "again"));
    ASSERT_TRUE(two.send_text(two.b, there, "again"));
    two.pair.run_for(1s);
    EXPECT_EQ(two.take_a().size(), 1u);
    EXPECT_EQ(two.take_b().size(), 1u);
    two.b.close(two.pair.now(), there);
    two.pair.run_for(1s);
    two.take_a();
    two.take_b();
  }
}

TEST(Closing, OfANegotiatedChannelFreesItsId) {
  TwoSides two;
  const DataChannelOptions options{.negotiated = true, .id = 4};
  for (int round = 0; round < 3; ++round) {
    const ChannelId here = *two.a.create(two.pair.now(), "", options);
    const ChannelId there = *two.b.create(two.pair.now(), "", options);
    if (round == 0) two.connect();
    two.pair.run_for(1s);
    ASSERT_EQ(two.a.state(here), DataChannelState::Open);
    ASSERT_EQ(two.b.state(there), DataChannelState::Open);
    two.a.close(two.pair.now(), here);
    EXPECT_EQ(two.a.create(two.pair.now(), "", options).error().code, ErrorCode::OperationFailed);
    two.pair.run_for(1s);
  }
}

// The peer never made its half; closing ours ends all the same.
TEST(Closing, OfANegotiatedChannelNeedsNoChannelThere) {
  TwoSides two;
  two.establish();
  const ChannelId here = *two.a.create(two.pair.now(), "", {.negotiated = true, .id = 4});
  ASSERT_TRUE(two.send_text(two.a, here, "anybody?"));
  two.a.close(two.pair.now(), here);
  two.pair.run_for(2s);
  // That it had opened was not polled before it was closed: it is no news any more.
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1"));
  EXPECT_THAT(two.take_b(), IsEmpty());
  EXPECT_EQ(two.b.totals().messages_dropped, 1u);
  EXPECT_TRUE(two.a.create(two.pair.now(), "", {.negotiated = true, .id = 4}));
  EXPECT_TRUE(two.b.create(two.pair.now(), "", {.negotiated = true, .id = 4}));
}

TEST(Closing, BeforeConnectIsOverAtOnce) {
  TwoSides two;
  const ChannelId announced = *two.a.create(two.pair.now(), "", {});
  const ChannelId negotiated = *two.a.create(two.pair.now(), "", {.negotiated = true, .id = 0});
  two.a.close(two.pair.now(), announced);
  two.a.close(two.pair.now(), negotiated);
  two.pair.settle();
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1", "closed 2"));
  const ChannelId next = *two.a.create(two.pair.now(), "", {});
  two.establish();
  EXPECT_EQ(two.a.info(next)->options.id, 0);
  EXPECT_EQ(two.b.totals().accepted, 1u);
  EXPECT_EQ(two.a.totals().closed, 0u);
}

TEST(Closing, WhileTheAssociationIsMadeEndsOnBothSides) {
  TwoSides two;
  const ChannelId announced = *two.a.create(two.pair.now(), "x", {});
  const ChannelId negotiated = *two.a.create(two.pair.now(), "", {.negotiated = true, .id = 9});
  (void)*two.b.create(two.pair.now(), "", {.negotiated = true, .id = 9});
  two.connect();
  two.a.close(two.pair.now(), announced);
  two.a.close(two.pair.now(), negotiated);
  two.pair.run_for(3s);
  EXPECT_TRUE(two.a.stats().empty());
  EXPECT_TRUE(two.b.stats().empty());
  auto events = two.take_a();
  std::ranges::sort(events);
  EXPECT_THAT(events, ElementsAre("closed 1", "closed 2", "established"));
}

// Turns the answers to a peer's resets into "Denied" (RFC 6525 §4.4) on their way.
void deny_resets(Buffer& packet) {
  constexpr std::uint8_t kReConfig = 130, kResponse = 16, kDenied = 2;
  for (std::size_t chunk = 12; chunk + 4 <= packet.size();) {
    const std::size_t size = std::size_t{packet[chunk + 2]} << 8 | packet[chunk + 3];
    if (packet[chunk] == kReConfig) {
      for (std::size_t at = chunk + 4; at + 12 <= chunk + size;) {
        if (packet[at] == 0 && packet[at + 1] == kResponse) packet[at + 11] = kDenied;
        at += (packet[at + 3] + 3u) & ~3u;
      }
    }
    chunk += (size + 3) & ~std::size_t{3};
  }
  sctp::fix_checksum(packet);
}

TEST(Closing, FailsWhenThePeerDeniesTheReset) {
  TwoSides two;
  two.establish();
  const auto [here, there] = two.channel();
  two.pair.filter = [](bool from_a, Buffer& packet) {
    if (!from_a) deny_resets(packet);
    return true;
  };
  two.a.close(two.pair.now(), here);
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_a(), ElementsAre("failed 1 NetworkError", "closed 1"));
  EXPECT_THAT(two.take_b(), ElementsAre("closing 1", "closed 1"));
  // Its stream can't begin anew, so another is taken.
  const auto [next, next_there] = two.channel();
  EXPECT_EQ(two.a.info(next)->options.id, 2);
}

// Every channel's events are those of the header's order, and no id leaks. docs/failures.md row 89.
TEST(Closing, ChurnsThroughTwoThousandChannelsUnderLoss) {
  TwoSides two({.latency = 10ms, .jitter = 5ms, .loss = 0.05, .seed = 12});
  simulation::SeededRandom random(13);
  two.connect();
  std::size_t made = 0;
  std::map<std::string, int> stage_a, stage_b;
  const auto follow = [](std::vector<DataChannels::Event>& events,
                         std::map<std::string, int>& all) {
    for (const std::string& text : take(events)) {
      const auto space = text.find(' ');
      if (space == text.npos) continue;
      const std::string what = text.substr(0, space);
      const std::string channel = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
      static const std::map<std::string, int> order = {
          {"incoming", 1}, {"opened", 2}, {"binary", 3}, {"low", 3},
          {"closing", 4},  {"failed", 5}, {"closed", 6}};
      int& stage = all[channel];
      const int next = order.at(what);
      EXPECT_TRUE(next > stage || (next == 3 && stage == 3)) << text << " after " << stage;
      EXPECT_NE(what, "failed");
      stage = next;
    }
  };
  const auto close_some = [&](DataChannels& side) {
    for (const ChannelStats& each : side.stats()) {
      if (random.chance(0.1)) side.close(two.pair.now(), each.channel);
    }
  };
  while (made < 2000) {
    for (DataChannels* side : {&two.a, &two.b}) {
      for (int i = 0; i < 6 && side->stats().size() < 60; ++i) {
        made += side->create(two.pair.now(), "x", {.ordered = random.chance(0.5)}).has_value();
      }
      for (const ChannelStats& each : side->stats()) {
        if (each.state == DataChannelState::Open && random.chance(0.2)) {
          EXPECT_TRUE(two.send_bytes(*side, each.channel, Buffer(random.below(3000))));
        }
      }
      close_some(*side);
    }
    two.pair.run_for(std::chrono::milliseconds(random.below(60)));
    follow(two.pair.events_a, stage_a);
    follow(two.pair.events_b, stage_b);
  }
  for (DataChannels* side : {&two.a, &two.b}) {
    for (const ChannelStats& each : side->stats()) side->close(two.pair.now(), each.channel);
  }
  EXPECT_TRUE(
      two.pair.run_until([&] { return two.a.stats().empty() && two.b.stats().empty(); }, 300s));
  follow(two.pair.events_a, stage_a);
  follow(two.pair.events_b, stage_b);
  for (const auto* all : {&stage_a, &stage_b}) {
    for (const auto& [channel, stage] : *all) EXPECT_EQ(stage, 6) << channel;
  }
  two.pair.run_for(30s);
  EXPECT_EQ(two.a.totals().refused, 0u);
  EXPECT_EQ(two.b.totals().refused, 0u);
  const ChannelId last = *two.a.create(two.pair.now(), "", {});
  EXPECT_EQ(two.a.info(last)->options.id, 0);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(last) == DataChannelState::Open; }, 60s));
}

// ---- the association's end

TEST(ShutDown, ClosesEveryChannelOnBothSides) {
  TwoSides two;
  two.establish();
  two.channel();
  two.channel();
  two.a.shut_down(two.pair.now(), std::nullopt);
  two.a.shut_down(two.pair.now(), std::nullopt);
  EXPECT_TRUE(two.a.stats().empty());
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1", "closed 2", "ended"));
  EXPECT_THAT(two.take_b(), ElementsAre("closed 1", "closed 2", "ended"));
  EXPECT_EQ(two.a.create(two.pair.now(), "", {}).error().code, ErrorCode::InvalidState);
  EXPECT_EQ(two.b.create(two.pair.now(), "", {}).error().code, ErrorCode::InvalidState);
  EXPECT_EQ(two.send_text(two.b, ChannelId{1}, "x").error().code, ErrorCode::Closed);
  EXPECT_EQ(two.a.totals().closed, 2u);
  two.pair.run_for(60s);
  EXPECT_THAT(two.take_a(), IsEmpty());
}

TEST(ShutDown, ByAnErrorFailsEveryChannel) {
  TwoSides two;
  two.establish();
  two.channel();
  two.a.shut_down(two.pair.now(), Error{ErrorCode::Network, "DTLS failed", std::nullopt});
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_a(), ElementsAre("failed 1 NetworkError", "closed 1", "ended by an error"));
  EXPECT_THAT(two.take_b(), ElementsAre("failed 1 SctpFailure", "closed 1", "ended by an error"));
}

TEST(ShutDown, BeforeConnectIsOverAtOnce) {
  TwoSides two;
  (void)two.a.create(two.pair.now(), "", {});
  two.a.shut_down(two.pair.now(), std::nullopt);
  two.pair.settle();
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1", "ended"));
  EXPECT_EQ(two.a.next_timeout(), std::nullopt);
}

TEST(ShutDown, WhileConnectingIsOverAtOnce) {
  TwoSides two;
  (void)two.a.create(two.pair.now(), "", {});
  two.a.connect(two.pair.now(), Parity::Even, 0, 5000);
  two.pair.run_for(100ms);
  two.a.shut_down(two.pair.now(), std::nullopt);
  two.pair.run_for(100ms);
  EXPECT_THAT(two.take_a(), ElementsAre("closed 1", "ended"));
}

}  // namespace
}  // namespace specter::channel
