#include "crypto/kdf.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/expansion.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::hex;
using enum HashAlgorithm;

Buffer sequence(std::uint8_t from, std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(from + i);
  return out;
}
Buffer expand(HashAlgorithm hash, Bytes key, Bytes info, std::size_t size) {
  Buffer out(size);
  hkdf_expand(hash, key, info, out);
  return out;
}
Buffer prf(HashAlgorithm hash, Bytes secret, std::string_view label, Bytes seed, std::size_t size) {
  Buffer out(size);
  tls12_prf(hash, secret, label, seed, out);
  return out;
}

// FIPS 180-4's "abc", and of nothing.
TEST(DigestSecret, KnownAnswers) {
  EXPECT_EQ(to_buffer(digest(Sha256, as_bytes("abc"))),
            hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(to_buffer(digest(Sha384, as_bytes("abc"))),
            hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358"
                "baeca134c825a7"));
  EXPECT_EQ(to_buffer(digest(Sha512, as_bytes("abc"))),
            hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836"
                "ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
  EXPECT_EQ(to_buffer(digest(Sha256, {})),
            hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(digest_size(Sha256), 32u);
  EXPECT_EQ(digest_size(Sha384), 48u);
  EXPECT_EQ(digest_size(Sha512), 64u);
}

struct HmacCase {
  Buffer key, data;
  std::string_view sha256, sha384, sha512;
};

// RFC 4231 §4.2 to §4.5, §4.7 and §4.8.
TEST(HmacSecret, GivesTheAnswersOfRfc4231) {
  const HmacCase cases[] = {
      {Buffer(20, 0x0b), to_buffer(as_bytes("Hi There")),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
       "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2"
       "fa9cb6",
       "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eae"
       "a3f4e4be9d914eeb61f1702e696c203a126854"},
      {to_buffer(as_bytes("Jefe")), to_buffer(as_bytes("what do ya want for nothing?")),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
       "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfa"
       "b21649",
       "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8"
       "f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
      {Buffer(20, 0xaa), Buffer(50, 0xdd),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
       "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101"
       "a34f27",
       "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e"
       "67c807b946a337bee8942674278859e13292fb"},
      {sequence(1, 25), Buffer(50, 0xcd),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
       "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c6"
       "74cffb",
       "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5"
       "788063a5f19741120c4f2de2adebeb10a298dd"},
      {Buffer(131, 0xaa),
       to_buffer(as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
       "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163"
       "f44952",
       "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d"
       "6a1e5295e64f73f63f0aec8b915a985d786598"},
      {Buffer(131, 0xaa),
       to_buffer(as_bytes("This is a test using a larger than block-size key and a larger than "
                          "block-size data. The key needs to be hashed before being used by the "
                          "HMAC algorithm.")),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
       "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c"
       "46523e",
       "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3"
       "e4de15134676fb6de0446065c97440fa8c6a58"},
  };
  for (const HmacCase& known : cases) {
    EXPECT_EQ(to_buffer(hmac(Sha256, known.key, {known.data})), hex(known.sha256));
    EXPECT_EQ(to_buffer(hmac(Sha384, known.key, {known.data})), hex(known.sha384));
    EXPECT_EQ(to_buffer(hmac(Sha512, known.key, {known.data})), hex(known.sha512));
  }
}

TEST(HmacSecret, IsOfThePartsOneBehindTheOther) {
  const Buffer key(32, 1), all = sequence(0, 200);
  const Secret whole = hmac(Sha256, key, {all});
  for (const std::size_t at : {0, 1, 63, 64, 65, 199, 200}) {
    const Bytes bytes(all);
    EXPECT_EQ(to_buffer(hmac(Sha256, key, {bytes.first(at), {}, bytes.subspan(at)})),
              to_buffer(whole));
  }
  EXPECT_EQ(to_buffer(hmac(Sha256, {}, {})),
            hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

// Keys of the sizes around a block, where they begin to be hashed, as OpenSSL itself has it.
TEST(HmacSecret, AgreesWithOpensslForAllSizesOfKey) {
  const char* names[] = {"SHA256", "SHA384", "SHA512"};
  for (const HashAlgorithm hash : {Sha256, Sha384, Sha512}) {
    for (std::size_t size = 1; size < 140; ++size) {
      const Buffer key = sequence(3, size);
      Buffer expected(digest_size(hash));
      std::size_t written = 0;
      ASSERT_NE(
          EVP_Q_mac(nullptr, "HMAC", nullptr, names[static_cast<int>(hash)], nullptr, key.data(),
                    key.size(), key.data(), key.size(), expected.data(), expected.size(), &written),
          nullptr);
      EXPECT_EQ(to_buffer(hmac(hash, key, {key})), expected) << size;
    }
  }
}

// RFC 5869 A.1.
TEST(Hkdf, GivesTheAnswersOfRfc5869) {
  const Secret key = hkdf_extract(Sha256, sequence(0, 13), Buffer(22, 0x0b));
  EXPECT_EQ(to_buffer(key),
            hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  EXPECT_EQ(expand(Sha256, key, sequence(0xf0, 10), 42),
            hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185"
                "865"));
}

// RFC 5869 A.2.
TEST(Hkdf, GivesTheAnswersOfRfc5869ForLongInputs) {
  const Secret key = hkdf_extract(Sha256, sequence(0x60, 80), sequence(0, 80));
  EXPECT_EQ(to_buffer(key),
            hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"));
  EXPECT_EQ(expand(Sha256, key, sequence(0xb0, 80), 82),
            hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271"
                "cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d8"
                "7"));
}

// RFC 5869 A.3.
TEST(Hkdf, GivesTheAnswersOfRfc5869WithoutSaltAndInfo) {
  const Secret key = hkdf_extract(Sha256, {}, Buffer(22, 0x0b));
  EXPECT_EQ(to_buffer(key),
            hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"));
  EXPECT_EQ(expand(Sha256, key, {}, 42),
            hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a9"
                "6c8"));
}

// The first steps of RFC 8448 §3's key schedule.
TEST(Hkdf, GivesTheSecretsOfRfc8448) {
  const Secret early = hkdf_extract(Sha256, {}, Buffer(32, 0));
  EXPECT_EQ(to_buffer(early),
            hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
  const Buffer derived =
      expand(Sha256, early,
             hex("00200d746c73313320646572697665642"
                 "0e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
             32);
  EXPECT_EQ(derived, hex("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"));
  const Secret handshake = hkdf_extract(
      Sha256, derived, hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"));
  EXPECT_EQ(to_buffer(handshake),
            hex("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"));
  const Buffer server = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
  EXPECT_EQ(expand(Sha256, server, hex("001009746c733133206b657900"), 16),
            hex("3fce516009c21727d0f2e4e86ee403bc"));
  EXPECT_EQ(expand(Sha256, server, hex("000c08746c73313320697600"), 12),
            hex("5d313eb2671276ee13000b30"));
}

TEST(Hkdf, ExpandsToAnyLengthUpTo255Digests) {
  const Buffer key(32, 1);
  const Buffer longest = expand(Sha256, key, {}, 255 * 32);
  for (const std::size_t size : {0, 1, 31, 32, 33, 64, 1000, 255 * 32 - 1}) {
    EXPECT_EQ(expand(Sha256, key, {}, size),
              Buffer(longest.begin(), longest.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  EXPECT_THROW(expand(Sha256, key, {}, 255 * 32 + 1), Bug);
  EXPECT_EQ(expand(Sha384, key, {}, 255 * 48).size(), 255u * 48);
}

// Two vectors that went over the TLS working group's list when TLS 1.2 was new.
TEST(Tls12Prf, GivesTheKnownAnswerWithSha256) {
  EXPECT_EQ(prf(Sha256, hex("9bbe436ba940f017b17652849a71db35"), "test label",
                hex("a0ba9f936cda311827a6f796ffd5198c"), 100),
            hex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9"
                "a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa480"
                "82d122ee42c5a72e5a5110fff70187347b66"));
}

TEST(Tls12Prf, GivesTheKnownAnswerWithSha384) {
  EXPECT_EQ(prf(Sha384, hex("b80b733d6ceefcdc71566ea48e5567df"), "test label",
                hex("cd665cf6a8447dd6ff8b27555edb7465"), 148),
            hex("7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f"
                "82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416"
                "d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e526"
                "55c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"));
}

Buffer openssl_prf(const char* hash, Buffer secret, const std::string& label, const Buffer& seed,
                   std::size_t size) {
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr);
  EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
  Buffer label_and_seed = to_buffer(as_bytes(label));
  label_and_seed.insert(label_and_seed.end(), seed.begin(), seed.end());
  std::string name(hash);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label_and_seed.data(),
                                        label_and_seed.size()),
      OSSL_PARAM_construct_end()};
  Buffer out(size);
  EXPECT_EQ(EVP_KDF_derive(context, out.data(), out.size(), parameters), 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return out;
}

TEST(Tls12Prf, AgreesWithOpensslForAllLengths) {
  const Buffer secret = sequence(9, 48), seed = sequence(50, 64);
  EXPECT_TRUE(prf(Sha256, secret, "label", seed, 0).empty());
  for (std::size_t size = 1; size <= 150; ++size) {
    EXPECT_EQ(prf(Sha256, secret, "label", seed, size),
              openssl_prf("SHA256", secret, "label", seed, size));
    EXPECT_EQ(prf(Sha384, secret, "label", seed, size),
              openssl_prf("SHA384", secret, "label", seed, size));
  }
}

TEST(Expansion, ASeedDecidesAllOfIt) {
  SeededRandom one(1), again(1), other(2);
  Expansion a(one), b(again), c(other);
  Buffer from_a(1000), from_b(1000), from_c(1000);
  a.fill(from_a);
  b.fill(from_b);
  c.fill(from_c);
  EXPECT_EQ(from_a, from_b);
  EXPECT_NE(from_a, from_c);
  b.fill(from_b);
  EXPECT_NE(from_a, from_b);
}

// RFC 3711 B.2; NIST SP 800-38A F.5.5 for 256 bits.
TEST(AesKeyStream, IsThatOfTheKnownAnswers) {
  const auto stream = [](const Buffer& key, const Buffer& counter, std::size_t size) {
    Buffer out(size, 0xee);
    aes_key_stream(key, std::span(counter).first<16>(), out);
    return out;
  };
  EXPECT_EQ(
      stream(hex("2b7e151628aed2a6abf7158809cf4f3c"), hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"), 40),
      hex("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd"));
  EXPECT_EQ(stream(hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
                   hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), 16),
            hex("0bdf7df1591716335e9a8b15c860c502"));
}

}  // namespace
}  // namespace specter::crypto
