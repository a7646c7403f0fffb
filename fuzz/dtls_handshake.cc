// Every message of DTLS: the first byte says which, the rest is its body. What parses is written,
// and what was written parses to the same value.
#include <iterator>

#include "dtls/wire/messages.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::dtls;

template <class Message, auto... kVersion>
void check(Bytes body) {
  const auto parsed = Message::parse(kVersion..., body);
  if (!parsed) return;
  Buffer written;
  ByteWriter out(written);
  parsed->write(kVersion..., out);
  const auto again = Message::parse(kVersion..., written);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == *parsed);
}

// The corpus holds these places as its first bytes: add behind the last, never between.
constexpr void (*kParsers[])(Bytes) = {
    check<ClientHello>,
    check<ServerHello>,
    check<HelloVerifyRequest>,
    check<EncryptedExtensions>,
    check<CertificateMessage, Version::Dtls12>,
    check<CertificateMessage, Version::Dtls13>,
    check<CertificateRequest, Version::Dtls12>,
    check<CertificateRequest, Version::Dtls13>,
    check<ServerKeyExchange>,
    check<ClientKeyExchange>,
    check<CertificateVerify>,
    check<KeyUpdate>,
    check<Ack>,
    check<Alert>,
};

// ClientHello::write() always has a few bytes of extensions: near the limit, they would pass it.
constexpr std::size_t kMaxBody = ClientHello::kMaxBytes - 64;

}  // namespace

void run(Bytes input) {
  if (input.empty() || input.size() > kMaxBody || input.front() >= std::size(kParsers)) return;
  kParsers[input.front()](input.subspan(1));
}

}  // namespace specter::fuzz
