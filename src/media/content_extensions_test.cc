#include "media/content_extensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/send_rig.h"
#include "rtp/extensions/absolute_capture_time.h"
#include "rtp/extensions/absolute_send_time.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/playout_delay.h"
#include "rtp/extensions/video_orientation.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// With numbers behind those of the rig.
rtp::ExtensionMap described() {
  rtp::ExtensionMap out = extensions();
  using enum rtp::ExtensionKind;
  std::uint8_t id = 6;
  for (const auto kind : {AudioLevel, VideoOrientation, AbsoluteCaptureTime, PlayoutDelay})
    out.bind(rtp::uri_of(kind), id++);
  return out;
}

template <class Extension>
std::optional<Extension> get(const Sent& sent) {
  const auto extension = sent.packet().extension;
  return extension ? described().get<Extension>(*extension) : std::nullopt;
}

SendRig& connect(SendRig& rig, rtp::SendParameters parameters = video(),
                 TransceiverId id = kVideo) {
  parameters.extensions = described();
  return SendRig::connect(rig, parameters, id);
}

TEST(ContentExtensions, TellTheLevelInEachAudioPacket) {
  SendRig rig;
  connect(rig, audio(), kAudio);
  for (const std::uint8_t level : {0, 40, 127}) {
    const Buffer packet = opus_packet();
    ASSERT_TRUE(rig.senders.write_sample(
        rig.now, kAudio, {.bytes = packet, .duration = 20ms, .audio_level = level}));
    const auto sent = rig.run(20ms);
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(get<rtp::AudioLevel>(sent[0]), (rtp::AudioLevel{level < 127, level}));
  }
  const Buffer packet = opus_packet();
  ASSERT_TRUE(rig.senders.write_sample(rig.now, kAudio, {.bytes = packet, .duration = 20ms}));
  EXPECT_EQ(get<rtp::AudioLevel>(rig.run(20ms).at(0)), std::nullopt);
}

// 3GPP TS 26.114 §7.4.5.
TEST(ContentExtensions, TellTheOrientationInAPicturesLastPacket) {
  SendRig rig;
  connect(rig);
  ASSERT_TRUE(rig.write(key_frame(5000), {.rotation = 270}));
  const auto sent = rig.run(33ms);
  ASSERT_GT(sent.size(), 3u);
  for (const Sent& one : sent) {
    const auto orientation = get<rtp::VideoOrientation>(one);
    ASSERT_EQ(orientation.has_value(), one.header().marker);
    if (orientation) {
      EXPECT_EQ(orientation->quarter_turns, 3);
    }
    EXPECT_LE(one.bytes.size(), PacketRoom().made);
  }
}

// A repair is the same packet again, RFC 4588 §4.
TEST(ContentExtensions, StandOnRepairsToo) {
  SendRig rig;
  connect(rig);
  ASSERT_TRUE(rig.write(key_frame(100), {.rotation = 90}));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  rig.nack({sent[0].sequence()});
  const auto repair = rig.drain();
  ASSERT_THAT(repair, SizeIs(1));
  EXPECT_EQ(get<rtp::VideoOrientation>(repair[0])->quarter_turns, 1);
}

TEST(ContentExtensions, TellTheTimeOfCaptureOnceASecond) {
  SendRig rig;
  connect(rig);
  std::size_t told = 0;
  for (int frame = 0; frame < 30; ++frame) {
    const Timestamp captured = rig.now - 7ms;
    ASSERT_TRUE(
        rig.write(frame == 0 ? key_frame(3000) : delta_frame(3000), {.captured_at = captured}));
    bool is_first = true;
    for (const Sent& one : rig.run(100ms)) {
      const auto time = get<rtp::AbsoluteCaptureTime>(one);
      EXPECT_EQ(time.has_value(), is_first && frame % 10 == 0) << frame;
      is_first = false;
      if (!time) continue;
      ++told;
      EXPECT_EQ(time->ntp, rtcp::NtpTime::at(captured, kEpoch).value);
    }
  }
  EXPECT_EQ(told, 3u);
}

// The first packets of what leaves in `duration` that tell a time of capture.
std::size_t count_told(SendRig& rig, Duration duration) {
  const auto sent = rig.run(duration);
  return static_cast<std::size_t>(std::ranges::count_if(
      sent, [](const Sent& one) { return get<rtp::AbsoluteCaptureTime>(one).has_value(); }));
}

// A sample that was dropped has told nobody, wherever that was.
TEST(ContentExtensions, TellTheTimeOfCaptureWithTheFirstSampleThatIsSent) {
  SendRig rig;
  connect(rig);
  rig.senders.set_packet_room({30, 30});
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_EQ(count_told(rig, 10ms), 0u);
  EXPECT_EQ(rig.stats().frames_dropped, 1u);
  rig.senders.set_packet_room({});
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_EQ(count_told(rig, 10ms), 1u);
  ASSERT_TRUE(rig.write(delta_frame()));
  EXPECT_EQ(count_told(rig, 10ms), 0u);
}

TEST(ContentExtensions, TellTheTimeOfCaptureAgainAfterAFrameWasDroppedInTheQueue) {
  SendRig rig;
  connect(rig);
  const Buffer large = key_frame(1'000'000);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(rig.write(large));
  EXPECT_EQ(rig.stats().frames_dropped, 1u);
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_EQ(count_told(rig, 900ms), 1u);
}

// Drops all samples as long as it is told to.
class Dropper : public Interceptor {
 public:
  explicit Dropper(const bool& drops) : drops_(drops) {}
  void handle_sending(Timestamp, std::span<OutgoingPacket> packets) override {
    for (OutgoingPacket& packet : packets) packet.dropped = drops_;
  }

 private:
  const bool& drops_;
};

TEST(ContentExtensions, TellTheTimeOfCaptureAgainAfterAnInterceptorDroppedIt) {
  bool drops = true;
  std::vector<std::unique_ptr<Interceptor>> interceptors;
  interceptors.push_back(std::make_unique<Dropper>(drops));
  InterceptorChain chain(std::move(interceptors));
  SendRig rig({}, &chain);
  connect(rig);
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_EQ(count_told(rig, 10ms), 0u);
  drops = false;
  ASSERT_TRUE(rig.write(key_frame()));
  EXPECT_EQ(count_told(rig, 10ms), 1u);
}

TEST(ContentExtensions, AreLeftOutWhereNobodyNegotiatedThem) {
  SendRig rig;
  SendRig::connect(rig);
  ASSERT_TRUE(rig.write(key_frame(100), {.audio_level = 1, .rotation = 90}));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  const auto extension = sent[0].packet().extension;
  rtp::ExtensionReader reader(extension.value());
  while (const auto element = reader.next()) EXPECT_LE(element->id, 5);
}

TEST(ContentExtensions, HaveLimits) {
  SendRig rig;
  connect(rig);
  EXPECT_EQ(rig.write(key_frame(), {.audio_level = 128}).error().code, ErrorCode::InvalidArgument);
  for (const std::uint16_t rotation : {1, 45, 360, 450})
    EXPECT_EQ(rig.write(key_frame(), {.rotation = rotation}).error().code,
              ErrorCode::InvalidArgument);
  EXPECT_THAT(rig.drain(), IsEmpty());
}

// ---- of packets that are forwarded

// The number of each extension where the packet came from.
std::vector<RtpHeaderExtensionParameters> meanings() {
  using enum rtp::ExtensionKind;
  std::vector<RtpHeaderExtensionParameters> out;
  std::uint16_t id = 14;
  for (const auto kind : {VideoOrientation, PlayoutDelay, AbsoluteSendTime, Mid})
    out.push_back({std::string(rtp::uri_of(kind)), id--});
  out.push_back({"urn:unknown", id});
  return out;
}

Buffer foreign_packet() {
  rtp::Extensions elements;
  elements.add(14, rtp::VideoOrientation{.quarter_turns = 1});
  elements.add(13, rtp::PlayoutDelay{});
  elements.add(12, rtp::AbsoluteSendTime::at(Timestamp(5s)));
  elements.add(11, as_bytes(std::string_view("their mid")));
  elements.add(10, as_bytes(std::string_view("unknown")));
  elements.add(9, as_bytes(std::string_view("without a meaning")).first(8));
  Buffer block;
  ByteWriter writer(block);
  elements.write(writer);
  const Buffer payload(100, 1);
  Buffer packet;
  ByteWriter out(packet);
  rtp::Header header{.payload_type = 33, .sequence = 7};
  header.write(out, {.has_extension = true});
  packet.insert(packet.end(), block.begin(), block.end());
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

TEST(ContentExtensions, OfForwardedPacketsAreSentOnWithTheNumbersOfTheirWay) {
  SendRig rig;
  connect(rig);
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, foreign_packet(), "", meanings()));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(get<rtp::VideoOrientation>(sent[0])->quarter_turns, 1);
  EXPECT_EQ(get<rtp::PlayoutDelay>(sent[0]), rtp::PlayoutDelay{});
  EXPECT_EQ(get<rtp::AbsoluteSendTime>(sent[0]), rtp::AbsoluteSendTime::at(sent[0].at));
  EXPECT_EQ(sent[0].get<rtp::Mid>(), rtp::Mid{"0"});
  EXPECT_THAT(sent[0].packet().payload, SizeIs(100));
  rtp::ExtensionReader reader(*sent[0].packet().extension);
  while (const auto element = reader.next()) EXPECT_LE(element->id, 9);
  rig.nack({7});
  const auto repair = rig.drain();
  ASSERT_THAT(repair, SizeIs(1));
  EXPECT_EQ(get<rtp::VideoOrientation>(repair[0])->quarter_turns, 1);
}

TEST(ContentExtensions, OfForwardedPacketsStayBehindWhereNobodySaysWhatTheyMean) {
  SendRig rig;
  connect(rig);
  ASSERT_TRUE(rig.senders.write_rtp(rig.now, kVideo, foreign_packet(), ""));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(get<rtp::VideoOrientation>(sent[0]), std::nullopt);
  EXPECT_EQ(get<rtp::PlayoutDelay>(sent[0]), std::nullopt);
}

}  // namespace
}  // namespace specter::media
