#include "options.h"

#include <array>
#include <chrono>
#include <utility>

namespace specter::nif {

namespace {

template <class E>
struct Choice;

template <>
struct Choice<CongestionControl> {
  static constexpr std::array kNames = {std::pair{Atom("cubic"), CongestionControl::Cubic},
                                        std::pair{Atom("bbr"), CongestionControl::Bbr},
                                        std::pair{Atom("reno"), CongestionControl::Reno}};
};
template <>
struct Choice<DtlsVersion> {
  static constexpr std::array kNames = {std::pair{Atom("dtls12"), DtlsVersion::Dtls12},
                                        std::pair{Atom("dtls13"), DtlsVersion::Dtls13}};
};
template <>
struct Choice<CertificateType> {
  static constexpr std::array kNames = {std::pair{Atom("ecdsa_p256"), CertificateType::EcdsaP256},
                                        std::pair{Atom("rsa2048"), CertificateType::Rsa2048}};
};
template <>
struct Choice<LoopbackPolicy> {
  static constexpr std::array kNames = {std::pair{Atom("fallback"), LoopbackPolicy::Fallback},
                                        std::pair{Atom("include"), LoopbackPolicy::Include},
                                        std::pair{Atom("only"), LoopbackPolicy::Only}};
};

template <class E>
Term name_of(ErlNifEnv* env, E value) {
  for (const auto& [name, known] : Choice<E>::kNames) {
    if (known == value) return name.term(env);
  }
  return Atom("unspecified").term(env);
}

void read(ErlNifEnv* env, Term term, bool& value) { value = Decoder<bool>::decode(env, term); }
void read(ErlNifEnv* env, Term term, std::uint64_t& value) {
  value = Decoder<std::uint64_t>::decode(env, term);
}
void read(ErlNifEnv* env, Term term, std::string& value) {
  value = Decoder<std::string>::decode(env, term);
}
void read(ErlNifEnv* env, Term term, std::vector<std::string>& value) {
  value = Decoder<std::vector<std::string>>::decode(env, term);
}
template <class E>
void read(ErlNifEnv* env, Term term, E& value) {
  for (const auto& [name, known] : Choice<E>::kNames) {
    if (enif_is_identical(term, name.term(env))) {
      value = known;
      return;
    }
  }
  throw BadArgument();
}

Term write(ErlNifEnv* env, bool value) { return encode(env, value); }
Term write(ErlNifEnv* env, std::uint64_t value) { return enif_make_uint64(env, value); }
Term write(ErlNifEnv* env, const std::string& value) { return encode(env, value); }
Term write(ErlNifEnv* env, const std::vector<std::string>& value) { return encode(env, value); }
template <class E>
Term write(ErlNifEnv* env, const E& value) {
  return name_of(env, value);
}

// Each field with its key.
template <class O, class Visit>
void each_field(O& options, Visit visit) {
  visit(Atom("ice_servers"), options.ice_servers);
  visit(Atom("max_datagram_bytes"), options.max_datagram_bytes);
  visit(Atom("path_mtu_discovery"), options.path_mtu_discovery);
  visit(Atom("send_buffer_bytes"), options.send_buffer_bytes);
  visit(Atom("receive_buffer_bytes"), options.receive_buffer_bytes);
  visit(Atom("max_message_bytes"), options.max_message_bytes);
  visit(Atom("congestion_control"), options.congestion_control);
  visit(Atom("interleaving"), options.interleaving);
  visit(Atom("snap"), options.snap);
  visit(Atom("sped"), options.sped);
  visit(Atom("min_dtls_version"), options.min_dtls_version);
  visit(Atom("max_dtls_version"), options.max_dtls_version);
  visit(Atom("certificate"), options.certificate);
  visit(Atom("share_certificate"), options.share_certificate);
  visit(Atom("key_log_file"), options.key_log_file);
  visit(Atom("spin"), options.spin);
  visit(Atom("loopback"), options.loopback);
}

}  // namespace

Options::Options() {
  const Configuration usual;
  max_datagram_bytes = usual.max_datagram_bytes;
  path_mtu_discovery = usual.path_mtu_discovery;
  send_buffer_bytes = usual.send_buffer_bytes;
  receive_buffer_bytes = usual.receive_buffer_bytes;
  max_message_bytes = usual.max_message_bytes;
  congestion_control = usual.congestion_control;
  interleaving = usual.interleaving;
  snap = usual.snap;
  sped = usual.sped;
  min_dtls_version = usual.min_dtls_version;
  max_dtls_version = usual.max_dtls_version;
  certificate = usual.certificate;
  share_certificate = usual.share_certificate;
  spin = static_cast<std::uint64_t>(usual.spin.count());
  loopback = usual.loopback;
}

Configuration Options::configuration() const {
  Configuration out;
  for (const std::string& url : ice_servers) out.ice_servers.push_back(IceServer{.urls = {url}});
  out.max_datagram_bytes = max_datagram_bytes;
  out.path_mtu_discovery = path_mtu_discovery;
  out.send_buffer_bytes = send_buffer_bytes;
  out.receive_buffer_bytes = receive_buffer_bytes;
  out.max_message_bytes = max_message_bytes;
  out.congestion_control = congestion_control;
  out.interleaving = interleaving;
  out.snap = snap;
  out.sped = sped;
  out.min_dtls_version = min_dtls_version;
  out.max_dtls_version = max_dtls_version;
  out.certificate = certificate;
  out.share_certificate = share_certificate;
  out.key_log_file = key_log_file;
  out.spin = std::chrono::microseconds(spin);
  out.loopback = loopback;
  // The contract: remote descriptions come back as they were given.
  out.show_remote_candidates = false;
  return out;
}

Options decode_options(ErlNifEnv* env, Term map) {
  Options options;
  each_field(options, [&](Atom key, auto& field) {
    Term value;
    if (enif_get_map_value(env, map, key.term(env), &value)) read(env, value, field);
  });
  return options;
}

Term encode(ErlNifEnv* env, const Options& options) {
  Term map = enif_make_new_map(env);
  each_field(options, [&](Atom key, const auto& field) {
    enif_make_map_put(env, map, key.term(env), write(env, field), &map);
  });
  return map;
}

}  // namespace specter::nif
