// The one place where exceptions end. Every body of a NIF runs inside boundary(), every event of a
// loop inside event_boundary(): what would leave either takes the whole VM down.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <erl_nif.h>

namespace specter::nif {

// An argument of the wrong type or out of its range: ArgumentError in Elixir.
struct BadArgument {};

// The same, with a sentence for whoever reads it.
struct BadOption {
  std::string text;
};

// ArgumentError with a message, as raise/2 would have it.
inline ERL_NIF_TERM raise_argument_error(ErlNifEnv* env, std::string_view text) noexcept {
  ERL_NIF_TERM message;
  unsigned char* bytes = enif_make_new_binary(env, text.size(), &message);
  if (bytes == nullptr) return enif_make_badarg(env);
  for (const char c : text) *bytes++ = static_cast<unsigned char>(c);
  ERL_NIF_TERM keys[] = {enif_make_atom(env, "__struct__"), enif_make_atom(env, "__exception__"),
                         enif_make_atom(env, "message")};
  ERL_NIF_TERM values[] = {enif_make_atom(env, "Elixir.ArgumentError"), enif_make_atom(env, "true"),
                           message};
  ERL_NIF_TERM error;
  if (!enif_make_map_from_arrays(env, keys, values, 3, &error)) return enif_make_badarg(env);
  return enif_raise_exception(env, error);
}

// What Elixir sees as %ErlangError{original: {:specter_native, text}}.
inline ERL_NIF_TERM raise(ErlNifEnv* env, std::string_view text) noexcept {
  ERL_NIF_TERM binary;
  unsigned char* bytes = enif_make_new_binary(env, text.size(), &binary);
  if (bytes == nullptr) return enif_raise_exception(env, enif_make_atom(env, "specter_native"));
  for (const char c : text) *bytes++ = static_cast<unsigned char>(c);
  return enif_raise_exception(env,
                              enif_make_tuple2(env, enif_make_atom(env, "specter_native"), binary));
}

template <class Body>
ERL_NIF_TERM boundary(ErlNifEnv* env, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const BadArgument&) {
    return enif_make_badarg(env);
  } catch (const BadOption& e) {
    return raise_argument_error(env, e.text);
  } catch (const std::exception& e) {
    return raise(env, e.what());
  } catch (...) {
    return raise(env, "unknown native error");
  }
}

// `fall` drops what the body failed at: on a loop there is nobody to raise to.
template <class Body, class Fall>
void event_boundary(Body&& body, Fall&& fall) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (...) {
    try {
      std::forward<Fall>(fall)();
    } catch (...) {  // NOLINT: it was the last resort, and the loop must go on
    }
  }
}

}  // namespace specter::nif
