// draft-hancke-tsvwg-snap in offers and answers: who says a=sctp-init when, and what it then means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "jsep/negotiation.h"
#include "sctp/association.h"
#include "simulation/random.h"
#include "testing/data.h"

namespace specter::jsep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

enum class Snap { Off, On };

struct Peer {
  explicit Peer(std::uint64_t seed, Snap snap = Snap::On)
      : random(seed),
        init(sctp::Association({}, random).local_init()),
        negotiation(
            {.credentials = {"ufrg" + std::to_string(seed), "0123456789abcdef01234567"},
             .fingerprint = "sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:"
                            "3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1",
             .sctp_init = snap == Snap::On ? init : Buffer{}},
            random) {}

  std::string line() const { return "a=sctp-init:" + to_base64(init) + "\r\n"; }
  SessionDescription offer() { return negotiation.create_offer({}).value(); }
  SessionDescription answer() { return negotiation.create_answer().value(); }

  simulation::SeededRandom random;
  Buffer init;
  Negotiation negotiation;
};

const Buffer kOther =
    sctp::Association({}, *std::make_unique<simulation::SeededRandom>(99)).local_init();

SessionDescription with(SessionDescription description, const std::string& line) {
  description.sdp += line;
  return description;
}
SessionDescription replaced(SessionDescription description, const std::string& from,
                            const std::string& to) {
  const std::size_t at = description.sdp.find(from);
  EXPECT_NE(at, std::string::npos);
  if (at != std::string::npos) description.sdp.replace(at, from.size(), to);
  return description;
}

struct Agreed {
  SessionDescription offer, answer;
  std::optional<Buffer> at_offerer, at_answerer;  // what each begins with
};

Agreed negotiate(Peer& from, Peer& to) {
  Agreed out;
  out.offer = from.offer();
  EXPECT_TRUE(from.negotiation.set_local(out.offer));
  EXPECT_TRUE(to.negotiation.set_remote(out.offer));
  out.answer = to.answer();
  out.at_answerer = to.negotiation.set_local(out.answer)->transport->sctp_init;
  out.at_offerer = from.negotiation.set_remote(out.answer)->transport->sctp_init;
  return out;
}

TEST(SnapNegotiation, IsUsedWhenBothSayIt) {
  for (const Snap at_a : {Snap::Off, Snap::On}) {
    for (const Snap at_b : {Snap::Off, Snap::On}) {
      Peer a(1, at_a), b(2, at_b);
      a.negotiation.want_data();
      const Agreed agreed = negotiate(a, b);
      const bool both = at_a == Snap::On && at_b == Snap::On;
      EXPECT_EQ(agreed.offer.sdp.ends_with(a.line()), at_a == Snap::On);
      EXPECT_EQ(agreed.answer.sdp.ends_with(b.line()), both);
      EXPECT_EQ(agreed.answer.sdp.find("sctp-init") != std::string::npos, both);
      EXPECT_EQ(agreed.at_offerer, both ? std::optional(b.init) : std::nullopt);
      EXPECT_EQ(agreed.at_answerer, both ? std::optional(a.init) : std::nullopt);
    }
  }
}

TEST(SnapNegotiation, AnswersChromium) {
  for (const Snap snap : {Snap::Off, Snap::On}) {
    Peer peer(1, snap);
    const std::string sdp = testing::browser_sdp("chromium156-warp-data-offer.sdp");
    ASSERT_TRUE(peer.negotiation.set_remote({SdpType::Offer, sdp}));
    const auto answer = peer.answer();
    EXPECT_EQ(answer.sdp.ends_with(peer.line()), snap == Snap::On);
    const auto init = peer.negotiation.set_local(answer)->transport->sctp_init;
    const std::string chromiums = "AQAAHs8OQ6YAUAAA/////9fjMWzAAAAEgAgABoLA";
    EXPECT_EQ(init, snap == Snap::On ? from_base64(chromiums) : std::nullopt);
  }
}

TEST(SnapNegotiation, IsNotSaidToAPeerThatDoesNot) {
  Peer peer(1);
  const std::string sdp = testing::browser_sdp("firefox153-data-offer.sdp");
  ASSERT_TRUE(peer.negotiation.set_remote({SdpType::Offer, sdp}));
  EXPECT_THAT(peer.answer().sdp, Not(HasSubstr("sctp-init")));
}

TEST(SnapNegotiation, LaterDescriptionsRepeatIt) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  negotiate(a, b);
  for (int i = 0; i < 2; ++i) {
    const Agreed again = negotiate(a, b);
    EXPECT_TRUE(again.offer.sdp.ends_with(a.line()));
    EXPECT_TRUE(again.answer.sdp.ends_with(b.line()));
    EXPECT_EQ(again.at_offerer, b.init);
    const Agreed back = negotiate(b, a);
    EXPECT_TRUE(back.offer.sdp.ends_with(b.line()));
    EXPECT_TRUE(back.answer.sdp.ends_with(a.line()));
    EXPECT_EQ(back.at_answerer, b.init);
  }
}

// Once the association has begun with a handshake there is nothing left to speed up.
TEST(SnapNegotiation, AnAssociationThatBeganWithoutStaysSo) {
  for (const Snap at_a : {Snap::Off, Snap::On}) {
    Peer a(1, at_a), b(2, at_a == Snap::On ? Snap::Off : Snap::On);
    a.negotiation.want_data();
    negotiate(a, b);
    for (Peer* peer : {&a, &b}) {
      Peer& other = peer == &a ? b : a;
      const auto offer = peer->offer();
      EXPECT_THAT(offer.sdp, Not(HasSubstr("sctp-init")));
      ASSERT_TRUE(peer->negotiation.set_local(offer));
      // Even when the peer comes with one now.
      ASSERT_TRUE(other.negotiation.set_remote(with(offer, peer->line())));
      const auto answer = other.answer();
      EXPECT_THAT(answer.sdp, Not(HasSubstr("sctp-init")));
      EXPECT_FALSE(other.negotiation.set_local(answer)->transport->sctp_init);
      const auto done = peer->negotiation.set_remote(with(answer, other.line()));
      ASSERT_TRUE(done);
      EXPECT_FALSE(done->transport->sctp_init) << "an answer that nobody asked for";
    }
  }
}

TEST(SnapNegotiation, AChangedValueOnALiveTransportIsAnError) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  negotiate(a, b);
  const std::string other = "a=sctp-init:" + to_base64(kOther) + "\r\n";

  const auto offer = a.offer();
  const auto refused = b.negotiation.set_remote(replaced(offer, a.line(), other));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidAccess);
  EXPECT_THAT(refused.error().message, HasSubstr("a=sctp-init: it has changed"));
  EXPECT_EQ(refused.error().sdp_line, std::ranges::count(offer.sdp, '\n'));
  EXPECT_EQ(b.negotiation.state(), SignalingState::Stable);

  // Without any, nothing changes, and that is remembered.
  ASSERT_TRUE(a.negotiation.set_local(offer));
  ASSERT_TRUE(b.negotiation.set_remote(replaced(offer, a.line(), "")));
  const auto answer = b.answer();
  EXPECT_THAT(answer.sdp, Not(HasSubstr("sctp-init"))) << "an answer has what the offer has";
  EXPECT_EQ(b.negotiation.set_local(answer)->transport->sctp_init, a.init);
  EXPECT_EQ(a.negotiation.set_remote(with(answer, other)).error().code, ErrorCode::InvalidAccess);
  EXPECT_EQ(a.negotiation.state(), SignalingState::HaveLocalOffer);
  EXPECT_EQ(a.negotiation.set_remote(answer)->transport->sctp_init, b.init);
  EXPECT_FALSE(b.negotiation.set_remote(replaced(a.offer(), a.line(), other)));
  EXPECT_EQ(negotiate(a, b).at_answerer, a.init);
}

// Nothing has begun yet: the offer that is answered counts.
TEST(SnapNegotiation, OffersThatAreNotAnsweredLeaveNothingBehind) {
  const std::string other = "a=sctp-init:" + to_base64(kOther) + "\r\n";
  Peer a(1), b(2);
  a.negotiation.want_data();
  const auto offer = a.offer();
  ASSERT_TRUE(a.negotiation.set_local(offer));
  ASSERT_TRUE(b.negotiation.set_remote(replaced(offer, a.line(), other)));
  EXPECT_TRUE(b.answer().sdp.ends_with(b.line()));
  ASSERT_TRUE(b.negotiation.set_remote(replaced(offer, a.line(), "")));
  EXPECT_THAT(b.answer().sdp, Not(HasSubstr("sctp-init")));
  ASSERT_TRUE(b.negotiation.set_remote({SdpType::Rollback, ""}));
  ASSERT_TRUE(b.negotiation.set_remote(offer));
  const auto answer = b.answer();
  EXPECT_EQ(b.negotiation.set_local(answer)->transport->sctp_init, a.init);
  EXPECT_EQ(a.negotiation.set_remote(answer)->transport->sctp_init, b.init);
}

TEST(SnapNegotiation, OffersThatMeetAgreeOnOne) {
  Peer a(1), b(2);
  a.negotiation.want_data();
  b.negotiation.want_data();
  ASSERT_TRUE(a.negotiation.set_local(a.offer()));
  const Agreed agreed = negotiate(b, a);
  EXPECT_EQ(agreed.at_offerer, a.init);
  EXPECT_EQ(agreed.at_answerer, b.init);
}

TEST(SnapNegotiation, AProvisionalAnswerDecides) {
  for (const bool says : {false, true}) {
    Peer a(1), b(2);
    a.negotiation.want_data();
    const auto offer = a.offer();
    ASSERT_TRUE(a.negotiation.set_local(offer));
    ASSERT_TRUE(b.negotiation.set_remote(says ? offer : replaced(offer, a.line(), "")));
    auto answer = b.answer();
    answer.type = SdpType::PrAnswer;
    const auto expected = [&](const Buffer& init) {
      return says ? std::optional(init) : std::nullopt;
    };
    EXPECT_EQ(b.negotiation.set_local(answer)->transport->sctp_init, expected(a.init));
    EXPECT_EQ(a.negotiation.set_remote(answer)->transport->sctp_init, expected(b.init));
    answer.type = SdpType::Answer;
    EXPECT_EQ(b.negotiation.set_local(answer)->transport->sctp_init, expected(a.init));
    EXPECT_EQ(a.negotiation.set_remote(answer)->transport->sctp_init, expected(b.init));
  }
}

// libdatachannel copies attributes of the offer that it does not know into its answer.
TEST(SnapNegotiation, OurOwnValueSentBackIsNone) {
  Peer a(1), b(2, Snap::Off);
  a.negotiation.want_data();
  const auto offer = a.offer();
  ASSERT_TRUE(a.negotiation.set_local(offer));
  ASSERT_TRUE(b.negotiation.set_remote(offer));
  const auto answer = with(b.answer(), a.line());
  EXPECT_FALSE(a.negotiation.set_remote(answer)->transport->sctp_init);
}

TEST(SnapNegotiation, GarbageIsAnErrorThatNamesItsLine) {
  Buffer no_tag = kOther;
  std::fill_n(no_tag.begin() + 4, 4, std::uint8_t{0});
  Buffer cut = kOther;
  cut.pop_back();
  const struct {
    std::string value;
    ErrorCode code;
    const char* message;
  } table[] = {
      {"", ErrorCode::SyntaxError, "base64"},
      {"derp!", ErrorCode::SyntaxError, "base64"},
      {"AQAA", ErrorCode::InvalidAccess, "its length is not that of its bytes"},
      {"Q29va2llTW9uc3Rlcg==", ErrorCode::InvalidAccess, "not an INIT"},
      {to_base64(no_tag), ErrorCode::InvalidAccess, "its tag is 0"},
      {to_base64(cut), ErrorCode::InvalidAccess, "its length is not that of its bytes"},
  };
  for (const auto& row : table) {
    Peer a(1), b(2), off(3, Snap::Off);
    a.negotiation.want_data();
    const auto good = a.offer();
    const std::string line = "a=sctp-init:" + row.value + "\r\n";
    const auto bad = replaced(good, a.line(), line);
    const auto result = b.negotiation.set_remote(bad);
    ASSERT_FALSE(result) << row.value;
    EXPECT_EQ(result.error().code, row.code) << row.value;
    EXPECT_THAT(result.error().message, HasSubstr(row.message));
    EXPECT_EQ(result.error().sdp_line, std::ranges::count(bad.sdp, '\n'));
    EXPECT_EQ(b.negotiation.state(), SignalingState::Stable);
    EXPECT_EQ(b.negotiation.pending_remote(), std::nullopt);
    EXPECT_TRUE(off.negotiation.set_remote(bad)) << "who does not know it does not read it";

    ASSERT_TRUE(a.negotiation.set_local(good));
    ASSERT_TRUE(b.negotiation.set_remote(good));
    const auto answer = b.answer();
    EXPECT_FALSE(a.negotiation.set_remote(replaced(answer, b.line(), line)));
    EXPECT_EQ(a.negotiation.state(), SignalingState::HaveLocalOffer);
    EXPECT_TRUE(a.negotiation.set_remote(answer));
  }
}

}  // namespace
}  // namespace specter::jsep
