// Translates the core's events of tracks to those of the owner, and publishes the transceivers.
#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/connection.h"
#include "api/media.h"
#include "base/queue.h"

namespace specter::api {

void Media::handle(core::Track&& event) {
  const auto handle = know(event.transceiver, event.kind);
  connection_.tell_of<event::Track>(Transceiver(handle), event.kind, std::move(event.mid),
                                    std::move(event.streams));
}

void Media::handle(core::TrackStreamsChange&& event) {
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::TrackStreamsChange>(Transceiver(handle), std::move(event.streams));
}

void Media::handle(core::TrackMuted&& event) {
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::TrackMuted>(Transceiver(handle));
}

void Media::handle(core::TrackUnmuted&& event) {
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::TrackUnmuted>(Transceiver(handle));
}

void Media::handle(core::TrackEnded&& event) {
  const auto handle = find(event.transceiver);
  if (!handle) return;
  handle->set_stopped();
  connection_.tell_of<event::TrackEnded>(Transceiver(handle));
}

void Media::handle(core::Frame&& event) {
  // After close() the owner gets Closed and no more media.
  if (connection_.driver().is_closing()) return;
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::Frame>(Transceiver(handle), std::move(event.rid),
                                      std::move(event.frame), event.dropped);
}

void Media::handle(core::RtpPackets&& event) {
  if (connection_.driver().is_closing()) return;
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::RtpPackets>(Transceiver(handle), std::move(event.rid),
                                           std::move(event.packets));
}

void Media::handle(core::KeyFrameWanted&& event) {
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::KeyFrameWanted>(Transceiver(handle), std::move(event.rid));
}

void Media::handle(core::EncodingWanted&& event) {
  if (const auto handle = find(event.transceiver))
    connection_.tell_of<event::EncodingWanted>(Transceiver(handle), std::move(event.rid),
                                               event.is_wanted);
}

void Media::handle(core::BitrateFeedback&& event) {
  connection_.tell_of<event::BitrateFeedback>(event.estimate, event.packets, event.received,
                                              event.received_bytes, event.received_within);
}

void Media::note_change(const std::shared_ptr<TransceiverHandle>& handle) {
  if (has_changed_ || (!changed_.empty() && changed_.back() == handle)) return;
  changed_.push_back(handle);
}

void Media::refresh() {
  // A list that is set after the end would keep the handles that it names, and they this one.
  if (connection_.handle()->is_over) return;
  if (std::exchange(has_changed_, false)) {
    changed_.clear();
    return refresh_all();
  }
  if (changed_.empty()) return;
  for (const auto& handle : changed_) refresh(handle);
  clear_to_fit(changed_);
}

void Media::refresh_all() {
  std::vector<std::shared_ptr<TransceiverHandle>> listed;
  std::unordered_set<TransceiverId> ids;
  for (TransceiverSnapshot& snapshot : connection_.core().transceiver_snapshots()) {
    const TransceiverId id = snapshot.transceiver.id;
    const auto handle = know(id, snapshot.transceiver.kind);
    ids.insert(id);
    handle->is_listed = !update(*handle, std::move(snapshot));
    if (handle->is_listed) listed.push_back(handle);
  }
  for (const auto& [id, handle] : handles_) {
    if (!ids.contains(id)) let_go(handle);
  }
  connection_.handle()->set_transceivers(std::move(listed));
}

void Media::refresh(const std::shared_ptr<TransceiverHandle>& handle) {
  auto snapshot = connection_.core().transceiver_snapshot(*handle->id);
  if (!snapshot) return;  // a description has taken it away: refresh_all()
  const bool is_listed = !update(*handle, std::move(*snapshot));
  if (std::exchange(handle->is_listed, is_listed) == is_listed) return;
  // One that is made is the last: all that descriptions have made are in the list.
  if (is_listed)
    connection_.handle()->add_transceiver(handle);
  else
    connection_.handle()->remove_transceiver(handle);
}

bool Media::update(TransceiverHandle& handle, TransceiverSnapshot&& snapshot) {
  const bool is_stopped = snapshot.transceiver.direction == RtpTransceiverDirection::Stopped;
  // A rollback or a stop may have taken the track away.
  if (!snapshot.transceiver.track || is_stopped) handle.send(nullptr);
  handle.is_write_failure_told = false;
  TransceiverHandle::Snapshot shown{.transceiver = std::move(snapshot.transceiver),
                                    .send = std::move(snapshot.send),
                                    .receive = std::move(snapshot.receive)};
  if (handle.sending) shown.track = TrackLocal(handle.sending);
  handle.set_snapshot(std::move(shown));
  return is_stopped;
}

// The core does not list it any more; its TrackEnded may be still to come.
void Media::let_go(const std::shared_ptr<TransceiverHandle>& handle) {
  if (std::exchange(handle->is_gone, true)) return;
  gone_.push_back(*handle->id);
  handle->send(nullptr);
  handle->set_stopped();
}

void Media::forget_gone() {
  for (const TransceiverId id : gone_) handles_.erase(id);
  clear_to_fit(gone_);
}

void Media::add_to(Stats& stats) const {
  for (const auto& [id, handle] : handles_) {
    const auto inbound = std::ranges::find(stats.inbound_rtp, id, &InboundRtpStats::transceiver);
    if (inbound != stats.inbound_rtp.end()) {
      inbound->frames_dropped += handle->dropped_frames;
      inbound->packets_discarded += handle->dropped_packets;
    }
    const auto outbound = std::ranges::find(stats.outbound_rtp, id, &OutboundRtpStats::transceiver);
    if (outbound != stats.outbound_rtp.end()) outbound->frames_dropped += handle->dropped_written;
  }
}

void Media::end() {
  for (const auto& [id, handle] : handles_) {
    handle->send(nullptr);
    handle->set_stopped();
  }
  handles_.clear();
  gone_.clear();
  posted_.clear();
  lost_.clear();
  has_changed_ = false;
  changed_.clear();
}

}  // namespace specter::api
