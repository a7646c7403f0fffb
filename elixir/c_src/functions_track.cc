// Tracks that are sent.
#include <chrono>
#include <string>
#include <utility>

#include "functions.h"

namespace specter::nif {

namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMostNanoseconds = std::int64_t{3600} * 1'000'000'000;  // an hour

// A moment of the VM's clock by the clock of samples. Nothing if it is not of this hour or the
// next.
std::optional<Timestamp> timestamp_of(std::int64_t monotonic) {
  const std::int64_t now = enif_monotonic_time(ERL_NIF_NSEC);
  if (monotonic < now - kMostNanoseconds || monotonic > now + kMostNanoseconds) return std::nullopt;
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  return Timestamp(std::chrono::duration_cast<nanoseconds>(steady) - nanoseconds(now - monotonic));
}

std::vector<std::string> streams_of(std::string stream_id) {
  if (stream_id.empty()) return {};
  return {std::move(stream_id)};
}

// A packet costs as much as the track has senders: of a long list the first are written, as many as
// fit into a turn.
Term write_packets(ErlNifEnv* env, const TrackLocalStaticRtp& track, Term packets,
                   std::string_view rid) {
  const Turn turn(env);
  const auto write = [&](Term packet) {
    return track.write_rtp(as_bytes(Decoder<std::string_view>::decode(env, packet)), rid);
  };
  if (enif_is_binary(env, packets))
    return write(packets) ? Atom("ok").term(env) : error(env, "invalid_packet");
  Term packet;
  unsigned left = 0;
  while (enif_get_list_cell(env, packets, &packet, &packets)) {
    const bool is_written = write(packet).has_value();
    // No list is nonsense, whatever it has in front.
    if (!is_written && enif_get_list_length(env, packets, &left))
      return error(env, "invalid_packet");
    if (!is_written) throw BadArgument();
    if (turn.is_over()) return tagged(env, Atom("more"), packets);
  }
  if (!enif_is_empty_list(env, packets)) throw BadArgument();
  return Atom("ok").term(env);
}

}  // namespace

Term new_track(ErlNifEnv* env, const InstanceRef& instance, RtpCodec codec, std::string id,
               std::string stream_id) {
  return id_or_not_found(
      env, instance->new_track(TrackLocalStaticSample(std::move(codec), std::move(id),
                                                      streams_of(std::move(stream_id)))));
}

Term new_rtp_track(ErlNifEnv* env, const InstanceRef& instance, RtpCodec codec, std::string id,
                   std::string stream_id) {
  return id_or_not_found(
      env, instance->new_track(TrackLocalStaticRtp(std::move(codec), std::move(id),
                                                   streams_of(std::move(stream_id)))));
}

Term track_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view track) {
  return encode(env, instance->tracks().find(track).has_value());
}

Term track_info(ErlNifEnv* env, const InstanceRef& instance, std::string_view track) {
  const auto found = instance->tracks().find(track);
  if (!found) return error(env, "invalid_track");
  const TrackLocal of = local_track(*found);
  Map map(env);
  map.put_value(Atom("id"), of.id());
  map.put_value(Atom("kind"), name_of(of.kind()));
  map.put_value(Atom("codec"), CodecTerm{of.codec()});
  map.put_value(Atom("streams"), of.streams());
  map.put_number(Atom("senders"), of.senders());
  map.put_number(Atom("dropped"), of.dropped());
  return tuple_of_ok(env, map.term());
}

Term delete_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view track) {
  return instance->tracks().take(track) ? Atom("ok").term(env) : error(env, "invalid_track");
}

Term write_sample(ErlNifEnv* env, const InstanceRef& instance, std::string_view track,
                  std::string_view data, std::uint64_t duration, std::string_view rid,
                  std::optional<std::uint64_t> temporal_id, std::optional<std::int64_t> captured_at,
                  std::optional<std::uint64_t> audio_level, std::optional<std::uint64_t> rotation) {
  constexpr std::uint64_t kMostLayers = 255, kMostLevels = 255, kMostDegrees = 65'535;
  const auto found = instance->tracks().find_as<TrackLocalStaticSample>(track);
  if (!found) return error(env, "invalid_track");
  if (duration > kMostNanoseconds || temporal_id.value_or(0) > kMostLayers ||
      audio_level.value_or(0) > kMostLevels || rotation.value_or(0) > kMostDegrees)
    return error(env, "invalid_sample");
  MediaSample sample{.bytes = as_bytes(data), .duration = nanoseconds(duration), .rid = rid};
  if (temporal_id) sample.temporal_id = static_cast<std::uint8_t>(*temporal_id);
  if (audio_level) sample.audio_level = static_cast<std::uint8_t>(*audio_level);
  if (rotation) sample.rotation = static_cast<std::uint16_t>(*rotation);
  if (captured_at) {
    sample.captured_at = timestamp_of(*captured_at);
    if (!sample.captured_at) return error(env, "invalid_sample");
  }
  const Turn turn(env);
  return found->write_sample(sample) ? encode(env, Atom("ok")) : error(env, "invalid_sample");
}

Term write_rtp(ErlNifEnv* env, const InstanceRef& instance, std::string_view track, Any packets,
               std::string_view rid) {
  const auto found = instance->tracks().find_as<TrackLocalStaticRtp>(track);
  if (!found) return error(env, "invalid_track");
  return write_packets(env, *found, packets.term, rid);
}

Term set_header_extensions(ErlNifEnv* env, const InstanceRef& instance, std::string_view track,
                           std::vector<RtpHeaderExtensionParameters> header_extensions) {
  const auto found = instance->tracks().find_as<TrackLocalStaticRtp>(track);
  if (!found) return error(env, "invalid_track");
  found->set_header_extensions(std::move(header_extensions));
  return encode(env, Atom("ok"));
}

}  // namespace specter::nif
