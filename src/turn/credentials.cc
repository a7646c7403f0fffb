#include "turn/credentials.h"

#include <algorithm>
#include <string_view>

#include "base/base64.h"
#include "base/bytes.h"
#include "crypto/secret.h"
#include "stun/integrity.h"

namespace specter::turn {

namespace {

// RFC 8489 §9.2: nine characters, then 24 bits in four characters of base64.
constexpr std::string_view kNonceCookie = "obMatJos2";

struct Features {
  bool password_algorithms = false;
  bool username_anonymity = false;
};

Features features_of(std::string_view nonce) {
  if (!nonce.starts_with(kNonceCookie) || nonce.size() < kNonceCookie.size() + 4) return {};
  const auto set = from_base64(nonce.substr(kNonceCookie.size(), 4));
  if (!set || set->size() != 3) return {};
  const std::uint32_t bits = ByteReader(*set).u24();
  // RFC 8489 §18.1 as printed counts the bits from the left, its appendix B.1 and erratum 6290 from
  // the right. Servers do either, and no other bit is assigned.
  return {(bits & 0x800001) != 0, (bits & 0x400002) != 0};
}

template <std::size_t Size>
Buffer as_buffer(const std::array<std::uint8_t, Size>& bytes) {
  return Buffer(bytes.begin(), bytes.end());
}

}  // namespace

// All that it has room for: a longer text may have been there before.
void wipe(std::string& password) {
  password.resize(password.capacity());
  crypto::cleanse({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
  password.clear();
}

Credentials::~Credentials() {
  wipe(password_);
  crypto::cleanse(key_.bytes);
}

bool Key::signed_message(Bytes message) const {
  return is_sha256 ? stun::has_integrity_sha256(message, bytes)
                   : stun::has_integrity(message, bytes);
}

Credentials::Verdict Credentials::take(const stun::Message& challenge) {
  const auto realm = challenge.get<stun::Realm>();
  const auto nonce = challenge.get<stun::Nonce>();
  if (!realm || !nonce) return Verdict::Malformed;
  const auto algorithms = challenge.raw(stun::AttributeType::PasswordAlgorithms);
  const Features features = features_of(nonce->text);
  if (!algorithms && features.password_algorithms) return Verdict::BidDown;
  // RFC 8489 §9.2.5: once there were algorithms, SHA-256 protects all that follows.
  if (!algorithms && key_.is_sha256) return Verdict::BidDown;

  auto chosen = stun::PasswordAlgorithmId::Md5;
  if (algorithms) {
    const auto parsed = stun::PasswordAlgorithms::parse(*algorithms, challenge.id);
    if (!parsed) return Verdict::Malformed;
    // RFC 8489 §9.2.5: the first on the list that we have.
    const auto found = std::ranges::find_if(parsed->algorithms, [](const auto& algorithm) {
      return algorithm.algorithm == stun::PasswordAlgorithmId::Md5 ||
             algorithm.algorithm == stun::PasswordAlgorithmId::Sha256;
    });
    if (found == parsed->algorithms.end()) return Verdict::NoAlgorithm;
    chosen = found->algorithm;
  }

  const bool same_key = is_challenged_ && realm->text == realm_ && chosen == chosen_ &&
                        algorithms.has_value() == key_.is_sha256;
  is_challenged_ = true;
  realm_ = realm->text;
  nonce_ = nonce->text;
  hides_username_ = features.username_anonymity;
  algorithms_ = algorithms ? to_buffer(*algorithms) : Buffer();
  chosen_ = chosen;
  if (same_key) return Verdict::Taken;
  key_.is_sha256 = algorithms.has_value();
  key_.bytes = chosen == stun::PasswordAlgorithmId::Sha256
                   ? as_buffer(stun::long_term_key_sha256(username_, realm_, password_))
                   : as_buffer(stun::long_term_key_md5(username_, realm_, password_));
  return Verdict::Taken;
}

void Credentials::sign(stun::MessageWriter& writer) const {
  if (!is_challenged_) return;
  if (hides_username_) {
    writer.add(stun::Userhash{stun::userhash(username_, realm_)});
  } else {
    writer.add(stun::Username{username_});
  }
  writer.add(stun::Realm{realm_}).add(stun::Nonce{nonce_});
  if (!algorithms_.empty()) {
    // RFC 8489 §9.2.5: the list goes back as it came, so that who shortened it is found out.
    writer.raw(stun::AttributeType::PasswordAlgorithms, algorithms_);
    writer.add(stun::PasswordAlgorithm{chosen_, {}});
  }
  if (key_.is_sha256) {
    writer.integrity_sha256(key_.bytes);
  } else {
    writer.integrity(key_.bytes);
  }
}

}  // namespace specter::turn
