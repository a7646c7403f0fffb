// How many messages of its data channels an owner wants: `active` as Erlang's sockets have it.
#pragma once

#include <cstdint>

#include "terms.h"

namespace specter::nif {

// What set_active is told: true, false, :once or a number.
struct ActiveChange {
  enum class Kind { Always, Never, Once, Add };
  Kind kind = Kind::Always;
  std::int32_t count = 0;  // of Add
};

template <>
struct Decoder<ActiveChange> {
  static ActiveChange decode(ErlNifEnv* env, Term term) {
    using Kind = ActiveChange::Kind;
    if (enif_is_identical(term, Atom("true").term(env))) return {Kind::Always};
    if (enif_is_identical(term, Atom("false").term(env))) return {Kind::Never};
    if (enif_is_identical(term, Atom("once").term(env))) return {Kind::Once};
    int count = 0;
    if (!enif_get_int(env, term, &count)) throw BadArgument();
    return {Kind::Add, count};
  }
};

class Active {
 public:
  static constexpr std::int32_t kMost = 32'767;  // as inet:setopts/2

  // What became of it: Passive is to be told, TooMany changed nothing.
  enum class Result { Ok, Passive, TooMany };

  bool wants() const { return kind_ != ActiveChange::Kind::Never; }

  Result apply(ActiveChange change) {
    using Kind = ActiveChange::Kind;
    if (change.kind != Kind::Add) {
      kind_ = change.kind;
      count_ = 0;
      return Result::Ok;
    }
    const std::int64_t sum = std::int64_t{count_} + change.count;
    if (sum > kMost) return Result::TooMany;
    kind_ = sum > 0 ? Kind::Add : Kind::Never;
    count_ = sum > 0 ? static_cast<std::int32_t>(sum) : 0;
    return sum > 0 ? Result::Ok : Result::Passive;
  }

  // A message was told. Passive: it was the last of a number.
  Result note_message() {
    using Kind = ActiveChange::Kind;
    if (kind_ == Kind::Once) kind_ = Kind::Never;
    if (kind_ != Kind::Add || --count_ > 0) return Result::Ok;
    kind_ = Kind::Never;
    return Result::Passive;
  }

 private:
  ActiveChange::Kind kind_ = ActiveChange::Kind::Always;  // Add: count_ more
  std::int32_t count_ = 0;
};

}  // namespace specter::nif
