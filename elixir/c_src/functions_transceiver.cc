// Transceivers: what a connection sends and receives.
#include <string>
#include <utility>

#include "functions.h"

namespace specter::nif {

namespace {

// A call of a transceiver of a connection.
template <class Call>
Term with_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                      std::string_view transceiver, Call call) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  const auto found = peer->tracks().transceiver(transceiver);
  if (!found) return error(env, "invalid_transceiver");
  return call(*peer, *found);
}

// The same of one that has no result but an error, which is a message.
template <class Call>
Term post_to_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                         std::string_view transceiver, Operation operation, Call call) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer& peer, const Transceiver& of) {
    return posted(env, peer, operation, call(of));
  });
}

// A question about one, which answer(peer, id, transceiver) answers on the loop.
template <class Answer>
Term ask_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                     std::string_view transceiver, Answer answer) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer& peer, const Transceiver& of) {
    return posted(env, peer.ask([answer, of, id = std::string(transceiver)](
                                    Peer& self, const PeerConnection&) { answer(self, id, of); }));
  });
}

// What a refusal of a track is; all else is told like one that comes later.
template <class T>
Term posted_track(ErlNifEnv* env, Peer& peer, Operation operation, const Result<T>& result) {
  if (!result && result.error().code == ErrorCode::InvalidArgument)
    return error(env, "invalid_track");
  return posted(env, peer, operation, result);
}

}  // namespace

Term add_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
               std::string_view track, std::vector<std::string> streams) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  const auto found = instance->tracks().find(track);
  if (!found) return error(env, "invalid_track");
  const auto added = peer->tracks().add(peer->connection(), std::string(track), local_track(*found),
                                        std::move(streams));
  if (!added && added.error().code == ErrorCode::InvalidArgument)
    return error(env, "invalid_track");
  return posted(env, added);
}

Term add_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                     KindOrTrack kind_or_track, RtpTransceiverInit init) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  constexpr auto kOperation = Operation::AddTransceiver;
  if (const auto* const kind = std::get_if<MediaKind>(&kind_or_track)) {
    return posted(env, *peer, kOperation,
                  peer->connection().add_transceiver(*kind, std::move(init)));
  }
  const auto found = instance->tracks().find(std::get<std::string_view>(kind_or_track));
  if (!found) return error(env, "invalid_track");
  return posted_track(env, *peer, kOperation,
                      peer->connection().add_transceiver(local_track(*found), std::move(init)));
}

Term transceivers(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(
      env, peer->ask([of = std::weak_ptr(instance)](Peer& self, const PeerConnection& connection) {
        const auto still = of.lock();
        if (still)
          self.tell(Atom("transceivers"), self.tracks().infos(connection, still->tracks()));
      }));
}

Term remove_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  std::string_view transceiver) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer& peer, const Transceiver& of) {
    return posted(env, peer, Operation::RemoveTrack, peer.connection().remove_track(of));
  });
}

Term replace_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                   std::string_view transceiver, std::optional<std::string_view> track) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer& peer, const Transceiver& of) {
    std::optional<TrackLocal> next;
    if (track) {
      const auto found = instance->tracks().find(*track);
      if (!found) return error(env, "invalid_track");
      next = local_track(*found);
    }
    return posted_track(env, peer, Operation::ReplaceTrack, of.replace_track(std::move(next)));
  });
}

Term set_direction(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                   std::string_view transceiver, RtpTransceiverDirection direction) {
  return post_to_transceiver(env, instance, pc, transceiver, Operation::SetDirection,
                             [&](const Transceiver& of) { return of.set_direction(direction); });
}

Term set_streams(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                 std::string_view transceiver, std::vector<std::string> streams) {
  return post_to_transceiver(
      env, instance, pc, transceiver, Operation::SetStreams,
      [&](const Transceiver& of) { return of.set_streams(std::move(streams)); });
}

Term set_codec_preferences(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                           std::string_view transceiver, std::vector<RtpCodec> codecs) {
  return post_to_transceiver(
      env, instance, pc, transceiver, Operation::SetCodecPreferences,
      [&](const Transceiver& of) { return of.set_codec_preferences(std::move(codecs)); });
}

Term stop_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                      std::string_view transceiver) {
  return post_to_transceiver(env, instance, pc, transceiver, Operation::StopTransceiver,
                             [](const Transceiver& of) { return of.stop(); });
}

Term get_parameters(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                    std::string_view transceiver) {
  return ask_transceiver(
      env, instance, pc, transceiver, [](Peer& self, const std::string& id, const Transceiver& of) {
        self.tell(Atom("parameters"), id, SendParametersTerm{of.send_parameters()});
      });
}

Term set_parameters(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                    std::string_view transceiver, RtpSendParameters parameters) {
  return post_to_transceiver(
      env, instance, pc, transceiver, Operation::SetSendParameters,
      [&](const Transceiver& of) { return of.set_send_parameters(std::move(parameters)); });
}

Term get_receive_parameters(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                            std::string_view transceiver) {
  return ask_transceiver(
      env, instance, pc, transceiver, [](Peer& self, const std::string& id, const Transceiver& of) {
        self.tell(Atom("receive_parameters"), id, ReceiveParametersTerm{of.receive_parameters()});
      });
}

Term set_delivery(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  std::string_view transceiver, MediaDelivery delivery) {
  return post_to_transceiver(env, instance, pc, transceiver, Operation::SetDelivery,
                             [&](const Transceiver& of) { return of.set_delivery(delivery); });
}

Term request_key_frame(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                       std::string_view transceiver, std::string_view rid) {
  return post_to_transceiver(env, instance, pc, transceiver, Operation::RequestKeyFrame,
                             [&](const Transceiver& of) { return of.request_key_frame(rid); });
}

Term set_bitrate_estimate(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                          std::uint64_t bits_per_second) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, peer->connection().set_bitrate_estimate(bits_per_second));
}

}  // namespace specter::nif
