#include "json_term.h"

#include <vector>

#include <nlohmann/json.hpp>

namespace specter::nif {

namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;  // of descriptions that the library takes

Term term_of(ErlNifEnv* env, const Json& json) {
  switch (json.type()) {
    case Json::value_t::string: return encode(env, json.get_ref<const std::string&>());
    case Json::value_t::boolean: return encode(env, json.get<bool>());
    case Json::value_t::number_integer: return enif_make_int64(env, json.get<std::int64_t>());
    case Json::value_t::number_unsigned: return enif_make_uint64(env, json.get<std::uint64_t>());
    case Json::value_t::number_float: return enif_make_double(env, json.get<double>());
    case Json::value_t::array: {
      std::vector<Term> terms;
      for (const Json& each : json) terms.push_back(term_of(env, each));
      return enif_make_list_from_array(env, terms.data(), static_cast<unsigned>(terms.size()));
    }
    case Json::value_t::object: {
      Term map = enif_make_new_map(env);
      for (const auto& [key, value] : json.items())
        enif_make_map_put(env, map, encode(env, key), term_of(env, value), &map);
      return map;
    }
    default: return Atom("nil").term(env);
  }
}

}  // namespace

std::optional<Term> parse_json(ErlNifEnv* env, std::string_view text) {
  bool is_too_deep = false;
  const auto look = [&](int depth, Json::parse_event_t, const Json&) {
    is_too_deep = is_too_deep || depth > kMaxDepth;
    return !is_too_deep;
  };
  const Json json = Json::parse(text, look, false);
  if (json.is_discarded() || is_too_deep) return std::nullopt;
  return term_of(env, json);
}

Term encode(ErlNifEnv* env, const JsonText& json) {
  return parse_json(env, json.text).value_or(Atom("nil").term(env));
}

}  // namespace specter::nif
