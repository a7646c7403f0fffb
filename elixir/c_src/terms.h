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

template <class... Elements>
Term tuple(ErlNifEnv* env, const Elements&... elements) {
  return enif_make_tuple(env, sizeof...(elements), encode(env, elements)...);
}

template <class T>
Term ok(ErlNifEnv* env, const T& value) {
  return tuple(env, Atom("ok"), value);
}

// {:ok, term} for a term that is made already.
inline Term tuple_of_ok(ErlNifEnv* env, Term term) {
  return enif_make_tuple2(env, Atom("ok").term(env), term);
}

inline Term error(ErlNifEnv* env, Atom reason) { return tuple(env, Atom("error"), reason); }

// ---- in: decode<T>(env, term) gives a T, or throws BadArgument

template <class T>
struct Decoder;

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

}  // namespace specter::nif
