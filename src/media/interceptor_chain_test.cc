#include "media/interceptor_chain.h"

#include <gmock/gmock.h>

#include "media/testing/send_rig.h"
#include "rtp/extensions/audio_level.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Writes down what it is told, and does what the test says.
class Witness : public Interceptor {
 public:
  Witness(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}

  void bind(const StreamInfo& stream) override {
    note("bind " + std::to_string(stream.ssrc));
    streams.push_back(stream);
  }
  void unbind(std::uint32_t ssrc) override { note("unbind " + std::to_string(ssrc)); }
  void handle_received(Timestamp, std::span<IncomingPacket> packets) override {
    note("received " + std::to_string(packets.size()));
    for (IncomingPacket& packet : packets) packet.dropped = packet.dropped || drops;
  }
  void handle_sending(Timestamp, std::span<OutgoingPacket> packets) override {
    note("sending " + std::to_string(packets.size()));
    for (OutgoingPacket& packet : packets) {
      if (drops) packet.dropped = true;
      if (!extension.empty()) packet.add_extension(9, extension);
    }
  }
  void handle_sent(Timestamp, const OutgoingPacket& packet) override {
    note("sent");
    sent.push_back(packet.sequence);
    Buffer& bytes = wire.emplace_back();
    for (const Bytes part : {packet.header, packet.prefix, packet.body})
      bytes.insert(bytes.end(), part.begin(), part.end());
  }
  void handle_rtcp(Timestamp, Bytes) override { note("rtcp"); }
  void write_rtcp(Timestamp, RtcpSink& sink) override {
    note("write " + std::to_string(sink.room()));
    if (!rtcp.empty()) took = sink.add(rtcp);
  }
  void handle_sent_rtcp(Timestamp, Bytes) override { note("sent rtcp"); }
  Deadline next_timeout() const override { return deadline; }

  bool drops = false, took = false;
  Buffer extension, rtcp;
  Deadline deadline;
  std::vector<StreamInfo> streams;
  std::vector<std::uint16_t> sent;
  std::vector<Buffer> wire;

 private:
  void note(const std::string& what) { log_.push_back(name_ + " " + what); }

  std::string name_;
  std::vector<std::string>& log_;
};

struct Line {
  Line() {
    std::vector<std::unique_ptr<Interceptor>> all;
    all.push_back(std::make_unique<Witness>("a", log));
    a = static_cast<Witness*>(all.back().get());
    all.push_back(std::make_unique<Witness>("b", log));
    b = static_cast<Witness*>(all.back().get());
    chain.emplace(std::move(all));
  }
  std::vector<std::string> log;
  Witness* a = nullptr;
  Witness* b = nullptr;
  std::optional<InterceptorChain> chain;
};

TEST(InterceptorChain, GoesInOrderOnTheWayOutAndBackOnTheWayIn) {
  Line line;
  std::vector<OutgoingPacket> out(2);
  std::vector<IncomingPacket> in(3);
  Buffer compound;
  line.chain->handle_sending(kStart, out);
  line.chain->handle_sent(kStart, out[0]);
  line.chain->handle_received(kStart, in);
  line.chain->handle_rtcp(kStart, compound);
  line.chain->write_rtcp(kStart, compound, 100);
  line.chain->handle_sent_rtcp(kStart, compound);
  line.chain->unbind(7);
  EXPECT_THAT(line.log,
              ElementsAre("a sending 2", "b sending 2", "a sent", "b sent", "b received 3",
                          "a received 3", "b rtcp", "a rtcp", "a write 100", "b write 100",
                          "a sent rtcp", "b sent rtcp", "a unbind 7", "b unbind 7"));
}

TEST(InterceptorChain, IsMadeOfFactories) {
  std::vector<std::string> log;
  const InterceptorFactory factories[] = {
      [&] { return std::make_unique<Witness>("x", log); },
      [] { return nullptr; },  // not for this connection
  };
  InterceptorChain chain(factories);
  EXPECT_FALSE(chain.empty());
  chain.unbind(1);
  EXPECT_THAT(log, ElementsAre("x unbind 1"));
  EXPECT_TRUE(InterceptorChain(std::span<const InterceptorFactory>()).empty());
}

TEST(InterceptorChain, HasTheSoonestDeadline) {
  Line line;
  EXPECT_EQ(line.chain->next_timeout(), std::nullopt);
  line.b->deadline = kStart;
  line.a->deadline = kStart + 1s;
  EXPECT_EQ(line.chain->next_timeout(), kStart);
}

TEST(RtcpSink, TakesWholePacketsThatFitAndNoReports) {
  Buffer out = {1, 2};
  RtcpSink sink(out, 32);
  const auto written = [](const auto& message) {
    Buffer bytes;
    ByteWriter writer(bytes);
    message.write(writer);
    return bytes;
  };
  const Buffer pli = written(rtcp::PictureLoss{1, 2});
  EXPECT_TRUE(sink.add(pli));
  EXPECT_EQ(out.size(), 2u + 12);
  EXPECT_EQ(sink.room(), 20u);
  EXPECT_FALSE(sink.add({}));
  EXPECT_FALSE(sink.add(Bytes(pli).first(8)));  // cut
  Buffer two = pli;
  two.insert(two.end(), pli.begin(), pli.end());
  EXPECT_FALSE(sink.add(two));  // no room
  EXPECT_FALSE(sink.add(written(rtcp::ReceiverReport{.ssrc = 1})));
  EXPECT_FALSE(sink.add(written(rtcp::Bye{.ssrcs = {1}, .reason = std::nullopt})));
  Buffer rtp = pli;
  rtp[1] = 96;
  EXPECT_FALSE(sink.add(rtp));
  EXPECT_EQ(out.size(), 2u + 12);
  EXPECT_TRUE(sink.add(pli));
}

// --- within the senders

TEST(Interceptors, SeeStreamsAndPacketsOfThem) {
  Line line;
  SendRig rig({}, &*line.chain);
  SendRig::connect(rig);
  ASSERT_THAT(line.a->streams, SizeIs(1));
  const StreamInfo& stream = line.a->streams[0];
  EXPECT_TRUE(stream.is_sent);
  EXPECT_EQ(stream.transceiver, kVideo);
  EXPECT_EQ(stream.mid, "0");
  EXPECT_EQ(stream.ssrc, kVideoSsrc);
  EXPECT_EQ(stream.rtx_ssrc, kVideoRtx);
  EXPECT_THAT(stream.codecs, ElementsAre(vp8().codec, h264().codec));
  EXPECT_THAT(stream.header_extensions, SizeIs(5));
  EXPECT_EQ(stream.header_extensions[0], (RtpHeaderExtensionParameters{kMidUri, 1}));
  line.log.clear();
  ASSERT_TRUE(rig.write(key_frame(1500)));
  EXPECT_THAT(line.log, ElementsAre("a sending 2", "b sending 2"));
  const auto sent = rig.drain();
  ASSERT_THAT(line.b->wire, SizeIs(2));
  EXPECT_EQ(line.b->wire[0], sent[0].bytes);
  EXPECT_EQ(line.b->wire[1], sent[1].bytes);
  EXPECT_THAT(line.b->sent, ElementsAre(sent[0].sequence(), sent[1].sequence()));
  line.log.clear();
  rig.senders.remove(rig.now, kVideo);
  EXPECT_THAT(line.log, ElementsAre("a unbind 4096", "b unbind 4096"));
}

TEST(Interceptors, DropPacketsWithoutAGap) {
  Line line;
  SendRig rig({}, &*line.chain);
  SendRig::connect(rig);
  ASSERT_TRUE(rig.write(key_frame(100)));
  const auto first = rig.drain();
  line.a->drops = true;
  ASSERT_TRUE(rig.write(key_frame(100)));
  EXPECT_THAT(rig.drain(), IsEmpty());
  line.a->drops = false;
  ASSERT_TRUE(rig.write(key_frame(100)));
  EXPECT_EQ(rig.drain().at(0).sequence(), first.at(0).sequence() + 1);
}

TEST(Interceptors, AddExtensionsThatRepairsHaveToo) {
  Line line;
  SendRig rig({}, &*line.chain);
  SendRig::connect(rig);
  line.a->extension = {0x85};
  ASSERT_TRUE(rig.write(key_frame(100)));
  const auto sent = rig.drain();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(to_buffer(*rtp::find(*sent[0].packet().extension, 9)), line.a->extension);
  rig.nack({sent[0].sequence()});
  const auto repair = rig.drain();
  ASSERT_THAT(repair, SizeIs(1));
  EXPECT_EQ(to_buffer(*rtp::find(*repair[0].packet().extension, 9)), line.a->extension);
  // One that makes a packet too large is left out, and so is one that the form has no place for.
  line.a->extension = Buffer(14, 1);
  rig.senders.set_packet_room({160, 160});
  ASSERT_TRUE(rig.write(key_frame(120)));
  for (const Sent& each : rig.run(1s)) {
    EXPECT_FALSE(rtp::find(*each.packet().extension, 9));
    EXPECT_LE(each.bytes.size(), 160u);
  }
  line.a->extension = Buffer(17, 1);
  rig.senders.set_packet_room({});
  ASSERT_TRUE(rig.write(key_frame(120)));
  EXPECT_FALSE(rtp::find(*rig.drain().at(0).packet().extension, 9));
}

TEST(Interceptors, IgnoreExtensionsThatCannotBe) {
  OutgoingPacket packet;
  packet.add_extension(0, Buffer(3));
  packet.add_extension(1, Buffer(256));
  EXPECT_THAT(packet.extensions(), IsEmpty());
  packet.add_extension(200, Buffer{7, 8});
  packet.add_extension(3, {});
  EXPECT_THAT(packet.extensions(), ElementsAre(200, 2, 7, 8, 3, 0));
}

}  // namespace
}  // namespace specter::media
