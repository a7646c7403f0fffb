// Whatever a network does to packets, repairs and requests: every frame that is told was sent, is
// whole, comes once and in order, and can be decoded.
#include <map>

#include <gtest/gtest.h>

#include "media/testing/receiving.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;

struct Weather {
  double loss = 0;
  double twins = 0;
  Duration delay = 20ms;   // each way
  Duration reorder = 0ms;  // up to this is added to it
  bool has_layers = false;
  bool repairs = true;
};

// A sender who answers NACK and PLI, over a network that a seed decides.
class Show {
 public:
  Show(const Weather& weather, std::uint64_t seed)
      : weather_(weather), random_(seed), start_(receiving_.now) {
    receiving_.receivers.set(receiving_.now, kVideoTrack, video());
    receiving_.receivers.set_round_trip(2 * weather.delay + weather.reorder);
    source_.sequence = static_cast<std::uint16_t>(random_.u32());
    source_.rtx_sequence = static_cast<std::uint16_t>(random_.u32());
    source_.timestamp = random_.u32();
  }

  void play(int frames) {
    for (int i = 0; i < frames; ++i) {
      run_to(start_ + i * 33ms);
      send_frame();
    }
    run_to(receiving_.now + 2s);
  }

  int sent() const { return sent_; }
  int told() const { return told_; }
  std::size_t most_waiting() const { return most_waiting_; }
  InboundRtpStats stats() const { return receiving_.stats(); }

 private:
  struct SentFrame {
    Buffer bytes;
    bool is_key = false;
    int layer = 0;
    int needs = -1;  // the number of the frame that it needs
  };

  void carry(Buffer packet) {
    const int times = random_.chance(weather_.twins) ? 2 : 1;
    for (int i = 0; i < times; ++i) {
      if (random_.chance(weather_.loss)) continue;
      Duration delay = weather_.delay;
      if (weather_.reorder > 0ms)
        delay += random_.below(static_cast<std::uint32_t>(weather_.reorder / 1us)) * 1us;
      network_.emplace(receiving_.now + delay, packet);
    }
  }

  void send_frame() {
    SentFrame frame;
    const int number = sent_++;
    frame.is_key = std::exchange(wants_key_, false) || number == 0;
    frame.layer = weather_.has_layers && !frame.is_key && number % 2 == 1 ? 1 : 0;
    frame.needs = frame.is_key ? -1 : last_base_;
    if (!weather_.has_layers && !frame.is_key) frame.needs = number - 1;
    if (frame.layer == 0) last_base_ = number;
    frame.bytes = vp8_frame(static_cast<std::uint32_t>(number), frame.is_key,
                            40 + random_.below(frame.is_key ? 30'000 : 6'000));
    source_.timestamp += 3000;
    codec::Sample about;
    if (weather_.has_layers) {
      about.temporal_id = static_cast<std::uint8_t>(frame.layer);
      about.is_layer_sync = frame.layer == 1;
    }
    for (Buffer& packet : source_.frame(frame.bytes, about)) {
      history_[static_cast<std::uint16_t>(packet[2] << 8 | packet[3])] = packet;
      carry(std::move(packet));
    }
    if (random_.chance(0.1)) carry(source_.padding());
    all_[number] = std::move(frame);
  }

  void answer(const rtcp::Message& message) {
    if (random_.chance(weather_.loss)) return;
    if (std::holds_alternative<rtcp::PictureLoss>(message)) wants_key_ = true;
    const auto* nack = std::get_if<rtcp::Nack>(&message);
    if (!nack || !weather_.repairs) return;
    nack->for_each([&](std::uint16_t number) {
      if (const auto found = history_.find(number); found != history_.end())
        carry(source_.repair(found->second));
    });
  }

  void run_to(Timestamp until) {
    while (true) {
      Timestamp next = until;
      if (!network_.empty()) next = std::min(next, network_.begin()->first);
      if (!requests_.empty()) next = std::min(next, requests_.begin()->first);
      if (const Deadline due = receiving_.receivers.next_timeout()) next = std::min(next, *due);
      receiving_.now = std::max(receiving_.now, next);
      if (!network_.empty() && network_.begin()->first <= receiving_.now) {
        receiving_.tell(network_.begin()->second);
        network_.erase(network_.begin());
      } else if (!requests_.empty() && requests_.begin()->first <= receiving_.now) {
        const rtcp::Message message = requests_.begin()->second;
        requests_.erase(requests_.begin());
        answer(message);
      } else if (next >= until) {
        receiving_.turn();
        look();
        return;
      }
      receiving_.turn();
      look();
    }
  }

  void look() {
    for (auto& each : receiving_.said)
      requests_.emplace(receiving_.now + weather_.delay, std::move(each));
    receiving_.said.clear();
    most_waiting_ = std::max(most_waiting_, receiving_.receivers.waiting_bytes(kVideoTrack));
    for (const core::Frame& frame : receiving_.take_frames()) look_at(frame.frame);
  }

  void look_at(const MediaFrame& frame) {
    const std::size_t at = frame.is_key_frame ? 10 : 3;
    ASSERT_GE(frame.bytes.size(), at + 4);
    ByteReader in(Bytes(frame.bytes).subspan(at));
    const int number = static_cast<int>(in.u32());
    ASSERT_TRUE(all_.contains(number));
    const SentFrame& sent = all_[number];
    EXPECT_EQ(frame.bytes, sent.bytes) << number;
    EXPECT_EQ(frame.is_key_frame, sent.is_key);
    EXPECT_GT(number, last_told_) << "once, and in order";
    EXPECT_EQ(frame.follows_loss, last_told_ >= 0 && number != last_told_ + 1) << number;
    if (sent.needs >= 0) {
      EXPECT_TRUE(decoded_.contains(sent.needs)) << number << " can't be decoded";
    }
    decoded_.insert({number, true});
    last_told_ = number;
    ++told_;
  }

  const Weather weather_;
  simulation::SeededRandom random_;
  Receiving receiving_;
  const Timestamp start_;
  Source source_;
  std::multimap<Timestamp, Buffer> network_;
  std::multimap<Timestamp, rtcp::Message> requests_;
  std::map<std::uint16_t, Buffer> history_;
  std::map<int, SentFrame> all_;
  std::map<int, bool> decoded_;
  int sent_ = 0, told_ = 0, last_told_ = -1, last_base_ = 0;
  bool wants_key_ = false;
  std::size_t most_waiting_ = 0;
};

TEST(MediaProperty, ACleanNetworkGivesEveryFrame) {
  for (const bool has_layers : {false, true}) {
    Show show({.has_layers = has_layers}, 1);
    show.play(600);
    EXPECT_EQ(show.told(), 600);
    EXPECT_EQ(show.stats().nack_count, 0u);
    EXPECT_EQ(show.most_waiting(), 0u);
  }
}

TEST(MediaProperty, FiftyMillisecondsOfReorderingCostNoFrame) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Show show({.twins = 0.05, .reorder = 49ms}, seed);
    show.play(300);
    EXPECT_GE(show.told(), 299) << "a first packet that was overtaken by 50 ms is one";
    EXPECT_EQ(show.stats().pli_count, 0u);
  }
}

TEST(MediaProperty, AFewPercentOfLossAreRepaired) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Show show({.loss = 0.02, .twins = 0.01, .reorder = 5ms, .has_layers = seed % 2 == 0}, seed);
    show.play(600);
    EXPECT_GE(show.told(), 540);
  }
}

TEST(MediaProperty, HeavyLossNeverGivesAFrameThatIsWrong) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Show show({.loss = 0.05 * static_cast<double>(1 + seed % 8),
               .twins = 0.1,
               .delay = (5 + 10 * (seed % 4)) * 1ms,
               .reorder = 40ms,
               .has_layers = seed % 2 == 0,
               .repairs = seed % 3 != 0},
              seed);
    show.play(600);
    EXPECT_GT(show.told(), 0);
    EXPECT_LE(show.most_waiting(), MediaOptions{}.frame_buffer_bytes);
  }
}

}  // namespace
}  // namespace specter::media
