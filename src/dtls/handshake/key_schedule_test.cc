// The key schedules against the formulas, done once more here with bare HMACs.
#include "dtls/handshake/key_schedule.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.h"
#include "testing/hex.h"

namespace specter::dtls {
namespace {

using crypto::HashAlgorithm;
using testing::hex;

Buffer joined(std::initializer_list<Bytes> parts) {
  Buffer out;
  for (const Bytes part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
const EVP_MD* md(HashAlgorithm hash) {
  return hash == HashAlgorithm::Sha256 ? EVP_sha256() : EVP_sha384();
}
Buffer hmac(HashAlgorithm hash, Bytes key, Bytes data) {
  Buffer out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  static const std::uint8_t nothing = 0;
  HMAC(md(hash), key.empty() ? &nothing : key.data(), static_cast<int>(key.size()), data.data(),
       data.size(), out.data(), &size);
  out.resize(size);
  return out;
}
Buffer bare_digest(HashAlgorithm hash, Bytes data) {
  Buffer out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &size, md(hash), nullptr);
  out.resize(size);
  return out;
}

// RFC 5869 §2.3 with RFC 8446 §7.1's label; the prefix is RFC 9147 §5.9's.
Buffer expand(HashAlgorithm hash, Bytes secret, std::string_view label, Bytes context,
              std::size_t size, std::string_view prefix = "dtls13") {
  Buffer info;
  ByteWriter out(info);
  out.u16(static_cast<std::uint16_t>(size));
  out.u8(static_cast<std::uint8_t>(prefix.size() + label.size()));
  out.text(prefix);
  out.text(label);
  out.u8(static_cast<std::uint8_t>(context.size()));
  out.bytes(context);
  Buffer result, block;
  for (std::uint8_t i = 1; result.size() < size; ++i) {
    block = hmac(hash, secret, joined({block, info, Buffer{i}}));
    result.insert(result.end(), block.begin(), block.end());
  }
  result.resize(size);
  return result;
}

// RFC 8448 §3 shows that the witness above is right: its traffic key and IV of "tls13 ".
TEST(KeySchedule13, TheWitnessAgreesWithRfc8448) {
  const Buffer secret = hex(
      "b6 7b 7d 69 0c c1 6c 4e 75 e5 42 13 cb 2d 37 b4 e9 c9 12 bc de d9 10 5d 42 be fd 59 d3 91 "
      "ad 38");
  EXPECT_EQ(expand(HashAlgorithm::Sha256, secret, "key", {}, 16, "tls13 "),
            hex("3f ce 51 60 09 c2 17 27 d0 f2 e4 e8 6e e4 03 bc"));
  EXPECT_EQ(expand(HashAlgorithm::Sha256, secret, "iv", {}, 12, "tls13 "),
            hex("5d 31 3e b2 67 12 76 ee 13 00 0b 30"));
}

class EachHash : public ::testing::TestWithParam<CipherSuite> {
 public:
  const SuiteTraits& suite = traits(GetParam());
  const HashAlgorithm hash = suite.hash;
  const std::size_t size = crypto::digest_size(hash);
};
INSTANTIATE_TEST_SUITE_P(Suites, EachHash,
                         ::testing::Values(CipherSuite::Aes128GcmSha256,
                                           CipherSuite::Aes256GcmSha384,
                                           CipherSuite::ChaCha20Poly1305Sha256),
                         [](const auto& parameter) {
                           return std::string(traits(parameter.param).name);
                         });

// RFC 8446 §7.1, the whole figure.
TEST_P(EachHash, EverySecretOf13IsWhatTheFigureSays) {
  const Buffer shared(32, 0x17), hello_hash(size, 0x21), finished_hash(size, 0x22), zeros(size, 0);
  const Buffer empty = bare_digest(hash, {});
  const Buffer early = hmac(hash, zeros, zeros);
  const Buffer handshake = hmac(hash, expand(hash, early, "derived", empty, size), shared);
  const Buffer master = hmac(hash, expand(hash, handshake, "derived", empty, size), zeros);

  KeySchedule13 schedule(suite, shared);
  const auto first = schedule.handshake_traffic(hello_hash);
  EXPECT_EQ(to_buffer(first.client), expand(hash, handshake, "c hs traffic", hello_hash, size));
  EXPECT_EQ(to_buffer(first.server), expand(hash, handshake, "s hs traffic", hello_hash, size));
  schedule.enter_master();
  const auto second = schedule.application_traffic(finished_hash);
  EXPECT_EQ(to_buffer(second.client), expand(hash, master, "c ap traffic", finished_hash, size));
  EXPECT_EQ(to_buffer(second.server), expand(hash, master, "s ap traffic", finished_hash, size));
  const auto exporter = schedule.exporter_master(finished_hash);
  EXPECT_EQ(to_buffer(exporter), expand(hash, master, "exp master", finished_hash, size));

  // RFC 8446 §7.5.
  const Buffer derived = expand(hash, exporter, "EXTRACTOR-dtls_srtp", empty, size);
  EXPECT_EQ(export13(hash, exporter, "EXTRACTOR-dtls_srtp", 60),
            expand(hash, derived, "exporter", empty, 60));
  // RFC 8446 §7.2, §4.4.4.
  EXPECT_EQ(to_buffer(next_traffic(hash, second.client)),
            expand(hash, second.client, "traffic upd", {}, size));
  EXPECT_EQ(to_buffer(finished13(hash, first.client, finished_hash)),
            hmac(hash, expand(hash, first.client, "finished", {}, size), finished_hash));
}

// RFC 8446 §7.3, RFC 9147 §4.2.3.
TEST_P(EachHash, RecordKeysOf13) {
  const Buffer secret(size, 0x31);
  const std::size_t key = crypto::key_size(suite.aead);
  const RecordKeys keys = record_keys13(suite, secret);
  EXPECT_EQ(to_buffer(keys.key), expand(hash, secret, "key", {}, key));
  EXPECT_EQ(to_buffer(keys.iv), expand(hash, secret, "iv", {}, 12));
  EXPECT_EQ(to_buffer(keys.number), expand(hash, secret, "sn", {}, key));
}

// ---- 1.2

// RFC 5246 §5: P_hash.
Buffer prf(HashAlgorithm hash, Bytes secret, std::string_view label, Bytes seed, std::size_t size) {
  const Buffer whole = joined({as_bytes(label), seed});
  Buffer a = whole, out;
  while (out.size() < size) {
    a = hmac(hash, secret, a);
    const Buffer block = hmac(hash, secret, joined({a, whole}));
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(size);
  return out;
}

TEST(KeySchedule12, EveryKeyIsWhatTheFormulasSay) {
  HelloRandom client, server;
  client.fill(0xc1);
  server.fill(0x5e);
  for (const CipherSuite number :
       {CipherSuite::EcdheEcdsaAes128GcmSha256, CipherSuite::EcdheRsaAes256GcmSha384,
        CipherSuite::EcdheRsaChaCha20Poly1305Sha256}) {
    const SuiteTraits& suite = traits(number);
    const Buffer premaster(48, 0x11), session(crypto::digest_size(suite.hash), 0x12);
    const KeySchedule12 schedule(suite, premaster, session);
    // RFC 7627 §4.
    const Buffer master = prf(suite.hash, premaster, "extended master secret", session, 48);
    EXPECT_EQ(to_buffer(schedule.master()), master);

    // RFC 5246 §6.3: no MAC keys with an AEAD.
    const std::size_t key = crypto::key_size(suite.aead);
    const std::size_t iv = suite.aead == crypto::PacketAlgorithm::ChaCha20Poly1305 ? 12 : 4;
    const Buffer block =
        prf(suite.hash, master, "key expansion", joined({server, client}), 2 * (key + iv));
    const auto keys = schedule.record_keys(client, server);
    EXPECT_EQ(joined({keys.client.key, keys.server.key, keys.client.iv, keys.server.iv}), block);
    EXPECT_TRUE(keys.client.number.empty());

    EXPECT_EQ(to_buffer(schedule.finished("client finished", session)),
              prf(suite.hash, master, "client finished", session, 12));
    // RFC 5705 §4.
    EXPECT_EQ(export12(suite.hash, master, client, server, "EXTRACTOR-dtls_srtp", 60),
              prf(suite.hash, master, "EXTRACTOR-dtls_srtp", joined({client, server}), 60));
  }
}

// The vector that has gone round since the TLS working group's list had it (2009): SHA-256.
TEST(KeySchedule12, ThePrfAgreesWithItsKnownVector) {
  Buffer out(100);
  crypto::tls12_prf(HashAlgorithm::Sha256, hex("9b be 43 6b a9 40 f0 17 b1 76 52 84 9a 71 db 35"),
                    "test label", hex("a0 ba 9f 93 6c da 31 18 27 a6 f7 96 ff d5 19 8c"), out);
  EXPECT_EQ(Buffer(out.begin(), out.begin() + 16),
            hex("e3 f2 29 ba 72 7b e1 7b 8d 12 26 20 55 7c d4 53"));
  EXPECT_EQ(out, prf(HashAlgorithm::Sha256, hex("9b be 43 6b a9 40 f0 17 b1 76 52 84 9a 71 db 35"),
                     "test label", hex("a0 ba 9f 93 6c da 31 18 27 a6 f7 96 ff d5 19 8c"), 100));
}

}  // namespace
}  // namespace specter::dtls
