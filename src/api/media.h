// The transceivers of a connection, on its loop: makes them, passes samples to the core, and
// delivers their events.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "api/media_handles.h"

#include "specter/core.h"
#include "specter/event.h"

namespace specter::api {

class Connection;

class Media {
 public:
  static constexpr std::size_t kPostsPerRun = 256;  // then the loop looks at other things
  explicit Media(Connection& connection) : connection_(connection) {}

  // ---- calls, in media.cc
  void add_track(const std::shared_ptr<TransceiverHandle>& handle,
                 const std::shared_ptr<LocalTrackState>& track, std::vector<std::string> streams);
  void add_transceiver(const std::shared_ptr<TransceiverHandle>& handle,
                       const std::shared_ptr<LocalTrackState>& track, RtpTransceiverInit init);
  void replace_track(TransceiverHandle& handle, const std::shared_ptr<LocalTrackState>& track);
  // Any other call. Delivers its result if it has one.
  void change(Operation operation, TransceiverHandle& handle, Change& change);
  void request_key_frame(TransceiverHandle& handle);
  // Writes directly into the core, for a call made within a turn. Returns false if earlier ones are
  // queued, so that this one must be queued too.
  bool try_write(TransceiverHandle& handle, const LocalTrackState& track, const Written& written);
  // Writes what is posted. Returns whether there was any.
  bool run_posts();

  // ---- events, in media_events.cc
  void handle(core::Track&& event);
  void handle(core::TrackStreamsChange&& event);
  void handle(core::TrackMuted&& event);
  void handle(core::TrackUnmuted&& event);
  void handle(core::TrackEnded&& event);
  void handle(core::Frame&& event);
  void handle(core::RtpPackets&& event);
  void handle(core::KeyFrameWanted&& event);
  void handle(core::EncodingWanted&& event);
  void handle(core::BitrateFeedback&& event);
  // A description was set: refresh() has to look at all.
  void note_change() { has_changed_ = true; }
  // Updates the snapshots of the getters: of all after a description, and else of those that a call
  // has changed. Events change nothing: what they tell was read when their description was set.
  void refresh();
  // No event waits in the core: none can name what it has let go of.
  void forget_gone();
  // Adds what was dropped here. Of simulcast, it counts with the first encoding.
  void add_to(Stats& stats) const;
  // The connection has ended: all transceivers are stopped.
  void end();

 private:
  using Handles = std::unordered_map<TransceiverId, std::shared_ptr<TransceiverHandle>>;

  std::shared_ptr<TransceiverHandle> find(TransceiverId id) const;
  std::shared_ptr<TransceiverHandle> know(TransceiverId id, MediaKind kind);
  void adopt(const std::shared_ptr<TransceiverHandle>& handle, TransceiverId id);
  void write(TransceiverHandle& handle, const LocalTrackState& track, const Written& written);
  void note_change(const std::shared_ptr<TransceiverHandle>& handle);
  void refresh_all();
  void refresh(const std::shared_ptr<TransceiverHandle>& handle);
  // Returns whether it is stopped.
  bool update(TransceiverHandle& handle, TransceiverSnapshot&& snapshot);
  void let_go(const std::shared_ptr<TransceiverHandle>& handle);

  Connection& connection_;
  Handles handles_{};
  bool has_changed_ = false;                                   // a description was set
  std::vector<std::shared_ptr<TransceiverHandle>> changed_{};  // by calls
  // Those of handles_ that the core has let go of, and whose last events may wait.
  std::vector<TransceiverId> gone_{};
  std::vector<PostedMedia> posted_{};  // of run_posts(), which keeps its memory
  std::vector<MediaPosts::Lost> lost_{};
};

}  // namespace specter::api
