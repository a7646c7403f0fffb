#include "sdp/attributes.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "testing/data.h"

namespace specter::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A session with one data section; the attributes of each are given.
Session session_with(std::string_view session_lines, std::string_view media_lines) {
  auto session =
      parse("v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n" + std::string(session_lines) +
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n" + std::string(media_lines));
  EXPECT_TRUE(session) << session.error().message;
  return *std::move(session);
}

constexpr std::string_view kPwd = "asd88fgpdd777uzjYhagZg";  // RFC 8839 §5.4's own

TEST(IceCredentials, AreTheSectionsOwnOrElseTheSessions) {
  const std::string pwd(kPwd);
  const auto own =
      session_with("a=ice-ufrag:F7gI\na=ice-pwd:x\n", "a=ice-ufrag:8hhY\na=ice-pwd:" + pwd + "\n");
  EXPECT_EQ(*ice_credentials(own, own.media[0]), (IceCredentials{"8hhY", pwd}));
  const auto common = session_with("a=ice-ufrag:F7gI\na=ice-pwd:" + pwd + "\n", "");
  EXPECT_EQ(*ice_credentials(common, common.media[0]), (IceCredentials{"F7gI", pwd}));
  const auto none = session_with("", "");
  EXPECT_EQ(*ice_credentials(none, none.media[0]), std::nullopt);
}

TEST(IceCredentials, AreRefusedWhenTheyAreNotRfc8839s) {
  const std::string pwd = "a=ice-pwd:" + std::string(kPwd) + "\n";
  const struct {
    std::string lines;
    std::string message;
    std::size_t line;
  } table[] = {
      {"a=ice-ufrag:8hh\n" + pwd,
       "line 6: `a=ice-ufrag:8hh`: expected 4 to 256 letters, digits, + and /", 6},
      {"a=ice-ufrag:8h-Y\n" + pwd,
       "line 6: `a=ice-ufrag:8h-Y`: expected 4 to 256 letters, digits, + and /", 6},
      {pwd + "a=ice-ufrag\n", "line 7: `a=ice-ufrag`: expected 4 to 256 letters, digits, + and /",
       7},
      {"a=ice-ufrag:8hhY\na=ice-pwd:short\n",
       "line 7: `a=ice-pwd:short`: expected 22 to 256 letters, digits, + and /", 7},
      {"a=ice-ufrag:8hhY\n", "line 6: `a=ice-ufrag:8hhY`: expected an a=ice-pwd beside it", 6},
      {pwd, "line 6: `a=ice-pwd:asd88fgpdd777uzjYhagZg`: expected an a=ice-ufrag beside it", 6},
  };
  for (const auto& row : table) {
    const auto session = session_with("", row.lines);
    const auto credentials = ice_credentials(session, session.media[0]);
    ASSERT_FALSE(credentials) << row.lines;
    EXPECT_EQ(credentials.error(), (Error{ErrorCode::SyntaxError, row.message, row.line}));
  }
}

TEST(IceCredentials, MayBeAsLongAsRfc8839Allows) {
  for (const std::size_t size : {256u, 257u}) {
    const auto session = session_with("", "a=ice-ufrag:" + std::string(size, 'u') +
                                              "\na=ice-pwd:" + std::string(size, 'p') + "\n");
    EXPECT_EQ(ice_credentials(session, session.media[0]).has_value(), size == 256);
  }
}

// The attributes of RFC 8839 §5 and RFC 8840 §4 in one description.
TEST(Ice, ReadsItsOtherAttributes) {
  const auto session = session_with(
      "a=ice-lite\na=ice-options:ice2 trickle\n",
      "a=ice-options:trickle rtp+ecn\n"
      "a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host\n"
      "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998\n"
      "a=end-of-candidates\n");
  EXPECT_TRUE(ice_lite(session));
  EXPECT_THAT(ice_options(session, session.media[0]), ElementsAre("ice2", "trickle", "rtp+ecn"));
  EXPECT_THAT(
      candidates(session.media[0]),
      ElementsAre("1 1 UDP 2130706431 203.0.113.141 8998 typ host",
                  "2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998"));
  EXPECT_TRUE(end_of_candidates(session, session.media[0]));

  const auto bare = session_with("", "");
  EXPECT_FALSE(ice_lite(bare));
  EXPECT_FALSE(end_of_candidates(bare, bare.media[0]));
  EXPECT_THAT(ice_options(bare, bare.media[0]), IsEmpty());
  const auto at_session = session_with("a=end-of-candidates\n", "");
  EXPECT_TRUE(end_of_candidates(at_session, at_session.media[0]));
}

// draft-hancke-webrtc-sped, and what libwebrtc called it from M149 on
TEST(Ice, KnowsDtlsInStunByEachOfItsNames) {
  for (const std::string name : {"sped", "googspedv1", "goog-sped-v1"}) {
    const auto at_session = session_with("a=ice-options:trickle " + name + "\n", "");
    EXPECT_TRUE(has_sped(at_session, at_session.media[0])) << name;
    const auto at_media = session_with("", "a=ice-options:" + name + " trickle\n");
    EXPECT_TRUE(has_sped(at_media, at_media.media[0])) << name;
  }
  for (const std::string other : {"trickle", "SPED", "sped2", "googsped", "xsped"}) {
    const auto session = session_with("", "a=ice-options:" + other + "\n");
    EXPECT_FALSE(has_sped(session, session.media[0])) << other;
  }
  const auto written = session_with("a=ice-options:" + std::string(kSpedOptions) + "\n", "");
  EXPECT_THAT(ice_options(written, written.media[0]),
              ElementsAre("sped", "googspedv1", "goog-sped-v1"));
}

TEST(Ice, LooksAtSoManyOptionsOnly) {
  std::string line = "a=ice-options:";
  for (std::size_t i = 0; i < kMaxIceOptions + 5; ++i) line += " o" + std::to_string(i);
  const auto session = session_with("", line + "\n");
  EXPECT_THAT(ice_options(session, session.media[0]), SizeIs(kMaxIceOptions));
}

// RFC 8842 §4 and §5.
TEST(Dtls, ReadsItsAttributes) {
  const auto session = session_with("a=setup:passive\na=fingerprint:sha-256 01:02\n",
                                    "a=setup:actpass\na=tls-id:abc3de65cddef001be82\n"
                                    "a=fingerprint:sha-1 4A:AD\na=fingerprint:sha-256 12:DF\n");
  EXPECT_EQ(*setup(session, session.media[0]), sdp::Setup::ActPass);
  EXPECT_EQ(tls_id(session, session.media[0]), "abc3de65cddef001be82");
  EXPECT_THAT(fingerprints(session, session.media[0]), ElementsAre("sha-1 4A:AD", "sha-256 12:DF"));

  const auto common = session_with("a=setup:passive\na=fingerprint:sha-256 01:02\n", "");
  EXPECT_EQ(*setup(common, common.media[0]), sdp::Setup::Passive);
  EXPECT_THAT(fingerprints(common, common.media[0]), ElementsAre("sha-256 01:02"));
  EXPECT_EQ(tls_id(common, common.media[0]), std::nullopt);
}

TEST(Dtls, KnowsTheSetupsAndRefusesOthers) {
  for (const sdp::Setup expected :
       {sdp::Setup::Active, sdp::Setup::Passive, sdp::Setup::ActPass, sdp::Setup::HoldConn}) {
    const auto session = session_with("", "a=setup:" + std::string(to_string(expected)) + "\n");
    EXPECT_EQ(*setup(session, session.media[0]), expected);
  }
  const auto session = session_with("", "a=setup:Active\n");
  EXPECT_EQ(setup(session, session.media[0]).error(),
            (Error{ErrorCode::SyntaxError,
                   "line 6: `a=setup:Active`: expected active, passive, actpass or holdconn", 6}));
  const auto none = session_with("", "");
  EXPECT_EQ(*setup(none, none.media[0]), std::nullopt);
}

// RFC 9143 §7 has offers of this form.
TEST(Bundle, ReadsGroupsMidsAndBundleOnly) {
  const auto session =
      session_with("a=group:BUNDLE foo bar zen\na=group:LS foo bar\na=group:BUNDLE\n",
                   "a=mid:zen\na=bundle-only\n");
  EXPECT_THAT(bundle_groups(session), ElementsAre(ElementsAre("foo", "bar", "zen"), IsEmpty()));
  EXPECT_EQ(mid(session.media[0]), "zen");
  EXPECT_TRUE(bundle_only(session.media[0]));
  const auto none = session_with("", "");
  EXPECT_THAT(bundle_groups(none), IsEmpty());
  EXPECT_EQ(mid(none.media[0]), std::nullopt);
  EXPECT_FALSE(bundle_only(none.media[0]));
}

// RFC 8841 §5 and §6.
TEST(Sctp, ReadsPortAndMessageSize) {
  const auto read = [](const std::string& lines) {
    const auto session = session_with("", lines);
    return std::pair(sctp_port(session.media[0]), max_message_size(session.media[0]));
  };
  EXPECT_EQ(*read("a=sctp-port:5000\n").first, 5000);
  EXPECT_EQ(*read("a=sctp-port:0\n").first, 0);
  EXPECT_EQ(*read("").first, std::nullopt);
  for (const char* bad : {"", ":", ":65536", ":-1", ":050000", ":5000 "}) {
    EXPECT_FALSE(read("a=sctp-port" + std::string(bad) + "\n").first) << bad;
  }
  EXPECT_EQ(*read("a=max-message-size:100000\n").second, 100000u);
  EXPECT_EQ(*read("a=max-message-size:0\n").second, 0u);
  EXPECT_EQ(*read("a=max-message-size:99999999999999999999999\n").second, ~std::uint64_t{0});
  EXPECT_EQ(*read("").second, std::nullopt);
  for (const char* bad : {"", ":", ":1k", ":-1"}) {
    EXPECT_FALSE(read("a=max-message-size" + std::string(bad) + "\n").second) << bad;
  }
}

TEST(Direction, IsTheSectionsTheSessionsOrSendRecv) {
  const auto of = [](const char* common, const char* own) {
    const auto session = session_with(common, own);
    return direction(session, session.media[0]);
  };
  EXPECT_EQ(of("", ""), Direction::SendRecv);
  EXPECT_EQ(of("a=inactive\n", ""), Direction::Inactive);
  EXPECT_EQ(of("a=inactive\n", "a=recvonly\n"), Direction::RecvOnly);
  EXPECT_EQ(of("a=recvonly\n", "a=sendonly\n"), Direction::SendOnly);
  EXPECT_EQ(of("a=recvonly\n", "a=sendrecv\n"), Direction::SendRecv);
}

// A row of each of RFC 8859's categories, and what RFC 8841 and 8842 say of theirs.
TEST(MuxCategory, IsThatOfRfc8859) {
  using enum MuxCategory;
  EXPECT_EQ(mux_category("sendrecv"), Normal);
  EXPECT_EQ(mux_category("sctp-port"), Caution);
  EXPECT_EQ(mux_category("max-message-size"), Caution);
  EXPECT_EQ(mux_category("setup"), Identical);
  EXPECT_EQ(mux_category("tls-id"), Identical);
  EXPECT_EQ(mux_category("rtcp-mux"), Identical);
  EXPECT_EQ(mux_category("fingerprint"), Transport);
  EXPECT_EQ(mux_category("ice-ufrag"), Transport);
  EXPECT_EQ(mux_category("candidate"), Transport);
  EXPECT_EQ(mux_category("rtpmap"), IdenticalPerPt);
  EXPECT_EQ(mux_category("extmap"), Special);
  EXPECT_EQ(mux_category("acap"), Inherit);
  EXPECT_EQ(mux_category("x-unknown"), Tbd);
}

TEST(BrowserOffers, SayWhatAPeerNeeds) {
  for (const char* file : testing::kBrowserOffers) {
    const auto session = *parse(testing::browser_sdp(file));
    const auto groups = bundle_groups(session);
    ASSERT_THAT(groups, SizeIs(1)) << file;
    ASSERT_EQ(groups[0].size(), session.media.size()) << file;
    for (std::size_t i = 0; i < session.media.size(); ++i) {
      const Media& media = session.media[i];
      EXPECT_EQ(mid(media), groups[0][i]) << file;
      EXPECT_EQ(*setup(session, media), sdp::Setup::ActPass) << file;
      EXPECT_TRUE(ice_credentials(session, media)->has_value()) << file;
      EXPECT_THAT(fingerprints(session, media), SizeIs(1)) << file;
      EXPECT_THAT(ice_options(session, media), ::testing::Contains("trickle")) << file;
      const bool data = media.kind == "application";
      EXPECT_EQ(sctp_port(media)->has_value(), data) << file;
      EXPECT_EQ(max_message_size(media)->has_value(), data) << file;
    }
  }
  const auto firefox = *parse(testing::browser_sdp("firefox153-data-offer.sdp"));
  EXPECT_EQ(*max_message_size(firefox.media[0]), 1073741823u);
  const auto simulcast = *parse(testing::browser_sdp("chromium156-simulcast-offer.sdp"));
  EXPECT_EQ(direction(simulcast, simulcast.media[0]), Direction::SendOnly);
}

// draft-hancke-tsvwg-snap; RFC 4648 §3.2: padded.
TEST(SctpInit, IsTheBytesOfItsBase64) {
  const auto read = [](const std::string& lines) {
    return sctp_init(session_with("a=sctp-init:AAAA\n", lines).media[0]);
  };
  EXPECT_EQ(*read(""), std::nullopt) << "one at session level is none";
  EXPECT_EQ(*read("a=sctp-init:AQAA\n"), (Buffer{1, 0, 0}));
  EXPECT_EQ(*read("a=sctp-init:AQ==\n"), (Buffer{1}));
  EXPECT_EQ(*read("a=sctp-init:AQ==\na=sctp-init:AQ==\n"), (Buffer{1}));
  const Buffer most(kMaxSctpInitBytes, 7);
  EXPECT_EQ(*read("a=sctp-init:" + to_base64(most) + "\n"), most);

  const auto chromium = *parse(testing::browser_sdp("chromium156-warp-data-offer.sdp"));
  const auto init = *sctp_init(chromium.media[0]);
  ASSERT_TRUE(init);
  ASSERT_THAT(*init, SizeIs(30));
  EXPECT_EQ(init->at(0), 1);
  EXPECT_EQ(init->at(3), 30);
  EXPECT_EQ(*sctp_init(parse(testing::browser_sdp("firefox153-data-offer.sdp"))->media[0]),
            std::nullopt);
}

TEST(SctpInit, IsRefusedWithItsLineWhenItIsNotStrictBase64) {
  const std::string too_long = to_base64(Buffer(kMaxSctpInitBytes + 1));
  for (const std::string& bad :
       {std::string(), std::string(":"), std::string(":AQ"), std::string(":AQ="),
        std::string(":AR=="), std::string(":AQA*"), std::string(":AQAA "), std::string(": AQAA"),
        std::string(":AQ-_"), std::string(":===="), ":" + too_long, ":" + too_long + too_long}) {
    const auto session = session_with("", "a=mid:0\na=sctp-init" + bad + "\n");
    const auto init = sctp_init(session.media[0]);
    ASSERT_FALSE(init) << bad;
    EXPECT_EQ(init.error().code, ErrorCode::SyntaxError);
    EXPECT_EQ(init.error().sdp_line, 7u);
    EXPECT_THAT(init.error().message, ::testing::HasSubstr("1 to 2048 bytes in base64"));
  }
  const auto session = session_with("", "a=sctp-init:AQAA\na=sctp-init:AQAB\n");
  EXPECT_EQ(sctp_init(session.media[0]).error(),
            (Error{ErrorCode::SyntaxError,
                   "line 7: `a=sctp-init:AQAB`: expected one a=sctp-init, not two", 7}));
}

}  // namespace
}  // namespace specter::sdp
