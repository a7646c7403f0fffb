// From plain C++ functions to the VM's table of native functions.
#pragma once

#include <cstddef>
#include <utility>

#include <erl_nif.h>

#include "boundary.h"
#include "terms.h"

namespace specter::nif {

// A function `Term f(ErlNifEnv*, Args...)` as a NIF: its arguments are decoded by their types, its
// exceptions end here, and the compiler counts its arity.
template <auto Function>
struct Nif;

template <class... Args, Term (*Function)(ErlNifEnv*, Args...)>
struct Nif<Function> {
  static constexpr unsigned kArity = sizeof...(Args);

  static Term call(ErlNifEnv* env, int, const Term argv[]) noexcept {
    return boundary(env,
                    [&] { return apply(env, argv, std::make_index_sequence<sizeof...(Args)>()); });
  }

  // The same for a function that takes longer the more it is given: with a binary of more than
  // `Large` bytes it runs on a dirty scheduler; the caller waits there as it would here.
  template <std::size_t Large>
  static Term call_by_size(ErlNifEnv* env, int argc, const Term argv[]) noexcept {
    if (!has_large_binary(env, argc, argv, Large)) return call(env, argc, argv);
    if (enif_thread_type() != ERL_NIF_THR_NORMAL_SCHEDULER) return call(env, argc, argv);
    return enif_schedule_nif(env, "specter_large", ERL_NIF_DIRTY_JOB_CPU_BOUND, call, argc, argv);
  }

 private:
  template <std::size_t... I>
  static Term apply(ErlNifEnv* env, [[maybe_unused]] const Term argv[], std::index_sequence<I...>) {
    return Function(env, decode<std::decay_t<Args>>(env, argv[I])...);
  }

  static bool has_large_binary(ErlNifEnv* env, int argc, const Term argv[], std::size_t large) {
    for (int i = 0; i < argc; ++i) {
      ErlNifBinary binary;
      if (enif_inspect_binary(env, argv[i], &binary) && binary.size > large) return true;
    }
    return false;
  }
};

// A row of the table.
template <auto Function>
constexpr ErlNifFunc row(const char* name, unsigned flags = 0) {
  return {name, Nif<Function>::kArity, Nif<Function>::call, flags};
}

template <auto Function, std::size_t Large>
constexpr ErlNifFunc row_by_size(const char* name) {
  return {name, Nif<Function>::kArity, Nif<Function>::template call_by_size<Large>, 0};
}

}  // namespace specter::nif
