// The requests that are under way: each is sent until it is answered, signed under the challenge of
// the moment, and asked again when the server wants another nonce. RFC 8489 §6.2, §9.2.
//
//          start                      signed answer, or the end of its time
//   Request ------> sent ---------------------------------------------------> Outcome
//                   |  ^ 401, 438: another         |
//                   +--+ attempt, kMaxChallenges   | a refusal without integrity
//                                                  v
//                                               doubted, for kDoubt: a signed answer wins
//
// An answer without integrity is anybody's on the path. It starts another attempt, or a doubt; the
// attempts before stay open for a signed answer. What a signed answer was asked with is used on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/queue.h"
#include "stun/message.h"
#include "stun/transaction.h"
#include "stun/turn_attributes.h"
#include "turn/credentials.h"
#include "turn/words.h"

#include "specter/endpoint.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::turn {

enum class Kind { Allocate, Refresh, Release, Permit, Bind };

// What to ask.
struct Question {
  Kind kind = Kind::Allocate;
  std::optional<stun::AddressFamily> family;  // Allocate: of the relayed address
  std::vector<IpAddress> peers;               // Permit
  Endpoint peer;                              // Bind
  std::uint16_t channel = 0;                  // Bind
};

// What became of it.
struct Outcome {
  Question question;
  Timestamp asked_at;                   // before the server can have heard of it
  std::optional<stun::Message> answer;  // a success, signed
  Fault fault;                          // without an answer
  std::optional<stun::Message> refusal;
  bool is_signed = false;  // the refusal
};

class Requests {
 public:
  static constexpr std::size_t kMaxOpen = 16;
  // 401s and 438s that one request follows; a further one is not believed.
  static constexpr std::size_t kMaxChallenges = 4;
  // How long a refusal without integrity waits for a signed answer.
  static constexpr Duration kDoubt = std::chrono::seconds(1);
  // RFC 8489 §6.2.2: over a stream nothing is sent again.
  static constexpr stun::ClientTransaction::Schedule kStream{std::chrono::milliseconds(7900), 1, 1};
  // Nobody waits long for the answer to a goodbye.
  static constexpr stun::ClientTransaction::Schedule kGoodbye{std::chrono::milliseconds(500), 3, 2};

  struct Counters {
    std::uint64_t started = 0;
    std::uint64_t challenges = 0;   // 401s and 438s that were followed
    std::uint64_t bad_answers = 0;  // with a wrong integrity, or with none where it has to be
  };

  Requests(Random& random, Credentials credentials, Protocol protocol,
           stun::ClientTransaction::Schedule schedule)
      : random_(random),
        credentials_(std::move(credentials)),
        protocol_(protocol),
        schedule_(schedule) {}

  bool has_room() const { return open_.size() < kMaxOpen; }
  void start(Timestamp now, Question question);  // has_room() before
  void cancel_all();

  // Whether the message answers one of them. `bytes` is what `message` was parsed from.
  bool handle_response(Timestamp now, const stun::Message& message, Bytes bytes);
  void handle_timeout(Timestamp now);
  std::optional<Buffer> poll_transmit(Timestamp now);
  std::optional<Outcome> poll_outcome();
  WakeUp next_timeout() const;

  bool has(Kind kind) const;
  // Whether one of that kind was sent with credentials.
  bool has_signed(Kind kind) const;
  const Counters& counters() const { return counters_; }

 private:
  struct Attempt {
    stun::TransactionId id;
    Credentials credentials;  // as they were then
    bool is_signed() const { return credentials.is_challenged(); }
  };
  struct Doubt {
    Timestamp until;
    Fault fault;
    stun::Message refusal;
  };
  struct Open {
    Question question;
    Timestamp asked_at;
    std::vector<Attempt> attempts;  // the last is sent, the others may still be answered
    stun::ClientTransaction transaction;
    std::optional<Doubt> doubt;
    bool saw_forgery = false;
    std::uint16_t unbelieved = 0;  // the code of a challenge too many
  };

  Attempt attempt() const;
  Buffer written(const Question& question, const Attempt& attempt) const;
  stun::ClientTransaction transaction(Timestamp now, const Question& question,
                                      const Attempt& attempt) const;
  void handle_error(Timestamp now, Open& open, const Attempt& attempt, const stun::Message& message,
                    bool is_signed);
  // Whether the request goes on: with another attempt, or as if nothing had come.
  bool follow(Timestamp now, Open& open, const Attempt& attempt, const stun::Message& message,
              Fault& fault);
  void forged(Open& open);
  void finish(Open& open, Outcome outcome);

  Random& random_;
  Credentials credentials_;
  const Protocol protocol_;
  const stun::ClientTransaction::Schedule schedule_;
  std::vector<Open> open_;
  RareQueue<Outcome> outcomes_;
  bool are_proven_ = false;  // the credentials: a signed success came
  Counters counters_;
};

}  // namespace specter::turn
