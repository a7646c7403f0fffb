// The server's side of hellos: each new ClientHello gets an answer of its own.
#include <algorithm>

#include "dtls/handshake/credentials.h"
#include "dtls/handshake/negotiation.h"

namespace specter::dtls {

bool ServerNegotiation::is_hello(const HandshakeFragment& fragment) const {
  return fragment.message_seq == 0 && HandshakeType{fragment.type} == HandshakeType::ClientHello;
}

void ServerNegotiation::handle_hello(Timestamp now, const HandshakeFragment& fragment) {
  if (!hello_) hello_.emplace();
  if (hello_->take(fragment, 0) == Assembly::Taken::Refused)
    return context_.drop("a hello that is too large, or contradicts itself");
  auto message = hello_->next();
  if (!message) return;
  hello_.reset();  // the next one from the beginning
  on_client_hello(now, std::move(*message));
}

void ServerNegotiation::on_client_hello(Timestamp now, HandshakeMessage message) {
  const auto known = std::ranges::find(attempts_, message.body, &Live::hello);
  if (known != attempts_.end()) {
    // RFC 6347 §4.2.4: it comes again, so our answer was lost. Not in a hurry: anyone can repeat
    // it.
    if (known->attempt->may_repeat(now)) known->attempt->repeat(now);
    return;
  }
  if (is_hopeless(message.body)) return;
  const auto hello = ClientHello::parse(message.body);
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    hellos_ = 0;
  }
  if (!hello) return context_.drop("a malformed ClientHello");
  if (hellos_ == kMaxHellosASecond) return context_.drop("a ClientHello over the limit");
  context_.log.debug("received ClientHello");
  ++hellos_;
  const auto has = [&](Version version) {
    if (!speaks(context_.config, version)) return false;
    // RFC 8446 §4.2.1: the extension alone counts when it is there.
    if (hello->supported_versions)
      return contains(*hello->supported_versions, static_cast<std::uint16_t>(version));
    return version == Version::Dtls12 && hello->version == static_cast<std::uint16_t>(version);
  };
  auto made = has(Version::Dtls13) ? Server13::make(now, context_, message, *hello)
              : has(Version::Dtls12)
                  ? Server12::make(now, context_, message, *hello)
                  : std::unexpected(refuse(AlertDescription::ProtocolVersion,
                                           "the peer offers no DTLS version that we support"));
  if (!made) return refused(now, made.error(), Tell::Peer);
  progressed(now);
  if (attempts_.size() == kMaxAttempts) attempts_.pop_back();
  attempts_.push_back({std::move(message.body), std::move(*made)});
}

}  // namespace specter::dtls
