#include "media/compounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter::media {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kSsrc = 7;

rtcp::Nack nack(std::uint16_t sequence) {
  rtcp::Nack out;
  out.sender_ssrc = kSsrc;
  out.media_ssrc = 1;
  out.items = {{.sequence = sequence, .mask = 0}};
  return out;
}

// The kinds of the packets of each datagram, by their first letters.
std::vector<std::string> datagrams(Compounds& compounds, std::size_t most = 1200) {
  std::vector<std::string> out;
  Buffer bytes;
  while (compounds.append(bytes, most, kSsrc)) {
    EXPECT_LE(bytes.size(), most);
    const auto parsed = rtcp::Compound::parse(bytes, rtcp::CompoundForm::ReducedSize);
    EXPECT_TRUE(parsed);
    std::string kinds;
    for (const rtcp::Message& message : parsed->messages) {
      constexpr std::string_view kLetters = "SRDBAXNPFETCU";
      kinds += kLetters[message.index()];
    }
    out.push_back(kinds);
    bytes.clear();
  }
  return out;
}

TEST(Compounds, AReportStandsFirstAndANameIsInEach) {
  Compounds compounds;
  compounds.set_cname("me");
  std::vector<rtcp::Message> due = {nack(5)};
  compounds.add(due);
  EXPECT_TRUE(due.empty());
  Buffer bytes;
  ASSERT_TRUE(compounds.append(bytes, 1200, kSsrc));
  const auto parsed = rtcp::Compound::parse(bytes, rtcp::CompoundForm::Full);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->messages.size(), 3u);
  EXPECT_EQ(std::get<rtcp::ReceiverReport>(parsed->messages[0]).ssrc, kSsrc);
  const auto& names = std::get<rtcp::SourceDescription>(parsed->messages[1]);
  ASSERT_NE(names.cname(kSsrc), nullptr);
  EXPECT_EQ(*names.cname(kSsrc), "me");
  EXPECT_EQ(std::get<rtcp::Nack>(parsed->messages[2]), nack(5));
  EXPECT_FALSE(compounds.append(bytes, 1200, kSsrc));
}

TEST(Compounds, ReducedSizeLeavesBothOut) {
  Compounds compounds;
  compounds.set_reduced_size(true);
  std::vector<rtcp::Message> due = {nack(5)};
  compounds.add(due);
  EXPECT_THAT(datagrams(compounds), ElementsAre("N"));
}

TEST(Compounds, OneOrderWhateverTheOrderOfAdding) {
  Compounds compounds;
  compounds.set_cname("me");
  std::vector<rtcp::Message> due = {rtcp::Bye{}, nack(5),
                                    rtcp::SourceDescription{.chunks = {{.ssrc = 1, .items = {}}}},
                                    rtcp::ReceiverReport{}, rtcp::SenderReport{}};
  compounds.add(due);
  EXPECT_THAT(datagrams(compounds), ElementsAre("SRDNB"));
}

TEST(Compounds, WhatDoesNotFitGoesIntoTheNextWhichIsWholeToo) {
  Compounds compounds;
  compounds.set_cname("me");
  std::vector<rtcp::Message> due;
  for (std::uint16_t i = 0; i < 9; ++i) due.emplace_back(nack(i));
  compounds.add(due);
  // 8 of the report, 16 of the name, 16 of each NACK.
  EXPECT_THAT(datagrams(compounds, 24 + 4 * 16), ElementsAre("RDNNNN", "RDNNNN", "RDN"));
}

TEST(Compounds, WhatFitsNoDatagramIsDropped) {
  Compounds compounds;
  std::vector<rtcp::Message> due = {
      rtcp::UnknownPacket{.type = rtcp::PacketType{210}, .body = Buffer(400)}, nack(1)};
  compounds.add(due);
  EXPECT_THAT(datagrams(compounds, 100), ElementsAre("RDN"));
}

TEST(Compounds, MoreThanTheLimitIsDropped) {
  Compounds compounds;
  std::vector<rtcp::Message> due(2 * Compounds::kMaxWaiting, nack(1));
  compounds.add(due);
  std::size_t packets = 0;
  for (const std::string& datagram : datagrams(compounds))
    packets += static_cast<std::size_t>(std::ranges::count(datagram, 'N'));
  EXPECT_EQ(packets, Compounds::kMaxWaiting);
}

}  // namespace
}  // namespace specter::media
