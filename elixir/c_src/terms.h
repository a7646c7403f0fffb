// Erlang terms: one encode and one decode a type.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erl_nif.h>

#include "boundary.h"

#include "specter/states.h"

namespace specter::nif {

using Term = ERL_NIF_TERM;

// An atom of this source. Nothing that came in from outside can become one: the VM's table of atoms
// is never cleaned up.
class Atom {
 public:
  template <std::size_t N>
  consteval Atom(const char (&name)[N])
      : name_(name), size_(N - 1) {}  // NOLINT: implicit by intent

  Term term(ErlNifEnv* env) const { return enif_make_atom_len(env, name_, size_); }

 private:
  const char* name_;
  std::size_t size_;
};

// ---- out

inline Term encode(ErlNifEnv* env, Atom atom) { return atom.term(env); }

template <std::same_as<bool> T>  // a pointer must not become a truth
Term encode(ErlNifEnv* env, T value) {
  return value ? Atom("true").term(env) : Atom("false").term(env);
}

template <std::same_as<std::uint64_t> T>
Term encode(ErlNifEnv* env, T value) {
  return enif_make_uint64(env, value);
}

template <std::same_as<double> T>
Term encode(ErlNifEnv* env, T value) {
  return enif_make_double(env, value);
}

inline Term encode(ErlNifEnv* env, std::string_view text) {
  Term term;
  unsigned char* bytes = enif_make_new_binary(env, text.size(), &term);
  if (bytes == nullptr) throw std::bad_alloc();
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  return term;
}

inline Term encode(ErlNifEnv* env, const std::string& text) {
  return encode(env, std::string_view(text));
}

template <class T>
Term encode(ErlNifEnv* env, const std::optional<T>& value) {
  return value ? encode(env, *value) : Atom("nil").term(env);
}

template <class T>
Term encode(ErlNifEnv* env, const std::vector<T>& values) {
  Term list = enif_make_list(env, 0);
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    list = enif_make_list_cell(env, encode(env, *value), list);
  }
  return list;
}

inline Term encode(ErlNifEnv* env, ConnectionState state) {
  switch (state) {
    case ConnectionState::New: return encode(env, Atom("new"));
    case ConnectionState::Connecting: return encode(env, Atom("connecting"));
    case ConnectionState::Connected: return encode(env, Atom("connected"));
    case ConnectionState::Disconnected: return encode(env, Atom("disconnected"));
    case ConnectionState::Failed: return encode(env, Atom("failed"));
    case ConnectionState::Closed: return encode(env, Atom("closed"));
  }
  return encode(env, Atom("unspecified"));
}

inline Term encode(ErlNifEnv* env, IceConnectionState state) {
  switch (state) {
    case IceConnectionState::New: return encode(env, Atom("new"));
    case IceConnectionState::Checking: return encode(env, Atom("checking"));
    case IceConnectionState::Connected: return encode(env, Atom("connected"));
    case IceConnectionState::Completed: return encode(env, Atom("completed"));
    case IceConnectionState::Disconnected: return encode(env, Atom("disconnected"));
    case IceConnectionState::Failed: return encode(env, Atom("failed"));
    case IceConnectionState::Closed: return encode(env, Atom("closed"));
  }
  return encode(env, Atom("unspecified"));
}

inline Term encode(ErlNifEnv* env, IceGatheringState state) {
  switch (state) {
    case IceGatheringState::New: return encode(env, Atom("new"));
    case IceGatheringState::Gathering: return encode(env, Atom("gathering"));
    case IceGatheringState::Complete: return encode(env, Atom("complete"));
  }
  return encode(env, Atom("unspecified"));
}

inline Term encode(ErlNifEnv* env, SignalingState state) {
  switch (state) {
    case SignalingState::Stable: return encode(env, Atom("stable"));
    case SignalingState::HaveLocalOffer: return encode(env, Atom("have_local_offer"));
    case SignalingState::HaveRemoteOffer: return encode(env, Atom("have_remote_offer"));
    case SignalingState::HaveLocalPrAnswer: return encode(env, Atom("have_local_pranswer"));
    case SignalingState::HaveRemotePrAnswer: return encode(env, Atom("have_remote_pranswer"));
    case SignalingState::Closed: return encode(env, Atom("closed"));
  }
  return encode(env, Atom("unspecified"));
}

// A map that is being made.
class Map {
 public:
  explicit Map(ErlNifEnv* env) : env_(env), term_(enif_make_new_map(env)) {}

  void put(Atom key, Term value) { enif_make_map_put(env_, term_, key.term(env_), value, &term_); }
  template <class T>
  void put_value(Atom key, const T& value) {
    put(key, encode(env_, value));
  }
  void put_number(Atom key, std::uint64_t value) { put(key, enif_make_uint64(env_, value)); }
  template <class T>
  void put_number(Atom key, const std::optional<T>& value) {
    put(key, value ? enif_make_uint64(env_, static_cast<std::uint64_t>(*value))
                   : Atom("nil").term(env_));
  }
  Term term() const { return term_; }

 private:
  ErlNifEnv* env_;
  Term term_;
};

template <class... Elements>
Term tuple(ErlNifEnv* env, const Elements&... elements) {
  return enif_make_tuple(env, sizeof...(elements), encode(env, elements)...);
}

template <class T>
Term ok(ErlNifEnv* env, const T& value) {
  return tuple(env, Atom("ok"), value);
}

// {tag, term} for a term that is made already.
inline Term tagged(ErlNifEnv* env, Atom tag, Term term) {
  return enif_make_tuple2(env, tag.term(env), term);
}
inline Term tuple_of_ok(ErlNifEnv* env, Term term) { return tagged(env, Atom("ok"), term); }

inline Term error(ErlNifEnv* env, Atom reason) { return tuple(env, Atom("error"), reason); }

// ---- in: decode<T>(env, term) gives a T, or throws BadArgument

template <class T>
struct Decoder;

// A term that is looked at later.
struct Any {
  Term term;
};

template <>
struct Decoder<Any> {
  static Any decode(ErlNifEnv*, Term term) { return {term}; }
};

// A binary's bytes, valid during the NIF's call.
template <>
struct Decoder<std::string_view> {
  static std::string_view decode(ErlNifEnv* env, Term term) {
    ErlNifBinary binary;
    if (!enif_inspect_binary(env, term, &binary)) throw BadArgument();
    return {reinterpret_cast<const char*>(binary.data), binary.size};
  }
};

template <>
struct Decoder<std::string> {
  static std::string decode(ErlNifEnv* env, Term term) {
    return std::string(Decoder<std::string_view>::decode(env, term));
  }
};

template <>
struct Decoder<bool> {
  static bool decode(ErlNifEnv* env, Term term) {
    if (enif_is_identical(term, Atom("true").term(env))) return true;
    if (enif_is_identical(term, Atom("false").term(env))) return false;
    throw BadArgument();
  }
};

template <>
struct Decoder<std::uint64_t> {
  static std::uint64_t decode(ErlNifEnv* env, Term term) {
    ErlNifUInt64 value;
    if (!enif_get_uint64(env, term, &value)) throw BadArgument();
    return value;
  }
};

// An integer of at most so much.
template <std::unsigned_integral T>
  requires(sizeof(T) < sizeof(std::uint64_t) && !std::same_as<T, bool>)
struct Decoder<T> {
  static T decode(ErlNifEnv* env, Term term) {
    ErlNifUInt64 value;
    if (!enif_get_uint64(env, term, &value) || value > std::numeric_limits<T>::max())
      throw BadArgument();
    return static_cast<T>(value);
  }
};

template <>
struct Decoder<std::int64_t> {
  static std::int64_t decode(ErlNifEnv* env, Term term) {
    ErlNifSInt64 value;
    if (!enif_get_int64(env, term, &value)) throw BadArgument();
    return value;
  }
};

// A number: what JSON has one kind of.
template <>
struct Decoder<double> {
  static double decode(ErlNifEnv* env, Term term) {
    double value;
    ErlNifSInt64 whole;
    if (enif_get_double(env, term, &value)) return value;
    if (enif_get_int64(env, term, &whole)) return static_cast<double>(whole);
    throw BadArgument();
  }
};

template <class T>
struct Decoder<std::optional<T>> {
  static std::optional<T> decode(ErlNifEnv* env, Term term) {
    if (enif_is_identical(term, Atom("nil").term(env))) return std::nullopt;
    return Decoder<T>::decode(env, term);
  }
};

template <>
struct Decoder<ErlNifPid> {
  static ErlNifPid decode(ErlNifEnv* env, Term term) {
    ErlNifPid pid;
    if (!enif_get_local_pid(env, term, &pid)) throw BadArgument();
    return pid;
  }
};

template <class T>
struct Decoder<std::vector<T>> {
  static std::vector<T> decode(ErlNifEnv* env, Term term) {
    std::vector<T> values;
    Term head;
    while (enif_get_list_cell(env, term, &head, &term)) {
      values.push_back(Decoder<T>::decode(env, head));
    }
    if (!enif_is_empty_list(env, term)) throw BadArgument();  // no list, or an improper one
    return values;
  }
};

template <class T>
T decode(ErlNifEnv* env, Term term) {
  return Decoder<T>::decode(env, term);
}

// The value of a key of a map.
template <class T>
T decode_field(ErlNifEnv* env, Term map, Atom key) {
  Term value;
  if (!enif_get_map_value(env, map, key.term(env), &value)) throw BadArgument();
  return Decoder<T>::decode(env, value);
}
// The same of a key that need not be there.
template <class T>
T decode_field_or(ErlNifEnv* env, Term map, Atom key, T otherwise) {
  Term value;
  if (!enif_is_map(env, map)) throw BadArgument();
  if (!enif_get_map_value(env, map, key.term(env), &value)) return otherwise;
  return Decoder<T>::decode(env, value);
}

}  // namespace specter::nif
