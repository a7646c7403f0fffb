// specter bench: how fast, and at what price, the library is on this machine.
#include <memory>

#include "cli/bench/options.h"
#include "cli/commands.h"

namespace specter::cli {
namespace {

using namespace bench;

constexpr double kMostSeconds = 86'400;
constexpr std::size_t kMostMessageBytes = 256 * 1024;  // what a connection takes by default

void add_common(CLI::App& command, CommonOptions& options) {
  command.add_flag("--json", options.json, "One JSON object at the end");
  command
      .add_option("--timeout", options.timeout_seconds,
                  "Seconds in which connecting, and each wait for something to arrive, must end")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  command.add_option("--loops", options.loops, "Event loops (threads) of a process; 0: one a core")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  options.network.loopback = "only";
  options.network.add_to(command);
}

void add_sides(CLI::App& command, SidesOptions& options) {
  command
      .add_option("--processes", options.processes,
                  "2: the far side is a child process; 1: a thread of this one")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  command.add_flag("--far-side", options.is_far_side)->group("");  // hidden: for the child
}

void add_size(CLI::App& command, std::size_t& bytes) {
  command.add_option("--size", bytes, "Bytes of a message; 64K is 65536")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::size_t{1}, kMostMessageBytes))
      ->capture_default_str();
}

void add_data(CLI::App& bench, int& exit_code) {
  auto* command = bench.add_subcommand(
      "data",
      "How many bytes and messages a second a data channel carries, and the CPU that it takes.\n"
      "Each message is hashed and checked where it arrives; one wrong message is the end.");
  auto options = std::make_shared<DataOptions>();
  add_size(*command, options->message_bytes);
  auto* seconds =
      command->add_option("--seconds", options->seconds, "How long to measure, after the warm-up")
          ->check(CLI::Range(0.001, kMostSeconds))
          ->capture_default_str();
  command
      ->add_option("--bytes", options->bytes,
                   "Measure until so many bytes have arrived after the warm-up; 2M is 2097152")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::PositiveNumber)
      ->excludes(seconds);
  command
      ->add_option("--warm-up", options->warm_up_seconds,
                   "Seconds of sending, from when all channels are open, that don't count")
      ->check(CLI::Range(0.0, kMostSeconds))
      ->capture_default_str();
  command->add_option("--channels", options->channels, "Channels of each connection")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--connections", options->connections, "Connections, side by side")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_flag("--unordered", options->unordered, "Unordered channels (reliable, as all)");
  command
      ->add_option("--buffer", options->buffer_bytes,
                   "Bytes that the sender lets wait in each channel; it goes on when half are gone")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(1, 16 << 20))
      ->capture_default_str();
  add_sides(*command, options->sides);
  add_common(*command, options->common);
  command->footer(
      "Measured is what ARRIVED between the end of the warm-up and the end, by the receiver's\n"
      "clock. CPU: user and system time of both sides. 1 GB is 1e9 bytes of messages.\n"
      "Example: specter bench data --size 1K --seconds 10");
  command->callback([options, &exit_code] { exit_code = run_data(*options); });
}

void add_latency(CLI::App& bench, int& exit_code) {
  auto* command = bench.add_subcommand(
      "latency", "How long a message takes there and back, one at a time, and its CPU.");
  auto options = std::make_shared<LatencyOptions>();
  add_size(*command, options->message_bytes);
  command->add_option("--count", options->count, "Round trips, after 200 that don't count")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  add_sides(*command, options->sides);
  add_common(*command, options->common);
  command->footer(
      "Times are taken in the handlers of the asking side, from before send() to the event.\n"
      "Example: specter bench latency --size 1K --count 50000");
  command->callback([options, &exit_code] { exit_code = run_latency(*options); });
}

void add_setup(CLI::App& bench, int& exit_code) {
  auto* command = bench.add_subcommand(
      "setup",
      "How long it takes from the creation of two connections until their channel is open at\n"
      "both ends and has carried a message, how many pairs a second there can be, and the CPU.");
  auto options = std::make_shared<SetupOptions>();
  options->common.loops = 0;
  command->add_option("--count", options->count, "Pairs, after 3 that don't count")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command
      ->add_option("--at-once", options->at_once,
                   "Pairs in the making at any time; a finished one is closed, and the next begins")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  add_common(*command, options->common);
  command->footer(
      "Both ends belong to one Specter in this process; their signalling is a call. The CPU is\n"
      "that of a pair's whole life, its two certificates and its end included.\n"
      "Example: specter bench setup --count 5000 --at-once 32");
  command->callback([options, &exit_code] { exit_code = run_setup(*options); });
}

void add_memory(CLI::App& bench, int& exit_code) {
  auto* command = bench.add_subcommand(
      "memory",
      "Memory, threads and descriptors of many connections with an open channel each, and the\n"
      "CPU that they take while nothing happens.");
  auto options = std::make_shared<MemoryOptions>();
  options->common.loops = 0;
  command->add_option("--pairs", options->pairs, "Pairs of connections, all in this process")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--idle", options->idle_seconds, "Seconds of idling")
      ->check(CLI::Range(0.001, kMostSeconds))
      ->capture_default_str();
  add_common(*command, options->common);
  command->footer(
      "A pair is two connections, and the figure is for one of them: what the resident set grew\n"
      "by, after malloc_trim(), from when one pair had come and gone. 1 kB is 1000 bytes.\n"
      "Example: specter bench memory --pairs 1000");
  command->callback([options, &exit_code] { exit_code = run_memory(*options); });
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "bench", "Measures throughput, latency, connecting and memory over UDP on this machine.");
  command->require_subcommand(1);
  command->footer(
      "`specter bench COMMAND --help` tells about each. Figures depend on what else the machine\n"
      "does: the load before the run is printed with them.");
  add_data(*command, exit_code);
  add_latency(*command, exit_code);
  add_setup(*command, exit_code);
  add_memory(*command, exit_code);
}

}  // namespace specter::cli
