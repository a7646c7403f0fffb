// When packets leave, and in which order: so that a frame does not come upon a path all at once,
// and no source keeps another waiting.
//
//   audio          at once
//   repairs        from here on only with credit
//   video          the sources in turn, each a whole frame
//
//              next(): credit is spent
//     Open -----------------------------> Waiting
//       ^                                    |
//       +------------ a tick's credit -------+
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/queue.h"
#include "media/draft.h"
#include "media/rate_meter.h"

#include "specter/rtp.h"
#include "specter/time.h"

namespace specter::media {

class SendStream;

struct PacerOptions {
  // Credit grows with `factor` times the rate at which packets were queued in the last second, but
  // with `min_rate` at least, and never beyond `max_burst` of it or `max_burst_bytes`. When it is
  // spent, it is waited for until a tick of it is there: shorter ticks make shorter runs, and a run
  // costs a call of the system, whatever its length.
  Duration tick = std::chrono::milliseconds(5);
  double factor = 2.5;
  Duration max_burst = std::chrono::milliseconds(40);
  std::size_t max_burst_bytes = 64'000;  // as long as that is, queues on the way are short
  std::uint64_t min_rate = 2'500'000;    // bit/s: a first key frame has no second before it
  // What waits longer, or is more than so many bytes of one source, is dropped: whole frames, the
  // oldest first.
  Duration max_wait = std::chrono::seconds(2);
  std::size_t max_bytes = 4 << 20;
  // A source with a limit may be ahead of it by so much.
  Duration limit_window = std::chrono::seconds(1);
};

// The queue of one source. A frame is what has one timestamp.
class Lane {
 public:
  // `stream` is whose packets these are, for who gets a turn.
  explicit Lane(MediaKind kind, SendStream* stream = nullptr) : kind_(kind), stream_(stream) {}
  Lane(const Lane&) = delete;

  MediaKind kind() const { return kind_; }
  SendStream* stream() const { return stream_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t packets() const { return drafts_.size(); }
  bool empty() const { return drafts_.empty(); }
  // Packets of the frame in front have left already.
  bool is_in_frame() const { return !empty() && begun_ == drafts_.front().header.timestamp; }
  std::uint64_t dropped_frames() const { return dropped_frames_; }

  // bit/s of payload (RFC 3890 §6.2.2 has it without the layers below). Frames above it wait; one
  // that has begun is finished.
  void set_max_rate(std::optional<std::uint64_t> bits_per_second) { max_rate_ = bits_per_second; }
  // A packet that was sent is asked for.
  void push_repair(std::int64_t number) { repairs_.push_back(number); }
  // All goes; dropped frames are counted.
  void clear();

 private:
  friend class Pacer;

  using Drafts = Queue<Draft, 256 * 1024>;  // the memory of a large key frame's packets is kept

  Draft take();
  Drafts::iterator first_waiting();
  bool drop_frame();
  void refill(Timestamp now, Duration window);
  Deadline eligible_at() const;

  const MediaKind kind_;
  SendStream* const stream_;
  Drafts drafts_;
  Queue<std::int64_t> repairs_;
  std::size_t bytes_ = 0;
  std::optional<std::uint32_t> begun_;  // the timestamp of the last packet that left
  std::uint64_t dropped_frames_ = 0;
  std::optional<std::uint64_t> max_rate_;
  double level_ = 0;  // bytes that its limit allows now; below zero after a large frame
  Deadline filled_at_{};
};

class Pacer {
 public:
  explicit Pacer(PacerOptions options) : options_(options) {}

  // A lane outlives its stay here.
  void add(Lane& lane);
  void remove(Lane& lane);

  // For a frame of so many bytes: drops what has waited too long, and the oldest frames until there
  // is room; then those behind that can't be used without them.
  struct Room {
    bool fits = false;
    bool has_dropped = false;
    bool is_broken = false;  // and nothing waits: the next frame must stand alone
  };
  Room make_room(Timestamp now, Lane& lane, std::size_t bytes);
  // There is room for it.
  void push(Timestamp now, Lane& lane, Draft draft);

  // What may leave now. One of both is there.
  struct Turn {
    Lane* lane = nullptr;
    std::optional<Draft> draft{};
    std::int64_t repair = 0;  // without a draft: the number of the packet that is asked for
  };
  std::optional<Turn> next(Timestamp now);
  // The packet of the last turn has left, with so many bytes.
  void spend(Timestamp now, std::size_t bytes);

  // When next() may have something; nothing: never without a push.
  Deadline next_timeout() const;
  // bit/s
  double rate(Timestamp now) const;

 private:
  void refill(Timestamp now);
  void wait(Timestamp now);
  Lane* audio();
  Lane* repair();
  Lane* video(Timestamp now);
  Turn take(Lane& lane);

  const PacerOptions options_;
  std::vector<Lane*> lanes_;
  std::size_t turn_ = 0;     // whose turn is next, among all lanes
  Lane* current_ = nullptr;  // its frame has begun
  RateMeter queued_;
  double credit_ = 0;  // bytes
  Deadline filled_at_{};
  Deadline waits_until_{};
};

}  // namespace specter::media
