// What connections may negotiate.
#include <utility>

#include "functions.h"

namespace specter::nif {

namespace {

Defaults decode_defaults(bool with) { return with ? Defaults::With : Defaults::Without; }

// {:ok, …} or {:error, :not_found} of what an engine has.
template <class Get>
Term get(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine, Get get) {
  const auto found = instance->use_media_engine(engine, get);
  return found ? ok(env, *found) : not_found(env);
}

// :ok, {:error, :not_found}, or what the engine refuses.
template <class Change>
Term change(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine, Atom refusal,
            Change change) {
  const auto changed = instance->use_media_engine(engine, change);
  if (!changed) return not_found(env);
  return *changed ? Atom("ok").term(env) : error(env, refusal);
}

}  // namespace

Term new_media_engine(ErlNifEnv* env, const InstanceRef& instance, bool with_default_codecs) {
  return id_or_not_found(env, instance->new_media_engine(decode_defaults(with_default_codecs)));
}

Term media_engine_exists(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return encode(env, instance->use_media_engine(engine, [](auto&) { return true; }).has_value());
}

Term new_registry(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                  bool with_default_interceptors) {
  return id_or_not_found(
      env, instance->new_registry(engine, decode_defaults(with_default_interceptors)));
}

Term codecs(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return get(env, instance, engine,
             [](const MediaEngine& of) { return terms_of<CodecTerm>(of.codecs()); });
}

Term register_codec(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                    RtpCodec codec) {
  return change(env, instance, engine, "invalid_codec",
                [&](MediaEngine& of) { return of.register_codec(std::move(codec)).has_value(); });
}

Term header_extensions(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine) {
  return get(env, instance, engine, [](const MediaEngine& of) {
    return terms_of<HeaderExtensionTerm>(of.header_extensions());
  });
}

Term register_header_extension(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                               MediaKind kind, std::string uri) {
  return change(env, instance, engine, "invalid_uri", [&](MediaEngine& of) {
    return of.register_header_extension({kind, std::move(uri)}).has_value();
  });
}

Term register_feedback(ErlNifEnv* env, const InstanceRef& instance, std::string_view engine,
                       MediaKind kind, std::string_view feedback) {
  return change(env, instance, engine, "invalid_feedback", [&](MediaEngine& of) {
    of.register_feedback(kind, std::string(feedback));
    return true;
  });
}

}  // namespace specter::nif
