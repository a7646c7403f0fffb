// One peer connection, driven by JSON lines: docs/peer-protocol.md.
//
//   stdin --> LineReader --> command (commands.cc) --> PeerConnection
//   stdout <-- Output <---- event (events.cc) <------- Mailbox
//
// Both ends are watched by one poll(2) in one thread (session.cc).
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/output.h"
#include "cli/peer/channels.h"
#include "cli/peer/echo.h"
#include "cli/peer/fields.h"

#include "specter/specter.h"

namespace specter::cli {

struct SessionOptions {
  Configuration configuration;
  bool echo = false;
};

class Session {
 public:
  static constexpr std::size_t kMaxLineBytes = 4 << 20;
  static constexpr std::size_t kMaxUnanswered = 1024;  // past it no further command is read

  // Longest wait for event::Closed after close().
  static constexpr std::chrono::seconds kGoodbyeLimit{5};

  Session(const SessionOptions& options, int in, int out);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Until the connection is closed. False when it could not be started.
  bool run();

 private:
  // A command that was understood so far, for its answer.
  struct Command {
    std::string op{};
    Json ref{};            // null: none was given
    std::size_t line = 0;  // of the input, from 1
  };
  using Handler = void (Session::*)(const Command&, Fields&);
  struct Entry {
    std::string_view op;
    Handler handle;
  };
  static const Entry kCommands[];

  // ---- session.cc: the loop
  void wait();
  bool takes_commands() const { return started_ && pending_.size() < kMaxUnanswered; }
  void read_input();
  void handle_lines();
  void take_events();
  void end_of_input();

  // ---- commands.cc: one handler a command
  void handle_line(const LineReader::Line& line);
  void create_data_channel(const Command& command, Fields& fields);
  void create_offer(const Command& command, Fields& fields);
  void create_answer(const Command& command, Fields& fields);
  void set_local_description(const Command& command, Fields& fields);
  void set_remote_description(const Command& command, Fields& fields);
  void add_ice_candidate(const Command& command, Fields& fields);
  void send(const Command& command, Fields& fields);
  void close_data_channel(const Command& command, Fields& fields);
  void set_buffered_amount_low_threshold(const Command& command, Fields& fields);
  void get_stats(const Command& command, Fields& fields);
  void state(const Command& command, Fields& fields);
  void data_channel_state(const Command& command, Fields& fields);
  void description(const Command& command, Fields& fields);
  void close(const Command& command, Fields& fields);

  bool refused(const Command& command, const Fields& fields);  // and says so
  std::optional<DataChannel> channel_of(const Command& command, Fields& fields);
  // A call that an event will answer, or that failed on the spot.
  template <class T>
  void called(const Command& command, const Result<T>& result);

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
  void on(const event::OperationFailed& e);
  void on(const event::Closed& e);
  void on(const event::IceCandidate& e);
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

  Json channel_event(std::string_view name, const DataChannel& channel);
  void print(const Json& json) { output_.line(to_line(json)); }
  void answer(std::string_view op, Json json);    // what an event says, to the oldest such command
  void reply(const Command& command, Json json);  // at once
  void done(const Command& command);              // at once, if a ref asks for it
  void error(const Command& command, const Error& error);
  std::optional<Command> take_pending(std::string_view op);

  const SessionOptions options_;
  const int in_;
  Output output_;
  LineReader lines_{kMaxLineBytes};
  bool input_ended_ = false;
  Mailbox inbox_;
  Specter specter_;
  PeerConnection connection_;
  Channels channels_;
  Echo echo_;
  std::deque<Command> pending_;  // to be answered by events; at most kMaxUnanswered
  bool started_ = false;         // `ready` is written: no command is taken before
  bool start_failed_ = false;
  bool closing_ = false;
  bool closed_ = false;
  std::chrono::steady_clock::time_point give_up_{};  // when closing_
};

}  // namespace specter::cli
