// JSON lines between the two sides of a bench, which may be two processes or two threads.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string_view>

#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/output.h"

#include "specter/time.h"

namespace specter::cli::bench {

// One side's end. A line is an object with a string "op".
class Conversation {
 public:
  static constexpr std::size_t kMaxLineBytes = 4 << 20;

  // Takes the descriptors over. Throws std::system_error when there is no further one to be had.
  Conversation(int in, int out);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // From any thread. That the other side has gone shows in receive().
  void send(const Json& line);
  // The same to our own receive(): how a connection's loop tells the thread that waits there.
  void post(Json line);

  // Our own lines come first. Errors: Timeout; Closed when the other side has gone; InvalidJson.
  Result<Json> receive(Duration timeout);

 private:
  std::optional<Json> take_posted();
  bool read();  // false at the end

  const int in_, out_, bell_;
  std::mutex sending_;
  Output output_;
  std::mutex posting_;
  std::deque<Json> posted_;
  LineReader lines_{kMaxLineBytes};
};

}  // namespace specter::cli::bench
