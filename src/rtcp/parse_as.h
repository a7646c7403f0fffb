// A message from the bytes of one packet, for messages that parse a RawPacket.
#pragma once

#include <expected>

#include "rtcp/packet.h"

namespace specter::rtcp {

template <class Message>
std::expected<Message, ParseError> parse_as(Bytes in) {
  const auto packet = RawPacket::parse_whole(in);
  if (!packet) return std::unexpected(packet.error());
  return Message::parse(*packet);
}

}  // namespace specter::rtcp
