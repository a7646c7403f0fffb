// specter bench data, in two sides. What they say to each other over the conversation, beside the
// signalling:
//
//    receiver                                          sender
//       |  ready: its connections take offers             |
//       |------------------------------------------------>|  offers; each channel sends once open
//       |  measuring: all channels are open, and the      |
//       |------------------------------------------------>|  warm-up is over: notes its CPU time
//       |  measured: what arrived since                   |
//       |------------------------------------------------>|  notes its CPU time, stops sending
//       |              sent: how much, on each channel    |
//       |<------------------------------------------------|
//       |  end: all of that came                          |
//       |------------------------------------------------>|
#pragma once

#include "cli/bench/conversation.h"
#include "cli/bench/options.h"
#include "cli/bench/report.h"

namespace specter::cli::bench {

Result<> receive_data(const DataOptions& options, Conversation& conversation);
Result<Report> send_data(const DataOptions& options, Conversation& conversation);

}  // namespace specter::cli::bench
