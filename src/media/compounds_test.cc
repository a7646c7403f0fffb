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

// RFC 3550 §6.1: with many sources too, who reads a report finds the name of its source beside it.
TEST(Compounds, ReportsAndTheNamesOfTheirSourcesGoTogether) {
  constexpr std::uint32_t kSources = 40;
  const auto name = [](std::uint32_t ssrc, std::size_t size) {
    return rtcp::SourceDescription::Chunk{ssrc, {{rtcp::ItemType::Cname, std::string(size, 'n')}}};
  };
  for (const std::size_t most : {300u, 512u, 1152u, 1400u, 9000u}) {
    for (const std::size_t name_size : {0u, 16u, 255u}) {
      Compounds compounds;
      compounds.set_cname("me");
      std::vector<rtcp::Message> due;
      for (std::uint32_t i = 0; i < kSources; ++i) due.emplace_back(rtcp::SenderReport{.ssrc = i});
      // Each has repairs of its own source. The names come in another order than the reports.
      rtcp::SourceDescription described;
      for (const std::uint32_t first : {0u, 1000u}) {
        for (std::uint32_t i = kSources; i-- > 0;)
          described.chunks.push_back(name(first + i, name_size));
      }
      due.emplace_back(std::move(described));
      due.emplace_back(nack(5));
      compounds.add(due);
      std::vector<std::uint32_t> reported, named;
      std::size_t nacks = 0;
      Buffer bytes;
      for (; compounds.append(bytes, most, kSsrc); bytes.clear()) {
        ASSERT_LE(bytes.size(), most);
        const auto parsed = rtcp::Compound::parse(bytes, rtcp::CompoundForm::Full);
        ASSERT_TRUE(parsed);
        ASSERT_EQ(parsed->malformed, 0u);
        std::vector<std::uint32_t> here;
        for (const rtcp::Message& message : parsed->messages) {
          if (const auto* report = std::get_if<rtcp::SenderReport>(&message)) {
            reported.push_back(report->ssrc);
            here.push_back(report->ssrc);
          }
          nacks += std::holds_alternative<rtcp::Nack>(message) ? 1 : 0;
          const auto* names = std::get_if<rtcp::SourceDescription>(&message);
          if (!names) continue;
          for (const std::uint32_t ssrc : here) EXPECT_NE(names->cname(ssrc), nullptr) << ssrc;
          for (const auto& chunk : names->chunks) named.push_back(chunk.ssrc);
          EXPECT_FALSE(names->chunks.empty());
          here.clear();
        }
        EXPECT_TRUE(here.empty()) << "reports without names, of " << most << " bytes at most";
      }
      EXPECT_EQ(nacks, 1u);
      EXPECT_EQ(reported.size(), kSources);
      std::erase(named, kSsrc);  // of datagrams without a report that is named, and of a source
      std::ranges::sort(named);
      EXPECT_TRUE(std::ranges::unique(named).empty());
      EXPECT_EQ(named.size(), 2 * kSources - 1);
    }
  }
}

TEST(Compounds, NamesAloneGoToo) {
  for (const bool may_reduce : {false, true}) {
    Compounds compounds;
    compounds.set_reduced_size(may_reduce);
    std::vector<rtcp::Message> due = {rtcp::SourceDescription{.chunks = {{.ssrc = 1}}}};
    compounds.add(due);
    EXPECT_FALSE(compounds.empty());
    EXPECT_THAT(datagrams(compounds), ElementsAre(may_reduce ? "D" : "RD"));
    EXPECT_TRUE(compounds.empty());
  }
}

TEST(Compounds, ANameThatFitsNoDatagramIsDropped) {
  for (const bool may_reduce : {false, true}) {
    Compounds compounds;
    compounds.set_reduced_size(may_reduce);
    std::vector<rtcp::Message> due = {rtcp::SourceDescription{
        .chunks = {{1, {{rtcp::ItemType::Cname, std::string(255, 'n')}}}, {2, {}}}}};
    compounds.add(due);
    EXPECT_THAT(datagrams(compounds, 100), ElementsAre(may_reduce ? "D" : "RD"));
    EXPECT_TRUE(compounds.empty());
  }
}

TEST(Compounds, AReportThatHasNoRoomForItsNameIsDropped) {
  Compounds compounds;
  compounds.set_cname(std::string(255, 'n'));
  std::vector<rtcp::Message> due = {rtcp::SenderReport{.ssrc = 1}, nack(1)};
  compounds.add(due);
  EXPECT_THAT(datagrams(compounds, 280), ElementsAre());
  EXPECT_TRUE(compounds.empty());
}

TEST(Compounds, WhatFitsNoDatagramIsDropped) {
  Compounds compounds;
  std::vector<rtcp::Message> due = {
      rtcp::UnknownPacket{.type = rtcp::PacketType{210}, .body = Buffer(400)}, nack(1)};
  compounds.add(due);
  EXPECT_THAT(datagrams(compounds, 100), ElementsAre("RDN"));
}

TEST(Compounds, NamesMoreThanTheLimitAreDropped) {
  Compounds compounds;
  compounds.set_reduced_size(true);
  std::vector<rtcp::Message> due;
  std::uint32_t ssrc = 0;
  while (ssrc < 2 * Compounds::kMaxWaiting) {
    rtcp::SourceDescription names;
    while (names.chunks.size() < rtcp::kMaxCount) names.chunks.push_back({ssrc++, {}});
    due.emplace_back(std::move(names));
  }
  compounds.add(due);
  std::size_t names = 0;
  Buffer bytes;
  for (; compounds.append(bytes, 1200, kSsrc); bytes.clear()) {
    const auto parsed = rtcp::Compound::parse(bytes, rtcp::CompoundForm::ReducedSize);
    ASSERT_TRUE(parsed);
    names += std::get<rtcp::SourceDescription>(parsed->messages.at(0)).chunks.size();
  }
  EXPECT_EQ(names, Compounds::kMaxWaiting);
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
