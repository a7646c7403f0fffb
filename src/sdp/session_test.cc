#include "sdp/session.h"

#include <gmock/gmock.h>

#include "simulation/random.h"
#include "testing/data.h"

namespace specter::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The example of RFC 8866 §5, line by line.
constexpr std::string_view kRfc8866 =
    "v=0\r\n"
    "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
    "s=Call to John Smith\r\n"
    "i=SDP Offer #1\r\n"
    "u=http://www.jdoe.example.com/home.html\r\n"
    "e=Jane Doe <jane@jdoe.example.com>\r\n"
    "p=+1 617 555-6011\r\n"
    "c=IN IP4 198.51.100.1\r\n"
    "t=0 0\r\n"
    "m=audio 49170 RTP/AVP 0\r\n"
    "m=audio 49180 RTP/AVP 0\r\n"
    "m=video 51372 RTP/AVP 99\r\n"
    "c=IN IP6 2001:db8::2\r\n"
    "a=rtpmap:99 h263-1998/90000\r\n";

constexpr std::string_view kHead = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

std::string with_head(std::string_view rest) { return std::string(kHead) + std::string(rest); }

std::string message_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? "no error" : parsed.error().message;
}

TEST(Sdp, ReadsTheExampleOfRfc8866) {
  const auto session = parse(kRfc8866);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->origin,
            (Origin{"jdoe", "3724394400", "3724394405", "IN", "IP4", "198.51.100.1"}));
  EXPECT_EQ(session->name, "Call to John Smith");
  EXPECT_THAT(session->other_lines,
              ElementsAre("i=SDP Offer #1", "u=http://www.jdoe.example.com/home.html",
                          "e=Jane Doe <jane@jdoe.example.com>", "p=+1 617 555-6011",
                          "c=IN IP4 198.51.100.1"));
  EXPECT_THAT(session->times, ElementsAre("0 0"));
  ASSERT_EQ(session->media.size(), 3u);
  const Media video{.kind = "video",
                    .port = 51372,
                    .protocol = "RTP/AVP",
                    .formats = {"99"},
                    .other_lines = {"c=IN IP6 2001:db8::2"},
                    .attributes = {{{"rtpmap", "99 h263-1998/90000"}}}};
  EXPECT_EQ(session->media[2], video);
  EXPECT_EQ(session->media[2].line, 12u);
  EXPECT_EQ(session->media[2].attributes.lines[0].line, 14u);
  EXPECT_EQ(write(*session), kRfc8866);
}

TEST(Sdp, WritesWhatBrowsersWroteByteForByte) {
  for (const char* file : testing::kBrowserOffers) {
    const std::string text = testing::browser_sdp(file);
    const auto session = parse(text);
    ASSERT_TRUE(session) << file << ": " << session.error().message;
    EXPECT_EQ(write(*session), text) << file;
  }
}

TEST(Sdp, TakesBareLineFeedsAndAMissingLastOne) {
  std::string bare(kRfc8866);
  std::erase(bare, '\r');
  EXPECT_EQ(write(*parse(bare)), kRfc8866);
  bare.pop_back();
  EXPECT_EQ(write(*parse(bare)), kRfc8866);
  EXPECT_EQ(parse("\n\n" + bare + "\n\r\n")->media[0].line, 12u);
}

// What the contract's remote offer without sections looks like.
TEST(Sdp, TakesASessionWithoutMedia) {
  const auto session = parse(
      "v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nt=0 0\na=ice-ufrag:abcd\na=ice-pwd:x\na=fingerprint:y\n");
  ASSERT_TRUE(session);
  EXPECT_TRUE(session->media.empty());
  EXPECT_EQ(session->attributes.value("ice-ufrag"), "abcd");
  EXPECT_TRUE(parse("v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-")->times.empty());
}

TEST(Sdp, KeepsRepeatsAndZonesBehindTheTimes) {
  const std::string text =
      "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns= \r\nb=AS:512\r\nt=1 2\r\nt=3 4\r\nr=7d 1h 0 25h\r\n"
      "z=2882844526 -1h\r\nk=prompt\r\na=recvonly\r\n";
  const auto session = parse(text);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_THAT(session->times, ElementsAre("1 2", "3 4"));
  EXPECT_EQ(write(*session), text);
}

TEST(Sdp, KeepsOddAttributes) {
  const std::string text = with_head(
      "a=msid-semantic: WMS\r\na=x:\r\na=y\r\na=z::\r\n"
      "m=audio 9/2 RTP/AVP 0\r\ni=Zwölf\r\nb=X-YZ:128\r\na=\xff\xfe\r\n");
  const auto session = parse(text);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->attributes.lines,
            (std::vector<Attribute>{
                {"msid-semantic", " WMS"}, {"x", ""}, {"y", std::nullopt}, {"z", ":"}}));
  EXPECT_EQ(session->media[0].port_count, 2);
  EXPECT_EQ(write(*session), text);
}

TEST(Attributes, AreFoundByTheirExactName) {
  Attributes all;
  all.add("candidate", "1");
  all.add("end");
  all.add("candidate", "2");
  all.add("Candidate", "3");
  EXPECT_THAT(all.values("candidate"), ElementsAre("1", "2"));
  EXPECT_EQ(all.value("candidate"), "1");
  EXPECT_TRUE(all.has("end"));
  EXPECT_EQ(all.value("end"), std::nullopt);
  EXPECT_FALSE(all.has("END"));
  all.remove("candidate");
  EXPECT_EQ(all.lines, (std::vector<Attribute>{{"end", std::nullopt}, {"Candidate", "3"}}));
}

// ---- errors

struct Refusal {
  std::string text;
  std::string message;
  std::size_t line;
};

void expect_refusals(const std::vector<Refusal>& table) {
  for (const Refusal& row : table) {
    const auto parsed = parse(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().code, ErrorCode::SyntaxError) << row.text;
    EXPECT_EQ(parsed.error().message, row.message);
    EXPECT_EQ(parsed.error().sdp_line, row.line) << row.text;
  }
}

// The same is told in Elixir: elixir/test/peer_connection_test.exs.
TEST(SdpErrors, AreThoseOfTheContractForLinesWithoutAType) {
  expect_refusals({
      {"derp", "SdpInvalidSyntax: derp", 1},
      {"Hello world", "SdpInvalidSyntax: Hello world", 1},
      {"derp=1", "SdpInvalidSyntax: derp=", 1},
      {"=", "SdpInvalidSyntax: =", 1},
      {"v", "SdpInvalidSyntax: v", 1},
      {"1=2", "SdpInvalidSyntax: 1=", 1},
      {"v =0", "SdpInvalidSyntax: v =", 1},
      {"v=0\r\n\r\no\r\ns=-", "SdpInvalidSyntax: o\r\ns=", 3},
      {with_head("a=x\r\nderp"), "SdpInvalidSyntax: derp", 6},
  });
}

TEST(SdpErrors, AreThoseOfTheContractForMalformedValues) {
  expect_refusals({
      {"v=1\r\n", "SdpInvalidValue: 1", 1},
      {"v=0\r\no=- 1 2 IN IP4\r\n", "SdpInvalidSyntax: `o=- 1 2 IN IP4`", 2},
      {"v=0\r\no=\r\n", "SdpInvalidSyntax: `o=`", 2},
      {"v=0\r\no=- x 2 IN IP4 0.0.0.0\r\n", "SdpInvalidValue: x", 2},
      {"v=0\r\no=- 1 -2 IN IP4 0.0.0.0\r\n", "SdpInvalidValue: -2", 2},
      {with_head("c=IN IP4\r\n"), "SdpInvalidSyntax: `c=IN IP4`", 5},
      {with_head("b=AS\r\n"), "SdpInvalidSyntax: `b=AS`", 5},
      {with_head("b=AS:x\r\n"), "SdpInvalidValue: x", 5},
      {with_head("t=0\r\n"), "SdpInvalidSyntax: `t=0`", 5},
      {with_head("t=0 now\r\n"), "SdpInvalidValue: now", 5},
      {with_head("r=1 2\r\n"), "SdpInvalidSyntax: `r=1 2`", 5},
      {with_head("m=audio 9 RTP/AVP\r\n"), "SdpInvalidSyntax: `m=audio 9 RTP/AVP`", 5},
      {with_head("m=audio 65536 RTP/AVP 0\r\n"), "SdpInvalidValue: 65536", 5},
      {with_head("m=audio 4294967305 RTP/AVP 0\r\n"), "SdpInvalidValue: 4294967305", 5},
      {with_head("m=audio -1 RTP/AVP 0\r\n"), "SdpInvalidValue: -1", 5},
      {with_head("m=audio 9/0 RTP/AVP 0\r\n"), "SdpInvalidValue: 9/0", 5},
      {with_head("m=audio / RTP/AVP 0\r\n"), "SdpInvalidValue: /", 5},
  });
}

TEST(SdpErrors, NameTheLineShowItAndSayWhatWasExpected) {
  expect_refusals({
      {"", "line 1: the description ends here: expected v=0 first of all", 1},
      {"a=x\n", "line 1: `a=x`: expected v=0 first of all", 1},
      {"v=0\ns=-\n",
       "line 2: `s=-`: expected o=<username> <session id> <version> IN IP4|IP6 <address>, which "
       "follows v=",
       2},
      {"v=0\no=- 1 2 IN IP4 ::\nm=audio 9 RTP/AVP 0\n",
       "line 3: `m=audio 9 RTP/AVP 0`: expected s=<name of the session, or ->, which follows o=",
       3},
      {"v=0\no=- 1 2 IN IP4 ::\n",
       "line 3: the description ends here: expected s=<name of the session, or ->, which follows "
       "o=",
       3},
      {with_head("s=again\r\n"),
       "line 5: `s=again`: expected i=, u=, e=, p=, c=, b=, t=, r=, z=, k=, a= or m=", 5},
      {with_head("a=x\r\ni=late\r\n"),
       "line 6: `i=late`: expected a= or m=, since the session's attributes have begun", 6},
      {with_head("m=audio 9 RTP/AVP 0\r\nt=0 0\r\n"),
       "line 6: `t=0 0`: expected i=, c=, b=, k= or a= of the m= section, or the next m=", 6},
      {with_head("a=:value\r\n"), "line 5: `a=:value`: expected a=<name> or a=<name>:<value>", 5},
      {with_head("a=tab\there\rand there\r\n"),
       "line 5: `a=tab\\x09here\\x0dand there`: expected a line feed after each carriage return",
       5},
      {with_head("a=x\r\na=fmtp\0:1\r\n").insert(kHead.size() + 11, 1, '\0'),
       "line 6: `a=fmtp\\x00`: expected a text without NUL characters", 6},
      {with_head("x=" + std::string(80, 'y')),
       "line 5: `x=" + std::string(58, 'y') +
           "…`: expected i=, u=, e=, p=, c=, b=, t=, r=, z=, k=, a= or m=",
       5},
  });
}

TEST(SdpErrors, CutNoCharacterInTwo) {
  EXPECT_THAT(message_of(with_head("x=a" + std::string("öööööööööööööööööööööööööööööööööööööö"))),
              HasSubstr("`x=aöööööööööööööööööööööööööööö…`"));
}

// ---- limits

TEST(SdpLimits, EndAtKMaxBytes) {
  std::string text = with_head("a=x:");
  text.append(kMaxBytes - text.size(), 'x');
  EXPECT_TRUE(parse(text));
  text += 'x';
  const auto parsed = parse(text);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message,
            "line 5: expected a description of no more than 1048576 bytes, not 1048577");
  EXPECT_EQ(parsed.error().sdp_line, 5u);
}

TEST(SdpLimits, EndAtKMaxLines) {
  std::string text(kHead);
  for (std::size_t i = 4; i < kMaxLines; ++i) text += "a=x\n";
  EXPECT_TRUE(parse(text));
  text += "a=x\n";
  EXPECT_EQ(message_of(text), "line 80001: `a=x`: expected no more than 80000 lines");
}

TEST(SdpLimits, EndAtKMaxMedia) {
  std::string text(kHead);
  for (std::size_t i = 0; i < kMaxMedia; ++i) text += "m=audio 0 RTP/AVP 0\n";
  EXPECT_EQ(parse(text)->media.size(), kMaxMedia);
  text += "m=audio 0 RTP/AVP 0\n";
  EXPECT_EQ(message_of(text),
            "line 1005: `m=audio 0 RTP/AVP 0`: expected no more than 1000 m= sections");
}

// ---- nonsense (docs/failures.md row 108)

void expect_fixpoint(const std::string& text) {
  const auto first = parse(text);
  if (!first) {
    EXPECT_TRUE(first.error().sdp_line);
    return;
  }
  const std::string written = write(*first);
  const auto second = parse(written);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second, *first);
  EXPECT_EQ(write(*second), written);
}

TEST(SdpNonsense, TruncatedAnywhereIsParsedOrRefused) {
  for (const char* file : testing::kBrowserOffers) {
    const std::string text = testing::browser_sdp(file);
    for (std::size_t size = 0; size < text.size(); ++size) expect_fixpoint(text.substr(0, size));
  }
}

TEST(SdpNonsense, MutatedKeepsItsMeaningWhenWritten) {
  simulation::SeededRandom random(11);
  constexpr std::string_view kSpecial = "=\r\n: /vosctmarzk019\0\xff";
  int parsed = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string text = testing::browser_sdp(testing::kBrowserOffers[random.below(
        static_cast<std::uint32_t>(testing::kBrowserOffers.size()))]);
    for (std::uint32_t edits = 1 + random.below(4); edits > 0; --edits) {
      const std::size_t at = random.below(static_cast<std::uint32_t>(text.size()));
      const char special = kSpecial[random.below(static_cast<std::uint32_t>(kSpecial.size()))];
      switch (random.below(4)) {
        case 0: text[at] = special; break;
        case 1: text.insert(at, 1, special); break;
        case 2: text.erase(at, 1 + random.below(40)); break;
        default:
          text.insert(at, text.substr(random.below(static_cast<std::uint32_t>(text.size())), 40));
      }
    }
    expect_fixpoint(text);
    if (parse(text)) ++parsed;
  }
  EXPECT_GT(parsed, 100);
  EXPECT_LT(parsed, 975);
}

}  // namespace
}  // namespace specter::sdp
