#include "resources.h"

#include <cstring>
#include <new>

#include "peer.h"

namespace specter::nif {

namespace {

// Below this a copy costs less than an object that the VM has to keep count of.
constexpr std::size_t kCopiedBytes = 1024;

}  // namespace

Term make_binary(ErlNifEnv* env, const ResourceTypes& types, Buffer&& bytes) {
  // A buffer that is mostly empty would keep its memory for as long as somebody keeps the message.
  if (bytes.size() <= kCopiedBytes || bytes.capacity() / 2 > bytes.size()) {
    return encode(env, as_text(bytes));
  }
  void* const memory = enif_alloc_resource(types.buffer, sizeof(Buffer));
  if (memory == nullptr) throw std::bad_alloc();
  auto* const buffer = new (memory) Buffer(std::move(bytes));
  const Term binary = enif_make_resource_binary(env, buffer, buffer->data(), buffer->size());
  enif_release_resource(buffer);
  return binary;
}

Term make_certificate(ErlNifEnv* env, const ResourceTypes& types, CertificateRef certificate) {
  void* const memory = enif_alloc_resource(types.certificate, sizeof(CertificateRef));
  if (memory == nullptr) throw std::bad_alloc();
  auto* const object = new (memory) CertificateRef(std::move(certificate));
  const Term reference = enif_make_resource(env, object);
  enif_release_resource(object);
  return reference;
}

std::pair<Term, HandOver*> HandOver::make(ErlNifEnv* env, const ResourceTypes& types) {
  void* const memory = enif_alloc_resource(types.hand_over, sizeof(HandOver));
  if (memory == nullptr) throw std::bad_alloc();
  auto* const object = new (memory) HandOver();
  const Term reference = enif_make_resource(env, object);
  enif_release_resource(object);
  return {reference, object};
}

void HandOver::finish(ErlNifEnv* caller) {
  if (const auto peer = peer_.exchange(nullptr)) peer->outbox().hand_over(caller);
}

Watch::Watch(ErlNifEnv* env, const ResourceTypes& types, const std::shared_ptr<Peer>& peer,
             const ErlNifPid& process) {
  void* const memory = enif_alloc_resource(types.watch, sizeof(Object));
  if (memory == nullptr) throw std::bad_alloc();
  object_ = new (memory) Object{.peer = peer};
  if (enif_monitor_process(env, object_, &process, nullptr) != 0) end();
}

// With its last holder gone the VM forgets the monitor.
void Watch::end() {
  if (object_ == nullptr) return;
  object_->is_over = true;
  enif_release_resource(std::exchange(object_, nullptr));
}

void Watch::down(Object& object) {
  if (object.is_over) return;
  if (const auto peer = object.peer.lock()) peer->abort();
}

}  // namespace specter::nif
