// One peer connection, driven by JSON lines: docs/peer-protocol.md.
//
//   stdin --> LineReader --> command.h --> commands.cc, track_commands.cc --> PeerConnection
//   stdout <-- Output <-- Answers <-- events.cc, track_events.cc <------------ Mailbox
//                                files and UDP ports <--> Sending, Receiving <--> tracks
//
// All of it is watched by one poll(2) in one thread (session.cc).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/output.h"
#include "cli/peer/answers.h"
#include "cli/peer/channels.h"
#include "cli/peer/command.h"
#include "cli/peer/echo.h"
#include "cli/peer/receiving.h"
#include "cli/peer/sending.h"
#include "cli/peer/track_commands.h"
#include "cli/peer/track_events.h"
#include "cli/peer/transceivers.h"

#include "specter/specter.h"

namespace specter::cli {

struct SessionOptions {
  Configuration configuration;
  std::vector<std::string> codecs{};  // beside the default ones: more_codecs.h
  bool echo = false;
  int stop_descriptor = -1;  // readable: the connection is to be closed
};

class Session {
 public:
  // Longest wait for event::Closed after close().
  static constexpr std::chrono::seconds kGoodbyeLimit{5};

  Session(const SessionOptions& options, int in, int out);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Until the connection is closed. False when it could not be started.
  bool run();

 private:
  // ---- session.cc: the loop
  void wait();
  bool takes_commands() const { return started_ && !stopped_ && !answers_.is_full(); }
  void read_input();
  void handle_lines();
  void take_events();
  void end_of_input();
  void stop();
  void begin_closing();

  // ---- commands.cc: one handler a command
  void handle_line(const LineReader::Line& line);
  void perform(const Command& command, const command::Send& send);
  void perform(const Command& command, const command::CloseDataChannel& close);
  void perform(const Command& command, const command::SetBufferedAmountLowThreshold& set);
  void perform(const Command& command, const command::GetState& get);
  void perform(const Command& command, const command::GetDataChannelState& get);
  void perform(const Command& command, const command::GetDescription& get);
  void perform(const Command& command, const command::Close& close);

  // Says so when there is none.
  std::optional<DataChannel> find(const Command& command, ChannelNumber number);

  // ---- events.cc: one handler an event
  void handle_event(Event& event);
  void on(const event::Ready& e);
  void on(const event::DataChannelCreated& e);
  void on(const event::Offer& e);
  void on(const event::Answer& e);
  void on(const event::LocalDescriptionSet& e);
  void on(const event::RemoteDescriptionSet& e);
  void on(const event::IceCandidateAdded& e);
  void on(const event::Stats& e);
  void on(const event::ConnectionReport& e);
  void on(const event::OperationFailed& e);
  void on(const event::Closed& e);
  void on(const event::LocalCandidate& e);
  void on(const event::IceCandidateError& e);
  void on(const event::NegotiationNeeded& e);
  void on(const event::SignalingStateChange& e);
  void on(const event::IceGatheringStateChange& e);
  void on(const event::IceConnectionStateChange& e);
  void on(const event::ConnectionStateChange& e);
  void on(const event::IncomingDataChannel& e);
  void on(const event::DataChannelOpen& e);
  void on(event::Message& e);
  void on(const event::BufferedAmountLow& e);
  void on(const event::DataChannelClosing& e);
  void on(const event::DataChannelError& e);
  void on(const event::DataChannelClosed& e);
  void on(const event::DataChannelRefused& e);

  Json channel_event(std::string_view name, const DataChannel& channel);
  Json new_channel_event(std::string_view name, const DataChannel& channel);

  const SessionOptions options_;
  const int in_;
  Output output_;
  Answers answers_{output_};
  LineReader lines_{kMaxLineBytes};
  bool input_ended_ = false;
  Mailbox inbox_;
  Specter specter_;
  Api api_;
  PeerConnection connection_;
  Channels channels_;
  Echo echo_;
  Transceivers transceivers_;
  Sending sending_{connection_, api_.codecs(), answers_};
  Receiving receiving_{answers_};
  TrackCommands track_commands_{{connection_, transceivers_, sending_, receiving_, answers_}};
  TrackEvents track_events_{{connection_, transceivers_, sending_, receiving_, answers_}};
  bool started_ = false;  // `ready` is written: no command is taken before
  bool start_failed_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  bool closed_ = false;
  std::chrono::steady_clock::time_point give_up_{};  // when closing_
};

}  // namespace specter::cli
