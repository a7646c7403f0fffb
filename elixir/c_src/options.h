// The options of Specter.init and of Specter.PeerConnection.new: maps from atoms to values. The
// library's own table (specter/option_table.h) has the names and the values that are good.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "resources.h"
#include "terms.h"

#include "specter/specter.h"

namespace specter::nif {

// What init decides for all of a VM, when it says so.
struct LoopOptions {
  std::optional<std::size_t> loops{};
  std::optional<std::chrono::microseconds> spin{};
  std::optional<CipherEngine> cipher{};
};

struct InitOptions {
  LoopOptions loops{};
  ConnectionOptions connection{};
};

// A connection's when nothing else is said. The contract: remote descriptions come back as they
// were given.
ConnectionOptions usual_options();

// Both throw BadOption, with a sentence, for a key that is unknown or a value that is not good.
InitOptions decode_init_options(ErlNifEnv* env, const ResourceTypes& types, Term map);
// What the map says, over `defaults`.
ConnectionOptions decode_options(ErlNifEnv* env, const ResourceTypes& types, Term map,
                                 ConnectionOptions defaults);

// %{ice_servers: [...], options: %{...}}: the options that are not the default ones.
Term encode(ErlNifEnv* env, const ConnectionOptions& options);
// %{name: default} of each connection option.
Term encode_defaults(ErlNifEnv* env);

}  // namespace specter::nif
