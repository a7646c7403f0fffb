#include "crypto/key_exchange.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "base/bytes.h"
#include "base/check.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::hex;

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

// RFC 7748 §5.2, the first two: a private key and somebody's share.
TEST(KeyExchange, X25519MultipliesAsRfc7748Says) {
  struct {
    std::string_view scalar, share, secret;
  } const known[] = {{"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
                     // This share has its highest bit set, which doesn't count.
                     {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"}};
  for (const auto& each : known) {
    GivenKey random(hex(each.scalar)), other(hex(each.scalar));
    const auto secret = KeyOffer::generate(Group::X25519, random).finish(hex(each.share));
    ASSERT_TRUE(secret);
    EXPECT_EQ(to_buffer(*secret), hex(each.secret));
    const auto answer = answer_key_offer(Group::X25519, hex(each.share), other);
    ASSERT_TRUE(answer);
    EXPECT_EQ(to_buffer(answer->secret), hex(each.secret));
  }
}

// RFC 5903 §8.1.
TEST(KeyExchange, P256GivesTheAnswersOfRfc5903) {
  expect({Group::Secp256r1, hex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"),
          hex("04 DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
              "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3"),
          hex("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53"),
          hex("04 D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
              "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB"),
          hex("D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")});
}

// RFC 5903 §8.2.
TEST(KeyExchange, P384GivesTheAnswersOfRfc5903) {
  expect({Group::Secp384r1,
          hex("099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAE"
              "F896783AB194"),
          hex("04 667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6DE3AC808ACB4BDB4C"
              "88732AEE95F41AA"
              "9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B"
              "4C634573A81C"),
          hex("41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942E0308312916B8ED2960E"
              "4BD55A7448FC"),
          hex("04 E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D0D1AC43A0336DEF96"
              "FDA41D0774A3571"
              "DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAA"
              "D96DB9E6386C"),
          hex("11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5"
              "D4A270F59746")});
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

TEST(KeyExchange, TheRandomDecidesEverything) {
  for (const Group group : kGroups) {
    SCOPED_TRACE(to_string(group));
    SeededRandom one(1), again(1), other(2);
    const KeyOffer a = KeyOffer::generate(group, one), b = KeyOffer::generate(group, again);
    const KeyOffer c = KeyOffer::generate(group, other);
    EXPECT_EQ(to_buffer(a.share()), to_buffer(b.share()));
    EXPECT_NE(to_buffer(a.share()), to_buffer(c.share()));
    EXPECT_EQ(one.u64(), again.u64());  // and as much was drawn of both
    const auto answer_a = answer_key_offer(group, a.share(), one);
    const auto answer_b = answer_key_offer(group, b.share(), again);
    ASSERT_TRUE(answer_a && answer_b);
    EXPECT_EQ(answer_a->share, answer_b->share);
    EXPECT_EQ(one.u64(), again.u64());
  }
}

TEST(KeyExchange, AnOfferMayBeFinishedAgainAndMoves) {
  for (const Group group : kGroups) {
    SCOPED_TRACE(to_string(group));
    SeededRandom random(3);
    KeyOffer offer = KeyOffer::generate(group, random);
    const auto one = answer_key_offer(group, offer.share(), random);
    const auto two = answer_key_offer(group, offer.share(), random);
    ASSERT_TRUE(one && two);
    EXPECT_NE(one->share, two->share);
    EXPECT_EQ(to_buffer(*offer.finish(one->share)), to_buffer(one->secret));
    EXPECT_EQ(to_buffer(*offer.finish(two->share)), to_buffer(two->secret));
    KeyOffer moved = KeyOffer::generate(Group::X25519, random);
    moved = std::move(offer);
    const KeyOffer last(std::move(moved));
    EXPECT_EQ(last.group(), group);
    EXPECT_EQ(to_buffer(*last.finish(one->share)), to_buffer(one->secret));
  }
}

void expect_refused(Group group, const Buffer& share) {
  SeededRandom random(4);
  EXPECT_FALSE(answer_key_offer(group, share, random));
  EXPECT_FALSE(KeyOffer::generate(group, random).finish(share));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(KeyExchange, AShareOfAnotherLengthIsRefused) {
  for (const Group group : kGroups) {
    SCOPED_TRACE(to_string(group));
    SeededRandom random(5);
    const KeyOffer offer = KeyOffer::generate(group, random);
    for (std::size_t size = 0; size < offer.share().size(); ++size)
      EXPECT_FALSE(answer_key_offer(group, offer.share().first(size), random)) << size;
    Buffer longer = to_buffer(offer.share());
    longer.push_back(0);
    expect_refused(group, longer);
    for (const Group other : kGroups) {
      if (other == group) continue;
      EXPECT_FALSE(answer_key_offer(other, offer.share(), random));
    }
  }
}

TEST(KeyExchange, OnACurveOnlyItsOwnUncompressedPointsAreTaken) {
  for (const Group group : {Group::Secp256r1, Group::Secp384r1}) {
    SCOPED_TRACE(to_string(group));
    SeededRandom random(6);
    const Buffer share = to_buffer(KeyOffer::generate(group, random).share());
    const std::size_t half = share.size() / 2;
    for (int form = 0; form < 256; ++form) {
      if (form == 4) continue;
      Buffer changed = share;
      changed[0] = static_cast<std::uint8_t>(form);
      EXPECT_FALSE(answer_key_offer(group, changed, random)) << form;
    }
    // Compressed, as it would be legal elsewhere: X9.62's forms 2 and 3.
    Buffer compressed(share.begin(), share.begin() + 1 + static_cast<std::ptrdiff_t>(half));
    compressed[0] = static_cast<std::uint8_t>(2 + share.back() % 2);
    expect_refused(group, compressed);
    expect_refused(group, {0});  // the point at infinity
    Buffer infinity(share.size(), 0);
    expect_refused(group, infinity);
    infinity[0] = 4;
    expect_refused(group, infinity);
    // Not on the curve: any other y but the negative one.
    for (std::size_t bit = 0; bit < 16; ++bit) {
      Buffer off = share;
      off[share.size() - 1 - bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(answer_key_offer(group, off, random)) << bit;
    }
    // Coordinates that are not below the prime.
    Buffer large = share;
    std::fill(large.begin() + 1, large.begin() + 1 + static_cast<std::ptrdiff_t>(half), 0xff);
    expect_refused(group, large);
  }
}

// The points of small order, as in RFC 7748 §6.1's remark and Curve25519's own page: each leads to
// zeros.
TEST(KeyExchange, X25519RefusesASecretOfZeros) {
  for (const std::string_view share :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    SCOPED_TRACE(share);
    expect_refused(Group::X25519, hex(share));
  }
}

TEST(KeyExchange, WithoutRandomnessThereIsNoKey) {
  struct Dry final : Random {
    void fill(MutableBytes) override { throw Bug("no entropy"); }
  } dry;
  SeededRandom random(7);
  for (const Group group : kGroups) {
    EXPECT_THROW(KeyOffer::generate(group, dry), Bug);
    const KeyOffer offer = KeyOffer::generate(group, random);
    EXPECT_THROW(answer_key_offer(group, offer.share(), dry), Bug);
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(Group, HasItsNumberAndName) {
  EXPECT_EQ(group(23), Group::Secp256r1);
  EXPECT_EQ(group(24), Group::Secp384r1);
  EXPECT_EQ(group(29), Group::X25519);
  for (int number = 0; number < 0x10000; ++number) {
    if (number == 23 || number == 24 || number == 29) continue;
    EXPECT_FALSE(group(static_cast<std::uint16_t>(number)));
  }
  EXPECT_EQ(to_string(Group::X25519), "x25519");
  EXPECT_EQ(to_string(Group::Secp256r1), "secp256r1");
  EXPECT_EQ(to_string(Group::Secp384r1), "secp384r1");
}

}  // namespace
}  // namespace specter::crypto
