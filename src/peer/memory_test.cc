// What an idle connection holds, and what is allocated while data flow. architecture.md §6: per
// packet nothing.
#include <array>
#include <memory>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "jsep/testing/foreign_sdp.h"
#include "testing/bulk_transfer.h"
#include "testing/counting_allocator.h"
#include "testing/media.h"
#include "testing/peer_host.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;
using jsep::Peer, jsep::head, jsep::audio_section, jsep::data_section;
using testing::BulkTransfer;

struct Cost {
  std::int64_t allocations;
  std::int64_t packets;
};

Cost cost_of(BulkTransfer& pair, std::size_t message_bytes, std::size_t messages) {
  const Buffer message(message_bytes, 0x5a);
  pair.transfer(message, 2 * messages * message_bytes);  // until everything has found its size
  const auto packets = static_cast<std::int64_t>(pair.packets());
  const std::int64_t before = testing::allocations;
  pair.transfer(message, messages * message_bytes);
  return {testing::allocations - before, static_cast<std::int64_t>(pair.packets()) - packets};
}

// A message costs some: its bytes at each end, and what they wait in. Its packets cost none, or a
// message of 240 would have cost more than one of 60.
TEST(Allocations, AreNoneForAPacket) {
  constexpr std::int64_t kMessages = 256;
  constexpr std::int64_t kMostForAMessage = 12;
  BulkTransfer pair;
  const Cost small = cost_of(pair, 64 << 10, kMessages);
  const Cost large = cost_of(pair, 256 << 10, kMessages);
  EXPECT_GT(small.packets, 40 * kMessages);
  EXPECT_GT(large.packets, 160 * kMessages);
  EXPECT_LT(small.allocations, kMostForAMessage * kMessages);
  EXPECT_LT(large.allocations, kMostForAMessage * kMessages);
}

// Conference servers offer hundreds of sections: what each costs may not grow with the others.
std::int64_t cost_of_answering(std::size_t sections) {
  std::string mids, text;
  for (std::size_t i = 0; i + 1 < sections; ++i) {
    const std::string mid = std::to_string(i);
    mids += mid + " ";
    text += audio_section(mid);
  }
  const std::string offer = head(mids + "data") + text + data_section("data");
  Peer peer;
  const std::int64_t before = testing::allocations;
  const auto answer = peer.answer_to(offer);
  const std::int64_t cost = testing::allocations - before;
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->media.size(), sections);
  // Ours, and the same again.
  EXPECT_TRUE(peer.negotiation.create_offer({}));
  EXPECT_TRUE(peer.answer_to(offer));
  return cost;
}

TEST(Allocations, OfAThousandSectionsAreTwiceThoseOfFiveHundred) {
  const std::int64_t half = cost_of_answering(500);
  EXPECT_GT(half, 500);
  EXPECT_LT(cost_of_answering(1000), half * 21 / 10);
}

// Two connections driven by hand, each with an IPv4 and an IPv6 address.
class Two {
 public:
  Two() {
    for (std::size_t i = 0; i < 2; ++i) {
      ConnectionOptions configuration;
      configuration.certificate = testing::test_certificate(i + 1);
      ends_[i] = std::make_unique<core::PeerConnection>(configuration, randoms_[i]);
    }
  }

  void negotiate() {
    channel_ = *ends_[0]->create_data_channel(now_, "idle");
    const auto offer = *ends_[0]->create_offer();
    ASSERT_TRUE(ends_[0]->set_local_description(now_, offer));
    ASSERT_TRUE(ends_[1]->set_remote_description(now_, offer));
    const auto answer = *ends_[1]->create_answer();
    ASSERT_TRUE(ends_[1]->set_local_description(now_, answer));
    ASSERT_TRUE(ends_[0]->set_remote_description(now_, answer));
  }
  void run(Duration time) {
    const Timestamp end = now_ + time;
    for (exchange();; exchange()) {
      const Deadline next = soonest(ends_[0]->next_timeout(), ends_[1]->next_timeout());
      if (!next || *next > end) break;
      now_ = std::max(now_ + 1us, *next);
      for (const auto& connection : ends_) connection->handle_timeout(now_);
    }
    now_ = end;
  }
  bool is_open() const {
    return ends_[0]->data_channel_state(channel_) == DataChannelState::Open &&
           ends_[1]->connection_state() == ConnectionState::Connected;
  }
  void send(std::string_view text) {
    EXPECT_TRUE(ends_[0]->send(now_, channel_, MessageKind::Text, as_bytes(text)));
  }
  // What goes with it.
  std::int64_t bytes_of(std::size_t end) {
    const std::int64_t before = testing::live_bytes;
    ends_[end].reset();
    return before - testing::live_bytes;
  }

 private:
  void exchange() {
    for (bool busy = true; busy;) {
      busy = false;
      for (std::size_t i = 0; i < 2; ++i) {
        while (const auto event = ends_[i]->poll_event()) {
          busy = true;
          handle(i, *event);
        }
        while (auto datagrams = ends_[i]->poll_transmit(now_)) {
          busy = true;
          hand_over(*ends_[1 - i], *datagrams);
        }
      }
    }
  }
  void handle(std::size_t i, const core::Event& event) {
    if (std::holds_alternative<core::GatherCandidates>(event)) {
      for (const Endpoint& at : endpoints_[i]) ends_[i]->add_local_endpoint(now_, at);
      ends_[i]->end_of_local_endpoints(now_);
    }
    if (const auto* found = std::get_if<core::LocalCandidate>(&event)) {
      EXPECT_TRUE(ends_[1 - i]->add_ice_candidate(now_, found->candidate));
    }
  }
  void hand_over(core::PeerConnection& to, Transmit& out) {
    for (MutableBytes rest = out.bytes; !rest.empty();) {
      const MutableBytes datagram = rest.first(std::min(out.segment_size, rest.size()));
      rest = rest.subspan(datagram.size());
      const Datagram came{{out.path.remote, out.path.local}, datagram};
      to.handle_datagrams(now_, {&came, 1});
    }
  }

  Timestamp now_ = simulation::kStart;
  std::array<simulation::SeededRandom, 2> randoms_{simulation::SeededRandom(1),
                                                   simulation::SeededRandom(2)};
  const std::array<std::array<Endpoint, 2>, 2> endpoints_{
      {{*Endpoint::parse("192.0.2.1:5001"), *Endpoint::parse("[2001:db8::1]:5001")},
       {*Endpoint::parse("192.0.2.2:5002"), *Endpoint::parse("[2001:db8::2]:5002")}}};
  std::array<std::unique_ptr<core::PeerConnection>, 2> ends_;
  ChannelId channel_{};
};

// What write() itself allocates once the largest frame has been there; the packets' ways are not
// counted.
template <class Write>
std::int64_t cost_of_writing(testing::PeerPair& pair, std::size_t times, Write write) {
  std::int64_t cost = 0;
  for (std::size_t i = 0; i < times; ++i) {
    const std::int64_t before = testing::allocations;
    write(i);
    cost += testing::allocations - before;
    pair.network.settle();
    pair.network.run_for(20ms);
    pair.a.events.clear();
    pair.b.events.clear();
  }
  return cost;
}

TEST(Allocations, AreNoneForASampleThatIsWritten) {
  testing::PeerPair pair({}, testing::with_media());
  core::PeerConnection& a = pair.a.connection;
  const auto sender = a.add_track(pair.now(), testing::audio_track(), {"stream"}).value();
  ASSERT_TRUE(pair.connect());
  const Buffer sound(60, 0xfc);
  const auto write = [&](std::size_t) {
    EXPECT_TRUE(a.write_sample(pair.now(), sender, {.bytes = sound, .duration = 20ms}));
  };
  (void)cost_of_writing(pair, 500, write);
  EXPECT_EQ(cost_of_writing(pair, 500, write), 0);
  EXPECT_GT(pair.b.connection.stats().inbound_rtp.at(0).packets_received, 900u);
}

TEST(Allocations, AreNoneForAPacketThatIsWritten) {
  testing::PeerPair pair({}, testing::with_media());
  core::PeerConnection& a = pair.a.connection;
  const auto sender = a.add_track(pair.now(), testing::audio_track(), {"stream"}).value();
  ASSERT_TRUE(pair.connect());
  Buffer packet(80, 0xfc);  // RFC 3550 §5.1: version 2, no extension
  packet[0] = 0x80;
  packet[1] = 111;
  const auto write = [&](std::size_t i) {
    packet[2] = static_cast<std::uint8_t>(i >> 8);
    packet[3] = static_cast<std::uint8_t>(i);
    EXPECT_TRUE(a.write_rtp(pair.now(), sender, packet));
  };
  (void)cost_of_writing(pair, 500, write);
  EXPECT_EQ(cost_of_writing(pair, 500, [&](std::size_t i) { write(500 + i); }), 0);
  EXPECT_GT(pair.b.connection.stats().inbound_rtp.at(0).packets_received, 900u);
}

// Its certificate included, which nobody else has.
TEST(Memory, AnIdleConnectionHasAtMostTwentyThreeKilobytes) {
  struct Stage {
    const char* name;
    void (*reach)(Two& two);
  };
  // The first one is made for what the library fetches once and keeps.
  const auto open = [](Two& two) {
    two.negotiate();
    two.run(1s);
    EXPECT_TRUE(two.is_open());
  };
  const auto idle = [](Two& two) {
    two.negotiate();
    two.run(1s);
    two.send("a message");
    two.run(61s);
    EXPECT_TRUE(two.is_open());
  };
  const std::array<Stage, 5> stages{{{"first", open},
                                     {"made", [](Two&) {}},
                                     {"negotiated", [](Two& two) { two.negotiate(); }},
                                     {"open", open},
                                     {"idle", idle}}};
  std::array<std::int64_t, 2> bytes{};
  for (const Stage& stage : stages) {
    for (const std::size_t end : {0, 1}) {
      Two two;
      stage.reach(two);
      bytes[end] = two.bytes_of(end);
    }
    fmt::print("{}: {} bytes of heap where it offers, {} where it answers\n", stage.name, bytes[0],
               bytes[1]);
  }
  for (const std::int64_t held : bytes) {
    EXPECT_LE(held, 23 * 1024);
    EXPECT_GT(held, 10 * 1024);
  }
}

}  // namespace
}  // namespace specter::peer
