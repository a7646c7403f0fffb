// DTLS in Binding messages: what an agent sends and takes, and what it is good for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/embedding_agents.h"
#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum EmbeddingState;

Buffer datagram(std::uint8_t name, std::size_t size = 600) {
  Buffer bytes(size, name);
  bytes[0] = 22;
  return bytes;
}

std::uint32_t sum(const Buffer& bytes) { return stun::crc32(bytes); }

// An agent that embeds, and its peer by hand, who is known to embed too.
struct OneEmbedding : OneAgent {
  explicit OneEmbedding(Role role = Role::Controlled, Agent::Config config = {})
      : OneAgent(role, embedding(std::move(config))) {}
  static Agent::Config embedding(Agent::Config config) {
    config.embedding = true;
    return config;
  }
  void learn_all() {
    agent->set_remote_embedding(true);
    learn_credentials();
    learn_candidate();
  }

  struct Carried {
    std::optional<Buffer> data = std::nullopt;
    std::optional<std::vector<std::uint32_t>> acks = std::nullopt;
    bool behind_the_integrity = false;
    std::optional<std::string> password = std::nullopt;
    bool controlled = false;
  };
  void add(stun::MessageWriter& writer, const Carried& carried) {
    if (carried.acks) writer.add(stun::DtlsInStunAck{*carried.acks});
    if (carried.data) writer.add(stun::DtlsInStunData{*carried.data});
  }
  Buffer request(const Carried& carried) {
    stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                               stun::TransactionId::generate(peer_random));
    const Credentials& ours = agent->local_credentials();
    writer.add(stun::Username{ours.ufrag + ":" + peer.ufrag});
    writer.add(stun::Priority{0x6e00ffff});
    if (carried.controlled)
      writer.add(stun::IceControlled{~std::uint64_t{0}});
    else
      writer.add(stun::IceControlling{1});
    if (!carried.behind_the_integrity) add(writer, carried);
    writer.integrity(stun::short_term_key(carried.password.value_or(ours.pwd)));
    if (carried.behind_the_integrity) add(writer, carried);
    return writer.fingerprint().finish();
  }
  Buffer success(const Transmit& to, const Carried& carried) {
    stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                               stun::Message::parse(to.bytes)->id);
    writer.add(stun::XorMappedAddress{to.path.local});
    add(writer, carried);
    writer.integrity(stun::short_term_key(carried.password.value_or(peer.pwd))).fingerprint();
    return writer.finish();
  }
  std::vector<DtlsReceived> came() { return all<DtlsReceived>(std::exchange(events, {})); }
};

// ---- one message

TEST(EmbeddedChecks, CarryTheFlightAndWhatCame) {
  OneEmbedding one;
  const std::vector<Buffer> flight{datagram('a'), datagram('b')};
  one.agent->set_flight(1, flight);
  one.agent->note_dtls_received(datagram('x'));
  one.learn_all();
  const auto sent = one.sent();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(said(sent[0].bytes), (Said{flight[0], {sum(datagram('x'))}}));
  EXPECT_TRUE(stun::has_integrity(sent[0].bytes, stun::short_term_key(one.peer.pwd)));
  one.pass(5ms);
  const auto next = one.sent();
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(said(next[0].bytes)->data, flight[1]);
  EXPECT_EQ(one.agent->counters().embedded_sent, 2u);
}

// What the request's datagram led to goes with its response: nothing waits for a turn.
TEST(EmbeddedChecks, AResponseIsWrittenWhenItIsPolled) {
  OneEmbedding one;
  one.learn_all();
  one.sent();
  one.receive(one.request({.data = datagram('q')}));
  const auto event = one.agent->poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<DtlsReceived>(*event).bytes, datagram('q'));
  EXPECT_EQ(std::get<DtlsReceived>(*event).path, (Path{one.base, kPeer}));
  one.agent->set_flight(1, std::vector<Buffer>{datagram('r')});
  const auto sent = one.sent();
  ASSERT_THAT(sent, SizeIs(2));  // and the triggered check
  EXPECT_EQ(stun::Message::parse(sent[0].bytes)->cls, stun::Class::SuccessResponse);
  EXPECT_EQ(said(sent[0].bytes), (Said{datagram('r'), {sum(datagram('q'))}}));
  EXPECT_EQ(said(sent[1].bytes), (Said{datagram('r'), {sum(datagram('q'))}}));
}

TEST(EmbeddedChecks, AResponseOfThePeersMayCarryToo) {
  OneEmbedding one;
  one.learn_all();
  const auto sent = one.sent();
  one.receive(one.success(sent.at(0), {.data = datagram('q'), .acks = {{}}}));
  one.sent();
  const auto order = std::exchange(one.events, {});
  // First what DTLS is to know, then that there is a path for its answer.
  const auto at = [&](auto test) { return std::ranges::find_if(order, test) - order.begin(); };
  EXPECT_LT(at([](const auto& e) { return std::holds_alternative<DtlsReceived>(e); }),
            at([](const auto& e) { return std::holds_alternative<PathUsable>(e); }));
  EXPECT_EQ(one.agent->embedding_state(), Confirmed);
}

// RFC 8489 §6.2.1: a request is repeated as it was.
TEST(EmbeddedChecks, ARepeatedRequestCarriesWhatItCarried) {
  OneEmbedding one;
  one.learn_all();
  const auto first = one.sent();
  one.agent->note_dtls_received(datagram('x'));
  one.pass(100ms);
  const auto second = one.sent();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].bytes, first.at(0).bytes);
}

TEST(EmbeddedChecks, SayThatTheyKnowOfItEvenWithNothingToCarry) {
  OneEmbedding one;
  one.learn_all();
  const Buffer sent = one.sent().at(0).bytes;
  EXPECT_EQ(said(sent), Said{});
  const auto message = stun::Message::parse(sent);
  EXPECT_TRUE(message->has(stun::AttributeType::DtlsInStunAck));
  EXPECT_FALSE(message->has(stun::AttributeType::DtlsInStunData)) << "it is never empty";
}

// ---- whom to believe

// docs/failures.md rows 2, 3 and 5
TEST(EmbeddedChecks, WithoutIntegrityBringNothing) {
  OneEmbedding one;
  one.agent->set_flight(1, std::vector<Buffer>{datagram('a')});
  one.learn_all();
  const auto sent = one.sent();
  const std::vector<std::uint32_t> acks{sum(datagram('a'))};
  const std::string wrong = "wrong password wrong password";
  one.receive(one.request({.data = datagram('f'), .acks = acks, .password = wrong}));
  one.receive(one.success(sent.at(0), {.data = datagram('f'), .acks = acks, .password = wrong}));
  stun::MessageWriter bare(stun::Class::SuccessResponse, stun::Method::Binding,
                           stun::Message::parse(sent[0].bytes)->id);
  bare.add(stun::XorMappedAddress{one.base}).add(stun::DtlsInStunData{datagram('f')});
  one.receive(bare.fingerprint().finish());
  // A response to no request of ours
  const Transmit other{{one.base, kPeer}, one.request({}), 0};
  one.receive(one.success(other, {.data = datagram('f'), .acks = acks}));
  // The right response, from the wrong address
  one.receive(one.success(sent[0], {.data = datagram('f'), .acks = acks}), kStranger);
  one.sent();
  EXPECT_THAT(one.came(), IsEmpty());
  EXPECT_EQ(one.agent->embedding_state(), Tentative);
  EXPECT_EQ(one.agent->counters().embedded_received, 0u);
  EXPECT_FALSE(one.agent->path());
}

TEST(EmbeddedChecks, BehindTheIntegrityAreNotThere) {
  OneEmbedding one;
  one.learn_all();
  one.sent();
  one.receive(one.request({.data = datagram('f'), .behind_the_integrity = true}));
  one.sent();
  EXPECT_THAT(one.came(), IsEmpty());
  EXPECT_EQ(one.agent->embedding_state(), Off);  // as of a message with neither
}

TEST(EmbeddedChecks, HandOnDtlsOnlyAndDuplicatesToo) {
  OneEmbedding one;
  one.learn_all();
  one.sent();
  for (const Buffer& bytes :
       {Buffer{}, Buffer(30, 19), Buffer(30, 64), Buffer(30, 0), Buffer(30, 128)})
    one.receive(one.request({.data = bytes}));
  one.receive(one.request({.data = datagram('q')}));
  one.receive(one.request({.data = datagram('q')}));
  one.sent();
  EXPECT_THAT(one.came(), SizeIs(2));
  EXPECT_EQ(one.agent->counters().embedded_received, 2u);
}

TEST(EmbeddedChecks, ARequestThatIsRefusedForItsRoleIsHeardAllTheSame) {
  OneEmbedding one(Role::Controlled);
  one.learn_all();
  one.sent();
  one.receive(one.request({.data = datagram('q'), .controlled = true}));
  EXPECT_EQ(error_in(one.sent()), 487);
  EXPECT_THAT(one.came(), SizeIs(1));
}

TEST(EmbeddedChecks, AMalformedAcknowledgementAcknowledgesNothingButIsThere) {
  OneEmbedding one;
  one.agent->set_flight(1, std::vector<Buffer>{datagram('a')});
  one.learn_all();
  const auto sent = one.sent();
  stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                             stun::Message::parse(sent.at(0).bytes)->id);
  writer.add(stun::XorMappedAddress{one.base}).raw(AttributeType::DtlsInStunAck, Buffer(3));
  one.receive(writer.integrity(stun::short_term_key(one.peer.pwd)).fingerprint().finish());
  EXPECT_EQ(one.agent->embedding_state(), Confirmed);
}

// ---- limits

TEST(EmbeddedChecks, DatagramsThatNobodyFetchesAreBoundedAndNotAcknowledged) {
  OneEmbedding one;
  one.learn_all();
  one.sent();
  for (std::uint8_t i = 0; i < 20; ++i) one.receive(one.request({.data = datagram(i)}));
  EXPECT_EQ(one.agent->counters().embedded_received, 16u);
  EXPECT_GE(one.agent->counters().dropped_unexpected, 4u);
  const auto sent = one.sent();
  EXPECT_THAT(one.came(), SizeIs(16));
  EXPECT_EQ(said(sent.at(0).bytes)->acks.back(), sum(datagram(15)));
  one.receive(one.request({.data = datagram(99)}));  // there is room again
  one.sent();
  EXPECT_THAT(one.came(), SizeIs(1));
}

TEST(EmbeddedChecks, NoMessageIsLargerThanItMayBe) {
  for (const std::size_t limit : {1200, 900, 576}) {
    OneEmbedding one(Role::Controlling, {.max_message_bytes = limit});
    const std::size_t largest = [&] {
      one.learn_credentials();
      return one.agent->max_embedded_bytes();
    }();
    ASSERT_GT(largest, 300u);
    for (std::uint8_t i = 0; i < 6; ++i) one.agent->note_dtls_received(datagram(i));
    one.agent->set_flight(1, std::vector<Buffer>{datagram('a', largest)});
    one.agent->set_remote_embedding(true);
    one.learn_candidate();
    auto sent = one.sent();
    EXPECT_EQ(said(sent.at(0).bytes),
              (Said{datagram('a', largest),
                    {sum(datagram(2)), sum(datagram(3)), sum(datagram(4)), sum(datagram(5))}}));
    EXPECT_LE(sent[0].bytes.size(), limit);
    one.receive(one.success(sent[0], {.data = Buffer{}, .acks = {{}}}));
    sent = one.sent();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_TRUE(stun::Message::parse(sent[0].bytes)->has(AttributeType::UseCandidate));
    EXPECT_EQ(said(sent[0].bytes)->data.size(), largest);
    EXPECT_EQ(sent[0].bytes.size(), limit / 4 * 4);  // the largest there is
  }
}

// Two user fragments of 256 characters leave too little room for this datagram: it goes directly.
TEST(EmbeddedChecks, WithoutRoomAreOrdinaryOnes) {
  const std::string long_ufrag(256, 'u');
  EmbeddingAgents two({.latency = 100ms},
                      {.bytes = 900, .alice_ufrag = long_ufrag, .bob_ufrag = long_ufrag});
  std::size_t requests = 0;
  two.network.filter = [&](Flight& flight) {
    EXPECT_LE(flight.bytes.size(), 1200u);
    if (is_request(flight.bytes)) {
      ++requests;
      EXPECT_EQ(said(flight.bytes)->data, Buffer{});
    }
    return true;
  };
  two.start();
  EXPECT_LT(two.bob.agent.max_embedded_bytes(), 900u);
  ASSERT_TRUE(two.finish());
  EXPECT_LE(two.time(), 600ms);
  EXPECT_EQ(two.alice.agent.counters().extra_checks_sent, 0u);
}

// draft-hancke-webrtc-sped §9.2
TEST(EmbeddedChecks, CarryADatagramOnTheFourBestPairsAndSayTheRestOnAll) {
  OneEmbedding one(Role::Controlling);
  one.agent->set_flight(1, std::vector<Buffer>{datagram('a')});
  one.agent->set_remote_embedding(true);
  one.learn_credentials();
  for (std::uint16_t i = 0; i < 7; ++i) {
    Candidate candidate;
    candidate.foundation = std::to_string(i);
    candidate.priority = 1000u + i;
    candidate.endpoint = {kPeer.address, static_cast<std::uint16_t>(6000 + i)};
    ASSERT_TRUE(one.agent->add_remote_candidate(one.now, candidate));
  }
  std::map<std::uint16_t, std::size_t> largest;
  while (one.now < kStart + 600ms) {
    for (const Transmit& transmit : one.sent()) {
      const auto what = said(transmit.bytes);
      ASSERT_TRUE(what);
      auto& size = largest[transmit.path.remote.port];
      size = std::max(size, what->data.size());
    }
    one.pass(5ms);
  }
  EXPECT_THAT(largest, SizeIs(7));
  for (const auto& [port, size] : largest) EXPECT_EQ(size, port >= 6003 ? 600u : 0u) << port;
}

// The peer says nothing at all: twenty further checks within the second, and then as ever.
TEST(EmbeddedChecks, ExtraOnesComeEachTaAndEnd) {
  OneEmbedding one;
  one.agent->set_flight(1, std::vector<Buffer>{datagram('a')});
  one.learn_all();
  std::vector<Duration> times;
  while (one.now < kStart + 20s) {
    for (std::size_t n = one.sent().size(); n > 0; --n) times.push_back(one.now - kStart);
    const Deadline next = one.agent->next_timeout();
    if (!next) break;
    ASSERT_GT(*next, one.now);
    one.pass(*next - one.now);
  }
  ASSERT_GT(times.size(), 21u);
  for (std::size_t i = 0; i <= 20; ++i) EXPECT_EQ(times[i], i * 50ms);
  ASSERT_GT(times.size(), 27u);
  EXPECT_THAT((std::vector(times.begin() + 21, times.begin() + 27)),
              ElementsAre(1100ms, 1300ms, 1700ms, 2200ms, 2700ms, 3200ms));
  EXPECT_EQ(one.agent->counters().extra_checks_sent, 20u);
  EXPECT_EQ(one.agent->pair_stats()[0].state, CandidatePairState::Failed);
}

TEST(EmbeddedChecks, ExtraOnesEndWithTheAcknowledgement) {
  OneEmbedding one;
  one.agent->set_flight(1, std::vector<Buffer>{datagram('a')});
  one.learn_all();
  const auto sent = one.sent();
  one.pass(20ms);
  one.receive(one.success(sent.at(0), {.data = Buffer{}, .acks = {{sum(datagram('a'))}}}));
  std::size_t further = 0;
  for (int i = 0; i < 100; ++i) {
    one.pass(20ms);
    further += one.sent().size();
  }
  EXPECT_EQ(further, 0u);
}

// A peer that holds the password, and sends what it likes.
TEST(EmbeddedChecks, NonsenseWithIntegrityKeepsTheBounds) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    OneEmbedding one(seed % 2 == 0 ? Role::Controlled : Role::Controlling);
    SeededRandom random(seed);
    const auto some_bytes = [&](std::uint32_t most) {
      Buffer bytes(random.below(most));
      random.fill(bytes);
      return bytes;
    };
    one.learn_all();
    std::size_t sent = 0;
    for (int i = 0; i < 300; ++i) {
      OneEmbedding::Carried carried;
      if (random.chance(0.7)) carried.data = random.chance(0.5) ? datagram(1) : some_bytes(1100);
      if (random.chance(0.7)) {
        carried.acks.emplace(random.below(40));
        for (std::uint32_t& ack : *carried.acks) ack = random.u32();
      }
      // Neither is a peer without it, and ends this.
      if (!carried.data && !carried.acks) carried.data = Buffer{};
      one.receive(one.request(carried));
      if (random.chance(0.2)) {
        one.agent->set_flight(random.below(4),
                              std::vector<Buffer>(random.below(30), some_bytes(1500)));
      }
      if (i == 250) one.agent->handshake_done(random.chance(0.5));
      for (const Transmit& transmit : one.sent()) {
        EXPECT_LE(transmit.bytes.size(), 1200u);
        sent += 1;
      }
      const Deadline next = one.agent->next_timeout();
      ASSERT_TRUE(!next || *next > one.now);
      one.pass(10ms);
    }
    EXPECT_LE(sent, 300u + 20u + 60u + 10u);  // responses, the burst, twenty a second, consent
  }
}

}  // namespace
}  // namespace specter::ice
