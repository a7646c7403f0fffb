// What the public handles of tracks and transceivers point to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/event_ring.h"
#include "api/media_posts.h"

#include "specter/event.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/time.h"
#include "specter/track.h"

namespace specter::core {
class PeerConnection;
}

namespace specter::api {

struct ConnectionHandle;

// What add_track() checks of a track's id and of its streams' ids. RFC 8830 §2.
Result<> check_msid(std::string_view id);

// 1, 2, 3, … in the process.
std::uint64_t next_transceiver_number();

// A call of a transceiver, as made in the core.
using Change =
    std::move_only_function<Result<>(core::PeerConnection&, Timestamp now, TransceiverId)>;

struct TransceiverHandle : std::enable_shared_from_this<TransceiverHandle> {
  TransceiverHandle(std::shared_ptr<ConnectionHandle> of, MediaKind of_kind)
      : connection(std::move(of)), kind(of_kind) {}

  const std::shared_ptr<ConnectionHandle> connection;
  const MediaKind kind;

  // ---- from any thread
  // Queues a call for the loop. Errors: Closed, WouldBlock.
  Result<> call(Operation operation, Change change);
  // Asks the peer for a key frame, because a mailbox has dropped frames. It cannot fail, and is
  // queued once at most.
  void ask_for_key_frame();
  // The handle of the transceiver that add_track() took, which may have had one. Itself, if it had
  // none, and until that is known.
  std::shared_ptr<TransceiverHandle> target();
  std::atomic<std::uint64_t> number = 0;

  // ---- snapshots; written by the loop
  struct Snapshot {
    RtpTransceiver transceiver;
    std::optional<TrackLocal> track{};
    RtpSendParameters send{};
    RtpReceiveParameters receive{};
  };
  Snapshot snapshot() const;
  template <class Get>
  auto read(Get get) const {
    const std::scoped_lock lock(mutex_);
    return get(snapshot_);
  }
  void set_snapshot(Snapshot&& snapshot);
  void set_stopped();
  // By a mailbox; and samples or packets that were written, by the ring of what is posted.
  std::atomic<std::uint64_t> dropped_frames = 0, dropped_packets = 0, dropped_written = 0;

  // ---- for the mailbox, whose mutex guards them
  EventRing media{EventRing::kMedia};
  EventRing states{EventRing::kStates};
  std::vector<std::string> key_frames_waiting{};  // encodings of which a KeyFrameWanted is queued

  // ---- on the loop's thread only
  std::optional<TransceiverId> id{};                         // once the core has made it
  std::shared_ptr<LocalTrackState> sending{};                // the track, which knows of this
  bool is_write_failure_told = false;                        // until something is negotiated
  bool is_gone = false;                                      // the core does not list it any more
  bool is_listed = false;                                    // PeerConnection::transceivers()
  void send(const std::shared_ptr<LocalTrackState>& track);  // null: none
  void become(const std::shared_ptr<TransceiverHandle>& other);

 private:
  mutable std::mutex mutex_;
  Snapshot snapshot_{};
  std::shared_ptr<TransceiverHandle> known_as_{};
  std::atomic<bool> is_key_frame_asked_ = false;
};

// A track that is sent, by any number of transceivers of any connections.
class LocalTrackState : public std::enable_shared_from_this<LocalTrackState> {
 public:
  LocalTrackState(LocalTrack track, std::vector<std::string> streams)
      : track_(std::move(track)), streams_(std::move(streams)) {}

  const LocalTrack& track() const { return track_; }
  const std::vector<std::string>& streams() const { return streams_; }

  // Gives it to each sender: directly to the core of the connection whose loop calls, by the ring
  // of the others.
  void write(Written written);
  void set_header_extensions(std::vector<RtpHeaderExtensionParameters> header_extensions);
  void bind(const std::shared_ptr<TransceiverHandle>& sender);
  void unbind(const TransceiverHandle& sender);
  std::size_t senders() const;

  void count_dropped() { dropped_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  using Senders = std::vector<std::weak_ptr<TransceiverHandle>>;

  const LocalTrack track_;
  const std::vector<std::string> streams_;
  std::atomic<std::uint64_t> dropped_ = 0;
  mutable std::mutex mutex_;
  // Replaced as a whole, so that write() takes it along without a copy.
  std::shared_ptr<const Senders> senders_ = std::make_shared<const Senders>();
  ExtensionMeanings header_extensions_;
};

}  // namespace specter::api
