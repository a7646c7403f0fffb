#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "crypto/der.h"
#include "crypto/library.h"
#include "crypto/openssl.h"
#include "crypto/signature_key.h"

// The way to the key is ours: OpenSSL would decode whatever key stands there (explicit curves, RSA
// of any size) before one could ask what it is, and takes ten times as long for those we want.
namespace specter::crypto {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, With<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, With<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, With<OSSL_PARAM_free>>;

// ---- where the key is, RFC 5280 §4.1

struct SubjectPublicKeyInfo {
  Bytes whole;       // with its tag
  Bytes algorithm;   // the identifier's octets
  Bytes parameters;  // whatever follows it; often nothing
  Bytes key;         // without the octet that counts unused bits
};

std::optional<SubjectPublicKeyInfo> read_key_info(Bytes whole) {
  DerReader outer(whole);
  DerReader info(outer.element(DerTag::Sequence));
  const Bytes algorithm = info.element(DerTag::Sequence);
  const Bytes bits = info.element(DerTag::BitString);
  if (!info.at_end() || bits.empty() || bits[0] != 0) return std::nullopt;
  DerReader in_algorithm(algorithm);
  const Bytes identifier = in_algorithm.whole_element(DerTag::ObjectIdentifier);
  if (!in_algorithm.ok()) return std::nullopt;
  return SubjectPublicKeyInfo{whole, identifier.subspan(2), algorithm.subspan(identifier.size()),
                              bits.subspan(1)};
}

std::optional<SubjectPublicKeyInfo> find_key_info(Bytes certificate) {
  DerReader outer(certificate);
  DerReader parts(outer.element(DerTag::Sequence));
  if (!outer.at_end()) return std::nullopt;
  DerReader to_be_signed(parts.element(DerTag::Sequence));
  parts.skip(DerTag::Sequence);   // signatureAlgorithm
  parts.skip(DerTag::BitString);  // signatureValue
  if (!parts.at_end()) return std::nullopt;

  to_be_signed.skip_if(DerTag::Explicit0);  // version
  to_be_signed.skip(DerTag::Integer);       // serialNumber
  to_be_signed.skip(DerTag::Sequence);      // signature
  to_be_signed.skip(DerTag::Sequence);      // issuer
  to_be_signed.skip(DerTag::Sequence);      // validity
  to_be_signed.skip(DerTag::Sequence);      // subject
  const Bytes info = to_be_signed.whole_element(DerTag::Sequence);
  to_be_signed.skip_if(DerTag::Implicit1);  // issuerUniqueID
  to_be_signed.skip_if(DerTag::Implicit2);  // subjectUniqueID
  to_be_signed.skip_if(DerTag::Explicit3);  // extensions
  if (!to_be_signed.at_end()) return std::nullopt;
  return read_key_info(info);
}

// ---- what kind of key

constexpr std::array<std::uint8_t, 9> kRsaEncryption{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                     0x0d, 0x01, 0x01, 0x01};
constexpr std::array<std::uint8_t, 9> kRsassaPss{0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                 0x0d, 0x01, 0x01, 0x0a};
constexpr std::array<std::uint8_t, 7> kEcPublicKey{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
constexpr std::array<std::uint8_t, 8> kPrime256v1{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 5> kSecp384r1{0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr std::array<std::uint8_t, 3> kEd25519{0x2b, 0x65, 0x70};

bool is(Bytes bytes, Bytes expected) { return std::ranges::equal(bytes, expected); }

using FoundKey = std::optional<SignatureKey>;

// Nothing for no key.
FoundKey found(KeyType type, Key key) {
  return key ? FoundKey(SignatureKey{type, std::move(key)}) : std::nullopt;
}
FoundKey found(KeyType type, std::optional<ProviderKey> key) {
  return key ? FoundKey(SignatureKey{type, *std::move(key)}) : std::nullopt;
}

Key from_data(const char* kind, const OSSL_PARAM* parameters) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(library_context(), kind, nullptr));
  EVP_PKEY* key = nullptr;
  SPECTER_CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1);
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        const_cast<OSSL_PARAM*>(parameters)) != 1) {
    return nullptr;
  }
  return Key(key);
}

FoundKey read_ec(const SubjectPublicKeyInfo& info) {
  // RFC 5480 §2.1.1: the curve has a name. RFC 8422 §5.1.1: its points are uncompressed.
  DerReader parameters(info.parameters);
  const Bytes curve = parameters.element(DerTag::ObjectIdentifier);
  if (!parameters.at_end()) return std::nullopt;
  if (is(curve, kPrime256v1))
    return found(KeyType::EcdsaP256, ProviderKey::of_public(KeyCurve::P256, info.key));
  if (is(curve, kSecp384r1))
    return found(KeyType::EcdsaP384, ProviderKey::of_public(KeyCurve::P384, info.key));
  return std::nullopt;
}

FoundKey read_ed25519(const SubjectPublicKeyInfo& info) {
  // RFC 8410 §3: no parameters.
  if (!info.parameters.empty() || info.key.size() != 32) return std::nullopt;
  const OSSL_PARAM known[] = {
      OSSL_PARAM_construct_octet_string(
          OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(info.key.data()), info.key.size()),
      OSSL_PARAM_construct_end()};
  return found(KeyType::Ed25519, from_data("ED25519", known));
}

constexpr std::size_t kMinRsaBits = 2048;
constexpr std::size_t kMaxRsaBits = 8192;
constexpr std::size_t kMaxExponentBits = 33;  // 65537 is usual; what is larger costs only time

// A positive integer's octets without the one that keeps its sign; empty for what is none.
Bytes positive(Bytes integer) {
  if (integer.size() > 1 && integer[0] == 0)
    return integer[1] >= 0x80 ? integer.subspan(1) : Bytes();  // X.690 §8.3.2: in the fewest
  return integer.empty() || integer[0] == 0 || integer[0] >= 0x80 ? Bytes() : integer;
}
std::size_t bits(Bytes number) {
  return number.empty() ? 0
                        : number.size() * 8 - static_cast<std::size_t>(std::countl_zero(number[0]));
}

struct RsaNumbers {
  Bytes modulus, exponent;
};

// RFC 8017 A.1.1, within our limits.
std::optional<RsaNumbers> read_rsa_numbers(Bytes key) {
  DerReader outer(key);
  DerReader numbers(outer.element(DerTag::Sequence));
  const Bytes modulus = positive(numbers.element(DerTag::Integer));
  const Bytes exponent = positive(numbers.element(DerTag::Integer));
  if (!outer.at_end() || !numbers.at_end()) return std::nullopt;
  if (bits(modulus) < kMinRsaBits || bits(modulus) > kMaxRsaBits) return std::nullopt;
  if (bits(exponent) < 2 || bits(exponent) > kMaxExponentBits) return std::nullopt;
  if (modulus.back() % 2 == 0 || exponent.back() % 2 == 0) return std::nullopt;
  return RsaNumbers{modulus, exponent};
}

Key rsa_key(const char* kind, const RsaNumbers& numbers) {
  const auto number = [](Bytes bytes) {
    return BigNumber(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  };
  const BigNumber modulus = number(numbers.modulus), exponent = number(numbers.exponent);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  SPECTER_CHECK(modulus && exponent && builder &&
                OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
                OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
  const Parameters known(OSSL_PARAM_BLD_to_param(builder.get()));
  SPECTER_CHECK(known);
  return from_data(kind, known.get());
}

FoundKey read_rsa(const SubjectPublicKeyInfo& info) {
  // RFC 3279 §2.3.1: the parameters are NULL.
  DerReader parameters(info.parameters);
  const auto numbers = read_rsa_numbers(info.key);
  if (!parameters.element(DerTag::Null).empty() || !parameters.at_end() || !numbers)
    return std::nullopt;
  return found(KeyType::Rsa, rsa_key("RSA", *numbers));
}

FoundKey read_rsa_pss(const SubjectPublicKeyInfo& info) {
  const auto numbers = read_rsa_numbers(info.key);
  if (!numbers) return std::nullopt;
  if (info.parameters.empty()) return found(KeyType::RsaPss, rsa_key("RSA-PSS", *numbers));
  // RFC 4055 §3.3: parameters restrict the key to one hash. OpenSSL reads them, and holds
  // signatures against them.
  const std::uint8_t* at = info.whole.data();
  Key key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(info.whole.size()), library_context(),
                        nullptr));
  if (!key || at != info.whole.data() + info.whole.size() || !EVP_PKEY_is_a(key.get(), "RSA-PSS"))
    return std::nullopt;
  return found(KeyType::RsaPss, std::move(key));
}

FoundKey read_key(const SubjectPublicKeyInfo& info) {
  if (is(info.algorithm, kEcPublicKey)) return read_ec(info);
  if (is(info.algorithm, kEd25519)) return read_ed25519(info);
  if (is(info.algorithm, kRsaEncryption)) return read_rsa(info);
  if (is(info.algorithm, kRsassaPss)) return read_rsa_pss(info);
  return std::nullopt;
}

}  // namespace

std::optional<PublicKey> PublicKey::of_certificate(Bytes der) {
  if (der.size() > kMaxCertificateBytes) return std::nullopt;
  const CleanErrors clean;
  const auto info = find_key_info(der);
  if (!info) return std::nullopt;
  auto key = read_key(*info);
  if (!key) {
    CleanErrors::blame_nobody_for_memory();
    return std::nullopt;
  }
  return PublicKey(std::make_unique<const SignatureKey>(*std::move(key)));
}

PublicKey::PublicKey(std::unique_ptr<const SignatureKey> key) : key_(std::move(key)) {}
PublicKey::~PublicKey() = default;
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;

KeyType PublicKey::type() const { return key_->type; }

}  // namespace specter::crypto
