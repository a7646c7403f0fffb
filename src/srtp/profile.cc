#include "srtp/profile.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/check.h"

namespace specter::srtp {
namespace {

using enum crypto::PacketAlgorithm;

constexpr std::array kProfiles{
    ProfileTraits{Profile::Aes128CmSha1_80, Aes128CmSha1_80, Aes128CmSha1_80, 16, 14},
    ProfileTraits{Profile::Aes128CmSha1_32, Aes128CmSha1_32, Aes128CmSha1_80, 16, 14},
    ProfileTraits{Profile::AeadAes128Gcm, Aes128Gcm, Aes128Gcm, 16, 12},
    ProfileTraits{Profile::AeadAes256Gcm, Aes256Gcm, Aes256Gcm, 32, 12},
};

}  // namespace

std::optional<Profile> profile(std::uint16_t number) {
  const auto found = std::ranges::find(kProfiles, Profile{number}, &ProfileTraits::profile);
  if (found == kProfiles.end()) return std::nullopt;
  return found->profile;
}

const ProfileTraits& traits(Profile profile) {
  const auto found = std::ranges::find(kProfiles, profile, &ProfileTraits::profile);
  SPECTER_CHECK(found != kProfiles.end());
  return *found;
}

std::size_t exported_size(Profile profile) {
  return 2 * (traits(profile).key_size + traits(profile).salt_size);
}

MasterKeys cut_exported(Profile profile, Bytes exported) {
  SPECTER_CHECK(exported.size() == exported_size(profile));
  const auto& [unused, rtp, rtcp, key_size, salt_size] = traits(profile);
  ByteReader r(exported);
  MasterKeys keys;
  keys.client.key = crypto::Secret(r.bytes(key_size));
  keys.server.key = crypto::Secret(r.bytes(key_size));
  keys.client.salt = crypto::Secret(r.bytes(salt_size));
  keys.server.salt = crypto::Secret(r.bytes(salt_size));
  return keys;
}

}  // namespace specter::srtp
