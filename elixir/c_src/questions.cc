// Questions to a connection, answered in the order of all calls.
#include <chrono>
#include <optional>
#include <string>

#include "functions.h"
#include "stats.h"

namespace specter::nif {

namespace {

std::optional<std::string> json_of(const std::optional<SessionDescription>& description) {
  return description ? std::optional(description->to_json()) : std::nullopt;
}

ConnectionState value_of(ConnectionState state) { return state; }
IceConnectionState value_of(IceConnectionState state) { return state; }
IceGatheringState value_of(IceGatheringState state) { return state; }
SignalingState value_of(SignalingState state) { return state; }
std::optional<std::string> value_of(const std::optional<SessionDescription>& description) {
  return json_of(description);
}

// A question that the connection's handle answers: which of its functions, and the message's tag.
template <auto Question>
Term ask(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc, Atom tag) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, peer->ask([tag](Peer& self, const PeerConnection& connection, const Stats&) {
    self.tell(tag, value_of((connection.*Question)()));
  }));
}

}  // namespace

Term local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::local_description>(env, instance, pc, "local_description");
}

Term current_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::current_local_description>(env, instance, pc,
                                                         "current_local_description");
}

Term pending_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::pending_local_description>(env, instance, pc,
                                                         "pending_local_description");
}

Term remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::remote_description>(env, instance, pc, "remote_description");
}

Term current_remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::current_remote_description>(env, instance, pc,
                                                          "current_remote_description");
}

Term pending_remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::pending_remote_description>(env, instance, pc,
                                                          "pending_remote_description");
}

Term connection_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::connection_state>(env, instance, pc, "connection_state");
}

Term ice_connection_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::ice_connection_state>(env, instance, pc, "ice_connection_state");
}

Term ice_gathering_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::ice_gathering_state>(env, instance, pc, "ice_gathering_state");
}

Term signaling_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return ask<&PeerConnection::signaling_state>(env, instance, pc, "signaling_state");
}

namespace {

double epoch_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) /
         1000.0;
}

}  // namespace

Term get_stats(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, peer->ask([](Peer& self, const auto&, const Stats& stats) {
    self.tell(Atom("stats"), to_json(stats, self.codecs(), self.id(), epoch_seconds()));
  }));
}

}  // namespace specter::nif
