// Signalling by copy and paste: what one side has to tell the other before they are connected, as
// one line of some hundred letters.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <specter/specter.h>

namespace one_line {

// "specter:" and, in base64, what zlib made of the description. It fits into a terminal's line,
// which Linux ends after 4095 bytes.
std::string to_line(const specter::SessionDescription& description);
// Nothing when that is no such line, or not all of it. What stands around it does no harm.
std::optional<specter::SessionDescription> from_line(std::string_view line);

// How long somebody may take to carry the second line back: the joining side is trying meanwhile.
inline constexpr std::chrono::minutes kPatience{10};

// With that patience, which is longer than the default one. Across a NAT each side needs a STUN
// server's URL, such as "stun:stun.l.google.com:19302", to learn its address as others see it.
specter::Configuration configuration(std::optional<std::string> stun_url);

// A connection with the default codecs and interceptors.
specter::PeerConnection new_connection(specter::Specter& specter, specter::Mailbox& inbox);

// One side invites, the other joins. Both print their line, read that of the other from stdin, and
// return while the connection is being made; the inviting side has created a data channel before.
// They throw std::runtime_error when there is no line to be read, and Specter's errors.
void invite(const specter::PeerConnection& connection, specter::Mailbox& inbox);
void join(const specter::PeerConnection& connection, specter::Mailbox& inbox);

// Ends the channel and then the connection. A channel that closes sends what waits in it before;
// the close of a connection does not wait.
void leave(const specter::PeerConnection& connection, const specter::DataChannel& channel,
           specter::Mailbox& inbox);
// The same, but the other side is to end the channel: so it has read all that we sent.
void wait_until_left(const specter::PeerConnection& connection, const specter::DataChannel& channel,
                     specter::Mailbox& inbox);

}  // namespace one_line
