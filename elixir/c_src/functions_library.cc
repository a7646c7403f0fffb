// Specters, and what connections are made of.
#include <memory>
#include <new>
#include <system_error>
#include <utility>

#include "functions.h"
#include "json_term.h"
#include "messages.h"
#include "peer.h"

#include "specter/log.h"

namespace specter::nif {

Term init(ErlNifEnv* env, Any config) {
  Term servers;
  if (!enif_is_map(env, config.term) ||
      !enif_get_map_value(env, config.term, Atom("ice_servers").term(env), &servers)) {
    return error(env, "invalid_configuration");
  }
  Library& library = library_of(env);
  ErlNifPid self;
  if (enif_self(env, &self) == nullptr) throw BadArgument();

  InstanceRef instance;
  try {
    instance = library.new_instance(self, decode_init_options(env, library.types, config.term));
  } catch (const std::system_error&) {
    return error(env, "webrtc_error");
  }
  void* object = enif_alloc_resource(library.types.instance, sizeof(InstanceRef));
  if (object == nullptr) throw std::bad_alloc();
  new (object) InstanceRef(instance);
  const Term reference = enif_make_resource(env, object);
  // A process that is killed while it is here is dead already, and no `down` will come for it.
  if (enif_monitor_process(env, object, &self, nullptr) != 0) instance->abort();
  enif_release_resource(object);
  return tuple_of_ok(env, reference);
}

Term close(ErlNifEnv* env, const InstanceRef& instance) {
  instance->close();
  return Atom("ok").term(env);
}

Term config(ErlNifEnv* env, const InstanceRef& instance) {
  return encode(env, instance->options());
}

Term default_options(ErlNifEnv* env) { return encode_defaults(env); }

Term generate_certificate(ErlNifEnv* env, std::string_view type) {
  const auto kind = type == "rsa2048" ? CertificateType::Rsa2048 : CertificateType::EcdsaP256;
  return tuple_of_ok(
      env, make_certificate(env, library_of(env).types, specter::generate_certificate(kind)));
}

Term registry_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view registry) {
  return encode(env, instance->registry_exists(registry));
}

Term new_api(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
             std::string_view registry) {
  return id_or_not_found(env, instance->new_api(engine, registry));
}

Term owner(ErlNifEnv* env, const InstanceRef& instance) {
  return enif_make_pid(env, &instance->owner());
}

namespace {

Atom atom_of(LogLevel level) {
  switch (level) {
    case LogLevel::Off: break;  // of no record
    case LogLevel::Error: return Atom("error");
    case LogLevel::Warning: return Atom("warning");
    case LogLevel::Info: return Atom("info");
    case LogLevel::Debug: return Atom("debug");
  }
  return Atom("debug");
}

Atom atom_of(LogModule module) {
  switch (module) {
    case LogModule::Ice: return Atom("ice");
    case LogModule::Dtls: return Atom("dtls");
    case LogModule::Sctp: return Atom("sctp");
    case LogModule::Channel: return Atom("channel");
    case LogModule::Jsep: return Atom("jsep");
    case LogModule::Media: return Atom("media");
    case LogModule::Peer: return Atom("peer");
    case LogModule::Turn: return Atom("turn");
    case LogModule::Io: return Atom("io");
    case LogModule::Api: return Atom("api");
  }
  return Atom("peer");
}

void send_record(const ErlNifPid& to, const LogRecord& record) {
  // Within a NIF there would have to be its environment; the library says nothing there.
  if (enif_thread_type() != ERL_NIF_THR_UNDEFINED) return;
  send_now(nullptr, to, [&](ErlNifEnv* env) {
    return tuple(env, Atom("specter_log"), atom_of(record.level), atom_of(record.module),
                 record.connection, record.text);
  });
}

}  // namespace

Term set_log(ErlNifEnv* env, std::string_view levels, ErlNifPid to) {
  if (!specter::set_log(levels, [to](const LogRecord& record) { send_record(to, record); }))
    throw BadArgument();
  return Atom("ok").term(env);
}

Term log_number(ErlNifEnv* env, const InstanceRef& instance, std::string_view pc) {
  const auto peer = instance->peer(pc);
  return peer ? ok(env, peer->connection().id()) : not_found(env);
}

Term decode_json(ErlNifEnv* env, std::string_view text) {
  const auto term = parse_json(env, text);
  return term ? tuple_of_ok(env, *term) : error(env, "invalid_json");
}

Term counters(ErlNifEnv* env) {
  const Library& library = library_of(env);
  return enif_make_tuple3(env, enif_make_uint64(env, library.instances().count()),
                          enif_make_uint64(env, library.peers().count()),
                          enif_make_uint64(env, library.loops().count()));
}

}  // namespace specter::nif
