// A bench with a side that asks and a side that answers.
#pragma once

#include <functional>

#include "cli/bench/conversation.h"
#include "cli/bench/options.h"
#include "cli/bench/report.h"

namespace specter::cli::bench {

// What a side does until its end. A far side's error is told to the near one.
using FarSide = std::function<Result<>(Conversation&)>;
using NearSide = std::function<Result<Report>(Conversation&)>;

// Runs the near side here, and the far one in a child process or, with one process, in a thread.
// The child is this program with this command line and --far-side: it has the same options. It dies
// with us, and has ended when this returns. Throws std::system_error when the system refuses.
Result<Report> run_near_side(const SidesOptions& options, const NearSide& near, const FarSide& far);

// In the child: the exit code.
int run_far_side(const FarSide& far);

}  // namespace specter::cli::bench
