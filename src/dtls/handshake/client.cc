// The client's hellos: ours until one is answered, and what answers there are.
#include <algorithm>

#include "base/check.h"
#include "dtls/handshake/answered_extensions.h"
#include "dtls/handshake/credentials.h"
#include "dtls/handshake/negotiation.h"

namespace specter::dtls {
void ClientNegotiation::start(Timestamp now) {
  begin_waiting(now);
  say_hello(now, first_hello());
}

ClientHello ClientNegotiation::first_hello() {
  const Connection::Config& config = context_.config;
  ClientHello hello;
  context_.random.fill(hello.random);
  for (const CipherSuite suite : config.cipher_suites)
    if (speaks(config, traits(suite).version))
      hello.cipher_suites.push_back(static_cast<std::uint16_t>(suite));
  hello.groups = numbers(config.groups);
  hello.signature_schemes = accepted_schemes(speaks(config, Version::Dtls12));
  if (speaks(config, Version::Dtls13)) {
    hello.supported_versions.emplace();
    for (const Version version : config.versions)
      if (speaks(config, version))
        hello.supported_versions->push_back(static_cast<std::uint16_t>(version));
    // One share, of our best group: every peer that we know of takes X25519.
    offers_.push_back(crypto::KeyOffer::generate(config.groups.front(), context_.random));
    hello.key_shares = {
        {static_cast<std::uint16_t>(config.groups.front()), to_buffer(offers_.front().share())}};
  }
  if (speaks(config, Version::Dtls12)) {
    hello.extended_master_secret = true;
    hello.renegotiation_info = Buffer{};
  }
  if (!config.srtp_profiles.empty()) {
    hello.use_srtp.emplace();
    for (const SrtpProfile profile : config.srtp_profiles)
      hello.use_srtp->profiles.push_back(static_cast<std::uint16_t>(profile));
  }
  return hello;
}

void ClientNegotiation::say_hello(Timestamp now, ClientHello hello) {
  SentHello sent{std::move(hello), {}, static_cast<std::uint16_t>(hellos_.size())};
  ByteWriter out(sent.body);
  sent.hello.write(out);
  Flight once;
  once.add_message(0, HandshakeType::ClientHello, sent.message_seq, sent.body);
  RecordWriter writer(context_.outbox);
  once.send(writer, false);
  context_.tell(once);
  // Who asked for a second one may have been a forger, and the first be lost: both come again.
  flight_.add_message(0, HandshakeType::ClientHello, sent.message_seq, sent.body);
  hellos_.push_back(std::move(sent));
  timer_.start(now, context_.first_timeout);
}

bool ClientNegotiation::is_hello(const HandshakeFragment& fragment) const {
  // RFC 6347 §4.2.2: a HelloVerifyRequest or a HelloRetryRequest is number 0, and the ServerHello
  // that answers our second hello number 1. One that answers the first has number 0 in any case.
  const HandshakeType type{fragment.type};
  return fragment.message_seq < hellos_.size() &&
         (type == HandshakeType::ServerHello || type == HandshakeType::HelloVerifyRequest);
}

void ClientNegotiation::handle_hello(Timestamp now, const HandshakeFragment& fragment) {
  auto& answer = answers_[fragment.message_seq];
  if (!answer) answer.emplace(fragment.message_seq);
  if (answer->take(fragment, 0) == Assembly::Taken::Refused)
    return context_.drop("a hello that is too large, or contradicts itself");
  auto message = answer->next();
  if (!message) return;
  context_.log.debug("received {}", to_string(message->type));
  answer.reset();  // another may come: RFC 6347 §4.2.4, or a forger's came first
  if (message->type == HandshakeType::HelloVerifyRequest) return on_hello_verify(now, *message);
  on_server_hello(now, std::move(*message));
}

// A second hello is said to whoever asks first. Another is believed when it asks again: RFC 6347
// §4.2.2 has number 0 for all of them.
bool ClientNegotiation::may_be_asked(Timestamp now, const HandshakeMessage& message) {
  if (message.message_seq != 0 || (attempt() && attempt()->is_proven())) return false;
  return hellos_.size() == 1 || (message.body != asked_ && other_hello_.again(now, message.body));
}

void ClientNegotiation::forget_second_hello() {
  attempts_.clear();  // of a ServerHello that nothing has proven; the peer's comes again
  if (hellos_.size() == 1) return;
  hellos_.pop_back();
  if (retry_ && offers_.size() > 1) offers_.pop_back();
  retry_.reset();
  answers_[1].reset();
  flight_ = {};
  flight_.add_message(0, HandshakeType::ClientHello, 0, hellos_.front().body);
}

// RFC 6347 §4.2.1. We ask nobody for a cookie, but give it to whoever asks.
void ClientNegotiation::on_hello_verify(Timestamp now, const HandshakeMessage& message) {
  const auto request = HelloVerifyRequest::parse(message.body);
  if (!request || !speaks(context_.config, Version::Dtls12) || !may_be_asked(now, message))
    return context_.drop("a HelloVerifyRequest that is malformed, or not for now");
  forget_second_hello();
  asked_ = message.body;
  ClientHello hello = hellos_.front().hello;
  hello.cookie = request->cookie;
  say_hello(now, std::move(hello));
}

void ClientNegotiation::on_server_hello(Timestamp now, HandshakeMessage message) {
  if (is_hopeless(message.body)) return;
  if (attempt() && attempts_.front().hello == message.body) return;
  const auto hello = ServerHello::parse(message.body);
  if (!hello) return context_.drop("a malformed ServerHello");
  if (attempt() && attempt()->is_proven()) {
    // What proves a server of 1.2, its signature, covers of the hellos the randoms alone: of this
    // one, which then is the same in both, or of a ClientHello that was not ours.
    const bool may_be_better =
        hello->random == attempt()->server_random() || now - attempt_began_ >= kPatience;
    if (!attempt()->is12() || !may_be_better || !other_hello_.again(now, message.body)) return;
  }
  using enum AlertDescription;
  if (hello->is_retry()) return on_retry(now, std::move(message), *hello);
  const bool is13 = hello->supported_version.has_value();
  // RFC 8446 §4.2.1 has an alert of its own for the extension.
  if (is13 && *hello->supported_version != static_cast<std::uint16_t>(Version::Dtls13))
    return refused(now, refuse(IllegalParameter, "the peer chose a version that was not offered"),
                   Tell::Peer);
  if (!is13 && hello->version != static_cast<std::uint16_t>(Version::Dtls12))
    return refused(now, refuse(ProtocolVersion, "the peer chose a version that was not offered"),
                   Tell::Peer);
  if (!speaks(context_.config, is13 ? Version::Dtls13 : Version::Dtls12))
    return refused(now, refuse(ProtocolVersion, "the peer chose a version that was not offered"),
                   Tell::Peer);

  // The hello that this one answers: told by its number.
  const SentHello& sent = hellos_[message.message_seq];
  const bool after_retry = retry_ && message.message_seq == 1;
  if (after_retry && ServerHello::parse(retry_->body)->cipher_suite != hello->cipher_suite)
    return refused(
        now, refuse(IllegalParameter, "the peer changed the cipher suite after its retry request"),
        Tell::Peer);
  // The second hello's share is the last of the offers.
  const auto shares = after_retry
                          ? std::span(offers_).last(1)
                          : std::span(offers_).first(std::min<std::size_t>(1, offers_.size()));
  auto made = is13 ? Client13::make(context_, sent, shares, message, *hello,
                                    after_retry ? &hellos_.front() : nullptr,
                                    after_retry ? &*retry_ : nullptr)
                   : Client12::make(context_, sent, message, *hello);
  if (!made) return refused(now, made.error(), Tell::Peer);
  progressed(now);
  attempt_began_ = now;
  attempts_.clear();
  attempts_.push_back({std::move(message.body), std::move(*made)});
}

// RFC 8446 §4.1.4. One, and only when it changes something.
void ClientNegotiation::on_retry(Timestamp now, HandshakeMessage message,
                                 const ServerHello& hello) {
  using enum AlertDescription;
  if (const auto fault =
          fault_of(Answer::RetryRequest, hellos_.front().hello.extensions(), hello.extensions()))
    return refused(now, refuse(*fault, extension_fault(*fault)), Tell::Peer);
  const auto group = hello.selected_group ? crypto::group(*hello.selected_group) : std::nullopt;
  const auto suite = suite_traits(hello.cipher_suite);
  // Of a group that we have, and have sent no share of.
  const bool is_new_group = group &&
                            contains(numbers(context_.config.groups), *hello.selected_group) &&
                            !offers_.empty() && offers_.front().group() != *group;
  if (offers_.empty() || hello.supported_version != static_cast<std::uint16_t>(Version::Dtls13) ||
      !suite || suite->version != Version::Dtls13 ||
      !contains(hellos_.front().hello.cipher_suites, hello.cipher_suite) ||
      (hello.selected_group && !is_new_group) || (!hello.selected_group && !hello.retry_cookie) ||
      !may_be_asked(now, message))
    return context_.drop("a HelloRetryRequest that changes nothing, or is not for now");
  forget_second_hello();
  asked_ = message.body;
  ClientHello again = hellos_.front().hello;
  again.retry_cookie = hello.retry_cookie;
  if (group) {
    offers_.push_back(crypto::KeyOffer::generate(*group, context_.random));
    again.key_shares = {{*hello.selected_group, to_buffer(offers_.back().share())}};
  }
  retry_ = std::move(message);
  say_hello(now, std::move(again));
}

void ClientNegotiation::handle_flight_timeout(Timestamp now) {
  if (!timer_.is_due(now)) return;
  if (context_.timers_held) return timer_.start(now, context_.first_timeout);
  // Once the attempt has a flight of its own, the hello was heard. In 1.3 part of the peer's flight
  // is better acknowledged.
  timer_.back_off(now, context_.config.max_timeout);
  if (attempt() && attempt()->has_flight()) return;
  if (attempt() && attempt()->acknowledge_part()) return;
  ++context_.counters.retransmissions;
  RecordWriter writer(context_.outbox);
  flight_.send(writer, true);
  // The hellos that it has went out one by one before.
  if (context_.log.wants(LogLevel::Debug))
    context_.log.debug("flight sent again: {}", flight_.words());
}

Deadline ClientNegotiation::next_flight_timeout() const { return timer_.deadline(); }

}  // namespace specter::dtls
