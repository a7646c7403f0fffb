// Connections: calls that are posted to their loop.
#include <utility>

#include "functions.h"

namespace specter::nif {

Term new_peer_connection(ErlNifEnv* env, const InstanceRef& instance, std::string_view api,
                         ActiveChange active, Any options) {
  return id_or_not_found(
      env, instance->new_peer(
               api, active,
               decode_options(env, library_of(env).types, options.term, instance->options())));
}

Term peer_connection_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  return encode(env, instance->peer(pc) != nullptr);
}

Term close_peer_connection(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->take_peer(pc);
  if (!peer) return not_found(env);
  peer->close();
  return Atom("ok").term(env);
}

Term set_active(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                ActiveChange active) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  const auto result = peer->outbox().set_active(env, active, peer->connection());
  if (result == Active::Result::TooMany) return error(env, "einval");
  // Where too many calls wait already, the events of those tell it.
  if (peer->tracks().has_media()) (void)peer->ask([](Peer&, const PeerConnection&) {});
  return Atom("ok").term(env);
}

Term give(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc, ErlNifPid to,
          bool is_proxy) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  Watch watch(env, library_of(env).types, peer, to);
  if (!watch) return error(env, "noproc");
  const auto [reference, hand_over] = HandOver::make(env, library_of(env).types);
  switch (peer->outbox().give(env, to, std::move(watch), is_proxy)) {
    case Outbox::Giving::Done: return Atom("ok").term(env);
    case Outbox::Giving::Forward:
      hand_over->begin(peer);
      return tagged(env, Atom("forward"), reference);
    case Outbox::Giving::Busy: break;
  }
  return error(env, "would_block");
}

Term hand_over(ErlNifEnv* env, HandOver* of) {
  of->finish(env);
  return Atom("ok").term(env);
}

Term create_data_channel(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                         std::string_view label, const DataChannelOptions& options) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::CreateDataChannel,
                peer->connection().create_data_channel(label, options));
}

Term create_offer(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  bool ice_restart) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::CreateOffer,
                peer->connection().create_offer({.ice_restart = ice_restart}));
}

Term restart_ice(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  return peer ? posted(env, peer->connection().restart_ice()) : not_found(env);
}

Term set_ice_servers(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                     Any servers) {
  const auto options = decode_options(env, library_of(env).types, servers.term, {});
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  const auto set = peer->connection().set_ice_servers(options.ice_servers);
  if (set || set.error().code == ErrorCode::Closed || set.error().code == ErrorCode::WouldBlock)
    return posted(env, set);
  return tuple(env, Atom("error"), set.error().message);
}

Term create_answer(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::CreateAnswer, peer->connection().create_answer());
}

Term set_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                           std::string_view json) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  auto description = SessionDescription::from_json(json);
  if (!description) return error(env, "invalid_json");
  return posted(env, *peer, Operation::SetLocalDescription,
                peer->connection().set_local_description(std::move(*description)));
}

Term set_made_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::SetLocalDescription,
                peer->connection().set_local_description());
}

Term set_remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                            std::string_view json) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  auto description = SessionDescription::from_json(json);
  if (!description) return error(env, "invalid_json");
  return posted(env, *peer, Operation::SetRemoteDescription,
                peer->connection().set_remote_description(std::move(*description)));
}

Term add_ice_candidate(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                       std::string_view json) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  auto candidate = IceCandidate::from_json(json);
  if (!candidate) return error(env, "invalid_json");
  // The contract: only `candidate` is needed. C++ wants to know of which section it is, as the W3C
  // has it.
  if (!candidate->candidate.empty() && !candidate->sdp_mid && !candidate->sdp_mline_index)
    candidate->sdp_mline_index = 0;
  return posted(env, *peer, Operation::AddIceCandidate,
                peer->connection().add_ice_candidate(std::move(*candidate)));
}

}  // namespace specter::nif
