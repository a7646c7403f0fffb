// W3C rows 264 to 272: statistics. Row 274 is in closing_test.cc. docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(W3cRows, Row264_ANewConnectionHasCountedNothing) {
  const Two two;
  const Stats stats = two.pc_a.stats();
  EXPECT_EQ(stats.data_channels_requested, 0u);
  EXPECT_EQ(stats.data_channels_opened, 0u);
  EXPECT_EQ(stats.data_channels_closed, 0u);
  EXPECT_EQ(stats.data_channels_accepted, 0u);
  EXPECT_EQ(stats.transport.packets_sent, 0u);
  EXPECT_THAT(stats.candidate_pairs, IsEmpty());
}

TEST(W3cRows, Row265_ChannelsAreCountedOnBothSidesWhoeverMadeThem) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  for (const auto* each : {&pair.a, &pair.b}) {
    EXPECT_EQ(each->connection.stats().data_channels_opened, 1u);
    EXPECT_EQ(each->connection.stats().data_channels_closed, 0u);
  }
  pair.a.connection.close_data_channel(pair.now(), channel);
  pair.network.run_for(1s);
  for (const auto* each : {&pair.a, &pair.b}) {
    EXPECT_EQ(each->connection.stats().data_channels_opened, 1u);
    EXPECT_EQ(each->connection.stats().data_channels_closed, 1u);
  }
}

// A message each way.
struct Used : Open {
  Used() : Open(Announced::InBand, {.protocol = "chat"}) {
    EXPECT_TRUE(send("hello"));
    EXPECT_TRUE(pc_b.send(now(), at_b, MessageKind::Text, as_bytes("hi")));
    run();
  }
};

TEST(W3cRows, Row266_WhatAChannelCounts) {
  Used used;
  const auto expect = [&](const PeerConnection& pc, ChannelId id, std::uint64_t sent,
                          std::uint64_t received) {
    const auto all = pc.stats().data_channels;
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].channel, id);
    EXPECT_EQ(all[0].label, "data");
    EXPECT_EQ(all[0].protocol, "chat");
    EXPECT_EQ(all[0].data_channel_identifier, used.pc_a.data_channel_stream(used.at_a));
    EXPECT_EQ(all[0].state, DataChannelState::Open);
    EXPECT_EQ(all[0].messages_sent, 1u);
    EXPECT_EQ(all[0].bytes_sent, sent);
    EXPECT_EQ(all[0].messages_received, 1u);
    EXPECT_EQ(all[0].bytes_received, received);
  };
  expect(used.pc_a, used.at_a, 5, 2);
  expect(used.pc_b, used.at_b, 2, 5);
}

TEST(W3cRows, Row267_AClosedChannelsStatisticsStay) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Text, as_bytes("hello")));
  pair.network.run_for(1s);
  pair.a.connection.close_data_channel(pair.now(), channel);
  pair.network.run_for(1s);
  for (const auto* each : {&pair.a, &pair.b}) {
    const auto stats = each->connection.stats().data_channels;
    ASSERT_THAT(stats, SizeIs(1));
    EXPECT_EQ(stats[0].state, DataChannelState::Closed);
    EXPECT_EQ(stats[0].label, "data");
    EXPECT_EQ(stats[0].messages_sent + stats[0].messages_received, 1u);
  }
}

// By design: one transport, one pair that is `selected`, and the certificates as their
// fingerprints.
TEST(W3cRows, Row268And272_WhatTheTransportCounts) {
  Used used;
  const Stats of_a = used.pc_a.stats(), of_b = used.pc_b.stats();
  for (const Stats* stats : {&of_a, &of_b}) {
    EXPECT_GT(stats->transport.bytes_sent, 0u);
    EXPECT_GT(stats->transport.bytes_received, 0u);
    EXPECT_EQ(stats->transport.dtls_state, DtlsTransportState::Connected);
    EXPECT_THAT(stats->transport.local_fingerprint, StartsWith("sha-256 "));
    EXPECT_EQ(std::ranges::count_if(stats->candidate_pairs, &CandidatePairStats::selected), 1);
  }
  EXPECT_EQ(of_a.transport.local_fingerprint, of_b.transport.remote_fingerprint);
  EXPECT_EQ(of_b.transport.local_fingerprint, of_a.transport.remote_fingerprint);
}

TEST(W3cRows, Row269_WhatACandidatePairCounts) {
  Used used;
  const Stats stats = used.pc_a.stats();
  const auto pair = std::ranges::find_if(stats.candidate_pairs, &CandidatePairStats::selected);
  ASSERT_NE(pair, stats.candidate_pairs.end());
  EXPECT_EQ(pair->state, CandidatePairState::Succeeded);
  EXPECT_TRUE(pair->nominated);
  EXPECT_TRUE(pair->current_round_trip_time);
  EXPECT_GE(pair->total_round_trip_time, *pair->current_round_trip_time);
}

TEST(W3cRows, Row271_WhatIsSaidOfACandidate) {
  Used used;
  const Stats stats = used.pc_a.stats();
  ASSERT_THAT(stats.local_candidates, SizeIs(1));
  ASSERT_THAT(stats.remote_candidates, SizeIs(1));
  EXPECT_EQ(stats.local_candidates[0].address, "192.0.2.1");
  EXPECT_EQ(stats.local_candidates[0].port, 5001);
  EXPECT_EQ(stats.local_candidates[0].protocol, Protocol::Udp);
  EXPECT_EQ(stats.local_candidates[0].type, IceCandidateType::Host);
  EXPECT_EQ(stats.remote_candidates[0].address, "192.0.2.2");
  EXPECT_EQ(stats.remote_candidates[0].type, IceCandidateType::Host);
}

}  // namespace
}  // namespace specter::core::rows
