// Records sealed and opened. The formulas of RFC 5288, 7905 and 9147 are done once more here, with
// the library's own primitives, as an independent witness.
#include "dtls/record/protection.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"
#include "dtls/testing/test_cipher.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::dtls {
namespace {

using enum ContentType;

const CipherSuite kSuites[] = {
    CipherSuite::Aes128GcmSha256,         CipherSuite::Aes256GcmSha384,
    CipherSuite::ChaCha20Poly1305Sha256,  CipherSuite::EcdheEcdsaAes128GcmSha256,
    CipherSuite::EcdheRsaAes256GcmSha384, CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256};

bool is13(const SuiteTraits& suite) { return suite.version == Version::Dtls13; }

RecordKeys keys_for(const SuiteTraits& suite, std::uint8_t salt = 0) {
  simulation::SeededRandom random(salt);
  const auto secret = [&](std::size_t size) {
    crypto::Secret out(size);
    random.fill(out.data());
    return out;
  };
  const std::size_t key = crypto::key_size(suite.aead);
  const bool chacha = suite.aead == crypto::PacketAlgorithm::ChaCha20Poly1305;
  RecordKeys keys{secret(key), secret(is13(suite) || chacha ? 12 : 4), {}};
  if (is13(suite)) keys.number = secret(key);
  return keys;
}

Buffer sealed(Sealer& sealer, ContentType type, Bytes text) {
  const RecordRoom room = sealer.room();
  Buffer out(room.total() + text.size());
  std::ranges::copy(text, out.begin() + static_cast<std::ptrdiff_t>(room.before));
  sealer.seal(type, out);
  return out;
}

struct Opened {
  ContentType type;
  Buffer payload;
  RecordNumber number;
  bool operator==(const Opened&) const = default;
};
std::optional<Opened> opened(Opener& opener, Bytes datagram) {
  const auto record = next_record(datagram);
  if (!record) return std::nullopt;
  Buffer out(record->fragment.size());
  const auto plain = opener.open(*record, out);
  if (!plain) return std::nullopt;
  return Opened{plain->type, to_buffer(plain->payload), plain->number};
}

class EachSuite : public ::testing::TestWithParam<CipherSuite> {
 public:
  EachSuite()
      : suite(traits(GetParam())),
        epoch(is13(suite) ? 3 : 1),
        sealer(test_cipher(), suite, epoch, keys_for(suite)),
        opener(test_cipher(), suite, epoch, keys_for(suite)) {}
  const SuiteTraits suite;
  const std::uint64_t epoch;
  Sealer sealer;
  Opener opener;
};
INSTANTIATE_TEST_SUITE_P(Suites, EachSuite, ::testing::ValuesIn(kSuites),
                         [](const auto& parameter) {
                           return std::string(traits(parameter.param).name);
                         });

TEST_P(EachSuite, WhatIsSealedOpens) {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 1200u, 16'384u}) {
    for (const ContentType type : {ApplicationData, Handshake, Alert}) {
      const Buffer text(size, 0x61);
      const Buffer record = sealed(sealer, type, text);
      EXPECT_EQ(record.size(), size + sealer.room().total());
      const auto back = opened(opener, record);
      ASSERT_TRUE(back) << size;
      EXPECT_EQ(*back, (Opened{type, text, {epoch, sealer.sealed() - 1}}));
      EXPECT_EQ(opened(opener, record), std::nullopt);  // not twice
    }
  }
}

// As they are sealed for one send: more than one call's worth, the last one shorter.
TEST_P(EachSuite, ARowIsWhatItsRecordsWouldBeOneByOne) {
  constexpr std::size_t kRecords = 37, kText = 100, kLast = 40;
  const RecordRoom room = sealer.room();
  const std::size_t size = room.total() + kText;
  Buffer row(kRecords * size + room.total() + kLast, 7);
  Sealer single(test_cipher(), suite, epoch, keys_for(suite));
  Buffer expected;
  for (std::size_t i = 0; i <= kRecords; ++i) {
    const Buffer record = sealed(single, ApplicationData, Buffer(i < kRecords ? kText : kLast, 7));
    expected.insert(expected.end(), record.begin(), record.end());
  }
  sealer.seal_row(ApplicationData, row, size);
  EXPECT_EQ(row, expected);
  EXPECT_EQ(sealer.sealed(), kRecords + 1);
}

// RFC 8446 §5.4: the type is what stands before the zeros of the padding, so zeros are content too.
TEST_P(EachSuite, ZerosAreContent) {
  const Buffer zeros(100, 0);
  EXPECT_EQ(opened(opener, sealed(sealer, ApplicationData, zeros))->payload, zeros);
}

TEST_P(EachSuite, EachFlippedBitIsRefused) {
  sealer.skip_to(0x1234);
  const Buffer record = sealed(sealer, ApplicationData, Buffer(20, 0x33));
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    Opener fresh(test_cipher(), suite, epoch, keys_for(suite));
    Buffer changed = record;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_EQ(opened(fresh, changed), std::nullopt) << bit;
  }
}

TEST_P(EachSuite, EachTruncationIsRefused) {
  const Buffer record = sealed(sealer, ApplicationData, Buffer(20, 0x33));
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_EQ(opened(opener, Bytes(record).first(size)), std::nullopt);
  EXPECT_TRUE(opened(opener, record));
}

TEST_P(EachSuite, AForgedRecordMovesNothing) {
  Buffer far = sealed(sealer, ApplicationData, Buffer(20, 0x33));
  far.back() ^= 1;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(opened(opener, far));
  EXPECT_EQ(opener.forgeries(), 100u);
  far.back() ^= 1;
  EXPECT_TRUE(opened(opener, far));
}

TEST_P(EachSuite, AnotherKeyOrEpochOpensNothing) {
  const Buffer record = sealed(sealer, ApplicationData, Buffer(20, 0x33));
  Opener other_key(test_cipher(), suite, epoch, keys_for(suite, 1));
  EXPECT_EQ(opened(other_key, record), std::nullopt);
  for (std::uint64_t other = 0; other < 8; ++other) {
    Opener other_epoch(test_cipher(), suite, other, keys_for(suite));
    Bytes rest = record;
    const auto view = next_record(rest);
    const bool looks_right = is13(suite) ? (other & 3) == (epoch & 3) : other == epoch;
    EXPECT_EQ(other_epoch.is_of_epoch(*view), looks_right) << other;
    // In 1.3 the head has two bits of the epoch alone; whose keys they are is known by the keys.
    if (!looks_right) {
      EXPECT_EQ(opened(other_epoch, record), std::nullopt);
    }
  }
}

TEST_P(EachSuite, RecordsOutOfOrderOpenWithinTheWindow) {
  std::vector<Buffer> records;
  for (int i = 0; i < 600; ++i) records.push_back(sealed(sealer, ApplicationData, Buffer(8, 1)));
  EXPECT_TRUE(opened(opener, records[300]));
  EXPECT_TRUE(opened(opener, records[50]));
  EXPECT_FALSE(opened(opener, records[44]));  // too old to tell
  EXPECT_TRUE(opened(opener, records[45]));
  EXPECT_FALSE(opened(opener, records[45]));
  EXPECT_TRUE(opened(opener, records[599]));
  EXPECT_FALSE(opened(opener, records[300]));
}

// RFC 9147 §4.2.2: sixteen bits are sent; around the places where they wrap.
TEST_P(EachSuite, NumbersAreWholeAgainWhereTheirBitsWrap) {
  std::uint64_t last = 0;
  for (const std::uint64_t from : {0u, 250u, 32'760u, 65'530u, 98'300u, 131'066u, 196'600u}) {
    // A receiver follows in steps of less than half of what the bits tell apart.
    for (; last < from; last = std::min<std::uint64_t>(last + 30'000, from)) {
      sealer.skip_to(last);
      ASSERT_TRUE(opened(opener, sealed(sealer, ApplicationData, Buffer(4, 1)))) << last;
    }
    sealer.skip_to(from);
    for (std::uint64_t i = 0; i < 12; ++i) {
      const auto back = opened(opener, sealed(sealer, ApplicationData, Buffer(4, 1)));
      ASSERT_TRUE(back) << from << " " << i;
      EXPECT_EQ(back->number.sequence, from + i);
    }
    last = from + 12;
  }
}

// 1.2 sends all 48 bits, so that any jump is followed.
TEST(Protection12, AJumpIsFollowedToTheLastNumber) {
  const SuiteTraits& suite = traits(CipherSuite::EcdheEcdsaAes128GcmSha256);
  Sealer sealer(test_cipher(), suite, 1, keys_for(suite));
  Opener opener(test_cipher(), suite, 1, keys_for(suite));
  constexpr std::uint64_t kLast = (std::uint64_t{1} << 48) - 1;
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1} << 40, kLast}) {
    sealer.skip_to(number);
    EXPECT_EQ(opened(opener, sealed(sealer, ApplicationData, {}))->number.sequence, number);
  }
  // RFC 6347 §4.1: they never wrap.
  EXPECT_THROW(sealed(sealer, ApplicationData, {}), Bug);
}

TEST(Protection13, AJumpIsFollowedAsFarAsItsBitsTell) {
  const SuiteTraits& suite = traits(CipherSuite::Aes128GcmSha256);
  struct Jump {
    std::uint64_t from, to;
    bool opens;
  };
  for (const Jump& jump : {Jump{0, 32'769, true}, Jump{0, 65'535, true}, Jump{0, 65'536, false},
                           Jump{1000, 33'769, true}, Jump{100'000, 132'768, true},
                           Jump{100'000, 132'769, false}, Jump{100'000, 99'800, true}}) {
    Sealer sealer(test_cipher(), suite, 3, keys_for(suite));
    Opener opener(test_cipher(), suite, 3, keys_for(suite));
    // To `from` in steps that can be followed.
    for (std::uint64_t at = 0; at <= jump.from; at = std::min(at + 30'000, jump.from)) {
      sealer.skip_to(at);
      ASSERT_TRUE(opened(opener, sealed(sealer, ApplicationData, Buffer(4, 1))));
      if (at == jump.from) break;
    }
    sealer.skip_to(jump.to);
    EXPECT_EQ(opened(opener, sealed(sealer, ApplicationData, Buffer(4, 1))).has_value(), jump.opens)
        << jump.from << " to " << jump.to;
  }
}

// ---- the formulas, done here once more

Buffer evp(const EVP_CIPHER* cipher, Bytes key, Bytes nonce, Bytes additional, Bytes text) {
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  int size = 0;
  EVP_EncryptInit_ex(context, cipher, nullptr, key.data(), nonce.data());
  if (!additional.empty())
    EVP_EncryptUpdate(context, nullptr, &size, additional.data(),
                      static_cast<int>(additional.size()));
  Buffer out(text.size() + 16);
  EVP_EncryptUpdate(context, out.data(), &size, text.data(), static_cast<int>(text.size()));
  EVP_EncryptFinal_ex(context, out.data() + size, &size);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + text.size());
  EVP_CIPHER_CTX_free(context);
  return out;
}
const EVP_CIPHER* aead_of(const SuiteTraits& suite) {
  switch (suite.aead) {
    case crypto::PacketAlgorithm::Aes128Gcm: return EVP_aes_128_gcm();
    case crypto::PacketAlgorithm::Aes256Gcm: return EVP_aes_256_gcm();
    case crypto::PacketAlgorithm::ChaCha20Poly1305: return EVP_chacha20_poly1305();
    default: return nullptr;  // no suite's
  }
}

// The first two bytes of AES-ECB(sn_key, sample), or of ChaCha20(sn_key, counter = sample[0..4),
// nonce = sample[4..16)). RFC 9147 §4.2.3.
Buffer number_mask(const SuiteTraits& suite, Bytes key, Bytes sample) {
  const EVP_CIPHER* cipher = suite.aead == crypto::PacketAlgorithm::Aes128Gcm   ? EVP_aes_128_ecb()
                             : suite.aead == crypto::PacketAlgorithm::Aes256Gcm ? EVP_aes_256_ecb()
                                                                                : EVP_chacha20();
  const bool chacha = suite.aead == crypto::PacketAlgorithm::ChaCha20Poly1305;
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  // OpenSSL's ChaCha20 takes the counter (little-endian) and the nonce as one IV, as they stand.
  EVP_EncryptInit_ex(context, cipher, nullptr, key.data(), chacha ? sample.data() : nullptr);
  EVP_CIPHER_CTX_set_padding(context, 0);
  Buffer out(32);
  int size = 0;
  const Buffer zeros(16, 0);
  EVP_EncryptUpdate(context, out.data(), &size, chacha ? zeros.data() : sample.data(), 16);
  EVP_CIPHER_CTX_free(context);
  out.resize(2);
  return out;
}

TEST_P(EachSuite, ARecordIsByteForByteWhatTheRfcsSay) {
  const RecordKeys keys = keys_for(suite);
  const Buffer text = testing::hex("01 02 03 04 05 06 07 08 09");
  for (const std::uint64_t number : {0x0ull, 0x1ull, 0xffull, 0x1234ull, 0xfedc'ba98'7654ull}) {
    sealer.skip_to(number);
    const Buffer record = sealed(sealer, ApplicationData, text);
    Buffer nonce = to_buffer(keys.iv), expected;
    ByteWriter out(expected);
    const auto xor_number = [&](std::uint64_t value) {
      for (std::size_t i = 0; i < 8; ++i)
        nonce[4 + i] ^= static_cast<std::uint8_t>(value >> (56 - 8 * i));
    };
    if (is13(suite)) {
      // RFC 9147 §4, figure 3: 001 C S L EE, then §4.2.3.
      out.u8(0x20 | 0x08 | 0x04 | 0x03);
      out.u16(static_cast<std::uint16_t>(number));
      out.u16(static_cast<std::uint16_t>(text.size() + 1 + 16));
      Buffer inner = text;
      inner.push_back(23);
      xor_number(number);
      const Buffer body = evp(aead_of(suite), keys.key, nonce, expected, inner);
      const Buffer mask = number_mask(suite, keys.number, Bytes(body).first(16));
      out.bytes(body);
      expected[1] ^= mask[0];
      expected[2] ^= mask[1];
    } else {
      // RFC 6347 §4.1 and §4.1.2.1; RFC 5288 §3 or RFC 7905 §2.
      const bool chacha = suite.aead == crypto::PacketAlgorithm::ChaCha20Poly1305;
      const std::uint64_t whole = epoch << 48 | number;
      Buffer additional;
      ByteWriter more(additional);
      more.u64(whole);
      more.u8(23);
      more.u16(0xfefd);
      more.u16(static_cast<std::uint16_t>(text.size()));
      out.u8(23);
      out.u16(0xfefd);
      out.u64(whole);
      out.u16(static_cast<std::uint16_t>(text.size() + 16 + (chacha ? 0 : 8)));
      if (chacha) {
        xor_number(whole);
      } else {
        out.u64(whole);
        ByteWriter(nonce).u64(whole);
      }
      out.bytes(evp(aead_of(suite), keys.key, nonce, additional, text));
    }
    EXPECT_EQ(record, expected) << number;
  }
}

// docs/failures.md row 47: a nonce never comes again.
TEST(Protection12, ExplicitNoncesRiseStrictly) {
  const SuiteTraits& suite = traits(CipherSuite::EcdheEcdsaAes128GcmSha256);
  Sealer sealer(test_cipher(), suite, 1, keys_for(suite));
  std::uint64_t last = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Buffer record = sealed(sealer, ApplicationData, Bytes());
    ByteReader in(record);
    in.skip(PlainHeader::kSize);
    const std::uint64_t nonce = in.u64();
    ASSERT_TRUE(i == 0 || nonce > last);
    last = nonce;
  }
}

// ---- what our own sealer never writes, and a peer may

// A record of 1.3 with any head, made here.
Buffer made13(const SuiteTraits& suite, std::uint8_t first, std::uint64_t number, Bytes inner) {
  const RecordKeys keys = keys_for(suite);
  Buffer head{first};
  ByteWriter out(head);
  if (first & 0x08) {
    out.u16(static_cast<std::uint16_t>(number));
  } else {
    out.u8(static_cast<std::uint8_t>(number));
  }
  if (first & 0x04) out.u16(static_cast<std::uint16_t>(inner.size() + 16));
  Buffer nonce = to_buffer(keys.iv);
  for (std::size_t i = 0; i < 8; ++i)
    nonce[4 + i] ^= static_cast<std::uint8_t>(number >> (56 - 8 * i));
  const Buffer body = evp(aead_of(suite), keys.key, nonce, head, inner);
  const Buffer mask = number_mask(suite, keys.number, Bytes(body).first(16));
  head[1] ^= mask[0];
  if (first & 0x08) head[2] ^= mask[1];
  head.insert(head.end(), body.begin(), body.end());
  return head;
}

TEST(Protection13, EveryFormOfTheHeadOpens) {
  for (const CipherSuite number : {CipherSuite::Aes128GcmSha256, CipherSuite::Aes256GcmSha384,
                                   CipherSuite::ChaCha20Poly1305Sha256}) {
    const SuiteTraits& suite = traits(number);
    for (const std::uint8_t first : {0x23, 0x27, 0x2b, 0x2f}) {
      Opener opener(test_cipher(), suite, 3, keys_for(suite));
      for (std::uint64_t i = 0; i < 1000; ++i) {  // eight bits wrap three times
        const auto back = opened(opener, made13(suite, first, i, Buffer{'h', 'i', 23}));
        ASSERT_TRUE(back) << int(first) << " " << i;
        EXPECT_EQ(*back, (Opened{ApplicationData, Buffer{'h', 'i'}, {3, i}}));
      }
    }
  }
}

TEST(Protection13, PaddingIsCutOff) {
  const SuiteTraits& suite = traits(CipherSuite::Aes128GcmSha256);
  Opener opener(test_cipher(), suite, 3, keys_for(suite));
  Buffer inner{'h', 'i', 22};
  inner.resize(500);
  EXPECT_EQ(opened(opener, made13(suite, 0x2f, 1, inner)),
            (Opened{Handshake, Buffer{'h', 'i'}, {3, 1}}));
  EXPECT_EQ(opened(opener, made13(suite, 0x2f, 2, Buffer{23})),
            (Opened{ApplicationData, {}, {3, 2}}));
  // RFC 8446 §5.4: without a type it is nothing.
  EXPECT_EQ(opened(opener, made13(suite, 0x2f, 3, Buffer(100, 0))), std::nullopt);
}

TEST(Protection13, MoreThanARecordMayHoldIsRefused) {
  const SuiteTraits& suite = traits(CipherSuite::Aes128GcmSha256);
  Opener opener(test_cipher(), suite, 3, keys_for(suite));
  Buffer inner(16'384, 1);
  inner.push_back(23);
  EXPECT_TRUE(opened(opener, made13(suite, 0x2f, 1, inner)));
  inner.insert(inner.begin(), 1);
  EXPECT_FALSE(opened(opener, made13(suite, 0x2f, 2, inner)));
}

}  // namespace
}  // namespace specter::dtls
