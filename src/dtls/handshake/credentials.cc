#include "dtls/handshake/credentials.h"

#include <algorithm>
#include <array>

namespace specter::dtls {
namespace {

using crypto::KeyType;
using crypto::SignatureScheme;

constexpr std::array kPreferred = {
    SignatureScheme::EcdsaSecp256r1Sha256,
    SignatureScheme::EcdsaSecp384r1Sha384,
    SignatureScheme::Ed25519,
    SignatureScheme::RsaPssRsaeSha256,
    SignatureScheme::RsaPssRsaeSha384,
    SignatureScheme::RsaPssRsaeSha512,
    SignatureScheme::RsaPssPssSha256,
    SignatureScheme::RsaPssPssSha384,
    SignatureScheme::RsaPssPssSha512,
};
constexpr std::array kPkcs1 = {SignatureScheme::RsaPkcs1Sha256, SignatureScheme::RsaPkcs1Sha384,
                               SignatureScheme::RsaPkcs1Sha512};

std::vector<SignatureScheme> schemes_of(KeyType type, Version version) {
  using enum SignatureScheme;
  switch (type) {
    case KeyType::EcdsaP256: return {EcdsaSecp256r1Sha256};
    case KeyType::EcdsaP384: return {EcdsaSecp384r1Sha384};
    case KeyType::Ed25519: return {Ed25519};
    case KeyType::RsaPss: return {RsaPssPssSha256, RsaPssPssSha384, RsaPssPssSha512};
    case KeyType::Rsa: break;
  }
  if (version == Version::Dtls13) return {RsaPssRsaeSha256, RsaPssRsaeSha384, RsaPssRsaeSha512};
  return {RsaPssRsaeSha256, RsaPssRsaeSha384, RsaPssRsaeSha512,
          RsaPkcs1Sha256,   RsaPkcs1Sha384,   RsaPkcs1Sha512};
}

bool is_rsa(KeyType type) { return type == KeyType::Rsa || type == KeyType::RsaPss; }

}  // namespace

bool speaks(const Connection::Config& config, Version version) {
  return std::ranges::find(config.versions, version) != config.versions.end() &&
         std::ranges::any_of(config.cipher_suites, [&](const CipherSuite suite) {
           return traits(suite).version == version;
         });
}

std::vector<std::uint16_t> accepted_schemes(bool with_pkcs1) {
  std::vector<std::uint16_t> out;
  out.reserve(kPreferred.size() + kPkcs1.size());
  for (const auto scheme : kPreferred) out.push_back(static_cast<std::uint16_t>(scheme));
  if (with_pkcs1)
    for (const auto scheme : kPkcs1) out.push_back(static_cast<std::uint16_t>(scheme));
  return out;
}

std::optional<SignatureScheme> choose_scheme(const crypto::Certificate& certificate,
                                             std::span<const std::uint16_t> offered,
                                             Version version) {
  for (const auto scheme : schemes_of(certificate.key_type(), version))
    if (contains(offered, static_cast<std::uint16_t>(scheme))) return scheme;
  return std::nullopt;
}

std::optional<SuiteTraits> choose_suite(const Connection::Config& config,
                                        std::span<const std::uint16_t> offered, Version version) {
  const bool rsa = is_rsa(config.certificate->key_type());
  for (const CipherSuite suite : config.cipher_suites) {
    const SuiteTraits& known = traits(suite);
    if (known.version != version || !contains(offered, static_cast<std::uint16_t>(suite))) continue;
    if (known.signer == SuiteTraits::Signer::Any ||
        (known.signer == SuiteTraits::Signer::Rsa) == rsa)
      return known;
  }
  return std::nullopt;
}

bool contains(std::span<const std::uint16_t> numbers, std::uint16_t number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

std::vector<std::uint16_t> numbers(std::span<const crypto::Group> groups) {
  std::vector<std::uint16_t> out;
  out.reserve(groups.size());
  for (const auto group : groups) out.push_back(static_cast<std::uint16_t>(group));
  return out;
}

std::optional<SrtpProfile> choose_srtp(const Connection::Config& config,
                                       const std::optional<UseSrtp>& offered) {
  if (!offered) return std::nullopt;
  for (const SrtpProfile profile : config.srtp_profiles)
    if (contains(offered->profiles, static_cast<std::uint16_t>(profile))) return profile;
  return std::nullopt;
}

SrtpAnswer read_srtp(const Connection::Config& config, const std::optional<UseSrtp>& answer) {
  if (!answer) return {};
  // RFC 5764 §4.1.1: exactly one, and one of those offered; no MKI, since we offered none.
  if (answer->profiles.size() != 1 || !answer->mki.empty()) return {std::nullopt, false};
  const auto profile = srtp_profile(answer->profiles.front());
  if (!profile || std::ranges::find(config.srtp_profiles, *profile) == config.srtp_profiles.end())
    return {std::nullopt, false};
  return {profile, true};
}

std::optional<UseSrtp> srtp_answer(std::optional<SrtpProfile> profile) {
  if (!profile) return std::nullopt;
  return UseSrtp{{static_cast<std::uint16_t>(*profile)}, {}};
}

Buffer signed_content13(Role signer, Bytes transcript_hash) {
  Buffer out(64, 0x20);
  ByteWriter writer(out);
  writer.text(signer == Role::Server ? "TLS 1.3, server CertificateVerify"
                                     : "TLS 1.3, client CertificateVerify");
  writer.u8(0);
  writer.bytes(transcript_hash);
  return out;
}

Buffer signed_parameters12(const BothWays<HelloRandom>& randoms,
                           const ServerKeyExchange& exchange) {
  Buffer out;
  ByteWriter writer(out);
  writer.bytes(randoms.client);
  writer.bytes(randoms.server);
  exchange.write_parameters(writer);
  return out;
}

bool is_proof(const Proof& proof) {
  const auto key = crypto::PublicKey::of_certificate(proof.certificate);
  const auto scheme = crypto::signature_scheme(proof.scheme);
  const bool is13 = proof.version == Version::Dtls13;
  // Only what we said that we take: RFC 8446 §4.4.3, RFC 5246 §7.4.8.
  return key && scheme && contains(accepted_schemes(!is13), proof.scheme) &&
         key->fits(*scheme, is13) && key->verify(*scheme, proof.content, proof.signature);
}

}  // namespace specter::dtls
