// The numbers that codecs and header extensions have in our offers. What one of them means stays so
// as long as a connection lives, but for what the peer's offers say otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "jsep/media_description.h"
#include "rtp/extension_map.h"

#include "specter/rtp.h"

namespace specter::jsep {

// RFC 9143 §10.1.2: in a bundle a payload type is one codec with one set of parameters. RFC 5761
// §4: 64 to 95 are not used.
class PayloadTypes {
 public:
  // The number of this codec in offers, at first that of `codec` where it is free. Nothing: all are
  // taken.
  std::optional<std::uint8_t> number_of(const RtpCodec& codec);
  // The same, of the retransmission of a payload type.
  std::optional<std::uint8_t> number_of_rtx(const RtpCodec& rtx, std::uint8_t apt);
  // An offer of the peer's. What it calls our codecs becomes their number where they have none yet;
  // one that it uses otherwise is no longer ours.
  void adopt(const MediaDescription& offer, std::span<const RtpCodec> ours);

  bool operator==(const PayloadTypes&) const = default;

 private:
  struct Meaning {
    bool is_taken = false;
    std::string codec{};  // of ours that has this number in offers; empty: none
    bool operator==(const Meaning&) const = default;
  };

  std::optional<std::uint8_t> find(std::string_view codec) const;
  std::optional<std::uint8_t> allocate(std::uint8_t preferred, std::string codec);

  std::array<Meaning, 128> meanings_{};
};

// RFC 8285 §5, RFC 9143 §10.1.2: one id is one URI, over all sections. 1 to 14 in our offers, for
// Firefox takes no others.
class ExtensionIds {
 public:
  std::optional<std::uint8_t> id_of(std::string_view uri);
  // An offer of the peer's.
  void adopt(const MediaDescription& offer);

  bool operator==(const ExtensionIds&) const = default;

 private:
  struct Meaning {
    bool is_taken = false;
    std::string uri{};  // that has this id in offers; empty: none
    bool operator==(const Meaning&) const = default;
  };

  std::optional<std::uint8_t> find(std::string_view uri) const;

  std::array<Meaning, rtp::kMaxOneByteId + 1> meanings_{};  // by id
};

}  // namespace specter::jsep
