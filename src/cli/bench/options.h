// What the command line says about each bench.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
  std::size_t buffer_bytes = 1 << 20;   // of each channel: what may wait
  std::size_t refill_bytes = 64 << 10;  // when so many of them are gone it is filled again

  std::size_t low_threshold() const {
    return buffer_bytes - std::clamp<std::size_t>(refill_bytes, 1, buffer_bytes);
  }
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
  bool share_certificate = false;

  Json parameters() const;
};

struct MemoryOptions {
  CommonOptions common;
  std::size_t pairs = 200;
  double idle_seconds = 5;

  Json parameters() const;
};

struct MediaOptions {
  CommonOptions common;
  std::size_t receivers = 1;
  double kbit_per_s = 2500;
  double frames_per_s = 30;
  double seconds = 5;
  double warm_up_seconds = 1;

  Json parameters() const;
};

// What is empty or 0 here has its default from `all`, or is as long as its path needs.
struct LinkOptions {
  std::vector<double> round_trips_ms, losses_percent, rates_mbit_per_s;
  std::vector<std::string> queues;  // as QueueSize::parse() takes them
  std::vector<std::string> controls;
  std::vector<int> flows = {1, 2};
  bool all = false;
  double seconds = 0;
  std::uint64_t seed = 1;
  std::size_t jobs = 0;  // 0: one a core
  bool json = false;
  std::string svg_file, markdown_file;

  Json parameters() const;
  std::string command() const;
};

// Each prints its result, and answers the exit code.
int run_data(const DataOptions& options);
int run_latency(const LatencyOptions& options);
int run_setup(const SetupOptions& options);
int run_memory(const MemoryOptions& options);
int run_link(const LinkOptions& options);
int run_media(const MediaOptions& options);

}  // namespace specter::cli::bench
