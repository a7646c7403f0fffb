// The peer's handshake messages, put together from their fragments and handed out in their order.
// RFC 6347 §4.2.2, RFC 9147 §5.4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dtls/wire/record.h"

#include "specter/bytes.h"

namespace specter::dtls {

struct HandshakeMessage {
  HandshakeType type{};
  std::uint16_t message_seq = 0;
  std::uint64_t epoch = 0;
  Buffer body;
};

// Which messages are due is the owner's to know: he offers only those. Fragments in the clear prove
// nothing, so that messages of one number that differ in type, size or epoch are put together side
// by side; the first that is whole counts. Of too many the oldest goes, and of too many bytes what
// is of later messages: what was said once keeps nobody out who says it again.
class Assembly {
 public:
  static constexpr std::uint16_t kMaxAhead = 8;         // messages beyond the next one
  static constexpr std::size_t kMaxVariants = 4;        // of one message
  static constexpr std::size_t kMaxBytes = 128 * 1024;  // of all that is unfinished
  static constexpr std::uint32_t kMaxMessageBytes = 16 * 1024;

  enum class Taken { New, Old, Refused };

  explicit Assembly(std::uint16_t first_seq = 0) : next_(first_seq) {}

  // Old: of a message that next() has handed out, or nothing that it hadn't.
  Taken take(const HandshakeFragment& fragment, std::uint64_t epoch);
  // The next message, each once.
  std::optional<HandshakeMessage> next();
  std::uint16_t next_seq() const { return next_; }
  // Whether something is here that waits for what is missing.
  bool has_gap() const { return !pending_.empty(); }

 private:
  struct Variant {
    HandshakeType type;
    std::uint64_t epoch;
    Buffer body;
    std::size_t missing;         // bytes
    std::vector<bool> received;  // by byte; empty for what came whole
  };

  bool make_room(std::uint16_t message_seq, std::size_t bytes);

  std::map<std::uint16_t, std::vector<Variant>> pending_;
  std::size_t bytes_ = 0;
  std::uint16_t next_;
};

}  // namespace specter::dtls
