#include "crypto/kdf.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hmac.h"
#include "crypto/openssl.h"

namespace specter::crypto {
namespace {

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

Secret digest(HashAlgorithm algorithm, Bytes data) { return digest(native(algorithm), data); }

Secret hmac(HashAlgorithm algorithm, Bytes key, std::initializer_list<Bytes> parts) {
  return Hmac(native(algorithm), key).of(parts);
}

Secret hkdf_extract(HashAlgorithm algorithm, Bytes salt, Bytes input) {
  // RFC 5869 §2.2: no salt is one of zeros, which is what HMAC makes of an empty key.
  return hmac(algorithm, salt, {input});
}

void hkdf_expand(HashAlgorithm algorithm, Bytes key, Bytes info, std::span<std::uint8_t> out) {
  // RFC 5869 §2.3: the counter is one octet.
  SPECTER_CHECK(out.size() <= 255 * digest_size(algorithm));
  Hmac mac(native(algorithm), key);
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
  Hmac mac(native(algorithm), secret);
  Secret a = mac.of({as_bytes(label), seed});
  while (true) {
    out = put(out, mac.of({a, as_bytes(label), seed}));
    if (out.empty()) return;
    a = mac.of({a});
  }
}

void aes_key_stream(Bytes key, std::span<const std::uint8_t, 16> counter,
                    std::span<std::uint8_t> out) {
  SPECTER_CHECK(key.size() == 16 || key.size() == 32);
  const CleanErrors clean;
  const std::unique_ptr<EVP_CIPHER_CTX, With<EVP_CIPHER_CTX_free>> context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* const cipher =
      key.size() == 16 ? native_counter_mode() : native_counter_mode256();
  std::ranges::fill(out, std::uint8_t{0});
  int size = 0;
  SPECTER_CHECK(context &&
                EVP_EncryptInit_ex2(context.get(), cipher, key.data(), counter.data(), nullptr) ==
                    1 &&
                EVP_EncryptUpdate(context.get(), out.data(), &size, out.data(),
                                  static_cast<int>(out.size())) == 1);
}

}  // namespace specter::crypto
