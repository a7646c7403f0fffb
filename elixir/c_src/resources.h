// Things of ours whose life the VM decides on.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <erl_nif.h>

#include "terms.h"

#include "specter/bytes.h"
#include "specter/options.h"

namespace specter::nif {

class Peer;

// The types, opened when the library is loaded.
struct ResourceTypes {
  ErlNifResourceType* instance = nullptr;     // std::shared_ptr<Instance>
  ErlNifResourceType* buffer = nullptr;       // Buffer: the memory of a binary
  ErlNifResourceType* watch = nullptr;        // Watch::Object
  ErlNifResourceType* certificate = nullptr;  // CertificateRef
  ErlNifResourceType* hand_over = nullptr;    // HandOver
};

using CertificateRef = std::shared_ptr<const Certificate>;
// What Specter.generate_certificate/1 gives.
Term make_certificate(ErlNifEnv* env, const ResourceTypes& types, CertificateRef certificate);

// A received message as a binary: a large one without a copy.
Term make_binary(ErlNifEnv* env, const ResourceTypes& types, Buffer&& bytes);

// A connection that is being given on by its owner. It holds the peer: what is kept for the next
// owner, its end too, comes whatever becomes of the connection and of the process that gives it.
class HandOver {
 public:
  // A term that refers to a new one, for so long as the NIF runs.
  static std::pair<Term, HandOver*> make(ErlNifEnv* env, const ResourceTypes& types);

  void begin(std::shared_ptr<Peer> peer) { peer_ = std::move(peer); }
  // Once. From any thread of the VM.
  void finish(ErlNifEnv* caller);

 private:
  std::atomic<std::shared_ptr<Peer>> peer_;  // until it is finished
};

// An eye on the process that a connection was given to: its end is the connection's.
class Watch {
 public:
  struct Object {
    std::weak_ptr<Peer> peer;
    std::atomic<bool> is_over = false;
  };

  Watch() = default;
  // A process of this node. Nothing (a false one) when it is dead already. In a NIF.
  Watch(ErlNifEnv* env, const ResourceTypes& types, const std::shared_ptr<Peer>& peer,
        const ErlNifPid& process);
  ~Watch() { end(); }
  Watch(Watch&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Watch& operator=(Watch&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  explicit operator bool() const { return object_ != nullptr; }

  static void down(Object& object);

 private:
  void end();

  Object* object_ = nullptr;
};

}  // namespace specter::nif
