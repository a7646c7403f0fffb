#include "srtp/key_derivation.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/kdf.h"

namespace specter::srtp {
namespace {

constexpr std::size_t kMaxSaltBytes = 14;
constexpr std::size_t kLabelAt = 7;  // RFC 3711 §4.3.1: in front of an index of 48 bits
constexpr std::size_t kAuthenticationKeyBytes = 20;  // RFC 3711 §5.2

struct Labels {
  KeyLabel cipher, authentication, salt;
};

SessionKeys derive(Profile profile, const MasterKey& master, const Labels& labels) {
  const ProfileTraits& sizes = traits(profile);
  SessionKeys out;
  out.salt = derive_key(master, labels.salt, sizes.salt_size);
  out.cipher = derive_key(master, labels.cipher, sizes.key_size);
  if (crypto::is_aead(sizes.rtp)) return out;
  const auto authentication = derive_key(master, labels.authentication, kAuthenticationKeyBytes);
  crypto::Secret both(sizes.key_size + kAuthenticationKeyBytes);
  std::ranges::copy(out.cipher.bytes(), both.data().begin());
  std::ranges::copy(authentication.bytes(), both.data().subspan(sizes.key_size).begin());
  out.cipher = both;
  return out;
}

}  // namespace

crypto::Secret derive_key(const MasterKey& master, KeyLabel label, std::size_t size) {
  SPECTER_CHECK(master.salt.size() <= kMaxSaltBytes);
  // RFC 3711 §4.3.3: (label ‖ 0) XOR salt, times 2^16, is the first counter block.
  std::array<std::uint8_t, 16> counter{};
  std::ranges::copy(master.salt.bytes(), counter.begin());
  counter[kLabelAt] ^= static_cast<std::uint8_t>(label);
  crypto::Secret out(size);
  crypto::aes_key_stream(master.key, counter, out.data());
  crypto::cleanse(counter);
  return out;
}

DirectionKeys derive_keys(Profile profile, const MasterKey& master) {
  SPECTER_CHECK(master.key.size() == traits(profile).key_size &&
                master.salt.size() == traits(profile).salt_size);
  return {.rtp = derive(profile, master,
                        {KeyLabel::RtpCipher, KeyLabel::RtpAuthentication, KeyLabel::RtpSalt}),
          .rtcp = derive(profile, master,
                         {KeyLabel::RtcpCipher, KeyLabel::RtcpAuthentication, KeyLabel::RtcpSalt})};
}

}  // namespace specter::srtp
