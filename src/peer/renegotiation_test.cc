// Two whole peers that negotiate more than once: data rejected and wanted again, rollbacks, refused
// descriptions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jsep/testing/foreign_sdp.h"
#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::core {
namespace {

using jsep::with;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PeerHost;
using testing::PeerPair;
using ::testing::SizeIs;
using namespace std::chrono_literals;

SessionDescription changed(SessionDescription description, std::string_view what,
                           std::string_view instead) {
  description.sdp = with(std::move(description.sdp), what, instead);
  return description;
}

// b's answer to a's offer, each changed on its way.
struct Changes {
  std::string_view offered{}, offered_instead{};
  std::string_view answered{}, answered_instead{};
};
::testing::AssertionResult negotiate(PeerPair& pair, PeerHost& a, PeerHost& b, Changes c = {}) {
  const auto step = [](const auto& result) {
    return result ? ::testing::AssertionSuccess()
                  : ::testing::AssertionFailure() << result.error().message;
  };
  const auto offer = a.connection.create_offer();
  if (!offer) return step(offer);
  if (auto set = a.connection.set_local_description(pair.now(), *offer); !set) return step(set);
  const auto offered = changed(*offer, c.offered, c.offered_instead);
  if (auto set = b.connection.set_remote_description(pair.now(), offered); !set) return step(set);
  const auto answer = b.connection.create_answer();
  if (!answer) return step(answer);
  if (auto set = b.connection.set_local_description(pair.now(), *answer); !set) return step(set);
  const auto answered = changed(*answer, c.answered, c.answered_instead);
  const auto set = a.connection.set_remote_description(pair.now(), answered);
  pair.network.settle();
  pair.trickle();
  return step(set);
}

bool is_open(const PeerHost& host, ChannelId channel) {
  return host.connection.data_channel_state(channel) == DataChannelState::Open;
}

struct Connected {
  Connected() {
    channel = pair.a.connection.create_data_channel(pair.now(), "first").value();
    EXPECT_TRUE(pair.connect());
    EXPECT_TRUE(pair.network.run_until([&] { return is_open(pair.a, channel); }, 5s));
    pair.network.run_for(1s);
  }
  // A message each way over a channel of a's.
  void expect_data(ChannelId ours) {
    const std::size_t before = pair.b.all<Message>().size();
    ASSERT_TRUE(pair.a.connection.send(pair.now(), ours, MessageKind::Text, as_bytes("there")));
    pair.network.run_for(1s);
    ASSERT_THAT(pair.b.all<Message>(), SizeIs(before + 1));
    const ChannelId theirs = pair.b.all<IncomingDataChannel>().back()->channel;
    const std::size_t back = pair.a.all<Message>().size();
    ASSERT_TRUE(pair.b.connection.send(pair.now(), theirs, MessageKind::Text, as_bytes("back")));
    pair.network.run_for(1s);
    ASSERT_THAT(pair.a.all<Message>(), SizeIs(back + 1));
  }

  PeerPair pair;
  ChannelId channel{};
};

// W3C §4.4.1.5, §6.1: a rejection ends the channels that waited for it, and nothing else.
TEST(Renegotiation, DataThatWereRejectedOnceCanBeAskedForAgain) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "first");
  pair.network.settle();
  ASSERT_TRUE(negotiate(pair, pair.a, pair.b,
                        {.answered = "m=application 9", .answered_instead = "m=application 0"}));
  EXPECT_THAT(pair.a.all<DataChannelError>(), SizeIs(1));
  EXPECT_THAT(pair.a.all<DataChannelClosed>(), SizeIs(1));
  EXPECT_THAT(pair.a.all<NegotiationNeeded>(), SizeIs(1));
  EXPECT_TRUE(pair.a.connection.create_data_channel(pair.now(), "again"));
  pair.network.settle();
  EXPECT_THAT(pair.a.all<NegotiationNeeded>(), SizeIs(2));
}

// A peer that is new answers the second offer.
TEST(Renegotiation, AnotherOfferAfterARejectionOpensItsChannels) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "first");
  pair.network.settle();
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  ASSERT_TRUE(pair.a.connection.set_remote_description(
      pair.now(), {SdpType::Answer, jsep::head() + jsep::data_section("0", "", 0)}));
  pair.network.settle();
  pair.a.candidates.clear();  // those went to the one that is not there

  const auto again = pair.a.connection.create_data_channel(pair.now(), "again");
  ASSERT_TRUE(again) << again.error().message;
  pair.network.settle();
  EXPECT_THAT(pair.a.all<NegotiationNeeded>(), SizeIs(2));
  ASSERT_TRUE(negotiate(pair, pair.a, pair.b));
  ASSERT_TRUE(pair.network.run_until([&] { return is_open(pair.a, *again); }, 5s));
}

// RFC 8841 §9.3: port 0 ends the association, whoever offers it; DTLS stays, and carries the next.
TEST(Renegotiation, APeersOfferWithoutDataEndsTheChannelsAndALaterOneBringsOthers) {
  for (int round = 0; round < 2; ++round) {
    Connected peers;
    PeerPair& pair = peers.pair;
    PeerHost& from = round == 0 ? pair.a : pair.b;
    PeerHost& to = round == 0 ? pair.b : pair.a;
    ASSERT_TRUE(negotiate(pair, from, to,
                          {.offered = "m=application 9", .offered_instead = "m=application 0"}));
    pair.network.run_for(1s);
    for (const PeerHost* host : {&pair.a, &pair.b}) {
      EXPECT_THAT(host->all<DataChannelError>(), SizeIs(1));
      EXPECT_THAT(host->all<DataChannelClosed>(), SizeIs(1));
      EXPECT_EQ(host->connection.connection_state(), ConnectionState::Connected);
    }
    const auto again = pair.a.connection.create_data_channel(pair.now(), "again");
    ASSERT_TRUE(again) << again.error().message;
    // RFC 9429 §5.11: no section was left, so this is another transport.
    ASSERT_TRUE(negotiate(pair, pair.a, pair.b));
    pair.trickle();
    ASSERT_TRUE(pair.network.run_until([&] { return is_open(pair.a, *again); }, 5s));
    peers.expect_data(*again);
    EXPECT_THAT(pair.b.all<IncomingDataChannel>(), SizeIs(2));
  }
}

// W3C §6.1: another a=sctp-port is another association.
TEST(Renegotiation, AnotherSctpPortEndsTheChannels) {
  Connected peers;
  PeerPair& pair = peers.pair;
  const auto at_b = pair.b.all<IncomingDataChannel>().back()->channel;
  ASSERT_TRUE(negotiate(pair, pair.a, pair.b,
                        {.offered = "a=sctp-port:5000", .offered_instead = "a=sctp-port:5001"}));
  EXPECT_EQ(pair.b.connection.data_channel_state(at_b), std::nullopt);
  EXPECT_THAT(pair.b.all<DataChannelError>(), SizeIs(1));
  EXPECT_TRUE(pair.b.connection.create_data_channel(pair.now(), "of the next"));
}

// An association that nobody ended goes on through any number of descriptions.
TEST(Renegotiation, PlainOnesChangeNothing) {
  Connected peers;
  for (int round = 0; round < 4; ++round) {
    PeerHost& from = round % 2 ? peers.pair.b : peers.pair.a;
    PeerHost& to = round % 2 ? peers.pair.a : peers.pair.b;
    ASSERT_TRUE(negotiate(peers.pair, from, to));
    peers.expect_data(peers.channel);
  }
}

// What was received before the end is told before it.
TEST(Renegotiation, MessagesThatCameBeforeTheEndAreTold) {
  Connected peers;
  PeerPair& pair = peers.pair;
  pair.b.connection.set_receiving(false);
  ASSERT_TRUE(
      pair.a.connection.send(pair.now(), peers.channel, MessageKind::Text, as_bytes("last")));
  pair.network.run_for(1s);
  ASSERT_TRUE(negotiate(pair, pair.a, pair.b,
                        {.offered = "m=application 9", .offered_instead = "m=application 0"}));
  EXPECT_FALSE(pair.b.has<Message>());
  pair.b.connection.set_receiving(true);
  pair.network.run_for(1s);
  ASSERT_THAT(pair.b.all<Message>(), SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<DataChannelClosed>(pair.b.events.back()));
}

// ---- rollback

std::vector<IceGatheringState> gathering(const PeerHost& host) {
  std::vector<IceGatheringState> out;
  for (const auto* e : host.all<IceGatheringStateChange>()) out.push_back(e->state);
  return out;
}

std::vector<std::string> told(const PeerHost& host) {
  std::vector<std::string> out;
  for (const auto* e : host.all<LocalCandidate>()) {
    out.push_back(*e->candidate.sdp_mid + " " +
                  e->candidate.candidate.substr(0, e->candidate.candidate.find(' ')));
  }
  return out;
}

using enum IceGatheringState;

// The state goes back to `new`, and the next offer's candidates are told.
TEST(Rollback, CandidatesAreToldAnewWithTheNextOffer) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  pair.network.settle();
  EXPECT_THAT(told(pair.a), ElementsAre("0 candidate:1", "0 "));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), {SdpType::Rollback, ""}));
  pair.network.settle();
  EXPECT_THAT(gathering(pair.a), ElementsAre(Gathering, Complete, New));
  EXPECT_EQ(pair.a.connection.ice_gathering_state(), New);
  pair.a.candidates.clear();  // the peer dropped them: it had no description

  ASSERT_TRUE(negotiate(pair, pair.a, pair.b));
  EXPECT_THAT(gathering(pair.a), ElementsAre(Gathering, Complete, New, Gathering, Complete));
  EXPECT_THAT(told(pair.a), ElementsAre("0 candidate:1", "0 ", "0 candidate:1", "0 "));
  EXPECT_THAT(pair.a.all<GatherCandidates>(), SizeIs(1));  // the sockets are there
  EXPECT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 5s));
}

// Nobody polled meanwhile: nothing is told twice.
TEST(Rollback, BeforeAnythingWasToldItIsToldOnce) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  for (int i = 0; i < 3; ++i) {
    const auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    if (i == 2) break;
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), {SdpType::Rollback, ""}));
  }
  pair.network.settle();
  EXPECT_THAT(told(pair.a), ElementsAre("0 candidate:1", "0 "));
  EXPECT_THAT(gathering(pair.a), ElementsAre(Gathering, New, Gathering, Complete));
}

// b, impolite, has dropped a's candidates with a's offer. The answer's are told,
// for the section that it has.
TEST(Rollback, ByGlareTooAndForTheNewSection) {
  for (const bool hides_addresses : {false, true}) {
    PeerPair pair;
    (void)pair.a.connection.create_data_channel(pair.now(), "of a");
    (void)pair.b.connection.create_data_channel(pair.now(), "of b");
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                        pair.a.connection.create_offer().value()));
    auto offer = pair.b.connection.create_offer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), offer));
    pair.network.settle();
    pair.a.candidates.clear();
    if (hides_addresses) pair.b.candidates.clear();

    offer = changed(changed(offer, "BUNDLE 0", "BUNDLE data"), "a=mid:0", "a=mid:data");
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), offer));
    auto answer = pair.a.connection.create_answer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), answer));
    answer = changed(changed(answer, "BUNDLE data", "BUNDLE 0"), "a=mid:data", "a=mid:0");
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), answer));
    pair.network.settle();
    EXPECT_THAT(told(pair.a), ElementsAre("0 candidate:1", "0 ", "data candidate:1", "data "));
    EXPECT_THAT(gathering(pair.a), ElementsAre(Gathering, Complete, New, Gathering, Complete));
    for (IceCandidate& candidate : pair.a.candidates) candidate.sdp_mid = "0";
    for (IceCandidate& candidate : pair.b.candidates) candidate.sdp_mid = "data";
    pair.trickle();
    EXPECT_TRUE(pair.network.run_until([&] { return pair.both_connected(); }, 5s));
  }
}

// What is in force has its candidates already: a rollback on top of it drops none.
TEST(Rollback, OfALaterOfferDropsNothing) {
  Connected peers;
  PeerPair& pair = peers.pair;
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(),
                                                      pair.a.connection.create_offer().value()));
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), {SdpType::Rollback, ""}));
  pair.network.settle();
  EXPECT_THAT(gathering(pair.a), ElementsAre(Gathering, Complete));
  EXPECT_THAT(told(pair.a), SizeIs(2));
  EXPECT_EQ(pair.a.connection.ice_gathering_state(), Complete);
  EXPECT_THAT(pair.a.connection.local_description()->sdp, HasSubstr("a=candidate"));
  peers.expect_data(peers.channel);
}

// ---- refused descriptions

// Everything that can be asked of a connection about its negotiation.
auto state_of(const PeerConnection& c) {
  return std::tuple(c.signaling_state(), c.connection_state(), c.ice_connection_state(),
                    c.ice_gathering_state(), c.local_description(), c.current_local_description(),
                    c.pending_local_description(), c.remote_description(),
                    c.current_remote_description(), c.pending_remote_description(),
                    c.max_message_size());
}

TEST(RefusedDescriptions, ChangeNothingAndDataFlowOn) {
  Connected peers;
  PeerPair& pair = peers.pair;
  const std::string offer = pair.a.connection.create_offer()->sdp;
  const std::string data = offer.substr(offer.find("m="));
  const auto line = [&](std::string_view start) {
    const std::size_t at = offer.find(start);
    return offer.substr(at, offer.find("\r\n", at) - at);
  };
  const std::vector<std::string> refused = {
      "",
      "derp",
      offer + std::string(1, '\0'),
      with(offer, line("a=ice-ufrag"), "a=ice-ufrag:another1"),
      with(offer, line("a=ice-pwd"), "a=ice-pwd:0123456789abcdefghijkl"),
      with(offer, line("a=ice-pwd"), "a=ice-pwd:short"),
      with(offer, line("a=ice-ufrag"), "a=ice-ufrag:dollar$"),
      with(offer, line("a=fingerprint"), "a=fingerprint:" + jsep::kForeignFingerprint),
      with(offer, line("a=fingerprint"), "a=fingerprint:sha-1 00"),
      with(offer, line("a=tls-id"), "a=tls-id:00000000000000000000"),
      with(offer, line("a=setup"), "a=setup:holdconn"),
      with(offer, line("a=setup"), "a=setup:both"),
      with(offer, line("a=sctp-port"), "a=sctp-port:70000"),
      with(offer, line("a=max-message-size"), "a=max-message-size:all"),
      with(offer, line("a=sctp-init"), "a=sctp-init:AAAA"),
      with(offer, line("a=mid"), "a=mid:"),
      offer + "a=candidate:1 1 udp x 192.0.2.1 1 typ host\r\n",
      offer + data,
      std::string(2 << 20, 'a'),
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto before = state_of(pair.b.connection);
    const std::size_t events = pair.b.events.size();
    ASSERT_FALSE(pair.b.connection.set_remote_description(pair.now(), {SdpType::Offer, refused[i]}))
        << i;
    pair.network.settle();
    EXPECT_TRUE(state_of(pair.b.connection) == before) << i;
    EXPECT_EQ(pair.b.events.size(), events) << i;
    peers.expect_data(peers.channel);
  }
  EXPECT_TRUE(negotiate(pair, pair.a, pair.b));
  peers.expect_data(peers.channel);
}

// The same for answers, and for those that come while an offer of ours waits.
TEST(RefusedDescriptions, AnAnswerThatIsRefusedMayComeAgain) {
  Connected peers;
  PeerPair& pair = peers.pair;
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  const auto answer = pair.b.connection.create_answer().value();
  const std::string data = answer.sdp.substr(answer.sdp.find("m="));
  const std::vector<std::string> refused = {
      "v=0",
      answer.sdp.substr(0, answer.sdp.find("m=")),
      answer.sdp + data,
      with(answer.sdp, "a=ice-ufrag:", "a=ice-ufrag:x"),
      with(answer.sdp, "a=setup:active", "a=setup:actpass"),
      with(answer.sdp, "m=application", "m=audio"),
      with(answer.sdp, "a=mid:0", "a=mid:1"),
      with(answer.sdp, "a=tls-id:", "a=tls-id:0"),
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto before = state_of(pair.a.connection);
    ASSERT_FALSE(
        pair.a.connection.set_remote_description(pair.now(), {SdpType::Answer, refused[i]}))
        << i;
    pair.network.settle();
    EXPECT_TRUE(state_of(pair.a.connection) == before) << i;
    peers.expect_data(peers.channel);
  }
  EXPECT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  peers.expect_data(peers.channel);
}

}  // namespace
}  // namespace specter::core
