#include "cli/bench/data.h"

#include "cli/bench/two_sides.h"

namespace specter::cli::bench {

Json DataOptions::parameters() const {
  Json json{{"size_bytes", message_bytes}};
  if (bytes > 0)
    json["bytes"] = bytes;
  else
    json["seconds"] = seconds;
  json.update({{"warm_up_seconds", warm_up_seconds},
               {"channels", channels},
               {"connections", connections},
               {"ordered", !unordered},
               {"buffer_bytes", buffer_bytes},
               {"refill_bytes", refill_bytes},
               {"processes", sides.processes},
               {"loops", common.loops},
               {"loopback", common.network.loopback}});
  return json;
}

int run_data(const DataOptions& options) {
  const FarSide far = [&](Conversation& conversation) {
    return receive_data(options, conversation);
  };
  if (options.sides.is_far_side) return run_far_side(far);
  const auto report = run_near_side(
      options.sides, [&](Conversation& conversation) { return send_data(options, conversation); },
      far);
  return print("data", report, options.common.json ? Format::Json : Format::Table);
}

}  // namespace specter::cli::bench
