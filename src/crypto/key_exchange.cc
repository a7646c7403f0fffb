#include "crypto/key_exchange.h"

#include <utility>

#include "base/check.h"
#include "crypto/expansion.h"
#include "crypto/library.h"
#include "crypto/openssl.h"

namespace specter::crypto {
namespace {

KeyCurve curve(Group group) {
  switch (group) {
    case Group::Secp256r1: return KeyCurve::P256;
    case Group::Secp384r1: return KeyCurve::P384;
    case Group::X25519: return KeyCurve::X25519;
  }
  SPECTER_CHECK(!"a group that exists");
  return {};
}

}  // namespace

std::optional<Group> group(std::uint16_t number) {
  switch (const Group group{number}) {
    case Group::Secp256r1:
    case Group::Secp384r1:
    case Group::X25519: return group;
  }
  return std::nullopt;
}

std::string_view to_string(Group group) {
  switch (group) {
    case Group::Secp256r1: return "secp256r1";
    case Group::Secp384r1: return "secp384r1";
    case Group::X25519: return "x25519";
  }
  return "unknown";
}

KeyOffer KeyOffer::generate(crypto::Group group, Random& random) {
  const CleanErrors clean;
  const RandomScope scope(random);
  ProviderKey key = ProviderKey::generate(curve(group));
  const Secret blinding = Expansion::draw_seed(random);
  return KeyOffer(group, std::move(key), blinding);
}

KeyOffer::KeyOffer(crypto::Group group, ProviderKey key, const Secret& blinding)
    : group_(group), key_(std::move(key)), share_(key_.public_bytes()), blinding_(blinding) {}

std::optional<Secret> KeyOffer::finish(Bytes answer) const {
  const CleanErrors clean;
  // RFC 8446 §4.2.8.2: on the curves of NIST only the uncompressed form of a point on the curve.
  const auto peer = ProviderKey::of_public(curve(group_), answer);
  if (!peer) {
    CleanErrors::blame_nobody_for_memory();
    return std::nullopt;
  }
  // Multiplication on a curve without code of its own blinds itself.
  Expansion expansion(blinding_);
  const RandomScope scope(expansion);
  return key_.derive(*peer);
}

std::optional<KeyAnswer> answer_key_offer(Group group, Bytes offer, Random& random) {
  const CleanErrors clean;
  const auto peer = ProviderKey::of_public(curve(group), offer);
  if (!peer) {
    CleanErrors::blame_nobody_for_memory();
    return std::nullopt;
  }
  const RandomScope scope(random);
  const ProviderKey own = ProviderKey::generate(curve(group));
  const std::optional<Secret> secret = own.derive(*peer);
  if (!secret) return std::nullopt;
  return KeyAnswer{own.public_bytes(), *secret};
}

}  // namespace specter::crypto
