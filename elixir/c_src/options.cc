#include "options.h"

#include <array>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "specter/option_table.h"

namespace specter::nif {

namespace {

constexpr std::size_t kMaxLoops = 1024;
constexpr std::chrono::microseconds kMaxSpin{10'000};

// An atom's text: names come from the library's table, so none is new to the VM but once.
Term atom(ErlNifEnv* env, std::string_view name) {
  return enif_make_atom_len(env, name.data(), name.size());
}

std::string shown(ErlNifEnv* env, Term term) {
  const bool is_word = enif_is_identical(term, atom(env, "true")) ||
                       enif_is_identical(term, atom(env, "false")) ||
                       enif_is_identical(term, atom(env, "nil"));
  std::array<char, 80> text{};
  // Cut where it is longer: %T is a term as Erlang prints it.
  const int size = enif_snprintf(text.data(), text.size(), "%T", term);
  std::string out = enif_is_atom(env, term) && !is_word ? ":" : "";
  out += text.data();
  if (size >= static_cast<int>(text.size())) out += "...";
  return out;
}

[[noreturn]] void refuse(ErlNifEnv* env, std::string_view name, Term value, std::string_view must) {
  throw BadOption{fmt::format("{}: {} is not valid; it must be {}", name, shown(env, value), must)};
}

// ---- in

void read(ErlNifEnv* env, const OptionRow& row, Term term, bool& value) {
  if (enif_is_identical(term, atom(env, "true")))
    value = true;
  else if (enif_is_identical(term, atom(env, "false")))
    value = false;
  else
    refuse(env, row.name, term, "true or false");
}

std::uint64_t number(ErlNifEnv* env, const OptionRow& row, Term term, std::string_view unit) {
  ErlNifUInt64 value = 0;
  if (!enif_get_uint64(env, term, &value) || value < row.least || value > row.most)
    refuse(env, row.name, term, fmt::format("{} to {}{}", row.least, row.most, unit));
  return value;
}

void read(ErlNifEnv* env, const OptionRow& row, Term term, std::size_t& value) {
  value = number(env, row, term, "");
}

void read(ErlNifEnv* env, const OptionRow& row, Term term, Duration& value) {
  value = std::chrono::milliseconds(number(env, row, term, " (milliseconds)"));
}

void read(ErlNifEnv* env, const OptionRow& row, Term term, std::string& value) {
  ErlNifBinary binary;
  if (!enif_inspect_binary(env, term, &binary)) refuse(env, row.name, term, "a string");
  value.assign(reinterpret_cast<const char*>(binary.data), binary.size);
}

template <class E>
  requires std::is_enum_v<E>
void read(ErlNifEnv* env, const OptionRow& row, Term term, E& value) {
  std::vector<std::string> names;
  for (const auto& [name, known] : OptionNames<E>::kAll) {
    if (enif_is_identical(term, atom(env, name))) {
      value = known;
      return;
    }
    names.push_back(fmt::format(":{}", name));
  }
  refuse(env, row.name, term, fmt::format("one of {}", fmt::join(names, ", ")));
}

constexpr OptionRow kServers{"ice_servers"};
constexpr std::string_view kServersMustBe =
    "a list of URLs, or of maps with :urls, :username and :credential";

// A field of a server's map, under an atom or, as JSON has it, a string.
bool field(ErlNifEnv* env, Term map, std::string_view name, Term& value) {
  return enif_get_map_value(env, map, atom(env, name), &value) ||
         enif_get_map_value(env, map, encode(env, name), &value);
}

std::vector<std::string> read_urls(ErlNifEnv* env, Term term) {
  std::vector<std::string> urls;
  if (enif_is_binary(env, term)) {
    read(env, kServers, term, urls.emplace_back());
    return urls;
  }
  Term head;
  while (enif_get_list_cell(env, term, &head, &term))
    read(env, kServers, head, urls.emplace_back());
  if (!enif_is_empty_list(env, term)) refuse(env, kServers.name, term, kServersMustBe);
  return urls;
}

// RTCIceServer, W3C §4.2.2: `urls` is one text or several.
IceServer read_server(ErlNifEnv* env, Term term) {
  IceServer server;
  Term value;
  if (enif_is_binary(env, term)) {
    server.urls = read_urls(env, term);
    return server;
  }
  if (!enif_is_map(env, term) || !field(env, term, "urls", value))
    throw BadOption{fmt::format("ice_servers: it must be {}", kServersMustBe)};  // no credential
  server.urls = read_urls(env, value);
  if (field(env, term, "username", value)) read(env, {"username"}, value, server.username);
  if (field(env, term, "credential", value)) {
    ErlNifBinary binary;
    if (!enif_inspect_binary(env, value, &binary))
      throw BadOption{"ice_servers: a credential must be a string"};
    server.credential.assign(reinterpret_cast<const char*>(binary.data), binary.size);
  }
  return server;
}

void read(ErlNifEnv* env, const OptionRow& row, Term term, std::vector<IceServer>& value) {
  value.clear();
  Term head;
  while (enif_get_list_cell(env, term, &head, &term)) value.push_back(read_server(env, head));
  if (!enif_is_empty_list(env, term)) refuse(env, row.name, term, kServersMustBe);
}

void read_certificate(ErlNifEnv* env, const ResourceTypes& types, Term term,
                      std::shared_ptr<const Certificate>& value) {
  void* object = nullptr;
  if (enif_get_resource(env, term, types.certificate, &object))
    value = *static_cast<CertificateRef*>(object);
  else if (enif_is_identical(term, atom(env, "ecdsa_p256")))
    value = nullptr;
  else
    refuse(env, "certificate", term,
           ":ecdsa_p256, or what Specter.generate_certificate/1 has made");
}

// ---- out

Term write(ErlNifEnv* env, bool value) { return encode(env, value); }
Term write(ErlNifEnv* env, std::size_t value) { return enif_make_uint64(env, value); }
Term write(ErlNifEnv* env, Duration value) {
  return enif_make_int64(env, std::chrono::duration_cast<std::chrono::milliseconds>(value).count());
}
Term write(ErlNifEnv* env, const std::string& value) { return encode(env, value); }
template <class E>
  requires std::is_enum_v<E>
Term write(ErlNifEnv* env, E value) {
  return atom(env, option_name(value));
}

// Credentials stay inside.
Term write(ErlNifEnv* env, const IceServer& server) {
  if (server.username.empty() && server.credential.empty() && server.urls.size() == 1)
    return encode(env, server.urls.front());
  Term map = enif_make_new_map(env);
  enif_make_map_put(env, map, atom(env, "urls"), encode(env, server.urls), &map);
  if (!server.username.empty())
    enif_make_map_put(env, map, atom(env, "username"), encode(env, server.username), &map);
  return map;
}
Term write(ErlNifEnv* env, const std::vector<IceServer>& servers) {
  Term list = enif_make_list(env, 0);
  for (auto server = servers.rbegin(); server != servers.rend(); ++server)
    list = enif_make_list_cell(env, write(env, *server), list);
  return list;
}

// ---- the whole

// The next key of the map that nobody has taken: unknown.
[[noreturn]] void refuse_unknown(ErlNifEnv* env, Term map, const std::vector<std::string>& known) {
  ErlNifMapIterator at;
  if (!enif_map_iterator_create(env, map, &at, ERL_NIF_MAP_ITERATOR_FIRST)) throw BadArgument();
  std::string unknown;
  Term key, value;
  for (; enif_map_iterator_get_pair(env, &at, &key, &value); enif_map_iterator_next(env, &at)) {
    bool found = false;
    for (const std::string& name : known) found |= enif_is_identical(key, atom(env, name)) != 0;
    if (!found && unknown.empty()) unknown = shown(env, key);
  }
  enif_map_iterator_destroy(env, &at);
  throw BadOption{
      fmt::format("unknown option {}; the options are: {}", unknown, fmt::join(known, ", "))};
}

// Reads what the map has of the options that it is asked for, and refuses the rest.
class MapReader {
 public:
  MapReader(ErlNifEnv* env, Term map) : env_(env), map_(map) {
    if (!enif_is_map(env, map)) throw BadArgument();
  }

  template <class Read>
  void take(std::string_view name, const Read& read) {
    known_.emplace_back(name);
    Term value;
    if (!enif_get_map_value(env_, map_, atom(env_, name), &value)) return;
    ++taken_;
    read(value);
  }

  // Throws BadOption for a key that was not taken, and for values that don't go together.
  void finish(const ConnectionOptions& options) const {
    std::size_t size = 0;
    enif_get_map_size(env_, map_, &size);
    if (taken_ != size) refuse_unknown(env_, map_, known_);
    if (const auto verdict = check_options(options); !verdict)
      throw BadOption{verdict.error().message};
  }

 private:
  ErlNifEnv* env_;
  Term map_;
  std::size_t taken_ = 0;
  std::vector<std::string> known_;
};

void take_connection_options(ErlNifEnv* env, MapReader& map, ConnectionOptions& options) {
  for_each_option(options, [&](const OptionRow& row, auto& field) {
    map.take(row.name, [&](Term value) { read(env, row, value, field); });
  });
}

}  // namespace

ConnectionOptions usual_options() {
  ConnectionOptions options;
  options.show_remote_candidates = false;
  options.connection_reports = false;  // processes know their messages
  return options;
}

InitOptions decode_init_options(ErlNifEnv* env, const ResourceTypes& types, Term map) {
  InitOptions out{.connection = usual_options()};
  MapReader reader(env, map);
  take_connection_options(env, reader, out.connection);
  bool shares = false;
  auto type = CertificateType::EcdsaP256;
  reader.take("certificate", [&](Term value) {
    if (enif_is_identical(value, atom(env, "rsa2048")))
      type = CertificateType::Rsa2048;
    else
      read_certificate(env, types, value, out.connection.certificate);
  });
  reader.take("share_certificate",
              [&](Term value) { read(env, {"share_certificate"}, value, shares); });
  reader.take("loops", [&](Term value) {
    out.loops.loops = number(env, {"loops", 0, kMaxLoops}, value, "");
  });
  reader.take("spin", [&](Term value) {
    const OptionRow row{"spin", 0, static_cast<std::uint64_t>(kMaxSpin.count())};
    out.loops.spin = std::chrono::microseconds(number(env, row, value, " (microseconds)"));
  });
  reader.take("cipher",
              [&](Term value) { read(env, {"cipher"}, value, out.loops.cipher.emplace()); });
  reader.finish(out.connection);
  // An RSA key costs 100 ms: one for all connections.
  if (!out.connection.certificate && (shares || type == CertificateType::Rsa2048))
    out.connection.certificate = generate_certificate(type);
  return out;
}

ConnectionOptions decode_options(ErlNifEnv* env, const ResourceTypes& types, Term map,
                                 ConnectionOptions defaults) {
  MapReader reader(env, map);
  take_connection_options(env, reader, defaults);
  reader.take("certificate",
              [&](Term value) { read_certificate(env, types, value, defaults.certificate); });
  reader.finish(defaults);
  return defaults;
}

Term encode(ErlNifEnv* env, const ConnectionOptions& options) {
  Term others = enif_make_new_map(env);
  const auto add = [&](std::string_view name, Term value) {
    enif_make_map_put(env, others, atom(env, name), value, &others);
  };
  std::vector<std::pair<std::string_view, Term>> defaults;
  const ConnectionOptions usual = usual_options();
  for_each_option(usual, [&](const OptionRow& row, const auto& field) {
    defaults.emplace_back(row.name, write(env, field));
  });
  auto next = defaults.begin();
  for_each_option(options, [&](const OptionRow& row, const auto& field) {
    const auto& [name, usually] = *next++;
    const Term value = write(env, field);
    if (row.name != kServers.name && enif_compare(value, usually) != 0) add(name, value);
  });
  Term map = enif_make_new_map(env);
  enif_make_map_put(env, map, atom(env, kServers.name), write(env, options.ice_servers), &map);
  enif_make_map_put(env, map, atom(env, "options"), others, &map);
  return map;
}

Term encode_defaults(ErlNifEnv* env) {
  Term map = enif_make_new_map(env);
  const ConnectionOptions usual = usual_options();
  for_each_option(usual, [&](const OptionRow& row, const auto& field) {
    enif_make_map_put(env, map, atom(env, row.name), write(env, field), &map);
  });
  return map;
}

}  // namespace specter::nif
