// What waits for PeerConnection::poll_event().
#pragma once

#include "base/queue.h"

#include "specter/core.h"

namespace specter::peer {

// Room for one is kept, since messages come one by one; what came at the beginning goes.
using Events = Queue<core::Event, sizeof(core::Event)>;

}  // namespace specter::peer
