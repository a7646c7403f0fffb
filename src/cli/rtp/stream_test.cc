// A Sender and a Receiver over a link in virtual time: files in, files out.
#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include <gmock/gmock.h>

#include "base/base64.h"
#include "cli/media/sample_file.h"
#include "cli/rtp/receiver.h"
#include "cli/rtp/sender.h"
#include "cli/testing/written_file.h"
#include "rtcp/compound.h"
#include "simulation/random.h"

namespace specter::cli::transfer {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1h};
const Endpoint kAlice{IpAddress::v4({192, 0, 2, 1}), 4000};
const Endpoint kBob{IpAddress::v4({192, 0, 2, 2}), 5004};

std::string media(const std::string& name) { return SPECTER_TEST_DATA "/media/" + name; }

SrtpKey key(std::string_view profile, std::size_t size, std::uint8_t first = 1) {
  Buffer bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return parse_srtp_key(profile, to_base64(bytes)).value();
}
SrtpKey gcm(std::uint8_t first = 1) { return key("AEAD_AES_128_GCM", 28, first); }

// What the link does with the n-th datagram of Alice's.
enum class Fate { Pass, Lose, Double, Swap };  // Swap: after the next
using Fates = std::function<Fate(std::size_t n, Bytes datagram)>;

struct Story {
  SenderSetup sender;
  ReceiverSetup receiver;
  Fates fates = [](std::size_t, Bytes) { return Fate::Pass; };
  Duration latency = 10ms;
};

class Stream {
 public:
  explicit Stream(const std::string& name, Story story)
      : story_(std::move(story)), file_(SampleFile::open(media(name), std::nullopt, 15).value()) {
    story_.sender.kind = story_.receiver.kind = file_.kind();
    story_.sender.payload_type = 96;
    if (story_.sender.mtu == 0) story_.sender.mtu = 600;
    story_.sender.cname = "alice";
    story_.sender.rtp_to = story_.sender.rtcp_to = kBob;
    story_.receiver.cname = "bob";
    sender = std::make_unique<Sender>(story_.sender, cipher_, random_);
    receiver = std::make_unique<Receiver>(story_.receiver, cipher_, random_);
  }

  void run() {
    const std::int64_t rate = traits(file_.kind()).clock_rate;
    while (const auto sample = file_.next().value()) {
      samples.push_back(Buffer(sample->bytes.begin(), sample->bytes.end()));
      advance(kStart + std::chrono::nanoseconds(sample->ticks * 1'000'000'000 / rate));
      sender->send(now_, *sample);
    }
    advance(now_ + 60ms);
    sender->finish(now_);
    advance(now_ + 2 * story_.latency + Receiver::kLinger);
    is_over = receiver->is_over(now_);
    receiver->finish(now_);
    advance(now_ + 2 * story_.latency);
    written = receiver->file().bytes();
  }

  Buffer written;
  bool is_over = false;
  std::vector<Buffer> samples;
  std::unique_ptr<Sender> sender;
  std::unique_ptr<Receiver> receiver;

 private:
  struct Travelling {
    Timestamp at;
    bool to_bob;
    Buffer bytes;
  };

  void advance(Timestamp to) {
    for (;; now_ += 1ms) {
      sender->handle_timeout(now_);
      while (auto out = sender->poll_transmit()) cut(*out, true);
      while (!link_.empty() && link_.front().at <= now_) {
        Travelling one = std::move(link_.front());
        link_.pop_front();
        deliver(one);
      }
      receiver->handle_timeout(now_);
      while (auto out = receiver->poll_transmit()) cut(*out, false);
      if (now_ >= to) return;
    }
  }

  void cut(const Transmit& out, bool to_bob) {
    for (Bytes rest = out.bytes; !rest.empty();) {
      const Bytes one = rest.first(std::min(rest.size(), out.segment_size));
      rest = rest.subspan(one.size());
      const Fate fate = to_bob ? story_.fates(count_++, one) : Fate::Pass;
      if (fate == Fate::Lose) continue;
      Travelling next{now_ + story_.latency, to_bob, Buffer(one.begin(), one.end())};
      if (fate == Fate::Swap) {
        kept_ = std::move(next);
        continue;
      }
      if (fate == Fate::Double) link_.push_back(next);
      link_.push_back(std::move(next));
      if (!to_bob || !kept_) continue;
      kept_->at = link_.back().at;
      link_.push_back(*std::exchange(kept_, std::nullopt));
    }
  }

  void deliver(Travelling& one) {
    if (!one.to_bob) return sender->handle_datagram(now_, one.bytes);
    const Datagram datagram{{kBob, kAlice, Protocol::Udp}, one.bytes};
    receiver->handle_datagrams(now_, {&datagram, 1});
  }

  Story story_;
  SampleFile file_;
  crypto::PacketCipher cipher_;
  simulation::SeededRandom random_{7};
  Timestamp now_ = kStart;
  std::size_t count_ = 0;
  std::optional<Travelling> kept_;
  std::deque<Travelling> link_;
};

// The frames of a written file.
std::vector<Buffer> frames_of(const Buffer& bytes, const std::string& ending) {
  const WrittenFile written(ending, as_text(bytes));
  auto file = SampleFile::open(written.path(), std::nullopt, 15).value();
  std::vector<Buffer> out;
  while (const auto sample = file.next().value())
    out.push_back(Buffer(sample->bytes.begin(), sample->bytes.end()));
  return out;
}

std::string ending_of(const std::string& name) { return name.substr(name.rfind('.')); }

class EachFile : public ::testing::TestWithParam<const char*> {};

TEST_P(EachFile, ArrivesAsItWas) {
  for (const std::size_t mtu : {200, 600, 1500}) {
    if (mtu < 600 && ending_of(GetParam()) == ".ogg") continue;  // packets that must not be cut
    Stream stream(GetParam(), {.sender = {.mtu = mtu}});
    stream.run();
    EXPECT_EQ(frames_of(stream.written, ending_of(GetParam())), stream.samples) << mtu;
    EXPECT_EQ(stream.receiver->arrivals().lost, 0);
    EXPECT_EQ(stream.receiver->counts().key_frames_asked, 0U);
    EXPECT_TRUE(stream.is_over);
  }
}

TEST_P(EachFile, ArrivesSealedByEachProfile) {
  for (const auto& [profile, size] : {std::pair{"AES_CM_128_HMAC_SHA1_80", 30},
                                      {"AES_CM_128_HMAC_SHA1_32", 30},
                                      {"AEAD_AES_128_GCM", 28},
                                      {"AEAD_AES_256_GCM", 44}}) {
    const SrtpKey with = key(profile, static_cast<std::size_t>(size));
    Stream stream(GetParam(),
                  {.sender = {.mid = "video", .srtp = with}, .receiver = {.srtp = with}});
    stream.run();
    EXPECT_EQ(frames_of(stream.written, ending_of(GetParam())), stream.samples) << profile;
    EXPECT_TRUE(stream.is_over) << "BYE is sealed too";
    EXPECT_GT(stream.sender->feedback().reports, 0U);
    EXPECT_EQ(stream.sender->counts().refused_rtcp, 0U);
  }
}

TEST_P(EachFile, IsPutInOrder) {
  const auto every_other = [](std::size_t n, Bytes) {
    return n % 2 == 0 ? Fate::Swap : Fate::Pass;
  };
  Stream stream(GetParam(), {.fates = every_other});
  stream.run();
  EXPECT_EQ(frames_of(stream.written, ending_of(GetParam())), stream.samples);
}

TEST_P(EachFile, DoubledPacketsChangeNothing) {
  for (const auto& with : {std::optional<SrtpKey>{}, std::optional(gcm())}) {
    Stream stream(GetParam(), {.sender = {.srtp = with},
                               .receiver = {.srtp = with},
                               .fates = [](std::size_t, Bytes) { return Fate::Double; }});
    stream.run();
    EXPECT_EQ(frames_of(stream.written, ending_of(GetParam())), stream.samples);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EachFile,
                         ::testing::Values("x264.h264", "x264-slices.h264", "x264-refresh.h264",
                                           "openh264.h264", "libvpx.ivf", "libopus.ogg",
                                           "libopus-60ms.ogg", "gstreamer.ogg"));

TEST(Stream, KeepsTheMtu) {
  for (const bool sealed : {false, true}) {
    std::size_t largest = 0;
    const auto with = sealed ? std::optional(gcm()) : std::nullopt;
    Stream stream("libvpx.ivf", {.sender = {.mtu = 500, .mid = "0", .srtp = with},
                                 .receiver = {.srtp = with},
                                 .fates = [&](std::size_t, Bytes datagram) {
                                   largest = std::max(largest, datagram.size());
                                   return Fate::Pass;
                                 }});
    stream.run();
    EXPECT_LE(largest, 500U - 28);
    EXPECT_GE(largest, 500U - 40);
  }
}

TEST(Stream, DropsAFrameThatLacksAPacketAndAsksForAKeyFrame) {
  bool is_lost = false;
  Stream stream("libvpx.ivf", {.fates = [&](std::size_t n, Bytes datagram) {
                  if (n != 9 || is_rtcp(datagram)) return Fate::Pass;
                  is_lost = true;
                  return Fate::Lose;
                }});
  stream.run();
  ASSERT_TRUE(is_lost);
  const auto frames = frames_of(stream.written, ".ivf");
  EXPECT_EQ(frames.size(), stream.samples.size() - 1);
  for (const Buffer& frame : frames)
    EXPECT_NE(std::ranges::find(stream.samples, frame), stream.samples.end());
  EXPECT_EQ(stream.receiver->frames().incomplete, 1U);
  EXPECT_EQ(stream.receiver->arrivals().lost, 1);
  EXPECT_EQ(stream.receiver->counts().key_frames_asked, 1U);
  EXPECT_EQ(stream.sender->feedback().key_frames_asked, 1U);
  EXPECT_EQ(stream.sender->feedback().cumulative_lost, 1);
}

TEST(Stream, WritesNothingBeforeTheFirstKeyFrame) {
  Stream stream("libvpx.ivf",
                {.fates = [](std::size_t n, Bytes) { return n < 2 ? Fate::Lose : Fate::Pass; }});
  stream.run();
  const auto frames = frames_of(stream.written, ".ivf");
  ASSERT_EQ(frames.size(), 4U) << "a key frame each 4";
  EXPECT_EQ(frames.front(), stream.samples[4]);
  EXPECT_EQ(stream.receiver->counts().before_key_frame, 3U);
}

TEST(Stream, UnderAnotherKeyWritesNothing) {
  Stream stream("x264.h264", {.sender = {.srtp = gcm()}, .receiver = {.srtp = gcm(2)}});
  stream.run();
  EXPECT_TRUE(stream.written.empty());
  EXPECT_EQ(stream.receiver->counts().refused, stream.receiver->counts().datagrams);
  EXPECT_EQ((*stream.receiver->refusals())[static_cast<std::size_t>(srtp::Refusal::BadTag)],
            stream.receiver->counts().refused);
  EXPECT_EQ(stream.receiver->counts().reports, 0U);
}

TEST(Stream, TellsTheSenderTheRoundTrip) {
  Stream stream("libopus.ogg", {.latency = 25ms});
  stream.run();
  const Feedback& feedback = stream.sender->feedback();
  EXPECT_GT(feedback.reports, 0U);
  EXPECT_TRUE(feedback.said_bye);
  ASSERT_TRUE(feedback.round_trip);
  EXPECT_NEAR(std::chrono::duration<double>(*feedback.round_trip).count(), 0.050, 0.002);
}

TEST(Stream, EndsWithAsManyFramesAsAreWanted) {
  Stream stream("x264.h264", {.receiver = {.frames = 3}});
  stream.run();
  EXPECT_EQ(frames_of(stream.written, ".h264").size(), 3U);
}

// One packet after the other, by hand.
class ReceiverByHand : public ::testing::Test {
 protected:
  void give(Timestamp now, const Path& path, Buffer bytes) {
    const Datagram datagram{path, bytes};
    receiver_.handle_datagrams(now, {&datagram, 1});
  }
  void give(Timestamp now, Buffer bytes) { give(now, kPath, std::move(bytes)); }

  static Buffer rtp(const rtp::Header& header, Bytes payload) {
    Buffer out;
    ByteWriter writer(out);
    rtp::Packet{.header = header, .extension = {}, .payload = payload}.write(writer);
    return out;
  }
  static Buffer sender_report(std::uint32_t ssrc, Timestamp now) {
    return written(rtcp::SenderReport{.ssrc = ssrc, .ntp = rtcp::NtpTime::at(now, {})});
  }
  template <class Message>
  static Buffer written(const Message& message) {
    Buffer out;
    ByteWriter writer(out);
    message.write(writer);
    return out;
  }

  static constexpr std::uint32_t kSsrc = 5;
  static inline const Buffer kKeyFrame{0x10, 0x30, 0x4a, 0, 0x9d, 0x01, 0x2a, 0xa0, 0, 0x78, 0};
  static inline const Buffer kOtherFrame{0x10, 0x31, 0x02, 0};
  static inline const Path kPath{kBob, kAlice, Protocol::Udp};
  static inline const Path kOtherPath{kBob, {kAlice.address, 4001}, Protocol::Udp};

  crypto::PacketCipher cipher_;
  simulation::SeededRandom random_{7};
  Receiver receiver_{{.kind = Kind::Vp8}, cipher_, random_};
};

// The frame that was open lost its end, and nobody knows what was before the new beginning.
TEST_F(ReceiverByHand, DropsWhatARestartCutsAndAsksForAKeyFrame) {
  const auto at = [](std::uint16_t sequence, std::uint32_t timestamp, bool marker) {
    return rtp::Header{
        .marker = marker, .sequence = sequence, .timestamp = timestamp, .ssrc = kSsrc};
  };
  give(kStart, rtp(at(10, 0, true), kKeyFrame));
  give(kStart + 1ms, rtp(at(11, 3000, false), kOtherFrame));
  receiver_.handle_timeout(kStart + 100ms);
  EXPECT_EQ(receiver_.file().frames(), 1U);
  give(kStart + 110ms, rtp(at(40'000, 90'000, true), kOtherFrame));
  give(kStart + 120ms, rtp(at(40'001, 93'000, true), kOtherFrame));
  EXPECT_EQ(receiver_.counts().restarts, 1U);
  receiver_.handle_timeout(kStart + 300ms);
  EXPECT_EQ(receiver_.file().frames(), 2U);
  EXPECT_EQ(receiver_.frames().incomplete, 1U);
  EXPECT_EQ(receiver_.counts().key_frames_asked, 1U);
}

// How long to wait, and for how long it has been silent, is a matter of the stream alone.
TEST_F(ReceiverByHand, HearsNothingButItsStream) {
  const rtp::Header header{.sequence = 1, .ssrc = kSsrc};
  give(kStart, Buffer{0x80});
  give(kStart, Buffer{0x80, 200, 0});
  give(kStart, sender_report(kSsrc, kStart));
  EXPECT_FALSE(receiver_.last_datagram()) << "what is to come first is a packet";
  give(kStart + 1s, rtp(header, kKeyFrame));
  EXPECT_EQ(receiver_.last_datagram(), kStart + 1s);

  give(kStart + 2s, Buffer{0x80});
  give(kStart + 2s, rtp({.sequence = 2, .ssrc = kSsrc + 1}, kKeyFrame));
  give(kStart + 2s, rtp({.sequence = 30'000, .ssrc = kSsrc}, kKeyFrame));
  give(kStart + 2s, sender_report(kSsrc + 1, kStart));
  give(kStart + 2s, written(rtcp::Bye{.ssrcs = {kSsrc + 1}}));
  EXPECT_EQ(receiver_.last_datagram(), kStart + 1s);
  give(kStart + 3s, sender_report(kSsrc, kStart));
  EXPECT_EQ(receiver_.last_datagram(), kStart + 3s);
  give(kStart + 4s, written(rtcp::Bye{.ssrcs = {kSsrc}}));
  EXPECT_EQ(receiver_.last_datagram(), kStart + 4s);
}

TEST_F(ReceiverByHand, ReportsNothingOfAnotherSourcesReport) {
  Timestamp now = kStart;
  const auto reported = [&] {
    receiver_.handle_timeout(now += kReportInterval);
    std::optional<Transmit> out;
    while (auto next = receiver_.poll_transmit()) out = std::move(next);
    const auto compound = rtcp::Compound::parse(out->bytes, rtcp::CompoundForm::ReducedSize);
    const auto& block = std::get<rtcp::ReceiverReport>(compound->messages.at(0)).blocks.at(0);
    return std::tuple(out->path.remote, block.last_sr, block.delay_since_last_sr);
  };
  give(now, kOtherPath, sender_report(kSsrc + 1, now));
  give(now, rtp({.sequence = 1, .ssrc = kSsrc}, kKeyFrame));
  EXPECT_EQ(reported(), std::tuple(kAlice, rtcp::CompactNtp{}, rtcp::CompactNtp{}));

  give(now, kOtherPath, sender_report(kSsrc, now));
  const rtcp::CompactNtp sent = rtcp::NtpTime::at(now, {}).compact();
  EXPECT_EQ(reported(),
            std::tuple(kOtherPath.remote, sent, rtcp::compact(Duration(kReportInterval))));
}

// A report may come before the first packet.
TEST_F(ReceiverByHand, ReportsOnAReportThatCameFirst) {
  give(kStart, kOtherPath, sender_report(kSsrc, kStart));
  give(kStart, rtp({.sequence = 1, .ssrc = kSsrc}, kKeyFrame));
  receiver_.handle_timeout(kStart + kReportInterval);
  const auto out = receiver_.poll_transmit();
  ASSERT_TRUE(out);
  EXPECT_EQ(out->path.remote, kOtherPath.remote);
}

TEST(Receiver, TakesNonsenseForWhatItIs) {
  crypto::PacketCipher cipher;
  simulation::SeededRandom random(3);
  for (const auto& with : {std::optional<SrtpKey>{}, std::optional(gcm())}) {
    for (const Kind kind : {Kind::H264, Kind::Vp8, Kind::Opus}) {
      Receiver receiver({.kind = kind, .srtp = with}, cipher, random);
      for (int i = 0; i < 20'000; ++i) {
        Buffer bytes(random.below(60));
        random.fill(bytes);
        if (!bytes.empty() && i % 4 != 0)
          bytes[0] = static_cast<std::uint8_t>(0x80 | (bytes[0] & 0x3f));
        if (bytes.size() > 12 && i % 3 == 0) bytes[1] = static_cast<std::uint8_t>(200 + i % 8);
        if (bytes.size() > 12 && i % 2 == 0) std::fill_n(bytes.begin() + 8, 4, std::uint8_t{5});
        const Datagram datagram{{kBob, kAlice, Protocol::Udp}, bytes};
        const Timestamp now = kStart + i * 1ms;
        receiver.handle_datagrams(now, {&datagram, 1});
        receiver.handle_timeout(now);
        while (receiver.poll_transmit()) {
        }
        receiver.file().bytes().clear();
      }
      receiver.finish(kStart + 60s);
      EXPECT_EQ(receiver.counts().datagrams, 20'000U);
    }
  }
}

TEST(Sender, TakesNonsenseForWhatItIs) {
  crypto::PacketCipher cipher;
  simulation::SeededRandom random(3);
  Sender sender({.kind = Kind::Opus, .payload_type = 96, .mtu = 1200, .cname = "c"}, cipher,
                random);
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes(random.below(60));
    random.fill(bytes);
    if (bytes.size() > 1) bytes[1] = static_cast<std::uint8_t>(192 + i % 32);
    sender.handle_datagram(kStart, bytes);
  }
  EXPECT_GT(sender.counts().malformed_rtcp, 0U);
}

// RFC 5104 §4.3.1.2: the sources are in the requests, and one of the same number is a repetition.
TEST(Sender, CountsRequestsForItsOwnKeyFrames) {
  crypto::PacketCipher cipher;
  simulation::SeededRandom random(3);
  Sender sender({.kind = Kind::Vp8, .payload_type = 96, .ssrc = 5, .mtu = 1200, .cname = "c"},
                cipher, random);
  const auto asked = [&](std::uint32_t from,
                         std::vector<rtcp::FullIntraRequest::Request> requests) {
    Buffer bytes;
    ByteWriter out(bytes);
    rtcp::FullIntraRequest{from, std::move(requests)}.write(out);
    sender.handle_datagram(kStart, bytes);
    return sender.feedback().key_frames_asked;
  };
  EXPECT_EQ(asked(9, {{6, 0}}), 0U);
  EXPECT_EQ(asked(9, {{5, 0}}), 1U);
  EXPECT_EQ(asked(9, {{5, 0}}), 1U);
  EXPECT_EQ(asked(9, {{6, 1}, {5, 1}}), 2U);
  EXPECT_EQ(asked(8, {{5, 1}}), 3U) << "another receiver's";
}

TEST(Sender, NeedsRoomForAPayload) {
  SenderSetup setup{.kind = Kind::Vp8, .mtu = 1200};
  EXPECT_EQ(Sender::payload_room(setup), 1200U - 20 - 8 - 12);
  setup.srtp = gcm();
  EXPECT_EQ(Sender::payload_room(setup), 1200U - 20 - 8 - 12 - 16);
  setup.rtp_to.address = IpAddress::v6({});
  EXPECT_EQ(Sender::payload_room(setup), 1200U - 40 - 8 - 12 - 16);
  setup.mtu = 64;
  EXPECT_EQ(Sender::payload_room(setup), 0U);
}

}  // namespace
}  // namespace specter::cli::transfer
