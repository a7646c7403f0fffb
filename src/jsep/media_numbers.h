// The numbers that codecs and header extensions have in our offers. What one of them means stays so
// for the life of a connection: keep both values beside the session, not in what is rolled back.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsep/media_description.h"
#include "rtp/extension_map.h"

#include "specter/rtp.h"

namespace specter::jsep {

// RFC 9143 §10.1.2: in a bundle a payload type is one codec with one set of parameters. RFC 5761
// §4: 64 to 95 are not used.
class PayloadTypes {
 public:
  // The number of this codec in offers, that of `codec` where it is free. Retransmission is told
  // apart by `apt`, the number of its codec. Nothing: all are taken.
  std::optional<std::uint8_t> number_of(const RtpCodec& codec,
                                        std::optional<std::uint8_t> apt = std::nullopt);
  // An offer of the peer's: what it calls our codecs is their number where they have none yet, and
  // none of its numbers gets another meaning.
  void adopt(const MediaDescription& offer, std::span<const RtpCodec> ours);

  bool operator==(const PayloadTypes&) const = default;

 private:
  std::optional<std::uint8_t> allocate(std::uint8_t preferred, std::string key);

  std::array<bool, 128> is_taken_{};
  std::map<std::string, std::uint8_t, std::less<>> numbers_;  // by what the codec is
};

// RFC 8285 §5, RFC 9143 §10.1.2: one id is one URI, over all sections. 1 to 14 in our offers, for
// Firefox refuses others.
class ExtensionIds {
 public:
  std::optional<std::uint8_t> id_of(std::string_view uri);
  // Any description of the peer's.
  void adopt(const MediaDescription& remote);

  bool operator==(const ExtensionIds&) const = default;

 private:
  rtp::ExtensionMap ids_;
  std::array<bool, rtp::kMaxOneByteId + 1> is_taken_{};
};

}  // namespace specter::jsep
