#include "cli/peer/answers.h"

#include <algorithm>
#include <utility>

namespace specter::cli {

std::optional<Command> Answers::take_pending(std::string_view op) {
  const auto found = std::ranges::find(pending_, op, &Command::op);
  if (found == pending_.end()) return std::nullopt;
  Command command = std::move(*found);
  pending_.erase(found);
  return command;
}

bool Answers::told(const Command& command, const Result<>& result) {
  if (result) {
    done(command);
  } else {
    error(command, result.error());
  }
  return result.has_value();
}

void Answers::reply(const Command& command, Json json) {
  if (!command.ref.is_null()) json["ref"] = command.ref;
  print(json);
}

void Answers::answer(std::string_view op, Json json) {
  reply(take_pending(op).value_or(Command{}), std::move(json));
}

void Answers::done(const Command& command) {
  if (!command.ref.is_null()) reply(command, {{"event", "done"}, {"op", command.op}});
}

void Answers::error(const Command& command, const Error& error) {
  Json json{{"event", "error"},
            {"op", command.op.empty() ? Json(nullptr) : Json(command.op)},
            {"name", to_string(error.code)},
            {"message", error.message}};
  if (error.sdp_line) json["sdpLineNumber"] = *error.sdp_line;
  if (command.line > 0) json["line"] = command.line;
  reply(command, std::move(json));
}

void Answers::error(const Command& command, ErrorCode code, std::string message) {
  error(command, Error{code, std::move(message), {}});
}

void Answers::end(const Error& error) {
  for (const Command& command : pending_) this->error(command, error);
  pending_.clear();
}

}  // namespace specter::cli
