// The border with Elixir on one page: each function of Specter.Native with the types of its
// arguments. A function looks up and posts; what becomes of it is a message, which peer.cc sends.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <erl_nif.h>

#include "active.h"
#include "instance.h"
#include "library.h"
#include "options.h"
#include "rtp_terms.h"
#include "terms.h"

#include "specter/specter.h"

namespace specter::nif {

// What a resource of ours holds.
using InstanceRef = std::shared_ptr<Instance>;

inline Library& library_of(ErlNifEnv* env) { return *static_cast<Library*>(enif_priv_data(env)); }

template <>
struct Decoder<InstanceRef> {
  static InstanceRef decode(ErlNifEnv* env, Term term) {
    void* object = nullptr;
    if (!enif_get_resource(env, term, library_of(env).types.instance, &object)) throw BadArgument();
    return *static_cast<InstanceRef*>(object);
  }
};

template <>
struct Decoder<HandOver*> {
  static HandOver* decode(ErlNifEnv* env, Term term) {
    void* object = nullptr;
    if (!enif_get_resource(env, term, library_of(env).types.hand_over, &object))
      throw BadArgument();
    return static_cast<HandOver*>(object);
  }
};

template <>
struct Decoder<MessageKind> {
  static MessageKind decode(ErlNifEnv* env, Term term) {
    static const Term text = Atom("text").term(env);
    static const Term binary = Atom("binary").term(env);
    if (enif_is_identical(term, binary)) return MessageKind::Binary;
    if (enif_is_identical(term, text)) return MessageKind::Text;
    throw BadArgument();
  }
};

// The options of a data channel: a map of all of them.
template <>
struct Decoder<DataChannelOptions> {
  static DataChannelOptions decode(ErlNifEnv* env, Term term);
};

inline Term not_found(ErlNifEnv* env) { return error(env, "not_found"); }

inline Term id_or_not_found(ErlNifEnv* env, const std::optional<std::string>& id) {
  return id ? ok(env, *id) : not_found(env);
}

// :ok for what was posted. A connection that closed itself meanwhile is not there any more; one for
// which too many calls wait takes none.
inline Term posted(ErlNifEnv* env, const Result<>& result) {
  if (result) return Atom("ok").term(env);
  return result.error().code == ErrorCode::WouldBlock ? error(env, "would_block") : not_found(env);
}

// For an operation, whose refusal on the spot is told like one that comes later.
template <class T>
Term posted(ErlNifEnv* env, Peer& peer, Operation operation, const Result<T>& result) {
  if (result) return Atom("ok").term(env);
  const Error& why = result.error();
  if (why.code == ErrorCode::Closed || why.code == ErrorCode::WouldBlock)
    return posted(env, Result<>(fail(why)));
  return posted(env, peer.ask([operation, why](Peer& self, const PeerConnection&) {
    self.tell_failure(operation, why);
  }));
}

// The part of its time that a NIF has used up by copying so many bytes.
void charge(ErlNifEnv* env, std::size_t bytes);

// The same of work whose size others decide, by the clock, and when to stop it.
class Turn {
 public:
  explicit Turn(ErlNifEnv* env) : env_(env), started_(enif_monotonic_time(ERL_NIF_USEC)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn();

  // Whether it has taken as long as a NIF may.
  bool is_over() const;

 private:
  ErlNifEnv* const env_;
  const ErlNifTime started_;
};

// ---- the library: functions_library.cc

// {:ok, reference}; the caller is the owner. Starts threads, so it runs on a dirty scheduler.
Term init(ErlNifEnv* env, Any config);
// :ok
Term close(ErlNifEnv* env, const InstanceRef& instance);
// %{ice_servers: …, options: %{…}}
Term config(ErlNifEnv* env, const InstanceRef& instance);
// %{name: value}: each connection option, as it is when nothing is said
Term default_options(ErlNifEnv* env);
// {:ok, reference}; of "rsa2048" or any other, which is P-256. An RSA key takes 100 ms.
Term generate_certificate(ErlNifEnv* env, std::string_view type);
Term registry_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view registry);
// {:ok, id} | {:error, :not_found}; consumes both
Term new_api(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
             std::string_view registry);
// pid: who called init
Term owner(ErlNifEnv* env, const InstanceRef& instance);
// {:ok, term} | {:error, :invalid_json}; keys are strings
Term decode_json(ErlNifEnv* env, std::string_view text);
// {open instances, connections, sets of loops} that there are: for tests.
Term counters(ErlNifEnv* env);
// :ok; "ice=debug,dtls=info". Records go to the process: {:specter_log, level, module, connection,
// text}. Of the whole VM.
Term set_log(ErlNifEnv* env, std::string_view levels, ErlNifPid to);
// {:ok, number} | {:error, :not_found}: what records call a connection
Term log_number(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);

// ---- media engines: functions_media_engine.cc

// {:ok, id} | {:error, :not_found}
Term new_media_engine(ErlNifEnv* env, const InstanceRef& instance, bool with_default_codecs);
Term media_engine_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine);
// {:ok, id} | {:error, :not_found}
Term new_registry(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                  bool with_default_interceptors);
// {:ok, [codec]} | {:error, :not_found}
Term codecs(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine);
// :ok | {:error, :not_found | :invalid_codec}
Term register_codec(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                    RtpCodec codec);
// {:ok, [%{kind: …, uri: …}]} | {:error, :not_found}
Term header_extensions(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine);
// :ok | {:error, :not_found | :invalid_uri}
Term register_header_extension(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                               MediaKind kind, std::string uri);
// :ok | {:error, :not_found}
Term register_feedback(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                       MediaKind kind, std::string_view feedback);

// ---- connections: :ok | {:error, :not_found | :would_block}, and the rest by message.
// functions_connection.cc

Term restart_ice(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
// %{ice_servers: servers}; {:error, text} for a URL that can't be used.
Term set_ice_servers(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc, Any servers);
// {:ok, id} | {:error, :not_found}
Term new_peer_connection(ErlNifEnv* env, const InstanceRef& instance, std::string_view api,
                         ActiveChange active, Any options);
Term peer_connection_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term close_peer_connection(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
// :ok | {:error, :not_found | :einval}
Term set_active(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                ActiveChange active);
// :ok | {:forward, reference} | {:error, :not_found | :would_block | :noproc}; with the reference
// comes hand_over, or else the reference's end does it.
Term give(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc, ErlNifPid to,
          bool is_proxy);
// :ok
Term hand_over(ErlNifEnv* env, HandOver* of);
Term create_data_channel(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                         std::string_view label, const DataChannelOptions& options);
Term create_offer(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  bool ice_restart);
Term create_answer(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
// Those with JSON answer {:error, :invalid_json}, too.
Term set_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                           std::string_view json);
// Of what the state asks for: an offer or an answer that is made for it.
Term set_made_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term set_remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                            std::string_view json);
Term add_ice_candidate(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                       std::string_view json);

// ---- tracks: functions_track.cc

// {:ok, id} | {:error, :not_found}
Term new_track(ErlNifEnv* env, const InstanceRef& instance, RtpCodec codec, std::string id,
               std::string stream_id);
Term new_rtp_track(ErlNifEnv* env, const InstanceRef& instance, RtpCodec codec, std::string id,
                   std::string stream_id);
Term track_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view track);
// {:ok, map} | {:error, :invalid_track}
Term track_info(ErlNifEnv* env, const InstanceRef& instance, std::string_view track);
// :ok | {:error, :invalid_track}
Term delete_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view track);
// Both times are in nanoseconds, the second one by the VM's monotonic clock.
// :ok | {:error, :invalid_track | :invalid_sample}
Term write_sample(ErlNifEnv* env, const InstanceRef& instance, std::string_view track,
                  std::string_view data, std::uint64_t duration, std::string_view rid,
                  std::optional<std::uint64_t> temporal_id, std::optional<std::int64_t> captured_at,
                  std::optional<std::uint64_t> audio_level, std::optional<std::uint64_t> rotation);
// A binary or a list of them. :ok | {:error, :invalid_track | :invalid_packet}
Term write_rtp(ErlNifEnv* env, const InstanceRef& instance, std::string_view track, Any packets,
               std::string_view rid);
// :ok | {:error, :invalid_track}
Term set_header_extensions(ErlNifEnv* env, const InstanceRef& instance, std::string_view track,
                           std::vector<RtpHeaderExtensionParameters> header_extensions);

// ---- transceivers: functions_transceiver.cc

// :ok | {:error, :not_found | :would_block | :invalid_track}
Term add_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
               std::string_view track, std::vector<std::string> streams);
Term add_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                     KindOrTrack kind_or_track, RtpTransceiverInit init);
// :ok | {:error, :not_found | :would_block}
Term transceivers(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term set_bitrate_estimate(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                          std::uint64_t bits_per_second);
// The others: :ok | {:error, :not_found | :would_block | :invalid_transceiver}
Term remove_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  std::string_view transceiver);
// {:error, :invalid_track}, too
Term replace_track(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                   std::string_view transceiver, std::optional<std::string_view> track);
Term set_direction(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                   std::string_view transceiver, RtpTransceiverDirection direction);
Term set_streams(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                 std::string_view transceiver, std::vector<std::string> streams);
Term set_codec_preferences(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                           std::string_view transceiver, std::vector<RtpCodec> codecs);
Term stop_transceiver(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                      std::string_view transceiver);
Term get_parameters(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                    std::string_view transceiver);
Term set_parameters(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                    std::string_view transceiver, RtpSendParameters parameters);
Term get_receive_parameters(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                            std::string_view transceiver);
Term set_delivery(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  std::string_view transceiver, MediaDelivery delivery);
Term request_key_frame(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                       std::string_view transceiver, std::string_view rid);

// ---- questions: :ok | {:error, :not_found | :would_block}, and {tag, pc, answer}. questions.cc

Term local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term current_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term pending_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term current_remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term pending_remote_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term connection_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term ice_connection_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term ice_gathering_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
Term signaling_state(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);
// {:stats, pc, json}, or a map of what the JSON says
Term get_stats(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc, bool is_map);
Term get_report(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc);

// ---- data channels. functions_channel.cc

// :ok | {:error, :not_found | :not_open | :closed | :too_large | :would_block}
Term send(ErlNifEnv* env, const InstanceRef& instance, std::string_view dc, MessageKind kind,
          std::string_view data);
// :ok | {:error, :not_found}
Term close_data_channel(ErlNifEnv* env, const InstanceRef& instance, std::string_view dc);
// {:ok, bytes} | {:error, :not_found}
Term buffered_amount(ErlNifEnv* env, const InstanceRef& instance, std::string_view dc);
// :ok | {:error, :not_found}
Term set_buffered_amount_low_threshold(ErlNifEnv* env, const InstanceRef& instance,
                                       std::string_view dc, std::uint64_t bytes);

}  // namespace specter::nif
