// What a track of one's own is made of.
#pragma once

#include <cstdint>
#include <string>

#include "terms.h"

#include "specter/specter.h"

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

inline RtpCodec codec_of(const Capability& capability) {
  return {.mime_type = capability.mime_type,
          .clock_rate = static_cast<std::uint32_t>(capability.clock_rate),
          .channels = static_cast<std::uint16_t>(capability.channels),
          .sdp_fmtp_line = capability.sdp_fmtp_line};
}

}  // namespace specter::nif
