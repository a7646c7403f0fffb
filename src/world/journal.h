// What a life was: a hash of all that happened, sentences for who wants to read it, and the first
// thing that must not have been.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <xxhash.h>

#include "simulation/link.h"
#include "world/step.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::world {

// What holds for every life.
enum class Verdict : std::uint8_t {
  Content,      // what arrives is what was sent: byte for byte, in order, once, as the channel says
  Limits,       // what a channel's limits gave up does not come after all
  Delivery,     // what had to arrive did
  Fingerprint,  // nothing is delivered, no channel opens, unless the peer proved who it is
  Consent,      // nothing but STUN goes where nobody has answered, RFC 7675
  States,       // only legal changes; nothing after Closed, and Closed always
  Reasons,      // who fails says why
  Agreement,    // both sides say the same within the stated time
  Life,         // after the faults there is a connection
  Thrift,       // what a path takes is measured, so that nothing goes out twice for ever
  Amounts,      // what is buffered is what was sent and not carried
  Timers,       // a deadline comes, and none makes a loop spin
  Memory,       // a peer keeps below its limit
  Attacker,     // an attacker alone changes nothing
  Bug,          // an invariant of the library broke
};
inline constexpr std::size_t kVerdicts = 15;

constexpr std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, kVerdicts> kNames{
      "content", "limits", "delivery", "fingerprint", "consent", "states",   "reasons", "agreement",
      "life",    "thrift", "amounts",  "timers",      "memory",  "attacker", "bug"};
  return kNames[static_cast<std::size_t>(verdict)];
}

struct Failure {
  Verdict verdict{};
  std::int64_t at_ms = 0;
  std::string what;

  bool operator==(const Failure&) const = default;
};

// What it keeps for people: what happens, or every datagram too.
enum class Tells : std::uint8_t { Nothing, Story, Trace };

class Journal {
 public:
  struct Note {
    std::int64_t at_us;  // microseconds
    std::string text;
  };

  explicit Journal(Tells tells) : tells_(tells) {}

  void set_now(Timestamp now) { now_ = now; }
  std::int64_t now_ms() const { return (now_ - simulation::kStart) / std::chrono::milliseconds(1); }

  // Everything that a peer says goes into the hash, with its time and its place.
  void add(std::uint64_t kind, std::uint64_t side, Bytes bytes = {}) {
    const std::array<std::uint64_t, 4> head{
        static_cast<std::uint64_t>(now_.time_since_epoch().count()), kind, side, bytes.size()};
    shape_ = XXH3_64bits_withSeed(head.data(), sizeof(head), shape_);
    hash_ = XXH3_64bits_withSeed(head.data(), sizeof(head), hash_);
    hash_ = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_);
    ++entries_;
  }
  std::uint64_t hash() const { return hash_; }
  // Of what, when, whose and how long it was, and not of its bytes.
  std::uint64_t shape() const { return shape_; }
  std::uint64_t entries() const { return entries_; }

  bool keeps_notes() const { return tells_ != Tells::Nothing; }
  bool traces() const { return tells_ == Tells::Trace; }
  void note(std::string text) {
    if (keeps_notes())
      notes_.push_back(
          {(now_ - simulation::kStart) / std::chrono::microseconds(1), std::move(text)});
  }
  const std::vector<Note>& notes() const { return notes_; }

  // Only the first counts: what follows may follow from it.
  void fail(Verdict verdict, std::string what) {
    if (!failure_) failure_ = Failure{verdict, now_ms(), std::move(what)};
  }
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  Tells tells_;
  Timestamp now_ = simulation::kStart;
  std::uint64_t hash_ = 0, shape_ = 0;
  std::uint64_t entries_ = 0;
  std::vector<Note> notes_;
  std::optional<Failure> failure_;
};

}  // namespace specter::world
