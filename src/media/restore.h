// Retransmissions in their original form: RFC 4588 §4, §8.
#pragma once

#include <cstdint>

#include "rtp/extension_map.h"
#include "rtp/header.h"

namespace specter::media {

// The original packet's sequence number, which the payload of a retransmission begins with.
inline constexpr std::size_t kOriginalNumberSize = 2;

// The original packet, as a view into the retransmission, whose payload is kOriginalNumberSize
// bytes or more.
rtp::Packet restore(const rtp::Packet& repair, std::uint32_t ssrc, std::uint8_t payload_type);

// RFC 8852 §3: what is called repaired RID in a retransmission is the original's RID. `packet` is a
// whole one.
void rename_repaired_rid(const rtp::ExtensionMap& extensions, Buffer& packet);

}  // namespace specter::media
