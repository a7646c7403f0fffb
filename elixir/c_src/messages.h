// Messages to processes.
#pragma once

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
// NIF's own environment, and null on threads of ours.
template <class Make>
bool send_now(ErlNifEnv* caller, const ErlNifPid& to, Make&& make) {
  // One a thread, used again and again. It's cleared whether the process lives or not (a dead owner
  // is no error: its connections are on their way out), and when an element could not be made.
  static thread_local MessageEnv env;
  struct Clear {
    ~Clear() { enif_clear_env(env.get()); }
  } clear;
  const Term message = std::forward<Make>(make)(env.get());
  return enif_send(caller, &to, env.get(), message) != 0;
}

}  // namespace specter::nif
