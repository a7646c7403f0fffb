#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"

namespace specter::crypto {
namespace {

// The digest of "abc", FIPS 180-4, as an a=fingerprint line of RFC 8122 §5 would have it.
constexpr std::string_view kAbc256 =
    "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:"
    "F2:00:15:AD";

TEST(Fingerprint, ReadsAndWritesTheTextOfRfc8122) {
  const auto parsed = Fingerprint::parse(kAbc256);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Fingerprint::of(as_bytes("abc"), HashAlgorithm::Sha256));
  EXPECT_EQ(parsed->to_string(), kAbc256);
}

TEST(Fingerprint, EveryAlgorithmThereAndBack) {
  for (const auto algorithm :
       {HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512}) {
    const Fingerprint fingerprint = Fingerprint::of(as_bytes("abc"), algorithm);
    EXPECT_EQ(Fingerprint::parse(fingerprint.to_string()), fingerprint);
    EXPECT_EQ(hash_algorithm(to_string(algorithm)), algorithm);
  }
  EXPECT_EQ(Fingerprint::of(as_bytes("abc"), HashAlgorithm::Sha384).digest,
            to_buffer(sha384(as_bytes("abc"))));
  EXPECT_EQ(Fingerprint::of(as_bytes("abc"), HashAlgorithm::Sha512).digest,
            to_buffer(sha512(as_bytes("abc"))));
}

TEST(Fingerprint, CaseDoesNotMatter) {
  std::string lower(kAbc256), mixed(kAbc256);
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (lower[i] >= 'A' && lower[i] <= 'Z') lower[i] = static_cast<char>(lower[i] - 'A' + 'a');
    if (i % 2) mixed[i] = lower[i];
  }
  EXPECT_EQ(Fingerprint::parse(lower), Fingerprint::parse(kAbc256));
  EXPECT_EQ(Fingerprint::parse(mixed), Fingerprint::parse(kAbc256));
  EXPECT_EQ(Fingerprint::parse("SHA-256" + std::string(kAbc256.substr(7))),
            Fingerprint::parse(kAbc256));
}

TEST(Fingerprint, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size < kAbc256.size(); ++size)
    EXPECT_FALSE(Fingerprint::parse(kAbc256.substr(0, size))) << size;
}

TEST(Fingerprint, WhatIsNotOneIsRefused) {
  const std::string good(kAbc256);
  const std::string digest = good.substr(8);
  for (const std::string& bad :
       {good + ":00", good + " ", good + ":", " " + good, "sha-256" + digest, "sha-256  " + digest,
        "sha-384 " + digest, "sha-1 " + digest, "sha256 " + digest, "md5 " + digest,
        "sha-224 " + digest, "sha-256\t" + digest, " " + digest}) {
    EXPECT_FALSE(Fingerprint::parse(bad)) << bad;
  }
  for (std::size_t i = 8; i < good.size(); ++i) {
    for (const char wrong : {'G', 'g', ' ', '-', '/', '@', '`', '\0'}) {
      std::string bad = good;
      bad[i] = wrong;
      EXPECT_FALSE(Fingerprint::parse(bad)) << bad;
    }
  }
}

// RFC 8122 §5: md2 and md5 must not be used. Of sha-1 collisions can be made, so we do without it.
TEST(HashAlgorithm, WeakAndUnknownOnesHaveNoName) {
  for (const std::string_view name : {"md2", "md5", "sha-1", "sha-224", "shake128", "", "sha-2560"})
    EXPECT_FALSE(hash_algorithm(name)) << name;
  EXPECT_EQ(hash_algorithm("SHA-512"), HashAlgorithm::Sha512);
}

}  // namespace
}  // namespace specter::crypto
