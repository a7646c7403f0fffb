// specter peer: one peer connection, driven by JSON lines.
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "cli/commands.h"
#include "cli/network_options.h"
#include "cli/peer/more_codecs.h"
#include "cli/peer/session.h"
#include "cli/signals.h"

namespace specter::cli {
namespace {

struct Options {
  NetworkOptions network;
  std::vector<std::string> codecs;
  bool echo = false;
};

std::vector<std::string> names_of(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

int run(const Options& options) {
  int exit_code = kFailure;
  {
    const StopSignals signals;
    Session session({.configuration = options.network.configuration(),
                     .codecs = options.codecs,
                     .echo = options.echo,
                     .stop_descriptor = signals.descriptor()},
                    STDIN_FILENO, STDOUT_FILENO);
    exit_code = session.run() ? kSuccess : kFailure;
  }
  if (const int signal = StopSignals::caught(); signal != 0) StopSignals::end_by(signal);
  return exit_code;
}

}  // namespace

void add_peer(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "peer",
      "One peer connection driven by JSON lines: a command a line on stdin, an event a line on\n"
      "stdout. For scripts and tests, in any language; the signalling is theirs.");
  auto options = std::make_shared<Options>();
  command->add_flag("--echo", options->echo,
                    "Send each message back on its channel; its event tells only its size");
  command
      ->add_option("--codec", options->codecs,
                   "Negotiate this codec, too, whose packets come and go as they are; may be given "
                   "several times")
      ->type_name("MIME")
      ->check(CLI::IsMember(names_of(more_codecs())))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options->network.add_to(*command);
  command->footer(
      "Commands: create_data_channel, create_offer, create_answer, set_local_description,\n"
      "set_remote_description, add_ice_candidate, restart_ice, set_ice_servers, send,\n"
      "close_data_channel, set_buffered_amount_low_threshold, get_stats, get_report, state,\n"
      "data_channel_state, local_description, remote_description (and current_…,\n"
      "pending_…), close.\n"
      "Of tracks: add_track, add_transceiver, remove_track, replace_track, play_file,\n"
      "set_direction, set_streams, set_codec_preferences, stop_transceiver, transceivers,\n"
      "send_parameters, receive_parameters, set_send_parameters, request_key_frame,\n"
      "set_bitrate_estimate, record, stop_recording, rtp_forward, rtp_source, echo_media,\n"
      "frames.\n"
      "Examples: {\"op\":\"create_data_channel\",\"label\":\"data\",\"ref\":1}\n"
      "          {\"op\":\"add_track\",\"file\":\"camera.ivf\",\"loop\":true}\n"
      "The end of stdin closes the connection, and so do SIGINT and SIGTERM. Exit code 0 once it\n"
      "is closed, 1 when it could not be started, 128 + the signal's number after a signal.\n"
      "\n"
      "docs/peer-protocol.md has every command and event, and a whole session.");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace specter::cli
