#include "crypto/key_exchange.h"

#include <utility>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/expansion.h"
#include "crypto/library.h"
#include "crypto/openssl.h"

namespace specter::crypto {
namespace {

std::size_t share_bytes(Group group) {
  return group == Group::X25519 ? 32 : group == Group::Secp256r1 ? 65 : 97;
}
std::size_t secret_bytes(Group group) { return group == Group::Secp384r1 ? 48 : 32; }
Curve curve(Group group) { return group == Group::Secp256r1 ? Curve::P256 : Curve::P384; }

KeyContext x25519_context() {
  KeyContext context(EVP_PKEY_CTX_new_from_name(library_context(), "X25519", nullptr));
  SPECTER_CHECK(context);
  return context;
}

// Within a RandomScope.
Key make_key(Group group) {
  const KeyContext context = group == Group::X25519
                                 ? x25519_context()
                                 : KeyContext(EVP_PKEY_CTX_new_from_pkey(
                                       library_context(), native(curve(group)), nullptr));
  EVP_PKEY* key = nullptr;
  SPECTER_CHECK(context && EVP_PKEY_keygen_init(context.get()) == 1 &&
                EVP_PKEY_generate(context.get(), &key) == 1);
  return Key(key);
}

Buffer share_of(EVP_PKEY* key, Group group) {
  Buffer share(share_bytes(group));
  std::size_t size = 0;
  SPECTER_CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                share.data(), share.size(), &size) == 1 &&
                size == share.size());
  return share;
}

// Null for what is no share of the group.
Key peer_key(Group group, Bytes share) {
  // RFC 8446 §4.2.8.2: on the curves of NIST only the uncompressed form of a point on the curve.
  if (group != Group::X25519) return point_key(curve(group), share);
  if (share.size() != share_bytes(group)) return nullptr;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(share.data()), share.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context = x25519_context();
  EVP_PKEY* key = nullptr;
  // RFC 7748 §6.1: any 32 bytes are a share.
  SPECTER_CHECK(EVP_PKEY_fromdata_init(context.get()) == 1 &&
                EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
  return Key(key);
}

// Within a RandomScope: multiplication on a curve without code of its own blinds itself.
std::optional<Secret> derive(Group group, EVP_PKEY* own, EVP_PKEY* peer) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(library_context(), own, nullptr));
  constexpr int kNoSecondCheck = 0;  // peer_key() has done it
  SPECTER_CHECK(context && EVP_PKEY_derive_init(context.get()) == 1 &&
                EVP_PKEY_derive_set_peer_ex(context.get(), peer, kNoSecondCheck) == 1);
  Secret secret(secret_bytes(group));
  std::size_t size = secret.size();
  const bool derived = EVP_PKEY_derive(context.get(), secret.data().data(), &size) == 1;
  // RFC 8446 §7.4.2: of X25519 zeros are refused (OpenSSL does), and a point of another order than
  // the group's gives them. On the others nothing can go wrong but in the library.
  if (!derived && group == Group::X25519) return std::nullopt;
  SPECTER_CHECK(derived && size == secret.size());
  return secret;
}

EVP_PKEY* raw(void* key) { return static_cast<EVP_PKEY*>(key); }

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
  Key key = make_key(group);
  Buffer share = share_of(key.get(), group);
  const Secret blinding = Expansion::draw_seed(random);
  return KeyOffer(group, key.release(), std::move(share), blinding);
}

KeyOffer::KeyOffer(crypto::Group group, void* key, Buffer share, const Secret& blinding)
    : group_(group), key_(key), share_(std::move(share)), blinding_(blinding) {}
KeyOffer::~KeyOffer() { EVP_PKEY_free(raw(key_)); }
KeyOffer::KeyOffer(KeyOffer&& other) noexcept
    : group_(other.group_),
      key_(std::exchange(other.key_, nullptr)),
      share_(std::move(other.share_)),
      blinding_(other.blinding_) {}
KeyOffer& KeyOffer::operator=(KeyOffer&& other) noexcept {
  if (this == &other) return *this;
  EVP_PKEY_free(raw(key_));
  group_ = other.group_;
  key_ = std::exchange(other.key_, nullptr);
  share_ = std::move(other.share_);
  blinding_ = other.blinding_;
  return *this;
}

std::optional<Secret> KeyOffer::finish(Bytes answer) const {
  SPECTER_CHECK(key_ != nullptr);
  const CleanErrors clean;
  const Key peer = peer_key(group_, answer);
  if (!peer) return std::nullopt;
  Expansion expansion(blinding_);
  const RandomScope scope(expansion);
  return derive(group_, raw(key_), peer.get());
}

std::optional<KeyAnswer> answer_key_offer(Group group, Bytes offer, Random& random) {
  const CleanErrors clean;
  const Key peer = peer_key(group, offer);
  if (!peer) return std::nullopt;
  const RandomScope scope(random);
  const Key own = make_key(group);
  const std::optional<Secret> secret = derive(group, own.get(), peer.get());
  if (!secret) return std::nullopt;
  return KeyAnswer{share_of(own.get(), group), *secret};
}

}  // namespace specter::crypto
