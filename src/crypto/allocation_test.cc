// A record costs no heap, in OpenSSL neither.
#include <atomic>
#include <cstdlib>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "crypto/kdf.h"
#include "crypto/number_mask.h"
#include "crypto/packet_cipher.h"

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

TEST(PacketCipher, NoPacketAllocates) {
  ASSERT_TRUE(is_counting);
  ASSERT_GT(allocations_of([] { hmac(HashAlgorithm::Sha256, {}, {}); }), 0u);  // it counts indeed
  for (const CipherLibrary library : {CipherLibrary::OpenSsl, CipherLibrary::MultiBuffer}) {
    PacketCipher cipher(PacketCipher::all(library));
    for (const PacketAlgorithm algorithm :
         {PacketAlgorithm::Aes128Gcm, PacketAlgorithm::Aes256Gcm, PacketAlgorithm::ChaCha20Poly1305,
          PacketAlgorithm::Aes128CmSha1_80}) {
      const Buffer secret(key_size(algorithm), 1), additional(13, 2);
      const auto sealer = cipher.make_key(algorithm, Direction::Seal, secret);
      const auto opener = cipher.make_key(algorithm, Direction::Open, secret);
      constexpr std::size_t kPackets = 10, kText = 1184;
      Buffer packets(kPackets * kText, 3), tags(kPackets * kAeadTagBytes);
      std::uint8_t round = 0;
      const auto work = [&] {
        std::array<SealJob, kPackets> seals;
        std::array<OpenJob, kPackets> opens;
        for (std::size_t i = 0; i < kPackets; ++i) {
          const MutableBytes text = MutableBytes(packets).subspan(i * kText, kText);
          const MutableBytes tag =
              MutableBytes(tags).subspan(i * kAeadTagBytes, tag_size(algorithm));
          PacketNonce nonce{};
          nonce[0] = round;
          nonce[1] = static_cast<std::uint8_t>(i);
          seals[i] = {sealer.get(), nonce, additional, text, text, tag};
          opens[i] = {opener.get(), nonce, additional, text, text, tag};
        }
        ++round;
        cipher.seal(seals);
        tags[0] ^= 1;
        if (cipher.open(opens) != kPackets - 1) std::abort();
      };
      work();  // the first makes room
      EXPECT_EQ(allocations_of(work), 0u) << to_string(library) << " " << to_string(algorithm);
    }
    for (const PacketAlgorithm algorithm : {PacketAlgorithm::Aes128Gcm, PacketAlgorithm::Aes256Gcm,
                                            PacketAlgorithm::ChaCha20Poly1305}) {
      NumberMask mask(cipher, algorithm, Buffer(key_size(algorithm), 1));
      const Buffer record(16, 3);
      EXPECT_EQ(allocations_of([&] { (void)mask.mask(std::span(record).first<16>()); }), 0u);
    }
  }
}

}  // namespace
}  // namespace specter::crypto
