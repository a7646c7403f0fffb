// What a record and what a handshake cost in src/crypto.
#include <array>
#include <map>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/key_exchange.h"
#include "crypto/number_mask.h"
#include "crypto/packet_cipher.h"
#include "crypto/signature.h"

namespace specter::crypto {
namespace {

constexpr std::size_t kRecordBytes = 1187;  // a full packet of SCTP in a datagram of 1200 bytes

// Fast, and good for nothing else.
class CountingRandom final : public Random {
 public:
  void fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

PacketAlgorithm algorithm(const benchmark::State& state) {
  return static_cast<PacketAlgorithm>(state.range(1));
}
PacketCipher::Choice library(const benchmark::State& state) {
  return PacketCipher::all(state.range(0) ? CipherLibrary::MultiBuffer : CipherLibrary::OpenSsl);
}

// Packets of one size, each with a key of its own, sealed or opened in place by one call.
class Packets {
 public:
  Packets(const benchmark::State& state, std::size_t size, std::size_t count)
      : cipher_(library(state)), size_(size) {
    for (std::size_t i = 0; i < count; ++i) {
      const Buffer secret(key_size(algorithm(state)), static_cast<std::uint8_t>(i + 1));
      sealers_.push_back(cipher_.make_key(algorithm(state), Direction::Seal, secret));
      openers_.push_back(cipher_.make_key(algorithm(state), Direction::Open, secret));
      places_.emplace_back(12 + size + tag_size(algorithm(state)), 2);
      const MutableBytes all(places_.back());
      const MutableBytes text = all.subspan(12, size), tag = all.subspan(12 + size);
      seals_.push_back({sealers_[i].get(), {}, all.first(12), text, text, tag});
      opens_.push_back({openers_[i].get(), {}, all.first(12), text, text, tag});
    }
  }
  // The vectors' buffers stay where they are when they grow; the spans do, too.
  void seal() {
    for (SealJob& job : seals_) ++job.nonce[11];
    cipher_.seal(seals_);
  }
  std::size_t open() {
    for (std::size_t i = 0; i < opens_.size(); ++i) opens_[i].nonce = seals_[i].nonce;
    return cipher_.open(opens_);
  }
  void count(benchmark::State& state) const {
    const auto packets = state.iterations() * static_cast<std::int64_t>(seals_.size());
    state.SetItemsProcessed(packets);
    state.SetBytesProcessed(packets * static_cast<std::int64_t>(size_));
  }

 private:
  PacketCipher cipher_;
  std::size_t size_;
  std::vector<std::unique_ptr<PacketKey>> sealers_, openers_;
  std::vector<Buffer> places_;
  std::vector<SealJob> seals_;
  std::vector<OpenJob> opens_;
};

void Seal(benchmark::State& state) {
  Packets packets(state, static_cast<std::size_t>(state.range(2)),
                  static_cast<std::size_t>(state.range(3)));
  for (auto _ : state) packets.seal();
  packets.count(state);
}

// A packet can be opened once where it stands: it is sealed before, and that is part of the time.
void SealAndOpen(benchmark::State& state) {
  Packets packets(state, static_cast<std::size_t>(state.range(2)),
                  static_cast<std::size_t>(state.range(3)));
  const auto count = static_cast<std::size_t>(state.range(3));
  for (auto _ : state) {
    packets.seal();
    SPECTER_CHECK(packets.open() == count);
  }
  packets.count(state);
}

void Mask(benchmark::State& state) {
  const PacketCipher cipher(library(state));
  NumberMask mask(cipher, algorithm(state), Buffer(key_size(algorithm(state)), 1));
  std::array<std::uint8_t, 16> ciphertext{};
  for (auto _ : state) {
    ++ciphertext[3];
    benchmark::DoNotOptimize(mask.mask(ciphertext));
  }
}

void MakeKey(benchmark::State& state) {
  const PacketCipher cipher(library(state));
  const Buffer secret(key_size(algorithm(state)), 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(cipher.make_key(algorithm(state), Direction::Seal, secret));
}

void OfBatches(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"multi", "algorithm", "bytes", "packets"})
      ->ArgsProduct({{0, 1}, {0, 1, 2}, {64, 1187}, {1, 16}})
      ->ArgsProduct({{0, 1}, {3}, {100, 1100}, {1, 4, 32, 64}});
}
void OfAeads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"multi", "algorithm"})->ArgsProduct({{0, 1}, {0, 1, 2}});
}
BENCHMARK(Seal)->Apply(OfBatches);
BENCHMARK(SealAndOpen)->Apply(OfBatches);
BENCHMARK(Mask)->Apply(OfAeads);
BENCHMARK(MakeKey)->Apply(OfAeads);

void Hmac(benchmark::State& state) {
  const auto hash = static_cast<HashAlgorithm>(state.range(0));
  const Secret key(digest_size(hash));
  const Buffer data(48, 1);
  for (auto _ : state) benchmark::DoNotOptimize(hmac(hash, key, {data}));
}
BENCHMARK(Hmac)->ArgName("sha256,sha384")->DenseRange(0, 1);

void HmacSha1OfStun(benchmark::State& state) {
  const Buffer key(24, 1), data(100, 2);
  for (auto _ : state) benchmark::DoNotOptimize(hmac_sha1(key, data));
}
BENCHMARK(HmacSha1OfStun);

void HkdfExpandLabel(benchmark::State& state) {
  const Secret key(std::size_t{32});
  const Buffer info(54, 1);
  Secret out(std::size_t{32});
  for (auto _ : state) hkdf_expand(HashAlgorithm::Sha256, key, info, out.data());
}
BENCHMARK(HkdfExpandLabel);

void Tls12KeyBlock(benchmark::State& state) {
  const Secret master(std::size_t{48});
  const Buffer seed(64, 1);
  std::array<std::uint8_t, 40> out;
  for (auto _ : state) tls12_prf(HashAlgorithm::Sha256, master, "key expansion", seed, out);
}
BENCHMARK(Tls12KeyBlock);

Group group_of(const benchmark::State& state) {
  constexpr std::array kGroups{Group::X25519, Group::Secp256r1, Group::Secp384r1};
  return kGroups.at(static_cast<std::size_t>(state.range(0)));
}
void OfEachGroup(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("x25519,p256,p384")->DenseRange(0, 2)->Unit(benchmark::kMicrosecond);
}

void OfferKey(benchmark::State& state) {
  CountingRandom random;
  for (auto _ : state) KeyOffer::generate(group_of(state), random);
}
void AnswerKey(benchmark::State& state) {
  CountingRandom random;
  const KeyOffer offer = KeyOffer::generate(group_of(state), random);
  for (auto _ : state)
    benchmark::DoNotOptimize(answer_key_offer(group_of(state), offer.share(), random));
}
void FinishKey(benchmark::State& state) {
  CountingRandom random;
  const KeyOffer offer = KeyOffer::generate(group_of(state), random);
  const auto answer = answer_key_offer(group_of(state), offer.share(), random);
  for (auto _ : state) benchmark::DoNotOptimize(offer.finish(answer->share));
}
BENCHMARK(OfferKey)->Apply(OfEachGroup);
BENCHMARK(AnswerKey)->Apply(OfEachGroup);
BENCHMARK(FinishKey)->Apply(OfEachGroup);

const Certificate& certificate(KeyType type) {
  static std::map<KeyType, std::shared_ptr<const Certificate>> made;
  auto& certificate = made[type];
  if (!certificate) {
    CountingRandom random;
    certificate = Certificate::generate(type, random, 1'795'000'000);
  }
  return *certificate;
}
KeyType key_type(const benchmark::State& state) { return static_cast<KeyType>(state.range(0)); }
SignatureScheme scheme(const benchmark::State& state) {
  switch (key_type(state)) {
    case KeyType::EcdsaP256: return SignatureScheme::EcdsaSecp256r1Sha256;
    case KeyType::EcdsaP384: return SignatureScheme::EcdsaSecp384r1Sha384;
    case KeyType::Rsa: return SignatureScheme::RsaPssRsaeSha256;
    case KeyType::RsaPss: return SignatureScheme::RsaPssPssSha256;
    case KeyType::Ed25519: break;
  }
  return SignatureScheme::Ed25519;
}
void OfEachKey(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("p256,p384,rsa,rsa_pss,ed25519")
      ->DenseRange(0, 4)
      ->Unit(benchmark::kMicrosecond);
}

void Sign(benchmark::State& state) {
  CountingRandom random;
  const Buffer message(130, 1);
  const Certificate& own = certificate(key_type(state));
  for (auto _ : state) benchmark::DoNotOptimize(sign(own, scheme(state), message, random));
}
void Verify(benchmark::State& state) {
  CountingRandom random;
  const Buffer message(130, 1);
  const Certificate& own = certificate(key_type(state));
  const Buffer signature = sign(own, scheme(state), message, random);
  const auto key = PublicKey::of_certificate(own.der());
  for (auto _ : state) SPECTER_CHECK(key->verify(scheme(state), message, signature));
}
void ReadCertificate(benchmark::State& state) {
  const Certificate& own = certificate(key_type(state));
  for (auto _ : state) SPECTER_CHECK(PublicKey::of_certificate(own.der()));
}
void MakeCertificate(benchmark::State& state) {
  CountingRandom random;
  for (auto _ : state)
    benchmark::DoNotOptimize(Certificate::generate(key_type(state), random, 1'795'000'000));
}
BENCHMARK(Sign)->Apply(OfEachKey);
BENCHMARK(Verify)->Apply(OfEachKey);
BENCHMARK(ReadCertificate)->Apply(OfEachKey);
BENCHMARK(MakeCertificate)->Apply(OfEachKey);

}  // namespace
}  // namespace specter::crypto
