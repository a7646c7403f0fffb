// Messages to an owner.
#pragma once

#include <new>

#include <erl_nif.h>

#include "terms.h"

namespace specter::nif {

// An environment that belongs to no process: where a thread that is no scheduler builds terms.
class MessageEnv {
 public:
  MessageEnv() : env_(enif_alloc_env()) {
    if (env_ == nullptr) throw std::bad_alloc();
  }
  ~MessageEnv() { enif_free_env(env_); }
  MessageEnv(const MessageEnv&) = delete;
  MessageEnv& operator=(const MessageEnv&) = delete;

  ErlNifEnv* get() const { return env_; }

 private:
  ErlNifEnv* env_;
};

// Sends {elements...} to the owner. From threads of ours only: a scheduler's thread would have to
// name its own process.
template <class... Elements>
void tell(const ErlNifPid& owner, const Elements&... elements) {
  // One a loop, used again and again. It's cleared whether the owner lives or not (a dead one is no
  // error: its connections are on their way out), and when an element could not be made.
  static thread_local MessageEnv env;
  struct Clear {
    ~Clear() { enif_clear_env(env.get()); }
  } clear;
  const Term message = tuple(env.get(), elements...);
  enif_send(nullptr, &owner, env.get(), message);
}

}  // namespace specter::nif
