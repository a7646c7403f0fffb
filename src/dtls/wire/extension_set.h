// The extensions that WebRTC's profile of DTLS uses, and which of them a message has.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <initializer_list>

namespace specter::dtls {

enum class ExtensionType : std::uint16_t {
  SupportedGroups = 10,
  EcPointFormats = 11,
  SignatureAlgorithms = 13,
  UseSrtp = 14,
  ExtendedMasterSecret = 23,
  SupportedVersions = 43,
  Cookie = 44,
  KeyShare = 51,
  RenegotiationInfo = 0xff01,
};

inline constexpr std::array kKnownExtensions{
    ExtensionType::SupportedGroups,
    ExtensionType::EcPointFormats,
    ExtensionType::SignatureAlgorithms,
    ExtensionType::UseSrtp,
    ExtensionType::ExtendedMasterSecret,
    ExtensionType::SupportedVersions,
    ExtensionType::Cookie,
    ExtensionType::KeyShare,
    ExtensionType::RenegotiationInfo,
};

// By type alone; all types that we don't know are one.
class ExtensionSet {
 public:
  ExtensionSet() = default;
  ExtensionSet(std::initializer_list<ExtensionType> types) {
    for (const ExtensionType type : types) add(type);
  }

  void add(ExtensionType type) { present_.set(index(type)); }
  void add_if(bool present, ExtensionType type) {
    if (present) add(type);
  }
  void add_unknown() { present_.set(kKnownExtensions.size()); }

  bool has(ExtensionType type) const { return present_.test(index(type)); }
  bool has_unknown() const { return present_.test(kKnownExtensions.size()); }
  bool empty() const { return present_.none(); }
  ExtensionSet with(const ExtensionSet& more) const {
    ExtensionSet out = *this;
    out.present_ |= more.present_;
    return out;
  }

  bool operator==(const ExtensionSet&) const = default;

 private:
  // One past the known ones: unknown.
  static std::size_t index(ExtensionType type) {
    return static_cast<std::size_t>(std::ranges::find(kKnownExtensions, type) -
                                    kKnownExtensions.begin());
  }

  std::bitset<kKnownExtensions.size() + 1> present_;
};

}  // namespace specter::dtls
