// A record costs no heap, in OpenSSL neither.
#include <atomic>
#include <cstdlib>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "crypto/aead.h"
#include "crypto/kdf.h"

namespace specter::crypto {
namespace {

std::atomic<std::size_t> allocations;

void* counted_malloc(std::size_t size, const char*, int) {
  ++allocations;
  return std::malloc(size);
}
void* counted_realloc(void* memory, std::size_t size, const char*, int) {
  ++allocations;
  return std::realloc(memory, size);
}
void counted_free(void* memory, const char*, int) { std::free(memory); }

// OpenSSL takes these only before its first allocation, so before main().
const bool is_counting =
    CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

template <class Work>
std::size_t allocations_of(Work&& work) {
  const std::size_t before = allocations;
  work();
  return allocations - before;
}

TEST(Aead, NoRecordAllocates) {
  ASSERT_TRUE(is_counting);
  ASSERT_GT(allocations_of([] { hmac(HashAlgorithm::Sha256, {}, {}); }), 0u);  // it counts indeed
  for (const AeadAlgorithm algorithm :
       {AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305}) {
    const Buffer key(key_size(algorithm), 1), additional(13, 2);
    AeadSealer sealer(algorithm, key);
    AeadOpener opener(algorithm, key);
    RecordNumberMask mask(algorithm, key);
    Buffer record(1200, 3), out(1200 - kAeadTagBytes);
    AeadNonce nonce{};
    EXPECT_EQ(allocations_of([&] {
                for (int i = 0; i < 100; ++i) {
                  nonce[11] = static_cast<std::uint8_t>(i);
                  sealer.seal(nonce, additional, std::span(record).first(out.size()),
                              std::span(record).last<kAeadTagBytes>());
                  (void)mask.mask(std::span(record).first<16>());
                  if (!opener.open(nonce, additional, record, out)) std::abort();
                  record[i % 7] ^= 1;
                  if (opener.open(nonce, additional, record, out)) std::abort();
                }
              }),
              0u);
  }
}

}  // namespace
}  // namespace specter::crypto
