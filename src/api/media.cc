// The calls of tracks and transceivers, and passing their samples to the core.
#include "api/media.h"

#include <span>
#include <utility>

#include "api/connection.h"

namespace specter::api {

namespace {

std::optional<LocalTrack> value_of(const std::shared_ptr<LocalTrackState>& track) {
  return track ? std::optional(track->track()) : std::nullopt;
}

}  // namespace

std::shared_ptr<TransceiverHandle> Media::find(TransceiverId id) const {
  const auto found = handles_.find(id);
  return found == handles_.end() ? nullptr : found->second;
}

void Media::adopt(const std::shared_ptr<TransceiverHandle>& handle, TransceiverId id) {
  handle->id = id;
  if (handle->number == 0) handle->number = next_transceiver_number();
  handles_.emplace(id, handle);
}

// What a description of the peer has made has no handle yet.
std::shared_ptr<TransceiverHandle> Media::know(TransceiverId id, MediaKind kind) {
  if (auto known = find(id)) return known;
  auto handle = std::make_shared<TransceiverHandle>(connection_.handle(), kind);
  adopt(handle, id);
  return handle;
}

void Media::add_track(const std::shared_ptr<TransceiverHandle>& handle,
                      const std::shared_ptr<LocalTrackState>& track,
                      std::vector<std::string> streams) {
  const auto id =
      connection_.core().add_track(connection_.driver().now(), track->track(), std::move(streams));
  if (!id) return connection_.tell_failure(Operation::AddTrack, id.error());
  if (const auto known = find(*id))
    handle->become(known);
  else
    adopt(handle, *id);
  const auto sender = handle->target();
  sender->send(track);
  note_change(sender);
  connection_.tell_of<event::TrackAdded>(Transceiver(sender));
}

void Media::add_transceiver(const std::shared_ptr<TransceiverHandle>& handle,
                            const std::shared_ptr<LocalTrackState>& track,
                            RtpTransceiverInit init) {
  auto& core = connection_.core();
  const auto id = track ? core.add_transceiver(track->track(), std::move(init))
                        : core.add_transceiver(handle->kind, std::move(init));
  if (!id) return connection_.tell_failure(Operation::AddTransceiver, id.error());
  adopt(handle, *id);
  handle->send(track);
  note_change(handle);
  connection_.tell_of<event::TransceiverAdded>(Transceiver(handle));
}

void Media::replace_track(TransceiverHandle& handle,
                          const std::shared_ptr<LocalTrackState>& track) {
  Change replace = [&](core::PeerConnection& core, Timestamp now, TransceiverId id) -> Result<> {
    auto replaced = core.replace_track(now, id, value_of(track));
    if (replaced) handle.target()->send(track);
    return replaced;
  };
  change(Operation::ReplaceTrack, handle, replace);
}

void Media::change(Operation operation, TransceiverHandle& handle, Change& change) {
  const auto target = handle.target();
  if (!target->id) {
    return connection_.tell_failure(operation,
                                    {ErrorCode::InvalidState,
                                     "there is no transceiver: the call that was to make it "
                                     "has failed",
                                     {}});
  }
  auto changed = change(connection_.core(), connection_.driver().now(), *target->id);
  if (!changed) return connection_.tell_failure(operation, std::move(changed).error());
  if (operation == Operation::RequestKeyFrame) return;
  note_change(target);
  if (operation == Operation::RemoveTrack || operation == Operation::StopTransceiver)
    target->send(nullptr);
  if (operation == Operation::ReplaceTrack)
    connection_.tell_of<event::TrackReplaced>(Transceiver(target));
  if (operation == Operation::SetSendParameters)
    connection_.tell_of<event::SendParametersSet>(Transceiver(target));
}

// For frames that a mailbox has dropped: nobody waits for a result.
void Media::request_key_frame(TransceiverHandle& handle) {
  if (handle.id) (void)connection_.core().request_key_frame(connection_.driver().now(), *handle.id);
}

bool Media::try_write(TransceiverHandle& handle, const LocalTrackState& track,
                      const Written& written) {
  const ConnectionHandle& connection = *connection_.handle();
  if (!connection_.driver().is_draining() || connection_.driver().is_closing() ||
      connection_.has_running_calls() || connection.has_calls() || !posted_.empty() ||
      !connection.media_posts.is_empty())
    return false;
  write(handle, track, written);
  return true;
}

bool Media::run_posts() {
  if (!posted_.empty() || connection_.handle()->media_posts.is_empty()) return false;
  refresh();  // a description may have taken tracks away
  connection_.handle()->media_posts.take(kPostsPerRun, posted_, lost_);
  for (const MediaPosts::Lost& one : lost_)
    connection_.tell_of<event::KeyFrameWanted>(Transceiver(one.transceiver), one.rid);
  lost_.clear();
  for (const PostedMedia& media : posted_) write(*media.transceiver, *media.track, media.view());
  clear_to_fit(posted_);
  return true;
}

// A track that was replaced meanwhile is not sent any more.
void Media::write(TransceiverHandle& handle, const LocalTrackState& track, const Written& written) {
  if (!handle.id || handle.sending.get() != &track) return;
  auto& core = connection_.core();
  const Timestamp now = connection_.driver().now();
  const std::span<const RtpHeaderExtensionParameters> meanings =
      written.header_extensions ? std::span(*written.header_extensions)
                                : std::span<const RtpHeaderExtensionParameters>();
  auto done = written.is_packet ? core.write_rtp(now, *handle.id, written.sample.bytes,
                                                 written.sample.rid, meanings)
                                : core.write_sample(now, *handle.id, written.sample);
  if (done || std::exchange(handle.is_write_failure_told, true)) return;
  connection_.tell_failure(written.is_packet ? Operation::WriteRtp : Operation::WriteSample,
                           std::move(done).error());
}

}  // namespace specter::api
