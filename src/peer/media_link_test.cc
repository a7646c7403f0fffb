// SRTP between two peers: what leaves, and what is let in.
#include "peer/media_link.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "net/demux.h"
#include "testing/media.h"
#include "testing/network.h"
#include "testing/peer_host.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;
using specter::testing::Flight;
using specter::testing::PeerPair;

// An Opus packet of 20 ms that is easily known again.
Buffer sound(std::uint8_t number) {
  Buffer out(60, number);
  out[0] = 0xfc;  // CELT, full band, 20 ms, stereo, one frame: RFC 6716 §3.1
  return out;
}

class MediaLinkTest : public ::testing::Test {
 protected:
  void connect() {
    sender_ = pair_.a.connection.add_track(pair_.now(), testing::audio_track(), {}).value();
    ASSERT_TRUE(pair_.connect());
  }
  void send(std::uint8_t number) {
    ASSERT_TRUE(pair_.a.connection.write_sample(pair_.now(), sender_,
                                                {.bytes = sound(number), .duration = 20ms}));
    pair_.network.settle();
    pair_.network.run_for(20ms);
  }
  std::size_t heard() const { return pair_.b.all<core::Frame>().size(); }

  PeerPair pair_{{}, testing::with_media()};
  TransceiverId sender_{};
};

TEST_F(MediaLinkTest, NothingLeavesInTheClear) {
  std::vector<Buffer> media;
  pair_.network.filter = [&](const Flight& flight) {
    if (net::kind_of(flight.bytes) == net::DatagramKind::Rtp) media.push_back(flight.bytes);
    return true;
  };
  connect();
  for (std::uint8_t i = 1; i <= 100; ++i) send(i);
  EXPECT_EQ(heard(), 100u);
  std::size_t rtp = 0;
  for (const Buffer& packet : media) {
    if (!net::is_rtcp(packet)) ++rtp;
    for (std::uint8_t i = 1; i <= 100; ++i) {
      const Buffer part(12, i);
      EXPECT_TRUE(std::ranges::search(packet, part).empty());
    }
    // RFC 3711 §3.4: of RTCP, the sender's SSRC is the last that can be read.
  }
  EXPECT_EQ(rtp, 100u);
}

// A path that is validated, and no key.
TEST_F(MediaLinkTest, ForgeriesChangeNothing) {
  std::vector<Flight> media;
  pair_.network.filter = [&](const Flight& flight) {
    if (net::kind_of(flight.bytes) == net::DatagramKind::Rtp) media.push_back(flight);
    return true;
  };
  connect();
  for (std::uint8_t i = 1; i <= 20; ++i) send(i);
  ASSERT_GT(media.size(), 20u);
  const std::vector<Flight> seen = std::exchange(media, {});
  for (std::size_t i = 0; i < seen.size(); ++i) {
    Buffer changed = seen[i].bytes;
    changed[1 + i % (changed.size() - 1)] ^= 0x10;
    pair_.network.inject(seen[i].from, seen[i].to, changed);
    pair_.network.inject(seen[i].from, seen[i].to, seen[i].bytes);  // and a replay
    pair_.network.inject(*Endpoint::parse("198.51.100.9:9"), seen[i].to, seen[i].bytes);
  }
  pair_.network.run_for(1s);
  EXPECT_EQ(heard(), 20u);
  EXPECT_EQ(pair_.b.connection.stats().inbound_rtp.at(0).packets_received, 20u);
  for (std::uint8_t i = 21; i <= 40; ++i) send(i);
  EXPECT_EQ(heard(), 40u);
}

TEST_F(MediaLinkTest, RtpBeforeThereAreKeysIsDropped) {
  sender_ = pair_.a.connection.add_track(pair_.now(), testing::audio_track(), {}).value();
  ASSERT_TRUE(pair_.negotiate());
  const Buffer packet = {0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4};
  pair_.network.inject(*Endpoint::parse("192.0.2.1:5001"), *Endpoint::parse("192.0.2.2:5002"),
                       packet);
  ASSERT_TRUE(pair_.network.run_until([&] { return pair_.both_connected(); }, 5s));
  send(1);
  EXPECT_EQ(heard(), 1u);
}

// What one receive brings is opened by one call, and the keys end in its midst.
TEST_F(MediaLinkTest, WhatCameBeforeTheGoodbyeIsHeardAndWhatComesAfterItIsNot) {
  connect();
  send(1);
  std::vector<Flight> kept;
  pair_.network.filter = [&](const Flight& flight) {
    if (net::kind_of(flight.bytes) != net::DatagramKind::Stun) kept.push_back(flight);
    return false;
  };
  send(2);
  send(3);
  pair_.a.connection.close(pair_.now());
  pair_.network.run_for(1ms);
  ASSERT_GE(kept.size(), 3u);
  const auto goodbye = std::ranges::find_if(kept, [](const Flight& flight) {
    return net::kind_of(flight.bytes) == net::DatagramKind::Dtls;
  });
  ASSERT_NE(goodbye, kept.end());
  const auto is_rtp = [](const Flight& flight) {
    return net::kind_of(flight.bytes) == net::DatagramKind::Rtp && !net::is_rtcp(flight.bytes);
  };
  std::vector<Flight> media;
  std::ranges::copy_if(kept, std::back_inserter(media), is_rtp);
  ASSERT_EQ(media.size(), 2u);

  const auto datagram = [](Flight& flight) {
    return Datagram{.path = {flight.to, flight.from}, .bytes = flight.bytes};
  };
  {
    // Its bytes go with it, as a driver's may.
    std::vector<Flight> receive = {media[0], *goodbye};
    std::vector<Datagram> datagrams = {datagram(receive[0]), datagram(receive[1])};
    pair_.b.connection.handle_datagrams(pair_.now(), datagrams);
  }
  pair_.network.settle();
  EXPECT_EQ(heard(), 2u);
  std::vector<Datagram> late = {datagram(media[1])};
  pair_.b.connection.handle_datagrams(pair_.now(), late);
  pair_.network.settle();
  EXPECT_EQ(heard(), 2u);
}

// RFC 3711 §9.1: no number is sealed twice, so of two packets with one number the first is sent.
TEST_F(MediaLinkTest, APacketThatIsNotSealedIsNotSentAndTheLogSaysSo) {
  connect();
  pair_.a.connection.set_log(LogLevels(LogLevel::Debug));
  for (std::uint8_t i = 1; i <= 4; ++i) {
    Buffer packet = {0x80, 111, 0, 100, 0, 0, 0, 1, 0, 0, 0, 9};
    packet.insert(packet.end(), 20, i);
    ASSERT_TRUE(pair_.a.connection.write_rtp(pair_.now(), sender_, packet));
    pair_.network.settle();
    pair_.network.run_for(20ms);
  }
  pair_.network.run_for(10s);
  const OutboundRtpStats sent = pair_.a.connection.stats().outbound_rtp.at(0);
  EXPECT_EQ(sent.packets_sent, 1u);
  EXPECT_EQ(sent.bytes_sent, 20u);
  EXPECT_EQ(sent.packets_discarded_on_send, 3u);
  EXPECT_EQ(pair_.b.connection.stats().inbound_rtp.at(0).packets_received, 1u);
  std::vector<std::string> told;
  for (const LogRecord& record : pair_.a.connection.take_log()) {
    if (record.module == LogModule::Media) told.push_back(record.text);
  }
  EXPECT_THAT(told, ::testing::ElementsAre(
                        "dropped: a packet of ours whose sequence number was used",
                        "dropped 2 more: a packet of ours whose sequence number was used"));
}

// RFC 4585 §6.2.1 without RFC 4588: a packet comes again as it was, byte for byte, since nothing
// else may be sealed under its number (RFC 3711 §9.1).
TEST(MediaLink, WithoutRtxWhatIsLostComesAgainAsItWas) {
  ConnectionOptions options = testing::with_media();
  const auto all = options.media.codecs;
  options.media.codecs = {all[0], all[1]};
  PeerPair pair{{.latency = 20ms}, options};
  const auto sender = pair.a.connection.add_track(pair.now(), testing::video_track(), {}).value();
  std::map<Buffer, Buffer> seen;
  std::size_t packets = 0, again = 0;
  bool loses = false;
  pair.network.filter = [&](const Flight& flight) {
    const Buffer& bytes = flight.bytes;
    if (net::kind_of(bytes) != net::DatagramKind::Rtp || net::is_rtcp(bytes)) return true;
    // The number and the SSRC, RFC 3550 §5.1.
    const auto [first, is_new] =
        seen.emplace(Buffer{bytes[2], bytes[3], bytes[8], bytes[9], bytes[10], bytes[11]}, bytes);
    EXPECT_EQ(first->second, bytes);
    again += is_new ? 0 : 1;
    return !loses || !is_new || ++packets % 10 != 0;
  };
  ASSERT_TRUE(pair.connect());
  const auto pictures = testing::vp8_frames(200, 3000);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    loses =
        i >= 30 && i < 180;  // a round trip is known, and the last one can be seen to be missing
    ASSERT_TRUE(pair.a.connection.write_sample(pair.now(), sender,
                                               {.bytes = pictures[i], .duration = 33ms}));
    pair.network.settle();
    pair.network.run_for(33ms);
  }
  const auto frames = pair.b.all<core::Frame>();
  ASSERT_EQ(frames.size(), pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) EXPECT_EQ(frames[i]->frame.bytes, pictures[i]);
  EXPECT_GE(packets, 400u);
  EXPECT_GE(again, packets / 10);
  EXPECT_EQ(pair.a.connection.stats().outbound_rtp.at(0).retransmitted_packets_sent, again);
}

// RFC 7714: with each other Specters agree on the cheaper profile.
TEST_F(MediaLinkTest, TheProfileIsTold) {
  connect();
  EXPECT_EQ(pair_.a.connection.stats().transport.srtp_cipher, "SRTP_AEAD_AES_128_GCM");
}

// RFC 9335: with each other, Specters encipher header extensions too.
TEST_F(MediaLinkTest, HeaderExtensionsAreEncipheredWhereBothSidesAgree) {
  for (const bool both : {true, false}) {
    ConnectionOptions options = testing::with_media();
    ConnectionOptions plain = options;
    plain.media.cryptex = both;
    PeerPair pair{{}, options, plain};
    std::vector<Buffer> media;
    pair.network.filter = [&](const Flight& flight) {
      const bool is_rtp = net::kind_of(flight.bytes) == net::DatagramKind::Rtp;
      if (is_rtp && !net::is_rtcp(flight.bytes)) media.push_back(flight.bytes);
      return true;
    };
    const auto sender = pair.a.connection.add_track(pair.now(), testing::audio_track(), {}).value();
    ASSERT_TRUE(pair.connect());
    ASSERT_TRUE(
        pair.a.connection.write_sample(pair.now(), sender, {.bytes = sound(1), .duration = 20ms}));
    pair.network.run_for(100ms);
    ASSERT_EQ(media.size(), 1u);
    EXPECT_EQ(media[0][12] << 8 | media[0][13], both ? 0xc0de : 0xbede);
    EXPECT_EQ(pair.b.all<core::Frame>().size(), 1u);
  }
}

// RFC 9335 §4: what was agreed on goes with the peer that it was agreed with.
TEST(MediaLink, HeaderExtensionsAreEncipheredAsTheLatestPeerAgrees) {
  const auto with = [](bool cryptex) {
    ConnectionOptions out = testing::with_media();
    out.media.cryptex = cryptex;
    return out;
  };
  const Endpoint of_c = *Endpoint::parse("192.0.2.3:5003");
  for (const auto& [first, second] :
       {std::pair(true, false), std::pair(false, true), std::pair(true, true)}) {
    PeerPair pair{{}, with(first), with(true)};
    testing::PeerHost c({{of_c}, 77, with(second)});
    pair.network.attach(c, of_c.address);
    std::vector<Buffer> of_b, of_others;
    pair.network.filter = [&](const Flight& flight) {
      const bool is_rtp = net::kind_of(flight.bytes) == net::DatagramKind::Rtp;
      const bool is_b = flight.from == *Endpoint::parse("192.0.2.2:5002");
      if (is_rtp && !net::is_rtcp(flight.bytes)) (is_b ? of_b : of_others).push_back(flight.bytes);
      return true;
    };
    const auto write = [&](testing::PeerHost& from, TransceiverId sender) {
      ASSERT_TRUE(
          from.connection.write_sample(pair.now(), sender, {.bytes = sound(1), .duration = 20ms}));
      pair.network.settle();
      pair.network.run_for(100ms);
    };
    const auto profile = [](const Buffer& packet) { return packet[12] << 8 | packet[13]; };
    const auto a = pair.a.connection.add_track(pair.now(), testing::audio_track(), {}).value();
    const auto b = pair.b.connection.add_track(pair.now(), testing::audio_track(), {}).value();
    ASSERT_TRUE(pair.connect());
    write(pair.a, a);
    write(pair.b, b);
    ASSERT_EQ(of_b.size(), 1u);
    EXPECT_EQ(profile(of_b[0]), first ? 0xc0de : 0xbede);
    EXPECT_EQ(pair.b.all<core::Frame>().size(), 1u);

    pair.network.detach(Endpoint::parse("192.0.2.1:5001")->address);
    pair.b.candidates.clear();
    const auto again = c.connection.add_track(pair.now(), testing::audio_track(), {}).value();
    ASSERT_TRUE(pair.negotiate(c, pair.b));
    for (auto [from, to] : {std::pair(&c, &pair.b), std::pair(&pair.b, &c)}) {
      for (const auto& candidate : std::exchange(from->candidates, {}))
        (void)to->connection.add_ice_candidate(pair.now(), candidate);
    }
    ASSERT_TRUE(pair.network.run_until(
        [&] {
          return c.connection.connection_state() == ConnectionState::Connected &&
                 pair.b.connection.connection_state() == ConnectionState::Connected;
        },
        5s));
    of_b.clear();
    of_others.clear();
    write(c, again);
    write(pair.b, b);
    ASSERT_EQ(of_b.size(), 1u);
    ASSERT_EQ(of_others.size(), 1u);
    EXPECT_EQ(profile(of_b[0]), second ? 0xc0de : 0xbede);
    EXPECT_EQ(profile(of_others[0]), second ? 0xc0de : 0xbede);
    EXPECT_EQ(c.all<core::Frame>().size(), 1u);
    EXPECT_EQ(pair.b.all<core::Frame>().size(), 2u);
  }
}

// A connection for data alone has no keys for media and no session.
TEST_F(MediaLinkTest, WithoutATrackRtpIsOfNoUse) {
  PeerPair pair{{}, testing::with_media()};
  ASSERT_TRUE(pair.a.connection.create_data_channel(pair.now(), "data"));
  ASSERT_TRUE(pair.connect());
  const Buffer packet(40, 0x80);
  pair.network.inject(*Endpoint::parse("192.0.2.1:5001"), *Endpoint::parse("192.0.2.2:5002"),
                      packet);
  pair.network.run_for(1s);
  EXPECT_TRUE(pair.both_connected());
  EXPECT_EQ(pair.b.connection.stats().transport.dropped_unknown, 1u);
}

// RFC 8899 §4.6: what one path does not carry, the next one may.
TEST(MediaLink, ALimitOfOnePathEndsWithIt) {
  const auto at = [](const char* text) { return *Endpoint::parse(text); };
  PeerPair pair({}, testing::with_media(), testing::with_media(),
                {at("192.0.2.1:5001"), at("198.51.100.1:5001")}, {at("192.0.2.2:5002")});
  const TransceiverId sender =
      pair.a.connection.add_track(pair.now(), testing::audio_track(), {}).value();
  ASSERT_TRUE(pair.connect());
  const auto in_use = [&] {
    for (const auto& each : pair.a.connection.stats().candidate_pairs) {
      if (each.selected) return Endpoint{*IpAddress::parse(each.local.address), each.local.port};
    }
    return Endpoint{};
  };
  std::uint8_t number = 0;
  const auto may_write = [&](std::size_t bytes) {
    Buffer packet = {0x80, 111, 0, ++number, 0, 0, 0, 1, 0, 0, 0, 9};
    packet.resize(bytes);
    return pair.a.connection.write_rtp(pair.now(), sender, packet).has_value();
  };
  EXPECT_TRUE(may_write(1000));
  const Endpoint first = in_use();
  pair.a.connection.handle_too_large(pair.now(), first, at("192.0.2.2:5002"), 700);
  EXPECT_FALSE(may_write(1000));
  EXPECT_TRUE(may_write(500));
  pair.network.filter = [&](const Flight& flight) {
    return flight.from != first && flight.to != first;
  };
  ASSERT_TRUE(
      pair.network.run_until([&] { return in_use() != first && in_use() != Endpoint{}; }, 60s));
  EXPECT_TRUE(may_write(1000));
}

}  // namespace
}  // namespace specter::peer
