// The whole sans-IO connection, seen as an application and a driver see it.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/data.h"
#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PeerHost;
using testing::PeerPair;
using ::testing::SizeIs;
using namespace std::chrono_literals;

Buffer bytes(std::size_t size, std::uint64_t seed = 1) {
  Buffer out(size);
  simulation::SeededRandom(seed).fill(out);
  return out;
}

std::vector<ConnectionState> states(const PeerHost& host) {
  std::vector<ConnectionState> out;
  for (const auto* e : host.all<ConnectionStateChange>()) out.push_back(e->state);
  return out;
}

TEST(PeerConnection, NeedsACertificate) {
  simulation::SeededRandom random(1);
  EXPECT_THROW(PeerConnection({}, random), std::invalid_argument);
}

TEST(PeerConnection, TwoPeersConnectAndTalk) {
  PeerPair pair;
  const ChannelId channel =
      pair.a.connection.create_data_channel(pair.now(), "data", {.protocol = "chat"}).value();
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));

  EXPECT_THAT(states(pair.a), ElementsAre(ConnectionState::Connecting, ConnectionState::Connected));
  const auto incoming = pair.b.all<IncomingDataChannel>();
  ASSERT_THAT(incoming, SizeIs(1));
  EXPECT_EQ(incoming[0]->label, "data");
  EXPECT_EQ(incoming[0]->options.protocol, "chat");
  const ChannelId other = incoming[0]->channel;
  // RFC 8832 §6: the answerer is the DTLS client and would take even ids; this channel is the
  // server's.
  EXPECT_EQ(pair.a.connection.data_channel_stream(channel), 1);
  EXPECT_EQ(pair.b.connection.data_channel_stream(other), 1);

  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Text, as_bytes("hello")));
  ASSERT_TRUE(pair.b.connection.send(pair.now(), other, MessageKind::Binary, bytes(100'000)));
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Binary, Bytes()));
  pair.network.run_for(2s);

  const auto at_b = pair.b.all<Message>();
  ASSERT_THAT(at_b, SizeIs(2));
  EXPECT_EQ(as_text(at_b[0]->data), "hello");
  EXPECT_EQ(at_b[0]->kind, MessageKind::Text);
  EXPECT_THAT(at_b[1]->data, IsEmpty());
  const auto at_a = pair.a.all<Message>();
  ASSERT_THAT(at_a, SizeIs(1));
  EXPECT_EQ(at_a[0]->data, bytes(100'000));
}

TEST(PeerConnection, OffersDtlsInStunWhenConfigured) {
  for (const bool sped : {false, true}) {
    PeerPair pair({}, {.transport = {.sped = sped}});
    (void)pair.a.connection.create_data_channel(pair.now(), "data", {});
    ASSERT_TRUE(pair.connect());
    for (const PeerHost* host : {&pair.a, &pair.b}) {
      const auto description = host->connection.local_description();
      ASSERT_TRUE(description);
      EXPECT_EQ(description->sdp.find(" sped ") != std::string::npos, sped);
    }
  }
}

TEST(PeerConnection, TellsItsStatesInOrder) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  pair.network.settle();
  EXPECT_TRUE(pair.a.has<NegotiationNeeded>());
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);

  std::vector<SignalingState> signaling;
  for (const auto* e : pair.a.all<SignalingStateChange>()) signaling.push_back(e->state);
  EXPECT_THAT(signaling, ElementsAre(SignalingState::HaveLocalOffer, SignalingState::Stable));
  std::vector<IceGatheringState> gathering;
  for (const auto* e : pair.a.all<IceGatheringStateChange>()) gathering.push_back(e->state);
  EXPECT_THAT(gathering, ElementsAre(IceGatheringState::Gathering, IceGatheringState::Complete));
  EXPECT_THAT(pair.a.all<NegotiationNeeded>(), SizeIs(1));
}

TEST(PeerConnection, DescriptionsCarryTheCandidatesFoundSoFar) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  EXPECT_THAT(offer.sdp, ::testing::Not(HasSubstr("a=candidate")));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  pair.network.settle();
  const auto local = pair.a.connection.local_description().value();
  EXPECT_THAT(local.sdp, HasSubstr("a=candidate:"));
  EXPECT_THAT(local.sdp, HasSubstr("192.0.2.1 5001 typ host"));
  EXPECT_THAT(local.sdp, HasSubstr("a=end-of-candidates"));
  EXPECT_EQ(pair.a.connection.pending_local_description(), local);
  EXPECT_EQ(pair.a.connection.current_local_description(), std::nullopt);

  // Such a description is all that a peer needs: no candidate is trickled here.
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), local));
  const auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  EXPECT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 5s));
}

// Who keeps a copy asks for it anew when the revision is another one: so it must be, with each
// change.
TEST(PeerConnection, DescriptionsHaveAnotherRevisionWhenTheyChange) {
  PeerPair pair;
  const core::PeerConnection& a = pair.a.connection;
  const auto look = [&] {
    return std::vector{a.local_description(),          a.current_local_description(),
                       a.pending_local_description(),  a.remote_description(),
                       a.current_remote_description(), a.pending_remote_description()};
  };
  auto seen = look();
  auto revision = a.descriptions_revision();
  std::size_t changes = 0;
  const auto check = [&] {
    const auto now = look();
    if (now != seen) {
      EXPECT_NE(a.descriptions_revision(), revision);
      ++changes;
    }
    revision = a.descriptions_revision();
    seen = now;
    return false;
  };
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  check();
  EXPECT_EQ(changes, 0U);
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  check();
  EXPECT_EQ(changes, 1U);
  (void)pair.network.run_until(check, 100ms);  // candidates, the end of gathering
  EXPECT_GT(changes, 1U);
  EXPECT_THAT(a.local_description()->sdp, HasSubstr("a=end-of-candidates"));
  const std::size_t gathered = changes;
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), {SdpType::Rollback, ""}));
  check();
  EXPECT_EQ(changes, gathered + 1);
  const auto again = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), again));
  check();
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), again));
  const auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  check();
  EXPECT_EQ(changes, gathered + 3);
  // Nothing changes while they connect, and it does not say so either.
  (void)pair.network.run_until(check, 1s);
  const auto last = a.descriptions_revision();
  (void)pair.network.run_until(check, 5s);
  EXPECT_EQ(a.descriptions_revision(), last);
}

TEST(PeerConnection, CandidatesBeforeTheAnswerAreKept) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  pair.network.settle();
  ASSERT_THAT(pair.a.candidates, SizeIs(2));  // and that there are no more
  EXPECT_EQ(pair.b.connection.add_ice_candidate(pair.now(), pair.a.candidates[0]).error().message,
            "remote description is not set");
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  ASSERT_TRUE(pair.b.connection.add_ice_candidate(pair.now(), pair.a.candidates[0]));
  auto stale = pair.a.candidates[0];
  stale.username_fragment = "stale";
  EXPECT_EQ(pair.b.connection.add_ice_candidate(pair.now(), stale).error().code,
            ErrorCode::OperationFailed);
  auto broken = pair.a.candidates[0];
  broken.candidate = "candidate:1 1 udp";
  EXPECT_EQ(pair.b.connection.add_ice_candidate(pair.now(), broken).error().code,
            ErrorCode::OperationFailed);
  const auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  EXPECT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 5s));
}

// Chrome tells of each section's, until the answer has come; and what it tells last are relays.
TEST(PeerConnection, CandidatesThatAreNotUsedTakeNoPlaceBeforeTheAnswer) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  pair.network.settle();
  ASSERT_THAT(pair.a.candidates, SizeIs(2));
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  auto tcp = pair.a.candidates[0];
  for (int i = 0; i < 64; ++i) {
    tcp.candidate = "candidate:1 1 tcp 1518280447 192.0.2." + std::to_string(100 + i) +
                    " 9 typ host tcptype active";
    EXPECT_TRUE(pair.b.connection.add_ice_candidate(pair.now(), tcp)) << i;
  }
  for (int i = 0; i < 300; ++i)
    EXPECT_TRUE(pair.b.connection.add_ice_candidate(pair.now(), pair.a.candidates[0])) << i;
  EXPECT_TRUE(pair.b.connection.add_ice_candidate(pair.now(), pair.a.candidates[1]));
  const auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  EXPECT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 5s));
}

// It answered, and went away: to say that there should be one is no help.
TEST(PeerConnection, ALostRelayIsTheReasonThatNothingConnects) {
  PeerPair pair;
  pair.network.filter = [](auto&) { return false; };
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.negotiate());
  const Endpoint relayed = *Endpoint::parse("198.51.100.7:49152");
  const Endpoint other = *Endpoint::parse("198.51.100.7:49153");
  const Endpoint base = *Endpoint::parse("192.0.2.1:5001");
  pair.a.connection.note_server(pair.now(), {.url = "turn:one", .is_turn = true});
  for (const Endpoint& relay : {relayed, other})
    pair.a.connection.add_relayed_endpoint(pair.now(), relay, base, "turn:one");
  for (const Endpoint& relay : {relayed, other}) {
    pair.network.run_for(1s);
    pair.a.connection.remove_local_endpoint(pair.now(), relay);
  }
  pair.network.run_for(130s);
  ASSERT_FALSE(pair.a.all<ConnectionStateChange>().empty());
  EXPECT_EQ(pair.a.all<ConnectionStateChange>().back()->state, ConnectionState::Failed);
  EXPECT_THAT(pair.a.all<ConnectionStateChange>().back()->reason,
              HasSubstr("the relay of the TURN server was lost"));
}

// docs/failures.md row 34, the seed of many advisories.
TEST(PeerConnection, AWrongFingerprintFailsTheConnectionAndSaysWhy) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  auto forged = offer;
  const std::size_t at = forged.sdp.find("sha-256 ") + 8;
  forged.sdp[at] = forged.sdp[at] == '0' ? '1' : '0';
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), forged));
  const auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  pair.network.settle();
  pair.trickle();
  pair.network.run_for(10s);
  EXPECT_EQ(pair.b.connection.connection_state(), ConnectionState::Failed);
  ASSERT_FALSE(pair.b.all<ConnectionStateChange>().empty());
  EXPECT_THAT(pair.b.all<ConnectionStateChange>().back()->reason, HasSubstr("fingerprint"));
  EXPECT_FALSE(pair.a.has<DataChannelOpen>());
  EXPECT_FALSE(pair.b.has<IncomingDataChannel>());
}

TEST(PeerConnection, CloseIsToldToThePeerAndIsTheLastWord) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));
  pair.a.connection.close(pair.now());
  pair.a.connection.close(pair.now());
  pair.network.run_for(1s);
  ASSERT_TRUE(std::holds_alternative<Closed>(pair.a.events.back()));
  EXPECT_THAT(pair.a.all<Closed>(), SizeIs(1));
  EXPECT_THAT(pair.a.all<DataChannelClosed>(), SizeIs(1));
  EXPECT_EQ(pair.a.connection.signaling_state(), SignalingState::Closed);
  EXPECT_EQ(pair.a.connection.connection_state(), ConnectionState::Closed);
  EXPECT_EQ(pair.a.connection.next_timeout(), std::nullopt);
  // The peer learns of it at once, not after a timeout: tests/scenario/goodbye_test.cc.
  EXPECT_EQ(pair.b.connection.connection_state(), ConnectionState::Failed);
  EXPECT_THAT(pair.b.all<DataChannelClosed>(), SizeIs(1));
  EXPECT_EQ(pair.a.connection.create_offer().error().code, ErrorCode::InvalidState);
}

// No socket, or the last one lost: at any step it is Failed, once, and says what the driver said.
TEST(PeerConnection, ANetworkFailureIsTheReasonItFails) {
  for (int steps = 0; steps < 60; ++steps) {
    PeerPair pair({.latency = 1ms});
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    if (steps > 0) {
      ASSERT_TRUE(pair.negotiate());
      pair.network.run_for(steps * 500us);
    }
    pair.a.connection.handle_network_failure(pair.now(), "no socket");
    pair.a.connection.handle_network_failure(pair.now(), "no socket");
    pair.network.run_for(100ms);
    const auto changes = pair.a.all<ConnectionStateChange>();
    ASSERT_FALSE(changes.empty()) << steps;
    EXPECT_EQ(changes.back()->state, ConnectionState::Failed) << steps;
    EXPECT_EQ(changes.back()->reason, "no socket") << steps;
    EXPECT_EQ(std::ranges::count(states(pair.a), ConnectionState::Failed), 1) << steps;
    EXPECT_EQ(pair.a.connection.ice_connection_state(), IceConnectionState::Failed) << steps;
    EXPECT_THAT(pair.a.all<DataChannelError>(), SizeIs(1)) << steps;
    EXPECT_THAT(pair.a.all<DataChannelClosed>(), SizeIs(1)) << steps;
    if (steps == 0) {  // a description that comes later changes nothing
      (void)pair.negotiate();
      pair.network.run_for(1s);
      EXPECT_EQ(pair.a.connection.connection_state(), ConnectionState::Failed);
    }
    pair.a.connection.close(pair.now());
    pair.network.run_for(100ms);
    EXPECT_TRUE(std::holds_alternative<Closed>(pair.a.events.back())) << steps;
  }
}

TEST(PeerConnection, MayBeClosedInEveryState) {
  for (int steps = 0; steps < 60; ++steps) {
    PeerPair pair({.latency = 1ms});
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    if (steps > 0) {
      ASSERT_TRUE(pair.negotiate());
      pair.network.run_for(steps * 500us);
    }
    pair.a.connection.close(pair.now());
    pair.network.run_for(100ms);
    EXPECT_TRUE(std::holds_alternative<Closed>(pair.a.events.back())) << steps;
    pair.b.connection.close(pair.now());
    pair.network.run_for(1s);
    EXPECT_TRUE(std::holds_alternative<Closed>(pair.b.events.back())) << steps;
  }
}

// RFC 8842 §5.3: each side may be the DTLS client; RFC 8832 §6: the ids follow.
TEST(PeerConnection, BothDtlsRolesWork) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  offer.sdp.replace(offer.sdp.find("setup:actpass"), 13, "setup:active");
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  const auto answer = pair.b.connection.create_answer().value();
  EXPECT_THAT(answer.sdp, HasSubstr("a=setup:passive"));
  ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  pair.network.settle();
  pair.trickle();
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));
  EXPECT_EQ(pair.a.connection.data_channel_stream(channel), 0);
  EXPECT_EQ(pair.a.connection.stats().transport.dtls_role, DtlsRole::Client);
}

TEST(PeerConnection, ChannelsMadeAfterConnectingOpenWithoutNegotiation) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "first");
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  (void)pair.b.connection.create_data_channel(pair.now(), "second");
  pair.network.run_for(1s);
  EXPECT_FALSE(pair.b.has<NegotiationNeeded>());
  EXPECT_TRUE(pair.a.has<IncomingDataChannel>());
  EXPECT_TRUE(pair.b.has<DataChannelOpen>());
}

TEST(PeerConnection, ARejectedOfferClosesItsChannels) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  auto answer = pair.b.connection.create_answer().value();
  answer.sdp.replace(answer.sdp.find("m=application 9"), 15, "m=application 0");
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  pair.network.run_for(1s);
  EXPECT_TRUE(pair.a.has<DataChannelError>());
  EXPECT_TRUE(pair.a.has<DataChannelClosed>());
}

// docs/failures.md row 8: the peer's first flight may be ahead of the check that proves its path.
TEST(PeerConnection, StrangersTakeNoPlaceFromThePeersEarlyFlight) {
  const auto time_to_connect = [](bool is_disturbed) {
    ConnectionOptions configuration;
    configuration.transport.sped = false;
    PeerPair pair({.latency = 20ms}, configuration);
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    const Timestamp start = pair.now();
    // a proves no path for a while: b's flight is early.
    pair.network.filter = [&](testing::Flight& flight) {
      const bool is_request = flight.bytes[0] == 0 && flight.bytes[1] == 1;
      return !is_request || flight.from.port != 5001 || pair.now() - start > 150ms;
    };
    EXPECT_TRUE(pair.negotiate());
    for (std::uint16_t port = 1; is_disturbed && port <= 20; ++port) {
      Buffer hello(100);
      hello[0] = 22;
      pair.network.inject({IpAddress::v4({203, 0, 113, 66}), port},
                          *Endpoint::parse("192.0.2.1:5001"), hello);
    }
    EXPECT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 10s));
    return pair.now() - start;
  };
  EXPECT_EQ(time_to_connect(true), time_to_connect(false));
}

// architecture.md §3: an owner that takes nothing slows its peer down, and nothing is lost.
TEST(PeerConnection, AnOwnerThatStopsPollingClosesThePeersWindow) {
  ConnectionOptions small;
  small.data.receive_buffer_bytes = 64 * 1024;
  small.data.max_message_bytes = 64 * 1024;
  PeerPair pair({.latency = 1ms}, small);
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));
  pair.network.run_for(100ms);

  pair.b.is_paused = true;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Binary,
                                       bytes(10'000, static_cast<std::uint64_t>(i))));
  }
  pair.network.run_for(20s);
  EXPECT_GT(pair.a.connection.buffered_amount(channel), 800'000u);
  pair.b.is_paused = false;
  pair.network.run_for(20s);
  const auto messages = pair.b.all<Message>();
  ASSERT_THAT(messages, SizeIs(100));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(messages[i]->data, bytes(10'000, i));
}

// RFC 8841 §6.1: what is announced is what is taken, and nothing larger than the buffer ever is.
TEST(PeerConnection, AnnouncesNoMessageLargerThanItsReceiveBuffer) {
  ConnectionOptions small;
  small.data.receive_buffer_bytes = 10'000;
  PeerPair pair({.latency = 1ms}, small);
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));
  EXPECT_EQ(pair.a.connection.max_message_size(), 10'000u);
  EXPECT_FALSE(pair.a.connection.send(pair.now(), channel, MessageKind::Binary, bytes(10'001, 1)));
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Binary, bytes(10'000, 1)));
  pair.network.run_for(1s);
  EXPECT_THAT(pair.b.all<Message>(), SizeIs(1));
}

TEST(PeerConnection, CountsWhatItDoes) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  (void)pair.b.connection.create_data_channel(pair.now(), "other");
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);  // both channels are open
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Text, as_bytes("hello")));
  pair.network.run_for(1s);

  const Stats stats = pair.a.connection.stats();
  EXPECT_EQ(stats.data_channels_requested, 1u);
  EXPECT_EQ(stats.data_channels_opened, 2u);
  EXPECT_EQ(stats.data_channels_accepted, 1u);
  EXPECT_EQ(stats.data_channels_closed, 0u);
  EXPECT_EQ(stats.transport.dtls_state, DtlsTransportState::Connected);
  EXPECT_EQ(stats.transport.tls_version, "DTLS 1.3");
  EXPECT_EQ(stats.transport.dtls_cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(stats.transport.tls_group, "x25519");
  EXPECT_EQ(stats.transport.dtls_role, DtlsRole::Server);
  EXPECT_EQ(stats.transport.ice_role, IceRole::Controlling);
  EXPECT_GT(stats.transport.packets_sent, 5u);
  EXPECT_GT(stats.sctp.bytes_sent, 0u);
  EXPECT_LT(stats.sctp.bytes_sent, stats.transport.bytes_sent);
  EXPECT_GT(stats.sctp.bytes_received, 0u);
  ASSERT_TRUE(stats.transport.last_packet_sent && stats.transport.last_packet_received);
  EXPECT_LE(*stats.transport.last_packet_sent, pair.now());
  const auto selected = std::ranges::find_if(stats.candidate_pairs, &CandidatePairStats::selected);
  ASSERT_NE(selected, stats.candidate_pairs.end());
  ASSERT_TRUE(selected->first_request && selected->last_request && selected->consent_expires);
  EXPECT_LT(*selected->first_request, pair.now());
  EXPECT_GE(*selected->last_request, *selected->first_request);
  // RFC 7675 §5.1: 30 s after the last answer.
  EXPECT_GT(*selected->consent_expires, pair.now());
  EXPECT_LE(*selected->consent_expires, pair.now() + 30s);
  EXPECT_EQ(stats.transport.remote_fingerprint,
            pair.b.connection.stats().transport.local_fingerprint);
  ASSERT_THAT(stats.data_channels, SizeIs(2));
  EXPECT_EQ(stats.data_channels[0].messages_sent, 1u);
  EXPECT_EQ(stats.data_channels[0].bytes_sent, 5u);
  const bool has_selected = std::ranges::any_of(
      stats.candidate_pairs, [](const CandidatePairStats& p) { return p.selected && p.nominated; });
  EXPECT_TRUE(has_selected);
}

// docs/failures.md rows 6, 8, 32: nothing is ever sent to an address that no check proved, and DTLS
// from it changes nothing.
TEST(PeerConnection, AStrangersDatagramsAreNotAnswered) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const Endpoint stranger = *Endpoint::parse("203.0.113.9:9");
  bool is_stranger_sent_to = false;
  pair.network.filter = [&](testing::Flight& flight) {
    is_stranger_sent_to |= flight.to == stranger;
    return true;
  };
  ASSERT_TRUE(pair.negotiate());
  simulation::SeededRandom random(5);
  for (int i = 0; i < 200; ++i) {
    Buffer junk = bytes(1 + random.below(300), random.u64());
    junk[0] = static_cast<std::uint8_t>(20 + random.below(44));  // all that DTLS may begin with
    for (const char* to : {"192.0.2.1:5001", "192.0.2.2:5002"}) {
      pair.network.inject(stranger, *Endpoint::parse(to), junk);
    }
    pair.network.run_for(1ms);
  }
  EXPECT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));
  EXPECT_FALSE(is_stranger_sent_to);
}

}  // namespace
}  // namespace specter::core
