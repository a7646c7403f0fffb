// Key agreement and signatures, for targets that shake hands thousands of times a second: what was
// computed once is remembered. Each of these is a function of its arguments, randomness among them,
// so no result is another one; a target whose seeds are fixed meets the same ones in most runs.
//
// The linker puts these in their place (--wrap, see CMakeLists.txt).
#include <map>
#include <utility>

#include "base/bytes.h"
#include "crypto/expansion.h"
#include "crypto/key_exchange.h"
#include "crypto/signature.h"
#include "dtls/handshake/credentials.h"

namespace specter::fuzz {
namespace {

using namespace specter::crypto;

// Bytes that tell one call from another.
class Arguments {
 public:
  template <class... Parts>
  explicit Arguments(const Parts&... parts) {
    (add(parts), ...);
  }
  bool operator<(const Arguments& other) const { return bytes_ < other.bytes_; }

 private:
  void add(std::uint32_t number) { ByteWriter(bytes_).u32(number); }
  void add(Bytes part) {
    add(static_cast<std::uint32_t>(part.size()));
    ByteWriter(bytes_).bytes(part);
  }
  void add(Group group) { add(static_cast<std::uint32_t>(group)); }
  void add(SignatureScheme scheme) { add(static_cast<std::uint32_t>(scheme)); }
  void add(dtls::Version version) { add(static_cast<std::uint32_t>(version)); }

  Buffer bytes_;
};

template <class Result>
class Memory {
 public:
  template <class Compute>
  Result recall(Arguments arguments, Compute&& compute) {
    if (const auto known = results_.find(arguments); known != results_.end()) return known->second;
    Result result = compute();
    if (results_.size() == kMaxResults) results_.clear();
    return results_.emplace(std::move(arguments), std::move(result)).first->second;
  }

 private:
  static constexpr std::size_t kMaxResults = 4096;
  std::map<Arguments, Result> results_;
};

}  // namespace

bool is_proof(const dtls::Proof& proof) asm("__wrap__ZN7specter4dtls8is_proofERKNS0_5ProofE");
bool compute_is_proof(const dtls::Proof& proof) asm(
    "__real__ZN7specter4dtls8is_proofERKNS0_5ProofE");

Buffer
sign(const Certificate& certificate, SignatureScheme scheme, Bytes message, Random& random) asm(
    "__wrap__ZN7specter6crypto4signERKNS0_11CertificateENS0_"
    "15SignatureSchemeESt4spanIKhLm18446744073709551615EERNS_6RandomE");
Buffer
compute_sign(const Certificate& certificate, SignatureScheme scheme, Bytes message, Random& random) asm(
    "__real__ZN7specter6crypto4signERKNS0_11CertificateENS0_"
    "15SignatureSchemeESt4spanIKhLm18446744073709551615EERNS_6RandomE");

std::optional<KeyAnswer> answer_key_offer(Group group, Bytes offer, Random& random) asm(
    "__wrap__ZN7specter6crypto16answer_key_offerENS0_5GroupESt4spanIKhLm18446744073709551615EERNS_"
    "6RandomE");
std::optional<KeyAnswer> compute_answer(Group group, Bytes offer, Random& random) asm(
    "__real__ZN7specter6crypto16answer_key_offerENS0_5GroupESt4spanIKhLm18446744073709551615EERNS_"
    "6RandomE");

// KeyOffer::finish(); an offer's share says which key it has.
std::optional<Secret> finish(const KeyOffer* offer, Bytes answer) asm(
    "__wrap__ZNK7specter6crypto8KeyOffer6finishESt4spanIKhLm18446744073709551615EE");
std::optional<Secret> compute_finish(const KeyOffer* offer, Bytes answer) asm(
    "__real__ZNK7specter6crypto8KeyOffer6finishESt4spanIKhLm18446744073709551615EE");

bool is_proof(const dtls::Proof& proof) {
  static Memory<bool> memory;
  return memory.recall(Arguments(proof.certificate, std::uint32_t{proof.scheme}, proof.signature,
                                 proof.content, proof.version),
                       [&] { return compute_is_proof(proof); });
}

Buffer sign(const Certificate& certificate, SignatureScheme scheme, Bytes message, Random& random) {
  static Memory<Buffer> memory;
  const Secret seed = Expansion::draw_seed(random);
  return memory.recall(Arguments(certificate.der(), scheme, message, seed.bytes()), [&] {
    Expansion expansion(seed);
    return compute_sign(certificate, scheme, message, expansion);
  });
}

std::optional<KeyAnswer> answer_key_offer(Group group, Bytes offer, Random& random) {
  static Memory<std::optional<KeyAnswer>> memory;
  const Secret seed = Expansion::draw_seed(random);
  return memory.recall(Arguments(group, offer, seed.bytes()), [&] {
    Expansion expansion(seed);
    return compute_answer(group, offer, expansion);
  });
}

std::optional<Secret> finish(const KeyOffer* offer, Bytes answer) {
  static Memory<std::optional<Secret>> memory;
  return memory.recall(Arguments(offer->group(), offer->share(), answer),
                       [&] { return compute_finish(offer, answer); });
}

}  // namespace specter::fuzz
