// What both sections come to. W3C §4.4.1.5.
#include <gmock/gmock.h>

#include "jsep/media_negotiation.h"
#include "jsep/testing/media_sections.h"

namespace specter::jsep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kOffer =
    "m=video 9 UDP/TLS/RTP/SAVPF 45 108 109 120 124\n"
    "a=rtpmap:45 AV1/90000\n"
    "a=rtpmap:108 h264/90000\n"
    "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e00d\n"
    "a=rtpmap:109 rtx/90000\n"
    "a=fmtp:109 apt=108\n"
    "a=rtpmap:120 VP8/90000\n"
    "a=fmtp:120 max-fs=12288\n"
    "a=rtpmap:124 rtx/90000\n"
    "a=fmtp:124 apt=120\n"
    "a=rtcp-fb:120 nack\n"
    "a=rtcp-fb:120 transport-cc\n"
    "a=rtcp-fb:108 ccm fir\n"
    "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\n"
    "a=extmap:5/recvonly urn:3gpp:video-orientation\n"
    "a=extmap:7/sendonly http://www.ietf.org/id/"
    "draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
    "a=rtcp-mux\n"
    "a=rtcp-rsize\n"
    "a=extmap-allow-mixed\n"
    "a=ssrc-group:FID 11 12\n"
    "a=ssrc:11 cname:x\n"
    "a=ssrc:12 cname:x\n"
    "a=ssrc:13 cname:x\n";

struct Exchange {
  MediaDescription offer = read(kOffer).value();
  MediaDescription answer =
      answer_media(media_options(), local_media(MediaKind::Video), offer).value();
  AgreedMedia agreed{"v", answer, offer, Side::Local};

  rtp::SendParameters send() const {
    return make_send_parameters(media_options(), agreed, LocalTrack{MediaKind::Video, "t", {}},
                                encodings({"a", "b"}), "us");
  }
};

// Media rows P3, O16: the peer's order, numbers and parameters.
TEST(SendParameters, AreTheRemoteSections) {
  const Exchange exchange;
  const rtp::SendParameters send = exchange.send();
  EXPECT_EQ(send.mid, "v");
  EXPECT_EQ(send.kind, MediaKind::Video);
  EXPECT_TRUE(send.is_active && send.reduced_size && send.may_mix_extensions);
  EXPECT_EQ(send.track->id, "t");
  EXPECT_THAT(send.encodings, SizeIs(2));
  EXPECT_EQ(send.cname, "us");

  ASSERT_THAT(send.codecs, SizeIs(2));
  const rtp::NegotiatedCodec& h264 = send.codecs[0];
  EXPECT_EQ(h264.codec,
            (RtpCodec{MediaKind::Video,
                      108,
                      "video/H264",
                      90'000,
                      0,
                      "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e00d",
                      {"ccm fir"}}));
  EXPECT_EQ(h264.encoding_name, "H264");
  EXPECT_EQ(h264.rtx_payload_type, 109);
  EXPECT_TRUE(h264.full_intra_request);
  EXPECT_FALSE(h264.nack || h264.picture_loss || h264.transport_wide || h264.bitrate_estimate);
  const rtp::NegotiatedCodec& vp8 = send.codecs[1];
  EXPECT_EQ(vp8.codec.payload_type, 120);
  EXPECT_EQ(vp8.codec.sdp_fmtp_line, "max-fs=12288");
  EXPECT_EQ(vp8.rtx_payload_type, 124);
  EXPECT_TRUE(vp8.nack);
  EXPECT_FALSE(vp8.transport_wide) << "the numbers only come this way";

  // RFC 8285 §5: what the peer sends only is not ours to send.
  EXPECT_EQ(send.extensions.size(), 2u);
  EXPECT_EQ(send.extensions.id_of(rtp::ExtensionKind::Mid), 3);
  EXPECT_EQ(send.extensions.id_of(rtp::ExtensionKind::VideoOrientation), 5);
}

// Media row P4: our section's.
TEST(ReceiveParameters, AreOurSections) {
  const Exchange exchange;
  const rtp::ReceiveParameters receive = make_receive_parameters(exchange.agreed);
  EXPECT_EQ(receive.mid, "v");
  EXPECT_TRUE(receive.is_active && receive.reduced_size);
  ASSERT_THAT(receive.codecs, SizeIs(2));
  EXPECT_EQ(receive.codecs[0].codec.sdp_fmtp_line,
            "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  EXPECT_EQ(receive.codecs[1].codec.payload_type, 120);
  EXPECT_EQ(receive.codecs[1].rtx_payload_type, 124);
  EXPECT_TRUE(receive.codecs[1].transport_wide);
  EXPECT_EQ(receive.extensions.size(), 2u);
  EXPECT_EQ(receive.extensions.id_of(rtp::ExtensionKind::TransportSequence), 7);
  EXPECT_THAT(receive.sources,
              ElementsAre(rtp::RemoteSource{11, 12, ""}, rtp::RemoteSource{13, std::nullopt, ""}));
  EXPECT_THAT(receive.rids, IsEmpty());
}

// webrtcbin's answer has 0 for the SSRC of its media, which it learns later: repairs of the one
// that it says are then no repairs of 0, which no packet has.
TEST(ReceiveParameters, PairNothingWithAnUnknownSource) {
  PayloadTypes types;
  ExtensionIds ids;
  const auto offer = offer_media(media_options(), local_media(MediaKind::Video), types, ids);
  const auto answer = read(
                          "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=rtpmap:96 VP8/90000\n"
                          "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"
                          "a=ssrc-group:FID 0 12\na=ssrc:12 cname:x\n")
                          .value();
  EXPECT_THAT(make_receive_parameters({"0", offer, answer, Side::Remote}).sources,
              ElementsAre(rtp::RemoteSource{12, std::nullopt, ""}));
}

// RFC 3264 §6.1: each side sends with the numbers that the other has written.
TEST(SendParameters, HaveTheAnswersNumbersAndReceiveParametersTheOffers) {
  PayloadTypes types;
  ExtensionIds ids;
  const auto offer = offer_media(media_options(), local_media(MediaKind::Video), types, ids);
  const auto answer = read(
                          "m=video 9 UDP/TLS/RTP/SAVPF 100 101\na=rtpmap:100 VP8/90000\n"
                          "a=rtcp-fb:100 nack\na=rtpmap:101 rtx/90000\na=fmtp:101 apt=100\n"
                          "a=extmap:12 urn:ietf:params:rtp-hdrext:sdes:mid\na=sendonly\n")
                          .value();
  const AgreedMedia agreed{"0", offer, answer, Side::Remote};
  const auto send = make_send_parameters(media_options(), agreed, std::nullopt, {}, "");
  EXPECT_FALSE(send.is_active || send.reduced_size || send.may_mix_extensions);
  ASSERT_THAT(send.codecs, SizeIs(1));
  EXPECT_EQ(send.codecs[0].codec.payload_type, 100);
  EXPECT_EQ(send.codecs[0].rtx_payload_type, 101);
  EXPECT_EQ(send.extensions.id_of(rtp::ExtensionKind::Mid), 12);
  const auto receive = make_receive_parameters(agreed);
  EXPECT_TRUE(receive.is_active);
  EXPECT_THAT(receive.codecs, SizeIs(5));
  EXPECT_EQ(receive.codecs[0].codec.payload_type, 96);
  EXPECT_EQ(receive.codecs[0].rtx_payload_type, 97);
  EXPECT_TRUE(receive.codecs[0].nack);
  EXPECT_FALSE(receive.codecs[0].picture_loss);
  EXPECT_FALSE(receive.codecs[1].nack) << "the answer does not have it";
  EXPECT_EQ(receive.extensions.id_of(rtp::ExtensionKind::Mid), 9);
}

// Media row O12: the answer has a codec that our section does not list, and we have it.
TEST(SendParameters, HaveWhatTheAnswerListsAndWeHave) {
  PayloadTypes types;
  ExtensionIds ids;
  LocalMedia local = local_media(MediaKind::Video);
  local.preferences = {media_options().codecs[1]};
  const auto offer = offer_media(media_options(), local, types, ids);
  const auto answer = read(
                          "m=video 9 UDP/TLS/RTP/SAVPF 63\na=rtpmap:63 H264/90000\n"
                          "a=fmtp:63 profile-level-id=42e01f;packetization-mode=1\n")
                          .value();
  const auto send = make_send_parameters(media_options(), {"0", offer, answer, Side::Remote},
                                         std::nullopt, {}, "");
  ASSERT_THAT(send.codecs, SizeIs(1));
  EXPECT_EQ(send.codecs[0].encoding_name, "H264");
  EXPECT_EQ(send.codecs[0].codec.payload_type, 63);
}

TEST(ReceiveParameters, HaveTheRidsThatBothSay) {
  const auto rid = "a=extmap:10 " + std::string(kRidUri) + "\n";
  const auto offer = read("m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 VP8/90000\n" + rid +
                          "a=rid:q send\na=rid:h send\na=rid:x recv\na=simulcast:send q;h\n")
                         .value();
  const auto answer = answer_media(media_options(), local_media(MediaKind::Video), offer).value();
  EXPECT_THAT(make_receive_parameters({"0", answer, offer, Side::Local}).rids,
              ElementsAre("q", "h"));
  auto fewer = offer;
  fewer.rids.erase(fewer.rids.begin());
  EXPECT_THAT(make_receive_parameters({"0", answer, fewer, Side::Local}).rids, ElementsAre("h"));
}

// As getParameters() tells them. Media row P5.
TEST(Listed, AreCodecsWithTheirRetransmissionAndExtensionsByTheirIds) {
  const Exchange exchange;
  const auto codecs = listed(exchange.send().codecs);
  ASSERT_THAT(codecs, SizeIs(4));
  EXPECT_EQ(codecs[2].payload_type, 120);
  EXPECT_EQ(codecs[3], (RtpCodec{MediaKind::Video, 124, "video/rtx", 90'000, 0, "apt=120", {}}));
  EXPECT_THAT(listed(exchange.send().extensions),
              ElementsAre(RtpHeaderExtensionParameters{std::string(kMid), 3},
                          RtpHeaderExtensionParameters{std::string(kOrientation), 5}));
}

}  // namespace
}  // namespace specter::jsep
