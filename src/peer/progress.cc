#include "peer/progress.h"

namespace specter::peer {

void Progress::note(Timestamp now, const ice::GatheringStateChanged& changed) {
  if (changed.state == IceGatheringState::Gathering) gathering = {now, {}};
  if (changed.state == IceGatheringState::Complete) gathering.ended = now;
}

// What was connected and looks for another path has its times behind it.
void Progress::note(Timestamp now, const ice::ConnectionStateChanged& changed) {
  if (changed.state != IceConnectionState::Checking) return;
  checks = {now, {}};
  nomination = {};
}

void Progress::note(Timestamp now, const ice::PathUsable&) {
  if (!checks.began) checks.began = now;
  if (!checks.ended) checks.ended = now;
  if (!nomination.began) nomination.began = now;
}

void Progress::note(Timestamp now, const ice::SelectedPathChanged&) {
  if (!nomination.began) nomination.began = now;
  if (!nomination.ended) nomination.ended = now;
}

void Progress::note(Timestamp now, DtlsTransportState state) {
  if (state == DtlsTransportState::New) return;
  if (!dtls.began) dtls.began = now;
  if (state != DtlsTransportState::Connecting && !dtls.ended) dtls.ended = now;
}

}  // namespace specter::peer
