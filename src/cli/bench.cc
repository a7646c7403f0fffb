// specter bench: how fast, and at what price, the library is on this machine.
#include <memory>
#include <string>
#include <vector>

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
                   "Bytes that the sender lets wait in each channel before it stops")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(1, 16 << 20))
      ->capture_default_str();
  command
      ->add_option("--refill", options->refill_bytes,
                   "It goes on when so many of them are gone (at BufferedAmountLow). A loop does "
                   "nothing else while its handler fills the buffer")
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
  command->add_flag("--share-certificate", options->share_certificate,
                    "One certificate for all connections, instead of one for each");
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

void add_media(CLI::App& bench, int& exit_code) {
  auto* command = bench.add_subcommand(
      "media",
      "What a video costs that one side sends to one receiver, or to many: CPU a packet, and how\n"
      "long a frame takes from write_sample() until it is there, whole.");
  auto options = std::make_shared<MediaOptions>();
  options->common.loops = 0;
  command->add_option("--receivers", options->receivers, "Connections that get the track")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("--rate", options->kbit_per_s, "kbit/s of the video")
      ->check(CLI::Range(10.0, 1'000'000.0))
      ->capture_default_str();
  command->add_option("--fps", options->frames_per_s, "Frames a second")
      ->check(CLI::Range(1.0, 1'000.0))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "How long to measure, after the warm-up")
      ->check(CLI::Range(0.1, kMostSeconds))
      ->capture_default_str();
  command
      ->add_option("--warm-up", options->warm_up_seconds,
                   "Seconds of sending, from when all are connected, that don't count")
      ->check(CLI::Range(0.0, kMostSeconds))
      ->capture_default_str();
  add_common(*command, options->common);
  command->footer(
      "Both ends of each connection belong to one Specter in this process, so the CPU is that of\n"
      "sending AND receiving. Each frame is hashed and checked where it arrives.\n"
      "Example: specter bench media --receivers 100 --rate 2500");
  command->callback([options, &exit_code] { exit_code = run_media(*options); });
}

// A list: --rtt 12,50 or --rtt 12 50.
template <class Value>
CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<Value>& values,
                      const std::string& words) {
  return command.add_option(name, values, words)->delimiter(',');
}

void add_link_files(CLI::App& command, LinkOptions& options) {
  command.add_flag("--json", options.json, "One JSON object; the same each time for the same seed");
  command
      .add_option("--markdown", options.markdown_file,
                  "Write the tables, and what they mean, to this file too")
      ->type_name("FILE");
  command.add_option("--svg", options.svg_file, "Draw the trials of one flow into this file")
      ->type_name("FILE");
}

void add_link(CLI::App& bench, int& exit_code) {
  auto* command = bench.add_subcommand(
      "link",
      "What a data channel makes of long, lossy and narrow links, and how two share one: goodput,\n"
      "standing queue, what was sent again. Simulated in virtual time, without a socket: what the\n"
      "machine does besides changes nothing.");
  auto options = std::make_shared<LinkOptions>();
  add_list(*command, "--rtt", options->round_trips_ms, "Round-trip times in ms, without the queue")
      ->check(CLI::Range(0.0, 10'000.0));
  add_list(*command, "--loss", options->losses_percent,
           "Percent of the datagrams that are lost at random, both ways alike")
      ->check(CLI::Range(0.0, 90.0));
  add_list(*command, "--rate", options->rates_mbit_per_s, "Rates of the line in Mbit/s")
      ->check(CLI::Range(0.01, 10'000.0));
  add_list(*command, "--queue", options->queues,
           "What may wait before the line: so many bandwidth-delay products (0.5), or bytes with "
           "their unit (256kB)");
  add_list(*command, "--congestion-control", options->controls, "cubic, bbr, reno")
      ->check(CLI::IsMember({"cubic", "bbr", "reno"}));
  add_list(*command, "--flows", options->flows,
           "1: each controller alone; 2: each beside its own kind and beside the others")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  command->add_flag("--all", options->all,
                    "What no option says is the whole matrix instead of a short telling part: "
                    "RTT 0,12,50,100,200; loss 0,0.1,1,5; rate 10,100,1000; minutes of CPU");
  command
      ->add_option(
          "--seconds", options->seconds,
          "How long each trial is, of virtual time, from when the channel is open. Without "
          "it 10 s or 100 round trips, whichever is longer; for two flows three times that")
      ->check(CLI::Range(0.1, kMostSeconds));
  command->add_option("--seed", options->seed, "Decides each loss and each key")
      ->capture_default_str();
  command->add_option("--jobs", options->jobs, "Threads; 0: one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  add_link_files(*command, *options);
  command->footer(
      "Goodput is of users' bytes that were delivered in the second half of a trial; the line\n"
      "also carries the headers, those of IPv4 and UDP included, which leave 93 %.\n"
      "Example: specter bench link --rtt 50 --rate 100 --queue 256kB --loss 0,1 --flows 1");
  command->callback([options, &exit_code] { exit_code = run_link(*options); });
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("bench",
                                     "Measures throughput, latency, connecting, memory and media "
                                     "over UDP on this machine, and what\n"
                                     "becomes of data on simulated links.");
  command->require_subcommand(1);
  command->footer(
      "`specter help bench COMMAND` tells about each. Figures depend on what else the machine\n"
      "does: the load before the run is printed with them.");
  add_data(*command, exit_code);
  add_latency(*command, exit_code);
  add_setup(*command, exit_code);
  add_memory(*command, exit_code);
  add_media(*command, exit_code);
  add_link(*command, exit_code);
}

}  // namespace specter::cli
