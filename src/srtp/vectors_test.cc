// The packets of the RFCs, by each of the ciphers' libraries.
#include <gtest/gtest.h>

#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::hex;
using testing::open_rtcp;
using testing::open_rtp;
using testing::seal_rtcp;
using testing::seal_rtp;

class KnownPackets : public ::testing::TestWithParam<crypto::CipherLibrary> {
 public:
  crypto::PacketCipher cipher{crypto::PacketCipher::all(GetParam())};
};
std::vector<crypto::CipherLibrary> libraries() {
  if (!crypto::PacketCipher::has_multi_buffer()) return {crypto::CipherLibrary::OpenSsl};
  return {crypto::CipherLibrary::OpenSsl, crypto::CipherLibrary::MultiBuffer};
}
INSTANTIATE_TEST_SUITE_P(Each, KnownPackets, ::testing::ValuesIn(libraries()),
                         [](const auto& parameter) {
                           return parameter.param == crypto::CipherLibrary::OpenSsl ? "OpenSsl"
                                                                                    : "MultiBuffer";
                         });

DirectionKeys of_master(Profile profile, std::string_view key, std::string_view salt) {
  return derive_keys(profile, {crypto::Secret(hex(key)), crypto::Secret(hex(salt))});
}
const DirectionKeys kRfc3711 = of_master(
    Profile::Aes128CmSha1_80, "e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6");

// RFC 3711 B.2: the key stream of SSRC and index 0. The last block that RFC 3711 gives is the last
// that a packet can have.
TEST_P(KnownPackets, HasTheKeyStreamOfRfc3711) {
  SessionKeys keys;
  keys.cipher = crypto::Secret(hex("2b7e151628aed2a6abf7158809cf4f3c" + std::string(40, '0')));
  keys.salt = crypto::Secret(hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"));
  Sealer sealer(cipher, Profile::Aes128CmSha1_80, {keys, keys});
  Buffer packet = hex("800000000000000000000000");
  packet.resize(12 + 0xff02 * 16);
  const auto sealed = seal_rtp(cipher, sealer, packet);
  ASSERT_TRUE(sealed);
  const auto block = [&](std::size_t number) {
    return to_buffer(Bytes(*sealed).subspan(12 + number * 16, 16));
  };
  EXPECT_EQ(block(0), hex("e03ead0935c95e80e166b16dd92b4eb4"));
  EXPECT_EQ(block(1), hex("d23513162b02d0f72a43a2fe4a5f97ab"));
  EXPECT_EQ(block(2), hex("41e95b3bb0a2e8dd477901e4fca894c0"));
  EXPECT_EQ(block(0xfeff), hex("ec8cdf7398607cb0f2d21675ea9ea1e4"));
  EXPECT_EQ(block(0xff00), hex("362b7c3c6773516318a077d7fc5073ae"));
  EXPECT_EQ(block(0xff01), hex("6a2cc3787889374fbeb4c81b17ba6c44"));
}

// A packet under the keys of RFC 3711 B.3. RFC 3711 itself has no whole packet.
TEST_P(KnownPackets, SealsAWholePacketByAesCm) {
  const Buffer text = hex("800f1234decafbadcafebabeabababababababababababababababab");
  for (const auto& [profile, tag] : {std::pair{Profile::Aes128CmSha1_80, "b78d6acc99ea179b8dbb"},
                                     std::pair{Profile::Aes128CmSha1_32, "b78d6acc"}}) {
    Sealer sealer(cipher, profile, kRfc3711);
    Opener opener(cipher, profile, kRfc3711);
    const Buffer expected =
        hex(std::string("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402") + tag);
    EXPECT_EQ(seal_rtp(cipher, sealer, text), expected);
    EXPECT_EQ(open_rtp(cipher, opener, expected), text);
  }
}

struct GcmVector {
  Profile profile;
  std::string key, rtp, rtcp, only_authenticated_rtcp;
};
const std::string kClearRtcp =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbe"
    "efdeadbeef";

// RFC 7714 §16.1.1, §16.2.1, §17.1, §17.2, §17.3, §17.4: session keys, not master keys.
const GcmVector kGcmVectors[] = {
    {Profile::AeadAes128Gcm, "000102030405060708090a0b0c0d0e0f",
     "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3"
     "a"
     "df8833899d7f27beb16a9152cf765ee4390cce",
     "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303"
     "d"
     "ed0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
     kClearRtcp + "841dd9683dd78ec92ae58790125f62b3000005d4"},
    {Profile::AeadAes256Gcm, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63"
     "7"
     "99b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
     "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de"
     "0"
     "476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
     kClearRtcp + "91db4afbfeee5a978fab4393ed2615fe000005d4"},
};

TEST_P(KnownPackets, HasThePacketsOfRfc7714) {
  Buffer rtp = hex("8040f17b8041f8d35501a0b2");
  const Bytes text = as_bytes("Gallia est omnis divisa in partes tres");
  rtp.insert(rtp.end(), text.begin(), text.end());
  for (const GcmVector& vector : kGcmVectors) {
    const SessionKeys session{crypto::Secret(hex(vector.key)),
                              crypto::Secret(as_bytes("Quid pro quo"))};
    Sealer sealer(cipher, vector.profile, {session, session});
    Opener opener(cipher, vector.profile, {session, session});
    EXPECT_EQ(seal_rtp(cipher, sealer, rtp), hex(vector.rtp));
    EXPECT_EQ(open_rtp(cipher, opener, hex(vector.rtp)), rtp);
    sealer.skip_rtcp_to(0x5d4);
    EXPECT_EQ(seal_rtcp(cipher, sealer, hex(kClearRtcp)), hex(vector.rtcp));
    EXPECT_EQ(open_rtcp(cipher, opener, hex(vector.rtcp)), hex(kClearRtcp));
    EXPECT_EQ(open_rtcp(cipher, opener, hex(vector.only_authenticated_rtcp)),
              std::unexpected(Refusal::NotEnciphered));
  }
}

struct CryptexVector {
  std::string plain, by_aes_cm, by_gcm;
};

// RFC 9335 A.1.1 to A.1.6, A.2.1 to A.2.6.
const CryptexVector kCryptexVectors[] = {
    {"900f1235decafbadcafebabebede000151000200abababababababababababababababab",
     "900f1235decafbadcafebabec0de0001eb92365251c3e036f8de27e9c27ee3e0b4651d9fbc4218a70244522f34a5",
     "900f1235decafbadcafebabec0de000139972dc9572c4d99e8fc355de743fb2e94f9d8ff54e72f4193bbc5c74ffab"
     "0"
     "fa9fa0fbeb"},
    {"900f1236decafbadcafebabe1000000105020002abababababababababababababababab",
     "900f1236decafbadcafebabec2de00014ed9cc4e6a712b3096c5ca77339d4204ce0d77396cab69585fbce38194a5",
     "900f1236decafbadcafebabec2de0001bb75a4c545cd1f413bdb7daa2b1e3263de313667c963249081b35a65f5cb6"
     "c"
     "88b394235f"},
    {"920f1238decafbadcafebabe0001e2400000b26ebede000151000200abababababababababababababababab",
     "920f1238decafbadcafebabe8bb6e12b5cff16ddc0de000192838c8c09e58393e1de3a9a74734d6745671338c3acf"
     "1"
     "1da2df8423bee0",
     "920f1238decafbadcafebabe63bbccc4a7f695c4c0de00018ad7c71fac70a80c92866b4c6ba98546ef913586e95ff"
     "a"
     "affe956885bb0647a8bc094ac8"},
    {"920f1239decafbadcafebabe0001e2400000b26e1000000105020002abababababababababababababababab",
     "920f1239decafbadcafebabef70e513eb90b9b25c2de0001bbed4848faa644665f3d7f34125914e9f4d0ae923c6f4"
     "7"
     "9b95a0f7b53133",
     "920f1239decafbadcafebabe3680524f8d312b00c2de0001c78d120038422bc111a7187a18246f980c059cc6bc9df"
     "8"
     "b626394eca344e4b05d80fea83"},
    {"920f123adecafbadcafebabe0001e2400000b26ebede0000abababababababababababababababab",
     "920f123adecafbadcafebabe7130b6abfe2ab0e3c0de0000e3d9f64b25c9e74cb4cf8e43fb92e3781c2c0ceab6b3a"
     "4"
     "99a14c",
     "920f123adecafbadcafebabe15b6bb4337906fffc0de0000b7b964537a2b03ab7ba5389ce93317126b5d974df30c6"
     "8"
     "84dcb651c5e120c1da"},
    {"920f123bdecafbadcafebabe0001e2400000b26e10000000abababababababababababababababab",
     "920f123bdecafbadcafebabecbf24c124330e1c8c2de0000599dd45bc9d687b603e8b59d771fd38e88b170e0cd31e"
     "1"
     "25eabe",
     "920f123bdecafbadcafebabedcb38c9e48bf95f4c2de000061ee432cf920317076613258d3ce4236c06ac429681ad"
     "0"
     "8413512dc98b5207d8"},
};

TEST_P(KnownPackets, HasThePacketsOfRfc9335) {
  const DirectionKeys gcm = of_master(Profile::AeadAes128Gcm, "000102030405060708090a0b0c0d0e0f",
                                      "a0a1a2a3a4a5a6a7a8a9aaab");
  for (const Profile profile : {Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm}) {
    const bool is_gcm = profile == Profile::AeadAes128Gcm;
    Sealer sealer(cipher, profile, is_gcm ? gcm : kRfc3711, {.cryptex = true});
    Opener opener(cipher, profile, is_gcm ? gcm : kRfc3711, {CryptexPolicy::Accept});
    for (const CryptexVector& vector : kCryptexVectors) {
      SCOPED_TRACE(vector.plain);
      const Buffer plain = hex(vector.plain);
      const Buffer sealed = hex(is_gcm ? vector.by_gcm : vector.by_aes_cm);
      EXPECT_EQ(seal_rtp(cipher, sealer, plain), sealed);
      EXPECT_EQ(open_rtp(cipher, opener, sealed), plain);
    }
  }
}

}  // namespace
}  // namespace specter::srtp
