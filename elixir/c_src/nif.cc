// The border with Elixir on one page: each function of Specter.Native with the types of its
// arguments, and the table of them at the end. A function here looks up and posts; what becomes of
// it is a message, which peer.cc sends.
#include "nif.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "boundary.h"
#include "instance.h"
#include "library.h"
#include "messages.h"
#include "stats.h"
#include "terms.h"

#include "specter/core.h"
#include "specter/specter.h"

namespace specter::nif {

namespace {

// What a resource of ours holds.
using InstanceRef = std::shared_ptr<Instance>;

Library& library_of(ErlNifEnv* env) { return *static_cast<Library*>(enif_priv_data(env)); }

}  // namespace

template <>
struct Decoder<InstanceRef> {
  static InstanceRef decode(ErlNifEnv* env, Term term) {
    void* object = nullptr;
    if (!enif_get_resource(env, term, library_of(env).instance_type, &object)) throw BadArgument();
    return *static_cast<InstanceRef*>(object);
  }
};

// %Specter.Config{}, or any map like it. Nothing when it is none.
struct Config {
  std::optional<std::vector<std::string>> ice_servers;
};

template <>
struct Decoder<Config> {
  static Config decode(ErlNifEnv* env, Term term) {
    Term servers;
    if (!enif_is_map(env, term) ||
        !enif_get_map_value(env, term, Atom("ice_servers").term(env), &servers)) {
      return {};
    }
    return {Decoder<std::vector<std::string>>::decode(env, servers)};
  }
};

namespace {

Term not_found(ErlNifEnv* env) { return error(env, "not_found"); }

Term id_or_not_found(ErlNifEnv* env, const std::optional<std::string>& id) {
  return id ? ok(env, *id) : not_found(env);
}

// :ok for what was posted. A connection that closed itself meanwhile is not there any more; one for
// which too many calls wait takes none.
Term posted(ErlNifEnv* env, const Result<>& result) {
  if (result) return Atom("ok").term(env);
  return result.error().code == ErrorCode::WouldBlock ? error(env, "would_block") : not_found(env);
}

// The same for an operation, whose refusal on the spot is told like one that comes later.
template <class T>
Term posted(ErlNifEnv* env, Peer& peer, Operation operation, const Result<T>& result) {
  if (result) return Atom("ok").term(env);
  const Error& why = result.error();
  if (why.code == ErrorCode::Closed || why.code == ErrorCode::WouldBlock) {
    return posted(env, std::unexpected(why));
  }
  return posted(env, peer.ask([operation, why](const Peer& self, const auto&, const auto&) {
    self.tell_failure(operation, why);
  }));
}

// ---- the library

// {:ok, reference}; the caller is the owner. Starts threads, so it runs on a dirty scheduler.
Term init(ErlNifEnv* env, Config config) {
  if (!config.ice_servers) return error(env, "invalid_configuration");
  Library& library = library_of(env);
  ErlNifPid owner;
  if (enif_self(env, &owner) == nullptr) throw BadArgument();

  InstanceRef instance;
  try {
    instance = library.new_instance(owner, std::move(*config.ice_servers));
  } catch (const std::system_error&) {
    return error(env, "webrtc_error");
  }
  void* object = enif_alloc_resource(library.instance_type, sizeof(InstanceRef));
  if (object == nullptr) throw std::bad_alloc();
  new (object) InstanceRef(instance);
  const Term reference = enif_make_resource(env, object);
  // A process that is killed while it is here is dead already, and no `down` will come for it.
  if (enif_monitor_process(env, object, &owner, nullptr) != 0) instance->abort();
  enif_release_resource(object);
  return tuple_of_ok(env, reference);
}

// [ice_server]
Term config(ErlNifEnv* env, const InstanceRef& instance) {
  return encode(env, instance->ice_servers());
}

// {:ok, id} | {:error, :not_found}
Term new_media_engine(ErlNifEnv* env, const InstanceRef& instance) {
  return id_or_not_found(env, instance->new_media_engine());
}

Term media_engine_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return encode(env, instance->media_engine_exists(engine));
}

// {:ok, id} | {:error, :not_found}
Term new_registry(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return id_or_not_found(env, instance->new_registry(engine));
}

Term registry_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view registry) {
  return encode(env, instance->registry_exists(registry));
}

// {:ok, id} | {:error, :not_found}; consumes both
Term new_api(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
             std::string_view registry) {
  return id_or_not_found(env, instance->new_api(engine, registry));
}

// ---- connections: :ok | {:error, :not_found | :would_block}, and the rest by message

// {:ok, id} | {:error, :not_found}
Term new_peer_connection(ErlNifEnv* env, const InstanceRef& instance, std::string_view api) {
  return id_or_not_found(env, instance->new_peer(api));
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

Term create_data_channel(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                         std::string_view label) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::CreateDataChannel,
                peer->connection().create_data_channel(label));
}

Term create_offer(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                  bool ice_restart) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::CreateOffer,
                peer->connection().create_offer({.ice_restart = ice_restart}));
}

Term create_answer(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, *peer, Operation::CreateAnswer, peer->connection().create_answer());
}

// Those with JSON answer {:error, :invalid_json}, too.

Term set_local_description(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc,
                           std::string_view json) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  auto description = SessionDescription::from_json(json);
  if (!description) return error(env, "invalid_json");
  return posted(env, *peer, Operation::SetLocalDescription,
                peer->connection().set_local_description(std::move(*description)));
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
  return posted(env, *peer, Operation::AddIceCandidate,
                peer->connection().add_ice_candidate(std::move(*candidate)));
}

// ---- questions: :ok | {:error, :not_found | :would_block}, and {tag, pc, answer}

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
  return posted(env,
                peer->ask([tag](const Peer& self, const PeerConnection& connection, const Stats&) {
                  tell(self.owner(), tag, self.id(), value_of((connection.*Question)()));
                }));
}

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

double epoch_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) /
         1000.0;
}

Term get_stats(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  if (!peer) return not_found(env);
  return posted(env, peer->ask([](const Peer& self, const auto&, const Stats& stats) {
    tell(self.owner(), Atom("stats"), self.id(), to_json(stats, self.id(), epoch_seconds()));
  }));
}

// {open instances, connections, sets of loops} that there are: for tests.
Term counters(ErlNifEnv* env) {
  const Library& library = library_of(env);
  return enif_make_tuple3(env, enif_make_uint64(env, library.instances().count()),
                          enif_make_uint64(env, library.peers().count()),
                          enif_make_uint64(env, library.loops().count()));
}

ErlNifFunc functions[] = {
    row<init>("init", ERL_NIF_DIRTY_JOB_IO_BOUND),
    row<config>("config"),
    row<new_media_engine>("new_media_engine"),
    row<media_engine_exists>("media_engine_exists"),
    row<new_registry>("new_registry"),
    row<registry_exists>("registry_exists"),
    row<new_api>("new_api"),
    row<new_peer_connection>("new_peer_connection"),
    row<peer_connection_exists>("peer_connection_exists"),
    row<close_peer_connection>("close_peer_connection"),
    row<create_data_channel>("create_data_channel"),
    row<create_offer>("create_offer"),
    row<create_answer>("create_answer"),
    row_by_size<set_local_description>("set_local_description"),
    row_by_size<set_remote_description>("set_remote_description"),
    row_by_size<add_ice_candidate>("add_ice_candidate"),
    row<local_description>("local_description"),
    row<current_local_description>("current_local_description"),
    row<pending_local_description>("pending_local_description"),
    row<remote_description>("remote_description"),
    row<current_remote_description>("current_remote_description"),
    row<pending_remote_description>("pending_remote_description"),
    row<connection_state>("connection_state"),
    row<ice_connection_state>("ice_connection_state"),
    row<ice_gathering_state>("ice_gathering_state"),
    row<signaling_state>("signaling_state"),
    row<get_stats>("get_stats"),
    row<counters>("counters"),
};

// ---- loading and unloading

// This image's library. A global, because the process's end has no argument; leaked, because
// threads may still look at it then.
Library* the_library = nullptr;

// Nobody names the instance any more.
void instance_dtor(ErlNifEnv*, void* object) {
  auto* instance = static_cast<InstanceRef*>(object);
  event_boundary([&] { (*instance)->close(); }, [] {});
  instance->~InstanceRef();
}

// Its owner died.
void instance_down(ErlNifEnv*, void* object, ErlNifPid*, ErlNifMonitor*) {
  event_boundary([&] { (*static_cast<InstanceRef*>(object))->abort(); }, [] {});
}

// exit() runs destructors and the like, OpenSSL's among them, while threads still work with what
// they destroy. So ours stop first: handlers run in the reverse of their order, and this one comes
// after OpenSSL's, which its first use registers.
void stop_before_the_process_ends() {
  core::SystemRandom random;
  core::generate_certificate(random, std::chrono::duration_cast<std::chrono::seconds>(
                                         std::chrono::system_clock::now().time_since_epoch())
                                         .count());
  std::atexit([] { event_boundary([] { the_library->halt(); }, [] {}); });
}

bool enter(ErlNifEnv* env, void** priv_data) noexcept {
  bool entered = false;
  event_boundary(
      [&] {
        if (the_library == nullptr) {
          auto library = std::make_unique<Library>();
          stop_before_the_process_ends();
          the_library = library.release();
        }
        const ErlNifResourceTypeInit callbacks{instance_dtor, nullptr, instance_down, 3, nullptr};
        constexpr auto flags = ErlNifResourceFlags(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
        the_library->instance_type =
            enif_open_resource_type_x(env, "specter", &callbacks, flags, nullptr);
        if (the_library->instance_type == nullptr) return;
        the_library->enter();
        *priv_data = the_library;
        entered = true;
      },
      [] {});
  return entered;
}

int load(ErlNifEnv* env, void** priv_data, Term) { return enter(env, priv_data) ? 0 : 1; }

// New code of the module with the same image of the library shares everything. Another image can't
// take over objects and threads whose code is the old one's, so it is refused, and the old goes on.
int upgrade(ErlNifEnv* env, void** priv_data, void** old_priv_data, Term) {
  if (*old_priv_data != the_library) return 1;
  return enter(env, priv_data) ? 0 : 1;
}

void unload(ErlNifEnv*, void*) {
  event_boundary([] { the_library->leave(); }, [] {});
}

}  // namespace

}  // namespace specter::nif

ERL_NIF_INIT(Elixir.Specter.Native, specter::nif::functions, specter::nif::load, nullptr,
             specter::nif::upgrade, specter::nif::unload)
