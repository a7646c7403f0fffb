// specter bench media: what a video costs that goes to one receiver or to many.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "cli/bench/options.h"
#include "cli/bench/peer.h"
#include "cli/bench/process.h"
#include "cli/bench/progress.h"
#include "cli/bench/report.h"
#include "cli/bench/side.h"
#include "cli/bench/statistics.h"

namespace specter::cli::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kFramesAKeyFrame = 250;
constexpr std::size_t kKeyFrameFactor = 5;  // by which a key frame is larger
constexpr std::size_t kPacketBytes = 1150;  // of payload, about

// What stands in each frame behind VP8's own header, RFC 6386 §9.1.
struct Stamp {
  std::int64_t written_at = 0;  // ns of the clock
  std::uint64_t number = 0;
  std::uint64_t hash = 0;  // of what follows
};
constexpr std::size_t kKeyHeader = 10, kInterHeader = 3;

class Video {
 public:
  explicit Video(const MediaOptions& options)
      : usual_bytes_(static_cast<std::size_t>(options.kbit_per_s * 125 / options.frames_per_s)) {}

  Bytes next(bool wants_key_frame) {
    const bool is_key = wants_key_frame || number_ % kFramesAKeyFrame == 0;
    const std::size_t head = is_key ? kKeyHeader : kInterHeader;
    const std::size_t bytes =
        std::max(usual_bytes_ * (is_key ? kKeyFrameFactor : 1), head + sizeof(Stamp) + 1);
    frame_.resize(bytes);
    for (std::size_t i = head + sizeof(Stamp); i < bytes; ++i)
      frame_[i] = static_cast<std::uint8_t>(i * 31 + number_);
    frame_[0] = static_cast<std::uint8_t>(1 << 5 | 1 << 4 | (is_key ? 0 : 1));
    frame_[1] = frame_[2] = 0;
    if (is_key) {
      constexpr std::array<std::uint8_t, 7> kStart = {0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02};
      std::ranges::copy(kStart, frame_.begin() + kInterHeader);
    }
    const Stamp stamp{
        .written_at = Clock::now().time_since_epoch().count(),
        .number = number_++,
        .hash = XXH3_64bits(&frame_[head + sizeof(Stamp)], bytes - head - sizeof(Stamp))};
    std::memcpy(&frame_[head], &stamp, sizeof(stamp));
    return frame_;
  }
  std::uint64_t frames() const { return number_; }

 private:
  const std::size_t usual_bytes_;
  Buffer frame_;
  std::uint64_t number_ = 0;
};

// What the receivers tell the thread that measures.
class Audience {
 public:
  void note_connected() {
    const std::scoped_lock lock(mutex_);
    ++connected_;
    changed_.notify_one();
  }
  void fail(std::string what) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(what);
    changed_.notify_one();
  }
  Result<> wait_for_connected(std::size_t ends, Duration timeout) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return failure_ || connected_ >= ends; });
    if (failure_) return specter::fail(ErrorCode::OperationFailed, *failure_);
    if (connected_ < ends)
      return specter::fail(ErrorCode::Timeout, "not all connections came to be in time");
    return {};
  }
  Result<> verdict() {
    const std::scoped_lock lock(mutex_);
    if (failure_) return specter::fail(ErrorCode::OperationFailed, *failure_);
    return {};
  }

  void note_frame(double milliseconds, std::size_t bytes) {
    if (!is_measuring) return;
    const std::scoped_lock lock(mutex_);
    latencies_.push_back(milliseconds);
    bytes_ += bytes;
  }
  std::pair<std::vector<double>, std::uint64_t> take() {
    const std::scoped_lock lock(mutex_);
    return {std::exchange(latencies_, {}), std::exchange(bytes_, 0)};
  }

  std::atomic<bool> is_measuring = false;
  std::atomic<bool> wants_key_frame = true;
  std::atomic<std::uint64_t> key_frames_wanted = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t connected_ = 0;
  std::optional<std::string> failure_;
  std::vector<double> latencies_;
  std::uint64_t bytes_ = 0;
};

// One receiver's connection, and ours to it.
class Viewing : public std::enable_shared_from_this<Viewing> {
 public:
  explicit Viewing(Audience& audience) : audience_(audience) {
    for (std::size_t i = 0; i < 2; ++i) ends_[i] = std::make_unique<End>(*this, i);
  }

  void start(const Api& api, const TrackLocal& track) {
    const auto self = shared_from_this();
    for (const auto& end : ends_) Peer::start(std::shared_ptr<Peer>(self, end.get()), api);
    ends_[0]->send(track);
  }
  void close() {
    is_closing_ = true;
    for (const auto& end : ends_) end->close();
  }

 private:
  class End final : public Peer {
   public:
    End(Viewing& viewing, std::size_t index) : viewing_(viewing), index_(index) {}

   protected:
    void tell(const SessionDescription& description) override { other().take(description); }
    void tell(const IceCandidate& candidate) override { other().take(candidate); }
    void on_failure(const std::string& what) override {
      if (!viewing_.is_closing_) viewing_.audience_.fail(what);
    }
    void on_connected() override { viewing_.audience_.note_connected(); }
    void on_key_frame_wanted() override {
      ++viewing_.audience_.key_frames_wanted;
      viewing_.audience_.wants_key_frame = true;
    }
    void on_frame(const event::Frame& event) override { viewing_.take(event.frame); }

   private:
    Peer& other() { return *viewing_.ends_[1 - index_]; }

    Viewing& viewing_;
    const std::size_t index_;
  };

  void take(const MediaFrame& frame) {
    const std::size_t head = frame.is_key_frame ? kKeyHeader : kInterHeader;
    Stamp stamp;
    if (frame.bytes.size() <= head + sizeof(stamp)) return audience_.fail("a frame came short");
    std::memcpy(&stamp, &frame.bytes[head], sizeof(stamp));
    const std::size_t behind = head + sizeof(stamp);
    if (XXH3_64bits(&frame.bytes[behind], frame.bytes.size() - behind) != stamp.hash)
      return audience_.fail("a frame came as another");
    if (last_ && stamp.number <= *last_) return audience_.fail("a frame came again, or late");
    last_ = stamp.number;
    const std::int64_t now = Clock::now().time_since_epoch().count();
    audience_.note_frame(static_cast<double>(now - stamp.written_at) / 1e6, frame.bytes.size());
  }

  Audience& audience_;
  std::array<std::unique_ptr<End>, 2> ends_;
  std::optional<std::uint64_t> last_;
  std::atomic<bool> is_closing_ = false;
};

// Writes frames on time, from the calling thread.
class Projector {
 public:
  Projector(const MediaOptions& options, Audience& audience, TrackLocalStaticSample track)
      : interval_(to_duration(1 / options.frames_per_s)),
        audience_(audience),
        track_(std::move(track)),
        video_(options) {}

  Result<> play(Duration duration) {
    const Clock::time_point end = Clock::now() + duration;
    while (next_ < end) {
      std::this_thread::sleep_until(next_);
      const Bytes frame = video_.next(audience_.wants_key_frame.exchange(false));
      if (auto written = track_.write_sample(frame, interval_); !written) return written;
      next_ += interval_;
      if (auto good = audience_.verdict(); !good) return good;
    }
    return {};
  }
  std::uint64_t frames() const { return video_.frames(); }

 private:
  const Duration interval_;
  Audience& audience_;
  TrackLocalStaticSample track_;
  Video video_;
  Clock::time_point next_ = Clock::now();
};

Result<Report> measure(const MediaOptions& options) {
  Audience audience;
  Specter specter(options.common.configuration());
  const Api api = default_api(specter);
  const TrackLocalStaticSample track(
      {.kind = MediaKind::Video, .mime_type = "video/VP8", .clock_rate = 90'000}, "video");
  std::vector<std::shared_ptr<Viewing>> viewings;
  for (std::size_t i = 0; i < options.receivers; ++i) {
    viewings.push_back(std::make_shared<Viewing>(audience));
    viewings.back()->start(api, track);
  }
  const auto close_all = [&] {
    for (const auto& viewing : viewings) viewing->close();
  };
  Result<> done = audience.wait_for_connected(2 * options.receivers, options.common.timeout());
  Projector projector(options, audience, track);
  if (done) done = projector.play(to_duration(options.warm_up_seconds));
  const std::uint64_t frames_before = projector.frames();
  const double cpu_before = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  audience.is_measuring = true;
  if (done) done = projector.play(to_duration(options.seconds));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // what is under way arrives
  audience.is_measuring = false;
  const double cpu = cpu_seconds() - cpu_before;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  close_all();
  if (!done) return fail(done.error());

  const std::uint64_t frames = projector.frames() - frames_before;
  const auto [latencies, bytes] = audience.take();
  const double packets = static_cast<double>(bytes) / kPacketBytes;
  const double lost =
      static_cast<double>(frames * options.receivers) - static_cast<double>(latencies.size());
  Report report("media", options.parameters());
  report.add("frames_written", frames);
  report.add("frames_received", latencies.size(), "frames",
             fmt::format("{} written to {} receivers, {} received, {:.0f} not", frames,
                         options.receivers, latencies.size(), lost));
  report.add_percentiles("latency_", "ms", percentiles(latencies), "frame, written to received");
  report.add("mbit_per_second", static_cast<double>(bytes) * 8e-6 / seconds, "received",
             fmt::format("{:.1f} Mbit/s in all", static_cast<double>(bytes) * 8e-6 / seconds));
  report.add("cpu_us_per_packet", cpu * 1e6 / packets, "CPU",
             fmt::format("{:.2f} us a packet of {} bytes, sent and received; {:.1f} % of a core",
                         cpu * 1e6 / packets, kPacketBytes, 100 * cpu / seconds));
  report.add("cpu_percent_of_a_core", 100 * cpu / seconds);
  report.add("key_frames_wanted", audience.key_frames_wanted.load());
  return report;
}

}  // namespace

Json MediaOptions::parameters() const {
  return {{"receivers", receivers},
          {"kbit_per_s", kbit_per_s},
          {"frames_per_s", frames_per_s},
          {"seconds", seconds},
          {"loops", common.loops}};
}

int run_media(const MediaOptions& options) {
  return print("media", measure(options), options.common.json ? Format::Json : Format::Table);
}

}  // namespace specter::cli::bench
