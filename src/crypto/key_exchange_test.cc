#include "crypto/key_exchange.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "base/bytes.h"
#include "base/check.h"
#include "testing/hex.h"
#include "testing/random.h"

namespace specter::crypto {
namespace {

using testing::hex;
using testing::SeededRandom;

constexpr Group kGroups[] = {Group::X25519, Group::Secp256r1, Group::Secp384r1};

std::size_t share_bytes(Group group) {
  return group == Group::X25519 ? 32 : group == Group::Secp256r1 ? 65 : 97;
}

// Gives a private key that we want made, then anything.
class GivenKey final : public Random {
 public:
  explicit GivenKey(Buffer key) : key_(std::move(key)) {}
  void fill(MutableBytes out) override {
    if (out.size() == key_.size()) {
      std::ranges::copy(key_, out.begin());
      key_.clear();
    } else {
      rest_.fill(out);
    }
  }

 private:
  Buffer key_;
  SeededRandom rest_{1};
};

struct KnownAnswer {
  Group group;
  Buffer private_a, public_a, private_b, public_b, secret;
};

void expect(const KnownAnswer& known) {
  GivenKey random_a(known.private_a), random_b(known.private_b);
  const KeyOffer offer = KeyOffer::generate(known.group, random_a);
  EXPECT_EQ(to_buffer(offer.share()), known.public_a);
  const auto answer = answer_key_offer(known.group, offer.share(), random_b);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->share, known.public_b);
  EXPECT_EQ(to_buffer(answer->secret), known.secret);
  const auto finished = offer.finish(answer->share);
  ASSERT_TRUE(finished);
  EXPECT_EQ(to_buffer(*finished), known.secret);
}

// RFC 7748 §6.1.
TEST(KeyExchange, X25519GivesTheAnswersOfRfc7748) {
  expect({Group::X25519, hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
          hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
          hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
          hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
          hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")});
}

TEST(KeyExchange, BothSidesGetTheSameSecretOnEachGroup) {
  for (const Group group : kGroups) {
    SCOPED_TRACE(to_string(group));
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SeededRandom ours(seed), theirs(seed + 1000);
      const KeyOffer offer = KeyOffer::generate(group, ours);
      EXPECT_EQ(offer.group(), group);
      EXPECT_EQ(offer.share().size(), share_bytes(group));
      const auto answer = answer_key_offer(group, offer.share(), theirs);
      ASSERT_TRUE(answer);
      const auto secret = offer.finish(answer->share);
      ASSERT_TRUE(secret);
      EXPECT_EQ(to_buffer(*secret), to_buffer(answer->secret));
      EXPECT_EQ(secret->size(), (share_bytes(group) == 97) ? 48u : 32u);
    }
  }
}

}  // namespace
}  // namespace specter::crypto
