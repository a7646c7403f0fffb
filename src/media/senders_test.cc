#include "media/senders.h"

#include <gmock/gmock.h>

#include "media/testing/send_rig.h"
#include "rtp/extensions/absolute_send_time.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/rid.h"
#include "rtp/extensions/transport_sequence.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Senders, SendASampleAsPacketsOfOneSize) {
  SendRig rig;
  SendRig::connect(rig);
  ASSERT_TRUE(rig.write(key_frame(5000)));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(5));
  const std::uint16_t first = sent[0].sequence();
  EXPECT_LT(first, 1 << 15);  // RFC 3711 §3.3.1; docs/failures.md row 209
  std::size_t payload = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto header = sent[i].header();
    EXPECT_EQ(header.ssrc, kVideoSsrc);
    EXPECT_EQ(header.payload_type, kVp8);
    EXPECT_EQ(header.sequence, first + i);
    EXPECT_EQ(header.timestamp, sent[0].header().timestamp);
    EXPECT_EQ(header.marker, i == 4);
    EXPECT_LE(sent[i].bytes.size(), 1152u);
    if (i < 4) {
      EXPECT_EQ(sent[i].bytes.size(), sent[0].bytes.size());
    }
    payload += sent[i].packet().payload.size() - sent[i].prefix_size;
  }
  EXPECT_EQ(payload, 5000u);
}

TEST(Senders, FillPacketsAsFarAsThePathAllows) {
  SendRig rig;
  SendRig::connect(rig);
  for (const std::size_t room : {300u, 500u, 1152u, 1400u}) {
    rig.senders.set_packet_room({room, room});
    for (std::size_t size = 1000; size < 1100; ++size) {
      ASSERT_TRUE(rig.write(key_frame(size)));
      for (const Sent& sent : rig.run(33ms)) ASSERT_LE(sent.bytes.size(), room);
    }
  }
}

TEST(Senders, DropWhatNoPacketHasRoomFor) {
  SendRig rig;
  SendRig::connect(rig);
  for (const std::size_t room : {0u, 20u, 33u}) {
    rig.senders.set_packet_room({room, room});
    EXPECT_TRUE(rig.write(key_frame()));
    EXPECT_THAT(rig.drain(), IsEmpty());
  }
  EXPECT_EQ(rig.stats().frames_dropped, 3u);
}

// --- names: RFC 9143 §15, RFC 8852

TEST(Senders, NameTheSourceUntilAReportKnowsIt) {
  SendRig rig;
  SendRig::connect(rig, simulcast());
  ASSERT_TRUE(rig.write(key_frame(3000), {.rid = "mid"}));
  for (const Sent& sent : rig.run(33ms)) {
    EXPECT_EQ(sent.ssrc(), kVideoSsrc + 2);
    EXPECT_EQ(sent.get<rtp::Mid>(), rtp::Mid{"0"});
    EXPECT_EQ(sent.get<rtp::Rid>(), rtp::Rid{"mid"});
  }
  rig.report(kVideoSsrc + 2);
  ASSERT_TRUE(rig.write(delta_frame(3000), {.rid = "mid"}));
  for (const Sent& sent : rig.run(33ms)) EXPECT_EQ(sent.get<rtp::Mid>(), std::nullopt);
  // Of another encoding no report has said anything.
  ASSERT_TRUE(rig.write(delta_frame(500), {.rid = "lo"}));
  for (const Sent& sent : rig.run(33ms)) EXPECT_EQ(sent.get<rtp::Rid>(), rtp::Rid{"lo"});
  // A key frame's first packet, so that who comes late can begin.
  ASSERT_TRUE(rig.write(key_frame(3000), {.rid = "mid"}));
  const auto sent = rig.run(33ms);
  ASSERT_GE(sent.size(), 3u);
  EXPECT_EQ(sent[0].get<rtp::Mid>(), rtp::Mid{"0"});
  EXPECT_EQ(sent[1].get<rtp::Mid>(), std::nullopt);
}

TEST(Senders, NameTheSourceAgainToANewPeer) {
  SendRig rig;
  SendRig::connect(rig);
  ASSERT_TRUE(rig.write(key_frame()));
  rig.drain();
  rig.report(kVideoSsrc);
  rig.senders.set_connected(rig.now, false);
  rig.senders.set_connected(rig.now, true);
  ASSERT_TRUE(rig.write(delta_frame()));
  EXPECT_EQ(rig.drain().at(0).get<rtp::Mid>(), rtp::Mid{"0"});
}

// A report that names a source which has not sent means nothing.
TEST(Senders, BelieveNoReportBeforeTheFirstPacket) {
  SendRig rig;
  SendRig::connect(rig);
  rig.report(kVideoSsrc);
  ASSERT_TRUE(rig.write(delta_frame()));
  EXPECT_EQ(rig.drain().at(0).get<rtp::Mid>(), rtp::Mid{"0"});
}

TEST(Senders, LeaveOutExtensionsThatTheFormHasNoPlaceFor) {
  SendRig rig;
  auto parameters = video();
  parameters.mid = "a-mid-of-twenty-bytes";
  SendRig::connect(rig, parameters);
  ASSERT_TRUE(rig.write(key_frame()));
  auto sent = rig.drain();
  EXPECT_EQ(sent.at(0).get<rtp::Mid>(), std::nullopt);
  EXPECT_TRUE(sent.at(0).get<rtp::TransportSequence>());
  parameters.may_mix_extensions = true;  // RFC 8285 §6
  rig.senders.set(rig.now, kVideo, parameters);
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_EQ(rig.drain().at(0).get<rtp::Mid>(), rtp::Mid{"a-mid-of-twenty-bytes"});
}

// RFC 8285 §4.1.2: one form in a stream, and an id above 14 leaves no choice.
TEST(Senders, UseTheTwoByteFormAloneWhereAnIdNeedsIt) {
  SendRig rig;
  auto parameters = video();
  parameters.extensions = {};
  parameters.extensions.bind(kMidUri, 20);
  parameters.extensions.bind(rtp::uri_of(rtp::ExtensionKind::AbsoluteSendTime), 3);
  SendRig::connect(rig, parameters);
  const auto mid_of_next = [&](const Buffer& frame) {
    EXPECT_TRUE(rig.write(frame));
    const auto sent = rig.drain();
    const auto extension = sent.at(0).packet().extension.value();
    EXPECT_EQ(rtp::form_of(extension.profile), rtp::ExtensionForm::TwoByte);
    return parameters.extensions.get<rtp::Mid>(extension);
  };
  EXPECT_EQ(mid_of_next(key_frame()), rtp::Mid{"0"});
  rig.report(kVideoSsrc);
  EXPECT_EQ(mid_of_next(delta_frame()), std::nullopt) << "it is known";
}

// --- at the wire

// One counter for the transport, RTX included, in the order of the wire; docs/failures.md row 211.
TEST(Senders, NumberAllThatLeavesByOneCounter) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.set(rig.now, kAudio, audio());
  rig.now += 10ms;
  std::uint16_t next = 1;
  std::size_t repairs = 0;
  for (int i = 0; i < 23'000; ++i) {  // over the wrap
    ASSERT_TRUE(rig.write(i == 0 ? key_frame(2000) : delta_frame(2000)));
    ASSERT_TRUE(rig.write(opus_packet(), {}, kAudio));
    std::uint16_t last_video = 0;
    for (const Sent& sent : rig.run(20ms)) {
      ASSERT_EQ(sent.get<rtp::TransportSequence>(), rtp::TransportSequence{next++});
      ASSERT_EQ(sent.get<rtp::AbsoluteSendTime>(), rtp::AbsoluteSendTime::at(sent.at));
      repairs += sent.is_retransmission ? 1 : 0;
      if (sent.ssrc() == kVideoSsrc) last_video = sent.sequence();
    }
    if (i % 10 == 5) rig.nack({last_video});
  }
  EXPECT_EQ(repairs, 2300u);
  EXPECT_EQ(rig.spins, 0);
}

TEST(Senders, GiveNoNumbersWhereTheyWereNotNegotiated) {
  SendRig rig;
  auto parameters = video();
  parameters.extensions = {};
  parameters.extensions.bind(kMidUri, 1);
  SendRig::connect(rig, parameters);
  ASSERT_TRUE(rig.write(key_frame(100)));
  const auto sent = rig.drain();
  EXPECT_EQ(sent.at(0).bytes.size(), 12u + 4 + 4 + 4 + 100);
}

// --- what changes and what goes on

// docs/failures.md row 206: mute, replaceTrack and pauses leave numbers and times continuous.
TEST(Senders, GoOnWithNumbersAndTimesWhateverChanges) {
  SendRig rig;
  auto parameters = video();
  SendRig::connect(rig, parameters);
  ASSERT_TRUE(rig.write(key_frame(100)));
  const auto first = rig.drain().at(0).header();
  std::uint16_t next = first.sequence;
  std::uint32_t frames = 0;
  const auto check = [&] {
    rig.now = kStart + ++frames * 1s;
    ASSERT_TRUE(rig.write(key_frame(100)));
    const auto sent = rig.drain();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].header().sequence, ++next);
    EXPECT_EQ(sent[0].header().timestamp, first.timestamp + frames * 90'000);
    EXPECT_EQ(sent[0].header().ssrc, first.ssrc);
  };
  check();
  parameters.track->id = "screen";
  rig.senders.set(rig.now, kVideo, parameters);
  check();
  parameters.encodings[0].parameters.active = false;
  rig.senders.set(rig.now, kVideo, parameters);
  ASSERT_TRUE(rig.write(key_frame(100)));
  EXPECT_THAT(rig.run(10s), IsEmpty());
  parameters.encodings[0].parameters.active = true;
  rig.senders.set(rig.now, kVideo, parameters);
  frames += 10;
  check();
  parameters.track.reset();
  rig.senders.set(rig.now, kVideo, parameters);
  EXPECT_EQ(rig.write(key_frame()).error().code, ErrorCode::InvalidState);
  parameters.track = LocalTrack{MediaKind::Video, "another", vp8().codec};
  rig.senders.set(rig.now, kVideo, parameters);
  check();
  parameters.is_active = false;  // the other side's a=inactive
  rig.senders.set(rig.now, kVideo, parameters);
  ASSERT_TRUE(rig.write(key_frame(100)));
  EXPECT_THAT(rig.drain(), IsEmpty());
  parameters.is_active = true;
  rig.senders.set(rig.now, kVideo, parameters);
  check();
  // Another codec: the source stays.
  parameters.encodings[0].parameters.codec = h264().codec;
  rig.senders.set(rig.now, kVideo, parameters);
  rig.now += 1s;
  const Buffer idr = {0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 1, 0, 0, 0, 1, 0x65, 0x88, 1};
  ASSERT_TRUE(rig.write(idr));
  const auto sent = rig.drain();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent[0].header().sequence, ++next);
  EXPECT_EQ(sent[0].header().payload_type, kH264);
}

TEST(Senders, WrapTheirSequenceNumbers) {
  SendRig rig;
  SendRig::connect(rig, audio(), kAudio);
  std::optional<std::uint16_t> last;
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(rig.write(opus_packet(), {.duration = 20ms}, kAudio));
    const auto sent = rig.drain();
    ASSERT_THAT(sent, SizeIs(1));
    if (last) {
      ASSERT_EQ(sent[0].sequence(), static_cast<std::uint16_t>(*last + 1));
    }
    last = sent[0].sequence();
    rig.now += 20ms;
  }
}

// A frame that is cut off by a change leaves a gap, or it would be taken for whole.
TEST(Senders, LeaveAGapWhereAFrameIsCutOff) {
  SendRig rig;
  auto parameters = video();
  SendRig::connect(rig, parameters);
  ASSERT_TRUE(rig.write(key_frame(40'000)));
  const auto sent = rig.drain();
  ASSERT_LT(sent.size(), 30u);
  parameters.encodings[0].parameters.active = false;
  rig.senders.set(rig.now, kVideo, parameters);
  parameters.encodings[0].parameters.active = true;
  rig.senders.set(rig.now, kVideo, parameters);
  ASSERT_TRUE(rig.write(key_frame(100)));
  const auto after = rig.run(1s);
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(after[0].sequence(), sent.back().sequence() + 2);
}

// --- what is refused

TEST(Senders, SayWhichCodecsWereNegotiated) {
  SendRig rig;
  auto parameters = video();
  parameters.track->codec = {MediaKind::Video, 0, "video/AV1", 90'000, 0, "", {}};
  SendRig::connect(rig, parameters);
  const auto result = rig.write(key_frame());
  EXPECT_EQ(result.error().code, ErrorCode::InvalidModification);
  EXPECT_THAT(result.error().message, HasSubstr("video/AV1"));
  EXPECT_THAT(result.error().message, HasSubstr("video/VP8, video/H264"));
}

TEST(Senders, PreferTheEncodingsCodecToTheTracks) {
  SendRig rig;
  auto parameters = video();
  parameters.encodings[0].parameters.codec = h264().codec;
  SendRig::connect(rig, parameters);
  EXPECT_EQ(rig.stats().codec, "H264");
  EXPECT_EQ(rig.write(key_frame()).error().code, ErrorCode::InvalidArgument);  // no Annex B
}

TEST(Senders, RefuseWhatCannotBe) {
  SendRig rig;
  SendRig::connect(rig, simulcast());
  EXPECT_EQ(rig.write(key_frame(), {}, TransceiverId{77}).error().code, ErrorCode::InvalidAccess);
  for (const std::string_view rid : {"", "huge"}) {
    const auto result = rig.write(key_frame(), {.rid = rid});
    EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(result.error().message, HasSubstr("\"hi\", \"mid\", \"lo\""));
  }
  EXPECT_EQ(rig.write({}, {.rid = "hi"}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(rig.senders.write_rtp(rig.now, kVideo, key_frame(), "hi").error().code,
            ErrorCode::InvalidArgument);
  EXPECT_THAT(rig.drain(), IsEmpty());
}

TEST(Senders, TakePacketsOfCodecsThatTheyCannotCut) {
  SendRig rig;
  auto parameters = video();
  parameters.codecs = {
      {.codec = {MediaKind::Video, 45, "video/H266", 90'000, 0, "", {}}, .encoding_name = "H266"}};
  parameters.track->codec = parameters.codecs[0].codec;
  SendRig::connect(rig, parameters);
  EXPECT_EQ(rig.write(key_frame()).error().code, ErrorCode::NotSupported);
  Buffer packet;
  ByteWriter out(packet);
  rtp::Packet{.header = {.payload_type = 1, .sequence = 7}, .payload = opus_packet()}.write(out);
  EXPECT_TRUE(rig.senders.write_rtp(rig.now, kVideo, packet, ""));
  EXPECT_EQ(rig.drain().at(0).header().payload_type, 45);
}

// --- before the connection; docs/failures.md row 207

TEST(Senders, DropWhatIsWrittenBeforeTheyAreConnected) {
  SendRig rig;
  rig.senders.set(rig.now, kVideo,
                  {.mid = "0",
                   .kind = MediaKind::Video,
                   .track = video().track,
                   .encodings = video().encodings});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(rig.write(delta_frame()));  // not negotiated
  rig.senders.set(rig.now, kVideo, video());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(rig.write(delta_frame()));
  EXPECT_THAT(rig.drain(), IsEmpty());
  EXPECT_EQ(rig.senders.next_timeout(), std::nullopt);
  EXPECT_EQ(rig.stats().frames_dropped, 200u);
  EXPECT_THAT(rig.events(), IsEmpty());
  rig.senders.set_connected(rig.now, true);
  const auto events = rig.events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_TRUE(std::get<core::EncodingWanted>(events[0]).is_wanted);
  EXPECT_EQ(std::get<core::KeyFrameWanted>(events[1]).transceiver, kVideo);
}

// Whoever begins when an encoding is wanted has its key frame first.
TEST(Senders, AskForAKeyFrameOnlyWhereTheFirstFrameIsNone) {
  for (const bool is_key : {true, false}) {
    SendRig rig;
    SendRig::connect(rig);
    EXPECT_EQ(rig.count<core::KeyFrameWanted>(), 0u);
    EXPECT_TRUE(rig.write(is_key ? key_frame() : delta_frame()));
    EXPECT_TRUE(rig.write(delta_frame()));
    EXPECT_EQ(rig.count<core::KeyFrameWanted>(), is_key ? 0u : 1u);
  }
}

TEST(Senders, TellWhichEncodingsAreWanted) {
  SendRig rig;
  auto parameters = simulcast();
  SendRig::connect(rig, parameters);
  parameters.encodings[1].parameters.active = false;
  rig.senders.set(rig.now, kVideo, parameters);
  auto events = rig.events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<core::EncodingWanted>(events[0]).rid, "mid");
  EXPECT_FALSE(std::get<core::EncodingWanted>(events[0]).is_wanted);
  rig.senders.set(rig.now, kVideo, parameters);
  EXPECT_THAT(rig.events(), IsEmpty());
  rig.senders.set_connected(rig.now, false);
  EXPECT_EQ(rig.count<core::EncodingWanted>(), 2u);
}

// --- write_rtp()

TEST(Senders, KeepWhatTheApplicationsPacketsSay) {
  SendRig rig;
  SendRig::connect(rig);
  Buffer packet;
  ByteWriter out(packet);
  const Buffer other_extension = {0x10, 0xff, 0, 0};
  rtp::Packet in{.header = {.marker = true,
                            .payload_type = 33,
                            .sequence = 40'000,
                            .timestamp = 123'456,
                            .ssrc = 5,
                            .csrcs = {7, 8}},
                 .extension = rtp::ExtensionBlock{rtp::kOneByteProfile, other_extension},
                 .payload = Bytes(packet),
                 .padding = 3};
  const Buffer payload(100, 9);
  in.payload = payload;
  in.write(out);
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, packet, ""));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  const auto seen = sent[0].packet();
  EXPECT_EQ(seen.header, (rtp::Header{.marker = true,
                                      .payload_type = kVp8,
                                      .sequence = 40'000,
                                      .timestamp = 123'456,
                                      .ssrc = kVideoSsrc,
                                      .csrcs = {7, 8}}));
  EXPECT_EQ(to_buffer(seen.payload), payload);
  EXPECT_EQ(seen.padding, 3);  // docs/failures.md row 212
  EXPECT_EQ(sent[0].get<rtp::Mid>(), rtp::Mid{"0"});
  EXPECT_EQ(rig.stats().bytes_sent, 100u);
  // A sample goes on behind it.
  rig.now += 1s;
  ASSERT_TRUE(rig.write(key_frame(100)));
  const auto next = rig.drain().at(0).header();
  EXPECT_EQ(next.sequence, 40'001);
  EXPECT_EQ(next.timestamp, 123'456u + 90'000);
}

TEST(Senders, SendPacketsOfNothingButPadding) {
  SendRig rig;
  SendRig::connect(rig);
  Buffer packet;
  ByteWriter out(packet);
  rtp::Packet{.header = {.payload_type = 33, .sequence = 1}, .payload = {}, .padding = 200}.write(
      out);
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, packet, ""));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].packet().padding, 200);
  EXPECT_THAT(sent[0].packet().payload, IsEmpty());
  EXPECT_EQ(rig.stats().bytes_sent, 0u);
}

Buffer packet_of(std::size_t payload_bytes) {
  Buffer packet;
  ByteWriter out(packet);
  const Buffer payload(payload_bytes);
  rtp::Packet{.header = {.payload_type = 33, .sequence = 7}, .payload = payload}.write(out);
  return packet;
}

// Chromium's packets are larger than ours, and GStreamer's are of 1400 bytes: interop.tracks.
TEST(Senders, SendPacketsThatOthersMadeForWiderPathsAndRepairThem) {
  SendRig rig;
  SendRig::connect(rig);
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, packet_of(1400 - 12), ""));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_THAT(sent[0].packet().payload, SizeIs(1400 - 12));
  rig.nack({sent[0].sequence()});
  ASSERT_THAT(rig.drain(), SizeIs(1));
}

TEST(Senders, RefuseAPacketThatDoesNotFitThePath) {
  SendRig rig;
  SendRig::connect(rig);
  for (const auto& [room, most] : {std::pair{media::PacketRoom(), "1432 fit"},
                                   std::pair{media::PacketRoom{1152, 1152}, "1152 fit"}}) {
    rig.senders.set_packet_room(room);
    const auto result = rig.senders.write_rtp(rig.now, kVideo, packet_of(room.given - 12), "");
    EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(result.error().message, HasSubstr(most));
  }
}

// docs/failures.md row 205: who joins late gets the parameter sets with each IDR picture.
TEST(Senders, SendParameterSetsBeforeEachIdrPicture) {
  SendRig rig;
  auto parameters = video();
  parameters.encodings[0].parameters.codec = h264().codec;
  SendRig::connect(rig, parameters);
  const Buffer with_sets = {0, 0, 0,    1,    0x67, 0x42, 0xe0, 0x1f, 0x80, 0,    0,
                            0, 1, 0x68, 0xc0, 0,    0,    0,    1,    0x65, 0x88, 1};
  const Buffer without = {0, 0, 0, 1, 0x65, 0x88, 2};
  ASSERT_TRUE(rig.write(with_sets));
  rig.run(33ms);
  ASSERT_TRUE(rig.write(without));
  Buffer all;
  for (const Sent& sent : rig.run(33ms)) {
    const auto payload = sent.packet().payload;
    all.insert(all.end(), payload.begin(), payload.end());
  }
  EXPECT_THAT(all, ElementsAre(0x78, 0, 5, 0x67, 0x42, 0xe0, 0x1f, 0x80, 0, 2, 0x68, 0xc0, 0, 3,
                               0x65, 0x88, 2));
}

// --- limits

TEST(Senders, DropWhatFindsNoRoomAndWaitForAKeyFrame) {
  SendRig rig;
  auto parameters = video();
  parameters.encodings[0].parameters.max_bitrate = 1000;
  SendRig::connect(rig, parameters);
  rig.now += 1s;
  ASSERT_TRUE(rig.write(key_frame(100'000)));
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(rig.write(delta_frame(100'000)));
  rig.run(1s);
  // More than 4 MiB wait: the oldest goes, what depends on it too, and so does what comes now.
  EXPECT_GE(rig.stats().frames_dropped, 41u);
  EXPECT_GE(rig.count<core::KeyFrameWanted>(), 1u);
  ASSERT_TRUE(rig.write(delta_frame(100)));
  EXPECT_THAT(rig.run(10s), IsEmpty());
  parameters.encodings[0].parameters.max_bitrate.reset();
  rig.senders.set(rig.now, kVideo, parameters);
  ASSERT_TRUE(rig.write(delta_frame(100)));
  EXPECT_THAT(rig.drain(), IsEmpty());
  ASSERT_TRUE(rig.write(key_frame(100)));
  ASSERT_TRUE(rig.write(delta_frame(100)));
  EXPECT_THAT(rig.drain(), SizeIs(2));
}

TEST(Senders, KeepNoMoreBodiesThanTheirLimit) {
  SendRig rig({.retransmission_buffer_bytes = 0});
  std::vector<rtp::SendParameters> all;
  for (std::uint64_t i = 0; i < 8; ++i) {
    auto parameters = video();
    parameters.encodings[0].ssrc = static_cast<std::uint32_t>(100 + i);
    parameters.encodings[0].parameters.max_bitrate = 0;
    rig.senders.set(rig.now, TransceiverId{i}, parameters);
  }
  rig.senders.set_connected(rig.now, true);
  std::uint64_t queued = 0;
  for (std::uint64_t i = 0; i < 8; ++i) {
    for (int k = 0; k < 39; ++k) ASSERT_TRUE(rig.write(key_frame(100'000), {}, TransceiverId{i}));
    queued += 39 - rig.stats(i).frames_dropped;
  }
  // 16 MiB, in arenas that are not quite full.
  EXPECT_GE(queued, 150u);
  EXPECT_LE(queued, 167u);
}

}  // namespace
}  // namespace specter::media
