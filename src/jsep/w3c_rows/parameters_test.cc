// Rows O, P and Q that are about transceivers: parameters, preferences, simulcast that is
// negotiated. docs/w3c-rows.md has all rows.
#include "jsep/testing/two_sides.h"

namespace specter::jsep::rows {
namespace {

using Rids = std::vector<std::string>;

RtpSendParameters parameters(End& end, TransceiverId id) {
  return end.trs().send_parameters(id).value();
}
Rids rids(End& end, TransceiverId id) {
  Rids out;
  for (const auto& encoding : parameters(end, id).encodings) {
    out.push_back(encoding.rid);
    if (encoding.scale_resolution_down_by)
      out.back() += ":" + std::to_string(static_cast<int>(*encoding.scale_resolution_down_by));
  }
  return out;
}
std::string set(End& end, TransceiverId id, const RtpSendParameters& to) {
  return name_of(end.trs().set_send_parameters(id, to));
}

TEST(W3cMediaRows, O3_PreferencesAreOffered) {
  End a(1);
  const auto id = a.add(Audio);
  const auto codecs = media_options().codecs;
  const auto formats = [&] { return sdp::parse(a.offer().sdp).value().media.at(0).formats; };
  EXPECT_THAT(formats(), ElementsAre("111", "0"));
  ASSERT_TRUE(a.trs().set_codec_preferences(id, {codecs[1], codecs[0]}));
  EXPECT_THAT(formats(), ElementsAre("0", "111"));
  ASSERT_TRUE(a.trs().set_codec_preferences(id, {codecs[1]}));
  EXPECT_THAT(formats(), ElementsAre("0"));
  EXPECT_EQ(name_of(a.trs().set_codec_preferences(id, {codecs[2]})), "InvalidModificationError");
  EXPECT_THAT(formats(), ElementsAre("0"));
  ASSERT_TRUE(a.trs().set_codec_preferences(id, {}));
  EXPECT_THAT(formats(), ElementsAre("111", "0"));
}

TEST(W3cMediaRows, O11_ALaterOfferHasAllCodecs) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add(Audio);
  ASSERT_TRUE(a.trs().set_codec_preferences(id, {media_options().codecs[1]}));
  negotiate(a, b);
  EXPECT_THAT(sdp::parse(b.offer().sdp).value().media.at(0).formats, ElementsAre("111", "0"));
}

TEST(W3cMediaRows, P1To5_WhatIsReadBeforeAndAfter) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Video, "v");
  const auto before = parameters(a, id);
  EXPECT_FALSE(before.transaction_id.empty() || before.rtcp.cname.empty());
  EXPECT_EQ(before.encodings.size(), 1u);
  EXPECT_THAT(before.codecs, IsEmpty());
  ASSERT_TRUE(b.set_remote(a.make_offer()));
  const auto answer = b.answer();
  const auto of_b = b.at(0).id;
  EXPECT_THAT(parameters(a, id).codecs, IsEmpty());
  EXPECT_THAT(parameters(b, of_b).codecs, IsEmpty());
  EXPECT_THAT(b.trs().receive_parameters(of_b)->codecs, IsEmpty());
  ASSERT_TRUE(b.set_local(answer));
  ASSERT_TRUE(a.set_remote(answer));
  for (End* end : {&a, &b}) {
    const auto sends = parameters(*end, end->at(0).id);
    const auto receives = end->trs().receive_parameters(end->at(0).id).value();
    ASSERT_EQ(sends.codecs.size(), 2u);
    EXPECT_EQ(sends.codecs[0].mime_type, "video/VP8");
    EXPECT_FALSE(sends.header_extensions.empty());
    EXPECT_EQ(receives.codecs.size(), 2u);
    EXPECT_FALSE(receives.header_extensions.empty());
    EXPECT_TRUE(receives.rtcp.cname.empty());
  }
}

TEST(W3cMediaRows, P6To11_ATransactionIsForOnce) {
  Two two;
  auto& [a, b] = two;
  const auto id = a.add_track(Video, "v");
  auto read = parameters(a, id);
  EXPECT_EQ(read, parameters(a, id));
  read.encodings[0].max_bitrate = 10'000;
  EXPECT_EQ(set(a, id, read), "");
  EXPECT_EQ(set(a, id, read), "InvalidStateError");
  read = parameters(a, id);
  EXPECT_EQ(read.encodings[0].max_bitrate, 10'000u);
  auto other = read;
  other.transaction_id = "x";
  EXPECT_EQ(set(a, id, other), "InvalidModificationError");
  negotiate(a, b);
  EXPECT_EQ(set(a, id, read), "InvalidStateError") << "row Q19: a negotiation voids them";
  read = parameters(a, id);
  a.stop(id);
  EXPECT_EQ(set(a, id, read), "InvalidStateError");
}

TEST(W3cMediaRows, P12_AndP15_WhatIsReadOnly) {
  End a(1);
  const auto id = a.add_track(Video, "v");
  const auto refused = [&](auto change) {
    auto to = parameters(a, id);
    change(to);
    return set(a, id, to);
  };
  EXPECT_EQ(refused([](auto& p) { p.encodings.emplace_back(); }), "InvalidModificationError");
  EXPECT_EQ(refused([](auto& p) { p.encodings.clear(); }), "InvalidModificationError");
  EXPECT_EQ(refused([](auto& p) { p.encodings[0].rid = "x"; }), "InvalidModificationError");
  EXPECT_EQ(refused([](auto& p) { p.rtcp.cname = "x"; }), "InvalidModificationError");
  EXPECT_EQ(refused([](auto& p) { p.encodings[0].scale_resolution_down_by = 0.5; }), "TypeError");
  EXPECT_EQ(refused([](auto&) {}), "");
}

// RFC 3264 §6.1: an answer lists what its sender is willing to send, too.
TEST(MediaParameters, AnAnswererSendsWhatItsAnswerLists) {
  MediaOptions options = media_options();
  options.codecs.push_back({.kind = Video,
                            .payload_type = 108,
                            .mime_type = "video/H264",
                            .clock_rate = 90'000,
                            .sdp_fmtp_line = "packetization-mode=1;profile-level-id=42e01f"});
  options.codecs.push_back({.kind = Video,
                            .payload_type = 109,
                            .mime_type = "video/rtx",
                            .clock_rate = 90'000,
                            .sdp_fmtp_line = "apt=108"});
  const auto& h264 = options.codecs[4];
  const auto& h264_rtx = options.codecs[5];
  for (const bool with_rtx : {true, false}) {
    End a(1, options), b(2, options);
    (void)a.add(Video, "t");
    const auto id = b.add_track(Video, "u");
    std::vector<RtpCodec> preferences{h264};
    if (with_rtx) preferences.push_back(h264_rtx);
    EXPECT_EQ(name_of(b.trs().set_codec_preferences(id, preferences)), "");
    const auto answer = negotiate(a, b);
    EXPECT_THAT(answer.sdp, Not(HasSubstr("VP8")));
    const auto send = b.trs().sending(id).value();
    ASSERT_EQ(send.codecs.size(), 1u);
    EXPECT_EQ(send.codecs[0].encoding_name, "H264");
    EXPECT_EQ(send.codecs[0].rtx_payload_type.has_value(), with_rtx);
    EXPECT_EQ(parameters(b, id).codecs.size(), with_rtx ? 2u : 1u);
    // What one side receives the other may send.
    EXPECT_EQ(a.trs().sending(a.at(0).id)->codecs, send.codecs);
  }
}

// ---- simulcast

TransceiverId add_simulcast(End& end, Rids of) {
  RtpTransceiverInit init;
  for (std::string& rid : of) init.send_encodings.push_back({.rid = std::move(rid)});
  return end.trs().add_transceiver(track(Video, "v"), init).value();
}
// A peer's offer to receive these.
SessionDescription asks_for(const std::string& receives) {
  std::string sdp = head("0") + video_section("0") +
                    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                    "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n";
  for (const char* rid : {"foo", "bar"}) sdp += "a=rid:" + std::string(rid) + " recv\r\n";
  return {SdpType::Offer, sdp + "a=simulcast:recv " + receives + "\r\n"};
}

TEST(W3cMediaRows, Q1_RidsAreOffered) {
  End a(1);
  (void)add_simulcast(a, {"foo", "bar", "baz"});
  const auto sdp = a.offer().sdp;
  for (const char* rid : {"foo", "bar", "baz"})
    EXPECT_THAT(sdp, HasSubstr("a=rid:" + std::string(rid) + " send"));
  EXPECT_THAT(sdp, HasSubstr("a=simulcast:send foo;bar;baz\r\n"));
}

TEST(W3cMediaRows, Q2_AndQ5_AndQ7_ATrackTakesTheRidsThatAreAskedFor) {
  for (const bool added_before : {true, false}) {
    End b(2);
    if (added_before) (void)b.add_track(Video, "u");
    ASSERT_TRUE(b.set_remote(asks_for("foo;bar")));
    const auto id = b.add_track(added_before ? Audio : Video, "v");
    EXPECT_THAT(rids(b, b.at(0).id), ElementsAre("foo:2", "bar:1"));
    EXPECT_THAT(b.make_answer().sdp, HasSubstr("a=simulcast:send foo;bar\r\n"));
    EXPECT_EQ(id == b.at(0).id, !added_before);
    const auto sending = b.trs().sending(b.at(0).id).value();
    ASSERT_EQ(sending.encodings.size(), 2u);
    EXPECT_NE(sending.encodings[0].ssrc, sending.encodings[1].ssrc);
    EXPECT_NE(sending.encodings[1].rtx_ssrc, 0u);
  }
}

// RFC 8853 §5.3.2: what the answer doesn't agree to is not sent.
TEST(MediaParameters, AnAnswererSendsTheSimulcastOfItsAnswer) {
  const auto offer = asks_for("foo;bar");
  const auto left = [](const SessionDescription& asked) {
    End b(2);
    const auto id = b.add_track(Video, "v");
    EXPECT_EQ(name_of(b.set_remote(asked)), "");
    const auto answer = b.make_answer();
    Rids said;
    const auto session = sdp::parse(answer.sdp).value();
    for (const auto& line : session.media.at(0).attributes.values("simulcast"))
      said.emplace_back(line);
    Rids out = rids(b, id);
    EXPECT_EQ(b.trs().sending(id)->encodings.size(), out.size());
    out.push_back(said.empty() ? "-" : said.front());
    return out;
  };
  EXPECT_THAT(left(offer), ElementsAre("foo:2", "bar:1", "send foo;bar"));
  EXPECT_THAT(left(without(offer, "a=extmap:2 ")), ElementsAre(":1", "-"));
  EXPECT_THAT(left(with(offer, "a=rid:foo recv", "a=rid:foo recv pt=35")),
              ElementsAre("bar:1", "send bar"));
  auto none = with(offer, "a=rid:foo recv", "a=rid:foo recv pt=35");
  none = with(none, "a=rid:bar recv", "a=rid:bar recv pt=35");
  EXPECT_THAT(left(none), ElementsAre("foo:2", "-"));
}

TEST(W3cMediaRows, Q10To13_AnAnswerLeavesWhatItTakes) {
  struct Case {
    const char* answered;
    Rids left;
  };
  for (const auto& [answered, left] :
       {Case{"foo", {"foo:2"}}, Case{"bar", {"bar:1"}}, Case{"bar;foo", {"foo:2", "bar:1"}}}) {
    Two two;
    auto& [a, b] = two;
    const auto id = add_simulcast(a, {"foo", "bar"});
    ASSERT_TRUE(b.set_remote(a.make_offer()));
    auto answer = without(without(b.make_answer(), "a=rid:"), "a=simulcast:");
    for (const char* rid : {"foo", "bar"}) {
      if (std::string_view(answered).find(rid) != std::string_view::npos)
        answer.sdp += "a=rid:" + std::string(rid) + " recv\r\n";
    }
    answer.sdp += "a=simulcast:recv " + std::string(answered) + "\r\n";
    ASSERT_TRUE(a.set_remote(answer));
    EXPECT_EQ(rids(a, id), left);
    EXPECT_EQ(a.trs().sending(id)->encodings.size(), left.size());
  }
  Two two;
  const auto id = add_simulcast(two.a, {"foo", "bar"});
  ASSERT_TRUE(two.b.set_remote(two.a.make_offer()));
  ASSERT_TRUE(two.a.set_remote(without(without(two.b.make_answer(), "a=rid:"), "a=simulcast:")));
  EXPECT_THAT(rids(two.a, id), ElementsAre("foo:2"));
}

TEST(W3cMediaRows, Q12_AndQ16To17_ALaterOfferCountsFromTheAnswerOn) {
  End b(2);
  const auto id = b.add_track(Video, "v");
  ASSERT_TRUE(b.set_remote(asks_for("foo;bar")));
  EXPECT_EQ(set(b, id, parameters(b, id)), "");
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(rids(b, id), ElementsAre(":1"));
  ASSERT_TRUE(b.set_remote(asks_for("foo;bar")));
  (void)b.make_answer();
  auto changed = parameters(b, id);
  changed.encodings[0].scale_resolution_down_by = 3;
  changed.encodings[1].scale_resolution_down_by = 5;
  EXPECT_EQ(set(b, id, changed), "");
  ASSERT_TRUE(b.set_remote(asks_for("bar")));
  EXPECT_THAT(rids(b, id), ElementsAre("foo:3", "bar:5"));
  ASSERT_TRUE(b.set_remote(kRollback));
  EXPECT_THAT(rids(b, id), ElementsAre("foo:3", "bar:5"));
  ASSERT_TRUE(b.set_remote(asks_for("bar")));
  (void)b.make_answer();
  EXPECT_THAT(rids(b, id), ElementsAre("bar:5"));
}

TEST(W3cMediaRows, Q15_ADirectionDoesNotEndSimulcast) {
  Two two;
  auto& [a, b] = two;
  const auto id = add_simulcast(a, {"foo", "bar"});
  negotiate(a, b);
  for (const auto direction : {Inactive, RecvOnly, SendOnly, SendRecv}) {
    a.set_direction(id, direction);
    negotiate(a, b);
    EXPECT_THAT(rids(a, id), ElementsAre("foo:2", "bar:1")) << word_of(direction);
  }
  b.set_direction(b.at(0).id, Inactive);
  negotiate(b, a);
  EXPECT_THAT(rids(a, id), ElementsAre("foo:2", "bar:1"));
}

}  // namespace
}  // namespace specter::jsep::rows
