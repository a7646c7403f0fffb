// Questions to a connection, answered in the order of all calls.
#include <optional>
#include <string>

#include "functions.h"

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
  return posted(env, peer->ask([tag](Peer& self, const PeerConnection& connection) {
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

Term get_stats(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc, bool is_map) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, peer->get_stats(is_map ? StatsForm::Map : StatsForm::Json));
}

Term get_report(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, peer->connection().get_report());
}

}  // namespace specter::nif
