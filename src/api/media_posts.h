// Samples and RTP packets that were written on any thread and are not in the core yet: a ring, of
// which the oldest are dropped when the loop is too slow. Thread: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/queue.h"

#include "specter/bytes.h"
#include "specter/rtp.h"
#include "specter/time.h"

namespace specter::api {

class LocalTrackState;
struct TransceiverHandle;

// What the numbers of header extensions in a track's packets mean; null: nobody said it.
using ExtensionMeanings = std::shared_ptr<const std::vector<RtpHeaderExtensionParameters>>;

// What a track was given, as a view.
struct Written {
  MediaSample sample;      // of an RTP packet: bytes and rid
  bool is_packet = false;  // write_rtp()
  ExtensionMeanings header_extensions{};
};

// The same, kept: one copy of the bytes for all connections.
struct PostedMedia {
  std::shared_ptr<TransceiverHandle> transceiver;
  std::shared_ptr<LocalTrackState> track;
  std::shared_ptr<const Buffer> bytes;
  std::string rid;
  MediaSample sample;  // without bytes and rid
  bool is_packet = false;
  ExtensionMeanings header_extensions{};

  Written view() const;
};

class MediaPosts {
 public:
  static constexpr std::size_t kMaxBytes = 16 << 20;
  static constexpr std::size_t kMaxCount = 4096;

  // An encoding of which samples were dropped: its stream has to begin anew.
  struct Lost {
    std::shared_ptr<TransceiverHandle> transceiver;
    std::string rid;
  };
  static constexpr std::size_t kMaxLost = 256;  // encodings; more are not told apart

  // Returns whether the loop has to be woken.
  bool post(PostedMedia&& media);
  bool is_empty() const { return is_empty_.load(std::memory_order_acquire); }

  // ---- on the loop's thread only
  // Moves the oldest into `out`, `most` of them, and what was dropped since the last call into
  // `lost`. Both must be empty.
  void take(std::size_t most, std::vector<PostedMedia>& out, std::vector<Lost>& lost);
  // The connection has ended: nothing is taken any more. Returns what waited: destroy it without
  // holding a lock.
  struct Rest {
    Queue<PostedMedia> waiting;
    std::vector<Lost> lost;
  };
  [[nodiscard]] Rest end();

 private:
  std::mutex mutex_;
  Queue<PostedMedia> waiting_;
  std::size_t bytes_ = 0;
  std::vector<Lost> lost_;
  bool ended_ = false;
  std::atomic<bool> is_empty_ = true;  // without the lock: nothing waits and nothing was lost
};

}  // namespace specter::api
