// RFC 9653: packets without a checksum, each direction for itself (docs/failures.md row 95).
#include <gtest/gtest.h>

#include "sctp/testing/duo.h"
#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

bool has_checksum(const Buffer& packet) { return PacketView::parse(packet).has_value(); }

Association::Config with(bool zero_checksum) {
  Association::Config config;
  config.zero_checksum = zero_checksum;
  return config;
}

TEST(ZeroChecksum, IsUsedWhereBothSidesSayThatTheyTakeIt) {
  for (const bool a_takes : {false, true}) {
    for (const bool b_takes : {false, true}) {
      SCOPED_TRACE(::testing::Message() << a_takes << b_takes);
      Duo duo({}, with(a_takes), with(b_takes));
      int without = 0, with_data = 0;
      duo.pair.filter = [&](bool, Buffer& packet) {
        if (!has_checksum(packet)) ++without;
        // §5.2: INIT and COOKIE ECHO always have one.
        if (carries_data(packet)) ++with_data;
        const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
        const auto first = view ? ChunkReader(view->chunks).next() : std::nullopt;
        const bool must =
            first && (first->type == ChunkType::Init || first->type == ChunkType::InitAck ||
                      first->type == ChunkType::CookieEcho);
        EXPECT_TRUE(!must || has_checksum(packet));
        return true;
      };
      duo.connect();
      for (auto* each : {&duo.a, &duo.b})
        ASSERT_TRUE(each->send(duo.now(), StreamId{0}, kPpid, pattern(5000, 1)));
      duo.pair.run_for(5s);
      EXPECT_EQ(count<MessageReceived>(duo.pair.events_a), 1u);
      EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 1u);
      if (a_takes && b_takes)
        EXPECT_GT(without, 8);
      else
        EXPECT_EQ(without, 0);
      EXPECT_EQ(duo.a.counters().packets_dropped + duo.b.counters().packets_dropped, 0u);
    }
  }
}

// §5.2, §5.3: what we take says nothing of what the peer takes.
TEST(ZeroChecksum, IsOneDirectional) {
  Puppet puppet;  // the peer does not say that it takes packets without one
  puppet.establish();
  Buffer packet = Puppet::packet(puppet.tag, puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1)));
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  puppet.association.handle_packet(puppet.now, packet);
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(5, 1)));
  const auto heard = puppet.hear();
  ASSERT_FALSE(heard.empty());
  for (const Buffer& each : heard) EXPECT_TRUE(has_checksum(each));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
}

TEST(ZeroChecksum, IsRefusedWhereItWasNotOffered) {
  Puppet puppet(with(false));
  puppet.establish();
  Buffer packet = Puppet::packet(puppet.tag, puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1)));
  std::fill_n(packet.begin() + 8, 4, std::uint8_t{0});
  puppet.association.handle_packet(puppet.now, packet);
  puppet.hear();
  EXPECT_EQ(count<MessageReceived>(puppet.events), 0u);
  EXPECT_EQ(puppet.association.counters().packets_dropped, 1u);
}

// What the peer said stands in the cookie, and holds after the handshake and after a restart.
TEST(ZeroChecksum, IsRememberedByTheCookie) {
  Puppet puppet;
  InitChunk init = Puppet::init();
  init.zero_checksum = true;
  const InitChunk ack = puppet.ask_init_ack(init);
  EXPECT_TRUE(ack.zero_checksum);
  puppet.tag = ack.initiate_tag;
  puppet.say(CookieEchoChunk{ack.cookie});
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(5, 1)));
  const auto heard = puppet.hear();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_FALSE(has_checksum(heard[0]));
}

}  // namespace
}  // namespace specter::sctp
