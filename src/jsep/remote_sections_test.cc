// Descriptions of others: which sections we take, and where their transport is read from.
#include "jsep/remote_sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jsep/testing/foreign_sdp.h"

namespace specter::jsep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<int> ports(const sdp::Session& session) {
  std::vector<int> out;
  for (const sdp::Media& media : session.media) out.push_back(media.port);
  return out;
}

std::string group(const sdp::Session& session) {
  return std::string(session.attributes.value("group").value_or(""));
}

std::vector<std::string_view> rtpmaps(const sdp::Media& media) {
  return media.attributes.values("rtpmap");
}

// RFC 9429 §5.3.1, RFC 9143 §7.3.3: a group goes with its tagged section.
TEST(RemoteSections, AllOfTheDataSectionsGroupAreKept) {
  for (const char* mids : {"0 1 2", "2 0 1", "1 2 0"}) {
    Peer peer;
    const auto answer =
        peer.answer_to(head(mids) + audio_section("0") + video_section("1") + data_section("2"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_THAT(ports(*answer), ElementsAre(9, 9, 9));
    EXPECT_EQ(group(*answer), "BUNDLE " + std::string(mids));
    for (const std::size_t i : {0u, 1u}) {
      const sdp::Media& media = answer->media[i];
      EXPECT_TRUE(media.attributes.has("inactive"));
      EXPECT_TRUE(media.attributes.has("rtcp-mux"));
      EXPECT_EQ(media.attributes.value("ice-ufrag"), "ufrg1");
      EXPECT_EQ(media.attributes.value("setup"), "active");
      EXPECT_FALSE(media.attributes.has("sctp-port"));
    }
    // One format, of those that carry media by themselves.
    EXPECT_THAT(answer->media[0].formats, ElementsAre("111"));
    EXPECT_THAT(rtpmaps(answer->media[0]), ElementsAre("111 opus/48000/2"));
    EXPECT_EQ(answer->media[0].attributes.value("fmtp"), "111 minptime=10");
    EXPECT_THAT(answer->media[1].formats, ElementsAre("96"));
    EXPECT_FALSE(answer->media[2].attributes.has("inactive"));
    EXPECT_EQ(peer.negotiation.candidate_mid(), std::string(mids).substr(0, 1));
    EXPECT_EQ(std::to_string(peer.negotiation.candidate_index()), peer.negotiation.candidate_mid());
    ASSERT_TRUE(peer.change.transport);
    EXPECT_EQ(peer.change.transport->data_section, 2u);
  }
}

// A static payload type needs no a=rtpmap; comfort noise and what is unknown are no codec of ours.
TEST(RemoteSections, TheOneFormatIsTheFirstThatCarriesMedia) {
  const auto formats = [](std::string line, std::string attributes) {
    const auto session = sdp::parse(head() + line + "\r\n" + attributes).value();
    return formats_to_answer(session.media[0], Use::Inactive).formats.at(0);
  };
  EXPECT_EQ(formats("m=audio 9 UDP/TLS/RTP/SAVPF 13 0 8", ""), "0");
  EXPECT_EQ(formats("m=audio 9 UDP/TLS/RTP/SAVPF 126 13 9",
                    "a=rtpmap:126 telephone-event/8000\r\na=rtpmap:13 CN/8000\r\n"),
            "9");
  EXPECT_EQ(formats("m=video 9 UDP/TLS/RTP/SAVPF 97", "a=rtpmap:97 rtx/90000\r\n"), "97");
  EXPECT_EQ(formats("m=video 9 UDP/TLS/RTP/SAVPF 97 98", "a=rtpmap:97\r\na=rtpmap\r\n"), "97");
}

// RFC 3264 §6, and what pion and werift make of it.
TEST(RemoteSections, RejectedOnesKeepTheirRtpmaps) {
  Peer peer;
  const auto answer = peer.answer_to(head() + data_section("0") + video_section("1"));
  ASSERT_TRUE(answer);
  EXPECT_THAT(ports(*answer), ElementsAre(9, 0));
  EXPECT_EQ(group(*answer), "");
  EXPECT_THAT(answer->media[1].formats, ElementsAre("97", "96"));
  EXPECT_THAT(rtpmaps(answer->media[1]), ElementsAre("97 rtx/90000", "96 VP8/90000"));
  EXPECT_FALSE(answer->media[1].attributes.has("ice-ufrag"));
}

TEST(RemoteSections, AreRejectedWhereTheDataSectionIsNotWithThem) {
  const struct {
    const char* why;
    std::string offer;
    std::vector<int> ports;
  } cases[] = {
      {"no data", head("0") + audio_section("0"), {0}},
      {"no group", head() + audio_section("0") + data_section("1"), {0, 9}},
      {"another group", head("0") + audio_section("0") + data_section("1"), {0, 9}},
      {"rejected already", head("0 1") + data_section("0") + audio_section("1", "", 0), {9, 0}},
      {"not multiplexed",
       head("0 1") + data_section("0") + without(audio_section("1"), "a=rtcp-mux"),
       {9, 0}},
      {"not multiplexed and tagged",
       head("0 1") + without(audio_section("0"), "a=rtcp-mux") + data_section("1"),
       {0, 9}},
      {"no RTP",
       head("0 1") + data_section("0") + "m=application 9 UDP/BFCP *\r\na=mid:1\r\n",
       {9, 0}},
      {"a second data section", head("0 1") + data_section("0") + data_section("1"), {9, 0}},
  };
  for (const auto& c : cases) {
    Peer peer;
    const auto answer = peer.answer_to(c.offer);
    ASSERT_TRUE(answer) << c.why << ": " << answer.error().message;
    EXPECT_EQ(ports(*answer), c.ports) << c.why;
    EXPECT_EQ(peer.change.transport.has_value(), std::ranges::count(c.ports, 9) == 1) << c.why;
  }
}

// RFC 9143 §6: bundle-only with port 0 is no rejection, and needs no transport of its own.
TEST(RemoteSections, BundleOnlyOnesNeedNoTransportOfTheirOwn) {
  Peer peer;
  const auto answer = peer.answer_to(head("v d") + video_section("v", transport_lines("vid1")) +
                                     data_section("d", "a=bundle-only\r\n", 0));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(ports(*answer), ElementsAre(9, 9));
  EXPECT_EQ(peer.change.transport->credentials.ufrag, "vid1");
}

// RFC 9143 §7.3.1: bundled, the tagged section's transport is everybody's.
TEST(RemoteSections, WithTransportsOfTheirOwnTheTaggedOnesIsTaken) {
  const std::string candidate = "a=candidate:1 1 udp 2130706431 192.0.2.";
  Peer peer;
  const auto answer = peer.answer_to(
      head("a d") + audio_section("a", transport_lines("aaaa") + candidate + "1 1 typ host\r\n") +
      data_section("d", transport_lines("dddd") + candidate + "2 2 typ host\r\n"));
  ASSERT_TRUE(answer);
  const auto& transport = *peer.change.transport;
  EXPECT_EQ(transport.credentials.ufrag, "aaaa");
  ASSERT_EQ(transport.candidates.size(), 1u);
  EXPECT_EQ(transport.candidates[0].host, "192.0.2.1");
  // Without a group the data section stands for itself.
  Peer alone;
  ASSERT_TRUE(alone.answer_to(head() + audio_section("a", transport_lines("aaaa")) +
                              data_section("d", transport_lines("dddd"))));
  EXPECT_EQ(alone.change.transport->credentials.ufrag, "dddd");
}

// docs/failures.md row 171: a name where an address is usual is no reason to refuse the rest.
TEST(RemoteSections, NamesOfMulticastDnsAreTakenWithTheRest) {
  const std::string candidates =
      "a=candidate:1 1 udp 2113937151 0b6f3a1e-1c8e-4a53-9a6c-2f4f7c1d9e11.local 4000 typ host\r\n"
      "a=candidate:2 1 udp 1677729535 203.0.113.9 4000 typ srflx raddr 0.0.0.0 rport 0\r\n";
  std::string offer = head("0") + data_section("0", transport_lines() + candidates);
  const std::string_view address = "c=IN IP4 0.0.0.0";
  offer.replace(offer.find(address), address.size(),
                "c=IN IP4 0b6f3a1e-1c8e-4a53-9a6c-2f4f7c1d9e11.local");
  Peer peer;
  const auto answer = peer.answer_to(offer);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(peer.change.transport->candidates.size(), 2u);
  EXPECT_FALSE(peer.change.transport->candidates[0].is_resolved());
  EXPECT_TRUE(peer.change.transport->candidates[1].is_resolved());
}

// RFC 9143 §7.4, RFC 9429 §3.5.1: only one section of a group has them.
TEST(RemoteSections, CandidatesOfTheWholeGroupCount) {
  const std::string candidates =
      "a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host\r\n"
      "a=candidate:2 1 ssltcp 2130706175 192.0.2.2 443 typ host\r\na=end-of-candidates\r\n";
  Peer peer;
  ASSERT_TRUE(peer.answer_to(head("0 1 2") + audio_section("0") +
                             video_section("1", transport_lines() + candidates) +
                             data_section("2")));
  EXPECT_EQ(peer.change.transport->candidates.size(), 2u);
  EXPECT_TRUE(peer.change.transport->end_of_candidates);

  Peer other;
  ASSERT_TRUE(other.answer_to(head("0 2") + audio_section("0") +
                              video_section("1", transport_lines("othr") + candidates) +
                              data_section("2")));
  EXPECT_TRUE(other.change.transport->candidates.empty());
  EXPECT_FALSE(*other.negotiation.generation_of(
      {.candidate = "x", .sdp_mid = "1", .sdp_mline_index = 1, .username_fragment = "othr"}));
  EXPECT_TRUE(*other.negotiation.generation_of(
      {.candidate = "x", .sdp_mid = "0", .sdp_mline_index = 0, .username_fragment = "Kq7z"}));
}

// RFC 9429 §5.10, §3.5.2.1.
TEST(RemoteSections, MidsAreMadeUpAndNotAnswered) {
  Peer peer;
  const auto answer =
      peer.answer_to(head() + data_section("") + audio_section("0") + audio_section(""));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(ports(*answer), ElementsAre(9, 0, 0));
  EXPECT_EQ(sdp::mid(answer->media[0]), std::nullopt);
  EXPECT_EQ(sdp::mid(answer->media[1]), "0");
  EXPECT_EQ(sdp::mid(answer->media[2]), std::nullopt);
  EXPECT_EQ(group(*answer), "");
  EXPECT_EQ(peer.negotiation.candidate_mid(), "1");
  EXPECT_EQ(peer.negotiation.candidate_index(), 0);
  // Ours names them: an offer has to (RFC 9429 §5.2.2).
  const auto offer = sdp::parse(peer.negotiation.create_offer({})->sdp).value();
  EXPECT_EQ(sdp::mid(offer.media[0]), "1");
  EXPECT_EQ(sdp::mid(offer.media[2]), "2");

  Peer empty;
  for (const char* line : {"a=mid:", "a=mid"}) {
    const auto taken =
        empty.take(SdpType::Offer, head() + with(data_section("7"), "a=mid:7", line));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().message, "remoteDescription contained media section without mid value");
  }
}

TEST(RemoteSections, AnAnswerNeedsNoMidsEither) {
  Peer peer;
  peer.negotiation.want_data();
  ASSERT_TRUE(peer.negotiation.set_local(*peer.negotiation.create_offer({})));
  const auto change =
      peer.take(SdpType::Answer, head() + data_section("", transport_lines("Kq7z", "active")));
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_TRUE(change->transport);
  EXPECT_TRUE(*peer.negotiation.generation_of(
      {.candidate = "x", .sdp_mid = "0", .sdp_mline_index = 0, .username_fragment = {}}));
}

// An answer may say where the transport is in the tagged section alone, too.
TEST(RemoteSections, AnAnswersTransportMayStandInItsTaggedSection) {
  Peer peer;
  ASSERT_TRUE(peer.answer_to(head("0 1") + audio_section("0") + data_section("1")));
  ASSERT_TRUE(peer.negotiation.set_local(*peer.negotiation.create_offer({})));
  const auto change = peer.take(
      SdpType::Answer,
      head("0 1") +
          with(audio_section("0", transport_lines("Kq7z", "passive")), "a=sendrecv", "a=inactive") +
          data_section("1", ""));
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(change->transport->credentials.ufrag, "Kq7z");
}

// RFC 8842 §5.2, §5.3 against RFC 4145 §4: see setup_when_absent().
TEST(RemoteSections, AnAnswerWithoutSetupIsActiveAndAnOfferActpass) {
  Peer offerer;
  offerer.negotiation.want_data();
  ASSERT_TRUE(offerer.negotiation.set_local(*offerer.negotiation.create_offer({})));
  const auto change =
      offerer.take(SdpType::Answer, head("0") + data_section("0", transport_lines("Kq7z", "")));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->dtls_role, dtls::Role::Server);

  Peer answerer;
  const auto answer =
      answerer.answer_to(head("0") + data_section("0", transport_lines("Kq7z", "")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->media[0].attributes.value("setup"), "active");
  EXPECT_EQ(answerer.change.dtls_role, dtls::Role::Client);
}

// RFC 8122 §5, RFC 8839 §5.4, RFC 8842 §5: what stands at session level holds for every section
// that has none of its own.
TEST(RemoteSections, TakeWhatTheyLackFromTheSession) {
  Peer peer;
  const std::string offer = head("0 1") + transport_lines("sess", "passive") +
                            audio_section("0",
                                          "a=ice-ufrag:medi\r\na=ice-pwd:"
                                          "w3Jm9xTtR1bYc5LdVh8QeA2s\r\n") +
                            data_section("1", "");
  const auto answer = peer.answer_to(offer);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(peer.change.transport->credentials.ufrag, "medi");
  EXPECT_EQ(peer.change.transport->setup, sdp::Setup::Passive);
  EXPECT_EQ(peer.change.transport->fingerprints.size(), 1u);
}

// Each section has the session's, and there may be a thousand. RFC 8839 §5.4: 256 characters.
TEST(RemoteSections, TakeNoUserFragmentFromTheSessionThatIsTooLong) {
  const auto ufrags = [](std::size_t size) {
    const auto session = sdp::parse(head() + "a=ice-ufrag:" + std::string(size, 'u') + "\r\n" +
                                    audio_section("0") + audio_section("1", ""))
                             .value();
    return sort_offer(session, [](std::size_t) { return false; }).value().ufrags;
  };
  EXPECT_THAT(ufrags(256), ElementsAre("Kq7z", std::string(256, 'u')));
  EXPECT_THAT(ufrags(257), ElementsAre("Kq7z", ""));
}

// A thousand sections, none of which multiplexes RTCP, and a group of 300,000 mids.
TEST(RemoteSections, TakeLinearTime) {
  std::string mids, sections;
  for (int i = 0; i < 300'000; ++i) mids += " x";
  for (int i = 0; i < 1'000; ++i)
    sections += "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:" + std::to_string(i) + "\r\n";
  const auto session = sdp::parse(head(mids) + sections).value();
  const MediaTaking taking{.can_take = std::vector<bool>(1'000, true),
                           .is_running = std::vector<bool>(1'000, true)};
  const auto sorted = sort_offer(session, [](std::size_t) { return false; }, &taking);
  EXPECT_EQ(sorted.value().tagged, std::nullopt);
}

// One that is in two groups is in the first.
TEST(RemoteSections, AreOfOneGroup) {
  const auto bundle = [](std::string groups, bool has_mux) {
    const auto section = [&](std::string_view mid) {
      return has_mux ? audio_section(mid) : without(audio_section(mid), "a=rtcp-mux");
    };
    const auto session =
        sdp::parse(head() + groups + section("0") + section("1") + audio_section("2")).value();
    const MediaTaking taking{.can_take = {true, true, true}, .is_running = {false, true, false}};
    return sort_offer(session, [](std::size_t) { return false; }, &taking).value().bundle;
  };
  EXPECT_THAT(bundle("a=group:BUNDLE 0 x\r\na=group:BUNDLE 2 1 0 1\r\n", true), ElementsAre(2, 1));
  EXPECT_THAT(bundle("a=group:LS 0 1\r\na=group:BUNDLE 2 1\r\n", false), ElementsAre(2, 1));
  EXPECT_THAT(bundle("", true), ElementsAre());
}

// RFC 8841 §5.2.
TEST(RemoteSections, WithSctpPortZeroThereIsNoAssociation) {
  Peer peer;
  const auto answer = peer.answer_to(head("0") + data_section("0", transport_lines(), 9, 0));
  ASSERT_TRUE(answer);
  EXPECT_THAT(ports(*answer), ElementsAre(0));
  EXPECT_FALSE(peer.change.transport);

  Peer offerer;
  offerer.negotiation.want_data();
  ASSERT_TRUE(offerer.negotiation.set_local(*offerer.negotiation.create_offer({})));
  const auto change = offerer.take(
      SdpType::Answer, head("0") + data_section("0", transport_lines("Kq7z", "active"), 9, 0));
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->data_ended);
  EXPECT_FALSE(change->transport);
}

// RFC 9429 §5.2.2: later offers keep the m= sections' order, and go on saying inactive.
TEST(RemoteSections, AreOfferedAgainAsTheyWereAnswered) {
  Peer peer;
  const std::string offer =
      head("1 2") + video_section("0", "", 0) + audio_section("1") + data_section("2");
  ASSERT_TRUE(peer.answer_to(offer));
  const auto ours = sdp::parse(peer.negotiation.create_offer({})->sdp).value();
  EXPECT_THAT(ports(ours), ElementsAre(0, 9, 9));
  EXPECT_EQ(group(ours), "BUNDLE 1 2");
  EXPECT_TRUE(ours.media[1].attributes.has("inactive"));
  EXPECT_TRUE(ours.media[1].attributes.has("rtcp-mux"));
  EXPECT_THAT(ours.media[1].formats, ElementsAre("111"));
  EXPECT_EQ(ours.media[1].attributes.value("setup"), "actpass");
  EXPECT_THAT(rtpmaps(ours.media[0]), ElementsAre("97 rtx/90000", "96 VP8/90000"));
}

TEST(RemoteSections, APeersLaterOfferMayTurnAddAndTakeAwaySections) {
  Peer peer;
  ASSERT_TRUE(peer.answer_to(head("0") + data_section("0")));
  const auto more = peer.answer_to(head("0 1 2") + data_section("0") +
                                   with(audio_section("1"), "a=sendrecv", "a=recvonly") +
                                   video_section("2", "a=bundle-only\r\n", 0));
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_THAT(ports(*more), ElementsAre(9, 9, 9));
  EXPECT_FALSE(peer.change.data_ended);
  const auto turned = peer.answer_to(head("0 1") + data_section("0") +
                                     with(audio_section("1"), "a=sendrecv", "a=inactive") +
                                     video_section("2", "", 0));
  ASSERT_TRUE(turned);
  EXPECT_THAT(ports(*turned), ElementsAre(9, 9, 0));
  EXPECT_FALSE(peer.change.data_ended);
  // Its data go, and the transport stays for the section that holds on to it.
  const auto fewer = peer.answer_to(head("1") + data_section("0", "", 0) + audio_section("1") +
                                    video_section("2", "", 0));
  ASSERT_TRUE(fewer) << fewer.error().message;
  EXPECT_THAT(ports(*fewer), ElementsAre(0, 9, 0));
  EXPECT_EQ(group(*fewer), "BUNDLE 1");
  EXPECT_TRUE(peer.change.data_ended);
  EXPECT_FALSE(peer.change.transport->data_section);
  // And come again, where they were.
  const auto again = peer.answer_to(head("1 3") + data_section("3") + audio_section("1") +
                                    video_section("2", "", 0));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(ports(*again), ElementsAre(9, 9, 0));
  EXPECT_EQ(peer.change.transport->data_section, 0u);
}

// RFC 8842 §5.1: another one asks for a new DTLS association.
TEST(RemoteSections, ThePeersTlsIdMayNotChangeWithoutAnIceRestart) {
  const auto with_id = [](std::string_view id) {
    return head("0") +
           data_section(
               "0", transport_lines() + (id.empty() ? "" : "a=tls-id:" + std::string(id) + "\r\n"));
  };
  Peer peer;
  ASSERT_TRUE(peer.answer_to(with_id("89abcdef0123456789ab")));
  const auto other = peer.take(SdpType::Offer, with_id("00000000000000000000"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::InvalidAccess);
  EXPECT_THAT(other.error().message, HasSubstr("a=tls-id"));
  ASSERT_TRUE(peer.answer_to(with_id("")));
  EXPECT_FALSE(peer.take(SdpType::Offer, with_id("00000000000000000000")));
  EXPECT_TRUE(peer.answer_to(with_id("89abcdef0123456789ab")));
}

// RFC 9429 §5.2.2: the place of a rejected section of one's own is used again.
TEST(RemoteSections, ADataSectionThatIsRejectedEachTimeIsOneSection) {
  Peer peer;
  std::string mid;
  for (int round = 0; round < 5; ++round) {
    peer.negotiation.want_data();
    const auto offer = peer.negotiation.create_offer({}).value();
    const auto session = sdp::parse(offer.sdp).value();
    ASSERT_EQ(session.media.size(), 1u);
    EXPECT_NE(sdp::mid(session.media[0]), mid);  // it is another section all the same
    mid = *sdp::mid(session.media[0]);
    ASSERT_TRUE(peer.negotiation.set_local(offer));
    const auto change = peer.take(SdpType::Answer, head() + data_section(mid, "", 0));
    ASSERT_TRUE(change);
    EXPECT_TRUE(change->data_ended);
    EXPECT_FALSE(peer.negotiation.is_needed());  // until there is another channel
  }
}

}  // namespace
}  // namespace specter::jsep
