// Specters, and what connections are made of.
#include <memory>
#include <new>
#include <system_error>
#include <utility>

#include "functions.h"

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

Term new_media_engine(ErlNifEnv* env, const InstanceRef& instance) {
  return id_or_not_found(env, instance->new_media_engine());
}

Term media_engine_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return encode(env, instance->media_engine_exists(engine));
}

Term new_registry(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return id_or_not_found(env, instance->new_registry(engine));
}

Term registry_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view registry) {
  return encode(env, instance->registry_exists(registry));
}

Term new_api(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
             std::string_view registry) {
  return id_or_not_found(env, instance->new_api(engine, registry));
}

Term new_track(ErlNifEnv* env, const InstanceRef& instance, Capability capability, std::string id,
               std::string stream_id) {
  std::vector<std::string> streams;
  if (!stream_id.empty()) streams.push_back(std::move(stream_id));
  return id_or_not_found(env, instance->new_track(TrackLocalStaticSample(
                                  codec_of(capability), std::move(id), std::move(streams))));
}

Term track_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view track) {
  return encode(env, instance->track(track).has_value());
}

Term owner(ErlNifEnv* env, const InstanceRef& instance) {
  return enif_make_pid(env, &instance->owner());
}

Term counters(ErlNifEnv* env) {
  const Library& library = library_of(env);
  return enif_make_tuple3(env, enif_make_uint64(env, library.instances().count()),
                          enif_make_uint64(env, library.peers().count()),
                          enif_make_uint64(env, library.loops().count()));
}

}  // namespace specter::nif
