// A track of one's own: what it is made of. It carries nothing yet.
#pragma once

#include <cstdint>
#include <string>

#include "terms.h"

namespace specter::nif {

// %Specter.RtpCodecCapability{}.
struct Capability {
  std::string mime_type;
  std::uint64_t clock_rate = 0;
  std::uint64_t channels = 0;
  std::string sdp_fmtp_line;
};

template <>
struct Decoder<Capability> {
  static Capability decode(ErlNifEnv* env, Term term) {
    const auto field = [&](Atom key) {
      Term value;
      if (!enif_get_map_value(env, term, key.term(env), &value)) throw BadArgument();
      return value;
    };
    if (!enif_is_map(env, term)) throw BadArgument();
    return {Decoder<std::string>::decode(env, field("mime_type")),
            Decoder<std::uint64_t>::decode(env, field("clock_rate")),
            Decoder<std::uint64_t>::decode(env, field("channels")),
            Decoder<std::string>::decode(env, field("sdp_fmtp_line"))};
  }
};

struct Track {
  Capability capability;
  std::string id;
  std::string stream_id;
};

}  // namespace specter::nif
