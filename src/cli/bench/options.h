// What the command line says about each bench.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "cli/json.h"
#include "cli/network_options.h"

namespace specter::cli::bench {

inline Duration to_duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

struct CommonOptions {
  NetworkOptions network;
  std::size_t loops = 1;  // of a process; 0: one a core
  double timeout_seconds = 10;
  bool json = false;

  Configuration configuration() const {
    Configuration configuration = network.configuration();
    configuration.loops = loops;
    return configuration;
  }
  Duration timeout() const { return to_duration(timeout_seconds); }
};

// Of a bench with a side that asks and a side that answers.
struct SidesOptions {
  int processes = 2;
  bool is_far_side = false;  // this process is the child that answers
};

struct DataOptions {
  CommonOptions common;
  SidesOptions sides;
  std::size_t message_bytes = 65536;
  double seconds = 5;
  std::uint64_t bytes = 0;  // not 0: the end, instead of `seconds`
  double warm_up_seconds = 0.5;
  std::size_t channels = 1;  // of each connection
  std::size_t connections = 1;
  bool unordered = false;
  std::size_t buffer_bytes = 1 << 20;  // of each channel

  Json parameters() const;
};

struct LatencyOptions {
  CommonOptions common;
  SidesOptions sides;
  std::size_t message_bytes = 64;
  std::size_t count = 10'000;

  Json parameters() const;
};

struct SetupOptions {
  CommonOptions common;
  std::size_t count = 200;
  std::size_t at_once = 1;

  Json parameters() const;
};

struct MemoryOptions {
  CommonOptions common;
  std::size_t pairs = 200;
  double idle_seconds = 5;

  Json parameters() const;
};

// Each prints its result, and answers the exit code.
int run_data(const DataOptions& options);
int run_latency(const LatencyOptions& options);
int run_setup(const SetupOptions& options);
int run_memory(const MemoryOptions& options);

}  // namespace specter::cli::bench
