#include "ice/candidate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/priority.h"

namespace specter::ice {
namespace {

Candidate parsed(std::string_view text) {
  auto candidate = Candidate::parse(text);
  if (!candidate) ADD_FAILURE() << text << ": " << candidate.error().message;
  return candidate.value_or(Candidate{});
}

std::string error_of(std::string_view text) {
  const auto candidate = Candidate::parse(text);
  if (candidate) return "";
  EXPECT_EQ(candidate.error().code, ErrorCode::SyntaxError);
  return candidate.error().message;
}

// RFC 8839 §5.1
TEST(Candidate, ReadsTheExamplesOfRfc8839) {
  const std::string host = "candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host";
  const Candidate expected{.foundation = "1",
                           .priority = 2130706431,
                           .host = "203.0.113.141",
                           .endpoint = *Endpoint::parse("203.0.113.141:8998")};
  EXPECT_EQ(parsed(host), expected);
  EXPECT_EQ(parsed("a=" + host), expected);
  EXPECT_EQ(parsed(host.substr(10)), expected);

  const Candidate srflx = parsed(
      "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998");
  EXPECT_EQ(srflx.type, CandidateType::ServerReflexive);
  EXPECT_EQ(srflx.related, Endpoint::parse("203.0.113.141:8998"));
}

TEST(Candidate, ReadsWhatBrowsersWrite) {
  const Candidate chromium = parsed(
      "candidate:1467250027 1 udp 2122260223 0b6f0e2c-b2a4-4b1c-9f7b-6f1d2c3b4a5e.local 46154 typ "
      "host generation 0 ufrag EEtu network-id 1 network-cost 10");
  EXPECT_FALSE(chromium.is_resolved());
  EXPECT_EQ(chromium.endpoint.port, 46154);
  EXPECT_EQ(chromium.extension("ufrag"), "EEtu");
  EXPECT_EQ(chromium.extension("network-cost"), "10");
  EXPECT_EQ(chromium.extension("tcptype"), std::nullopt);

  const Candidate firefox =
      parsed("candidate:1 1 TCP 2105524479 192.0.2.7 9 typ host tcptype active");
  EXPECT_EQ(firefox.protocol, TransportProtocol::Tcp);
  EXPECT_EQ(firefox.extension("tcptype"), "active");

  const Candidate hidden =
      parsed("candidate:2 1 UDP 1685987327 198.51.100.7 51001 typ srflx raddr 0.0.0.0 rport 0");
  EXPECT_EQ(hidden.related, Endpoint{});

  const Candidate v6 =
      parsed("candidate:4 1 udp 2122262783 2001:db8::7 50123 typ relay raddr :: rport 9\r\n");
  EXPECT_EQ(v6.endpoint, *Endpoint::parse("[2001:db8::7]:50123"));
  EXPECT_EQ(v6.type, CandidateType::Relayed);
}

TEST(Candidate, WritesWhatItRead) {
  for (const std::string text :
       {"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
        "candidate:+/aZ9 256 tcp 1 2001:db8::1 0 typ prflx raddr 2001:db8::2 rport 65535",
        "candidate:7 1 udp 2147483647 x.local 9 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag "
        "a+b/"})
    EXPECT_EQ(parsed(text).to_string(), text);
}

// RFC 4007 §6: a zone means something on its own host alone.
TEST(Candidate, OfAnotherHostHasNoZone) {
  const Candidate candidate = parsed("1 1 udp 7 fe80::54a9%eth0 5000 typ host");
  EXPECT_EQ(candidate.endpoint, *Endpoint::parse("[fe80::54a9]:5000"));
  EXPECT_EQ(candidate.to_string(), "candidate:1 1 udp 7 fe80::54a9 5000 typ host");
  // Where there are no zones it is no address.
  for (const std::string host : {"2001:db8::1%eth0", "192.0.2.1%1", "%1", "x.local%1"}) {
    const Candidate named = parsed("1 1 udp 7 " + host + " 5000 typ host");
    EXPECT_TRUE(named.endpoint.address.is_unspecified()) << host;
    EXPECT_EQ(named.host, host);
  }
}

// RFC 8839 §5.1: <transport> and <cand-type> are tokens, for those who come later.
TEST(Candidate, OfAnUnknownTransportOrTypeIsWellFormed) {
  const std::string ssltcp =
      "candidate:2 1 ssltcp 2130706175 203.0.113.6 443 typ host generation 0";
  const Candidate candidate = parsed(ssltcp);
  EXPECT_EQ(candidate.protocol, TransportProtocol::Other);
  EXPECT_EQ(candidate.endpoint, *Endpoint::parse("203.0.113.6:443"));
  EXPECT_EQ(candidate.to_string(), ssltcp);
  const std::string guest = "candidate:2 1 udp 1 192.0.2.1 5000 typ guest raddr 192.0.2.2 rport 5";
  EXPECT_EQ(parsed(guest).type, CandidateType::Other);
  EXPECT_EQ(parsed(guest).related, Endpoint::parse("192.0.2.2:5"));
  EXPECT_EQ(parsed(guest).to_string(), guest);
}

// RFC 8839 §5.1: extension-att-value = *VCHAR. Signalling may have taken the last space away.
TEST(Candidate, AnExtensionMayBeEmpty) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const std::string start = "1 1 udp 1 192.0.2.1 5000 typ host";
  const std::pair<const char*, Pairs> table[] = {
      {" ufrag", {{"ufrag", ""}}},
      {" ufrag ", {{"ufrag", ""}}},
      {" generation 0 ufrag  network-id 1",
       {{"generation", "0"}, {"ufrag", ""}, {"network-id", "1"}}},
      {" generation  0", {{"generation", "0"}}},
      {"  ufrag  abcd  network-id  1 ", {{"ufrag", "abcd"}, {"network-id", "1"}}},
      {" a b c", {{"a", "b"}, {"c", ""}}},
      {"", {}},
      {" ", {}},
  };
  for (const auto& [text, extensions] : table) {
    EXPECT_EQ(parsed(start + text).extensions, extensions) << text;
    EXPECT_EQ(parsed(start + text + "\r\n").extensions, extensions) << text;
  }
  EXPECT_EQ(parsed(start + " ufrag ").extension("ufrag"), std::nullopt);
}

// Elixir's programs are told these very texts.
TEST(Candidate, SaysWhichPartIsWrong) {
  EXPECT_EQ(error_of(""), "attribute not long enough to be ICE candidate");
  EXPECT_EQ(error_of("candidate:1 1 udp 1 192.0.2.1 5000 typ"),
            "attribute not long enough to be ICE candidate");
  EXPECT_EQ(error_of("1 x udp 1 192.0.2.1 5000 typ host"), "could not parse component");
  EXPECT_EQ(error_of("1 0 udp 1 192.0.2.1 5000 typ host"), "could not parse component");
  EXPECT_EQ(error_of("1 257 udp 1 192.0.2.1 5000 typ host"), "could not parse component");
  EXPECT_EQ(error_of("1 1 u/dp 1 192.0.2.1 5000 typ host"), "could not parse transport");
  EXPECT_EQ(error_of("1 1 udp x 192.0.2.1 5000 typ host"), "could not parse priority");
  EXPECT_EQ(error_of("1 1 udp 0 192.0.2.1 5000 typ host"), "could not parse priority");
  EXPECT_EQ(error_of("1 1 udp 2147483648 192.0.2.1 5000 typ host"), "could not parse priority");
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 65536 typ host"), "could not parse port");
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 -1 typ host"), "could not parse port");
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 5000 type host"), "could not parse type");
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 5000 typ gu@st"), "unknown candidate type");
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 5000 typ srflx raddr 192.0.2.2"),
            "could not parse related addresses");
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 5000 typ srflx raddr 192.0.2.2 rport x"),
            "could not parse related addresses");
  EXPECT_EQ(error_of("1-2 1 udp 1 192.0.2.1 5000 typ host"), "could not parse foundation");
  EXPECT_EQ(error_of(std::string(33, '1') + " 1 udp 1 192.0.2.1 5000 typ host"),
            "could not parse foundation");
  EXPECT_EQ(error_of("1 1 udp 1 " + std::string(256, 'x') + " 5000 typ host"),
            "could not parse address");
  EXPECT_EQ(error_of(std::string(5000, ' ')), "candidate text is longer than 4096 bytes");
}

TEST(Candidate, RefusesEachTruncationBeforeItsType) {
  const std::string text = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ ";
  for (std::size_t size = 0; size <= text.size(); ++size)
    EXPECT_FALSE(Candidate::parse(std::string_view(text).substr(0, size))) << size;
}

// RFC 8445 §5.1.2.1: 126, 110, 100 and 0, times 2^24; the local preference times 2^8; 256 - 1.
TEST(Priority, OfCandidates) {
  EXPECT_EQ(candidate_priority(CandidateType::Host, 65'535, 1), 2130706431u);
  EXPECT_EQ(candidate_priority(CandidateType::PeerReflexive, 0, 1), (110u << 24) + 255);
  EXPECT_EQ(candidate_priority(CandidateType::ServerReflexive, 65'535, 1), 1694498815u);
  EXPECT_EQ(candidate_priority(CandidateType::Relayed, 1, 256), 256u);
}

// RFC 8421 §4: the families take turns.
TEST(Priority, LocalPreferencesInterleaveTheFamilies) {
  EXPECT_EQ(local_preference(true, 0), 65'535);
  EXPECT_EQ(local_preference(false, 0), 65'534);
  EXPECT_EQ(local_preference(true, 1), 65'533);
  EXPECT_EQ(local_preference(false, 1), 65'532);
  EXPECT_EQ(local_preference(false, 65'535), 0);
}

// RFC 8445 §6.1.2.3: 2^32*MIN(G,D) + 2*MAX(G,D) + (G>D?1:0)
TEST(Priority, OfPairs) {
  EXPECT_EQ(pair_priority(1, 2), (std::uint64_t{1} << 32) + 4);
  EXPECT_EQ(pair_priority(2, 1), (std::uint64_t{1} << 32) + 5);
  EXPECT_EQ(pair_priority(0x7fffffff, 0x7fffffff), 0x7fffffff00000000u + 0xfffffffeu);
}

}  // namespace
}  // namespace specter::ice
