#include "cli/rtp/srtp_key.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"

namespace specter::cli::transfer {
namespace {

using srtp::Profile;

constexpr std::array<std::pair<std::string_view, Profile>, 4> kProfiles = {{
    {"AES_CM_128_HMAC_SHA1_80", Profile::Aes128CmSha1_80},
    {"AES_CM_128_HMAC_SHA1_32", Profile::Aes128CmSha1_32},
    {"AEAD_AES_128_GCM", Profile::AeadAes128Gcm},
    {"AEAD_AES_256_GCM", Profile::AeadAes256Gcm},
}};

std::optional<Profile> profile_of(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto* found =
      std::ranges::find(kProfiles, upper, [](const auto& row) { return row.first; });
  if (found == kProfiles.end()) return std::nullopt;
  return found->second;
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

int digit(char c) {
  if (c <= '9') return c - '0';
  return std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

Buffer from_hex(std::string_view text) {
  Buffer out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  return out;
}

// A text of only hex digits is base64 too; the size that is needed tells them apart.
std::optional<Buffer> read_key(std::string_view text, std::size_t needed) {
  constexpr std::string_view kInline = "inline:";
  const bool is_inline = text.starts_with(kInline);
  if (is_inline) {
    text.remove_prefix(kInline.size());
    text = text.substr(0, text.find('|'));
  }
  const bool is_base64_size = (text.size() + 3) / 4 == (needed + 2) / 3;
  if (!is_inline && is_hex(text) && text.size() % 2 == 0 && !is_base64_size) return from_hex(text);
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  return from_base64(padded);
}

}  // namespace

std::unique_ptr<srtp::Sealer> make_sealer(const std::optional<SrtpKey>& key,
                                          const crypto::PacketCipher& cipher) {
  return key ? std::make_unique<srtp::Sealer>(cipher, key->profile, key->session_keys()) : nullptr;
}

std::unique_ptr<srtp::Opener> make_opener(const std::optional<SrtpKey>& key,
                                          const crypto::PacketCipher& cipher) {
  return key ? std::make_unique<srtp::Opener>(cipher, key->profile, key->session_keys()) : nullptr;
}

std::string names_of_profiles() {
  std::string out;
  for (const auto& [name, profile] : kProfiles)
    out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::expected<SrtpKey, std::string> parse_srtp_key(std::string_view profile, std::string_view key) {
  const auto known = profile_of(profile);
  if (!known)
    return std::unexpected(
        fmt::format("there is no SRTP profile '{}'; these are: {}", profile, names_of_profiles()));
  const srtp::ProfileTraits& sizes = srtp::traits(*known);
  const std::size_t needed = sizes.key_size + sizes.salt_size;
  const auto bytes = read_key(key, needed);
  if (!bytes)
    return std::unexpected(
        "the key is neither hex nor base64; give key and salt, one behind the other, as one of "
        "them");
  if (bytes->size() != needed)
    return std::unexpected(
        fmt::format("the key has {} bytes, and {} needs {}: {} of key and {} of salt",
                    bytes->size(), profile, needed, sizes.key_size, sizes.salt_size));
  const Bytes all(*bytes);
  return SrtpKey{
      *known,
      {crypto::Secret(all.first(sizes.key_size)), crypto::Secret(all.subspan(sizes.key_size))}};
}

}  // namespace specter::cli::transfer
