// Messages to processes.
#pragma once

#include <cstddef>
#include <exception>
#include <new>
#include <utility>

#include <erl_nif.h>

#include "terms.h"

namespace specter::nif {

// An environment that belongs to no process: where a message is built.
class MessageEnv {
 public:
  MessageEnv() : env_(enif_alloc_env()) {
    if (env_ == nullptr) throw std::bad_alloc();
  }
  ~MessageEnv() {
    if (env_ != nullptr) enif_free_env(env_);
  }
  MessageEnv(MessageEnv&& other) noexcept : env_(std::exchange(other.env_, nullptr)) {}
  MessageEnv& operator=(MessageEnv&& other) noexcept {
    std::swap(env_, other.env_);
    return *this;
  }

  ErlNifEnv* get() const { return env_; }

 private:
  ErlNifEnv* env_;
};

// Sends what make(env) builds, to a process of this node; false when it is dead. `caller` is a
// NIF's own environment, and null on threads of ours. `bytes`: how much memory the message shares
// with us, about.
//
// What is sent is a copy, in one piece of its own size: an environment that is given away consists
// of several, of some 3 kB each, however little is in them.
template <class Make>
bool send_now(ErlNifEnv* caller, const ErlNifPid& to, Make&& make, std::size_t bytes = 0) {
  // One a thread, used again and again: an environment that is cleared makes its memory anew.
  static thread_local MessageEnv env;
  static thread_local std::size_t held = 0;
  constexpr std::size_t kMessageBytes = 256;   // of a small one, about
  constexpr std::size_t kMaxHeld = 16 * 1024;  // is kept by a thread that sends no more
  held += kMessageBytes + bytes;
  struct Clear {
    int exceptions = std::uncaught_exceptions();
    ~Clear() {
      if (held < kMaxHeld && exceptions == std::uncaught_exceptions()) return;
      enif_clear_env(env.get());
      held = 0;
    }
  } clear;
  const Term message = std::forward<Make>(make)(env.get());
  // A dead owner is no error: its connections are on their way out.
  return enif_send(caller, &to, nullptr, message) != 0;
}

}  // namespace specter::nif
