#include "crypto/kdf.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/openssl.h"

namespace specter::crypto {
namespace {

constexpr std::size_t kMaxBlockBytes = 128;  // of SHA-384 and SHA-512

std::size_t block_size(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::Sha256 ? 64 : kMaxBlockBytes;
}

void start(EVP_MD_CTX* context, HashAlgorithm algorithm) {
  SPECTER_CHECK(EVP_DigestInit_ex(context, native(algorithm), nullptr) == 1);
}
void update(EVP_MD_CTX* context, Bytes data) {
  SPECTER_CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1);
}
Secret finish(EVP_MD_CTX* context, HashAlgorithm algorithm) {
  Secret out(digest_size(algorithm));
  unsigned int size = 0;
  SPECTER_CHECK(EVP_DigestFinal_ex(context, out.data().data(), &size) == 1 && size == out.size());
  return out;
}

// HMAC with one key for any number of messages, RFC 2104 §2. Over plain digests: OpenSSL's own
// EVP_MAC fetches its digest anew for each context and takes twice as long.
class Hmac {
 public:
  Hmac(HashAlgorithm algorithm, Bytes key)
      : algorithm_(algorithm), context_(EVP_MD_CTX_new()), block_(block_size(algorithm)) {
    SPECTER_CHECK(context_);
    if (key.size() > block_) {
      start(context_.get(), algorithm_);
      update(context_.get(), key);
      set_key(finish(context_.get(), algorithm_));
    } else {
      set_key(key);
    }
  }
  ~Hmac() {
    cleanse(inner_);
    cleanse(outer_);
  }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  Secret of(std::initializer_list<Bytes> parts) {
    start(context_.get(), algorithm_);
    update(context_.get(), Bytes(inner_).first(block_));
    for (const Bytes part : parts) update(context_.get(), part);
    const Secret inner = finish(context_.get(), algorithm_);
    start(context_.get(), algorithm_);
    update(context_.get(), Bytes(outer_).first(block_));
    update(context_.get(), inner);
    return finish(context_.get(), algorithm_);
  }

 private:
  void set_key(Bytes key) {
    inner_.fill(0x36);
    outer_.fill(0x5c);
    for (std::size_t i = 0; i < key.size(); ++i) {
      inner_[i] ^= key[i];
      outer_[i] ^= key[i];
    }
  }

  HashAlgorithm algorithm_;
  DigestContext context_;  // wipes itself when it goes
  std::size_t block_;
  std::array<std::uint8_t, kMaxBlockBytes> inner_, outer_;
};

// Copies what fits, and returns what is still to be filled.
std::span<std::uint8_t> put(std::span<std::uint8_t> out, Bytes bytes) {
  const std::size_t size = std::min(out.size(), bytes.size());
  std::ranges::copy(bytes.first(size), out.begin());
  return out.subspan(size);
}

}  // namespace

std::size_t digest_size(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::Sha256: return 32;
    case HashAlgorithm::Sha384: return 48;
    case HashAlgorithm::Sha512: return 64;
  }
  SPECTER_CHECK(!"a hash algorithm that exists");
  return 0;
}

Secret digest(HashAlgorithm algorithm, Bytes data) {
  const DigestContext context(EVP_MD_CTX_new());
  SPECTER_CHECK(context);
  start(context.get(), algorithm);
  update(context.get(), data);
  return finish(context.get(), algorithm);
}

Secret hmac(HashAlgorithm algorithm, Bytes key, std::initializer_list<Bytes> parts) {
  return Hmac(algorithm, key).of(parts);
}

Secret hkdf_extract(HashAlgorithm algorithm, Bytes salt, Bytes input) {
  // RFC 5869 §2.2: no salt is one of zeros, which is what HMAC makes of an empty key.
  return hmac(algorithm, salt, {input});
}

void hkdf_expand(HashAlgorithm algorithm, Bytes key, Bytes info, std::span<std::uint8_t> out) {
  // RFC 5869 §2.3: the counter is one octet.
  SPECTER_CHECK(out.size() <= 255 * digest_size(algorithm));
  Hmac mac(algorithm, key);
  Secret block;
  for (std::uint8_t counter = 1; !out.empty(); ++counter) {
    block = mac.of({block, info, Bytes(&counter, 1)});
    out = put(out, block);
  }
}

void tls12_prf(HashAlgorithm algorithm, Bytes secret, std::string_view label, Bytes seed,
               std::span<std::uint8_t> out) {
  // RFC 5246 §5: P_hash. A(0) is label and seed, A(i) the HMAC of A(i-1).
  if (out.empty()) return;
  Hmac mac(algorithm, secret);
  Secret a = mac.of({as_bytes(label), seed});
  while (true) {
    out = put(out, mac.of({a, as_bytes(label), seed}));
    if (out.empty()) return;
    a = mac.of({a});
  }
}

}  // namespace specter::crypto
