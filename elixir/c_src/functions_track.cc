// Tracks: what is sent, and what is asked of the peer's.
#include <chrono>
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
  const auto found = peer->transceiver(transceiver);
  if (!found) return error(env, "invalid_transceiver");
  return call(*peer, *found);
}

}  // namespace

Term add_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
               std::string_view track) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  const auto found = instance->track(track);
  if (!found) return error(env, "invalid_track");
  const auto added = peer->add_track(std::string(track), *found);
  if (!added && added.error().code == ErrorCode::InvalidArgument)
    return error(env, "invalid_track");
  return posted(env, added);
}

Term remove_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  std::string_view transceiver) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer& peer, const Transceiver& of) {
    return posted(env, peer.connection().remove_track(of));
  });
}

Term replace_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                   std::string_view transceiver, std::string_view track) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer&, const Transceiver& of) {
    std::optional<TrackLocal> next;
    if (!track.empty()) {
      const auto found = instance->track(track);
      if (!found) return error(env, "invalid_track");
      next = *found;
    }
    const auto replaced = of.replace_track(std::move(next));
    if (!replaced && replaced.error().code == ErrorCode::InvalidArgument)
      return error(env, "invalid_track");
    return posted(env, replaced);
  });
}

Term set_delivery(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  std::string_view transceiver, MediaDelivery delivery) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer&, const Transceiver& of) {
    return posted(env, of.set_delivery(delivery));
  });
}

Term request_key_frame(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                       std::string_view transceiver, std::string_view rid) {
  return with_transceiver(env, instance, pc, transceiver, [&](Peer&, const Transceiver& of) {
    return posted(env, of.request_key_frame(rid));
  });
}

Term write_sample(ErlNifEnv* env, const InstanceRef& instance, std::string_view track,
                  std::string_view data, std::uint64_t duration, std::string_view rid,
                  std::uint64_t temporal_id) {
  constexpr std::uint64_t kNoLayer = 255;
  constexpr std::uint64_t kMaxDuration = 1'000'000'000ULL * 3600;  // an hour, in ns
  const auto found = instance->track(track);
  if (!found) return error(env, "invalid_track");
  if (duration > kMaxDuration || temporal_id > kNoLayer) return error(env, "invalid_sample");
  MediaSample sample{
      .bytes = as_bytes(data), .duration = std::chrono::nanoseconds(duration), .rid = rid};
  if (temporal_id != kNoLayer) sample.temporal_id = static_cast<std::uint8_t>(temporal_id);
  return found->write_sample(sample) ? encode(env, Atom("ok")) : error(env, "invalid_sample");
}

}  // namespace specter::nif
