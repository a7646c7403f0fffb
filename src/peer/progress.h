// When the phases of connecting began and ended, for reports.
#pragma once

#include "ice/agent.h"

#include "specter/report.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter::peer {

struct Progress {
  PhaseTimes gathering, checks, nomination, dtls;

  void note(Timestamp now, const ice::GatheringStateChanged& changed);
  void note(Timestamp now, const ice::ConnectionStateChanged& changed);
  void note(Timestamp now, const ice::PathUsable&);
  void note(Timestamp now, const ice::SelectedPathChanged&);
  template <class E>
  void note(Timestamp, const E&) {}  // of ICE's other events
  void note(Timestamp now, DtlsTransportState state);
  // Of another peer nothing is known yet.
  void leave_peer() { checks = nomination = dtls = {}; }
};

}  // namespace specter::peer
