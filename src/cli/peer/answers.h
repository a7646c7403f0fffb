// What is said to commands, and unasked.
#pragma once

#include <deque>
#include <optional>
#include <string_view>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/peer/command.h"

#include "specter/error.h"
#include "specter/result.h"

namespace specter::cli {

class Answers {
 public:
  static constexpr std::size_t kMaxUnanswered = 1024;  // past it no further command is read

  explicit Answers(Output& output) : output_(output) {}
  Answers(const Answers&) = delete;

  // A call that an event will answer, or that failed on the spot. True: the former.
  template <class T>
  bool called(const Command& command, const Result<T>& result) {
    if (!result) {
      error(command, result.error());
    } else {
      wait_for_event(command);
    }
    return result.has_value();
  }
  void wait_for_event(const Command& command) { pending_.push_back(command); }
  // A call that is made and done, or that failed on the spot. True: the former.
  bool told(const Command& command, const Result<>& result);

  void print(const Json& json) { output_.line(to_line(json)); }
  void reply(const Command& command, Json json);  // at once
  void done(const Command& command);              // at once, if a ref asks for it
  void error(const Command& command, const Error& error);
  void error(const Command& command, ErrorCode code, std::string message);
  void answer(std::string_view op, Json json);  // what an event says, to the oldest such command
  std::optional<Command> take_pending(std::string_view op);
  void end(const Error& error);  // to all that were not answered

  bool is_full() const { return pending_.size() >= kMaxUnanswered; }

 private:
  Output& output_;
  std::deque<Command> pending_;  // to be answered by events; at most kMaxUnanswered
};

}  // namespace specter::cli
