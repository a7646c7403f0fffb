// JSON text as a term: strings, numbers, lists, maps, true, false and nil.
#pragma once

#include <string>
#include <string_view>

#include <erl_nif.h>

#include "terms.h"

namespace specter::nif {

// Text of the library's own.
struct JsonText {
  std::string text;
};
Term encode(ErlNifEnv* env, const JsonText& json);

// Nothing for text that is not JSON, or is nested more deeply than the library's own.
std::optional<Term> parse_json(ErlNifEnv* env, std::string_view text);

}  // namespace specter::nif
