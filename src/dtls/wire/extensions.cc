#include "dtls/wire/extensions.h"

namespace specter::dtls {
namespace {
constexpr std::uint16_t kGreaseType = 0x0a0a;  // RFC 8701 §2
}

void write_empty_extensions(ByteWriter& out, const ExtensionSet& extensions) {
  for (const ExtensionType type : kKnownExtensions)
    if (extensions.has(type)) write_extension(out, type, [] {});
  if (extensions.has_unknown())
    write_extension(out, static_cast<ExtensionType>(kGreaseType), [] {});
}

UseSrtp read_use_srtp_offer(TlsReader& data) {
  UseSrtp value;
  value.profiles = data.vector16(2).numbers();
  value.mki = data.vector8().opaque();
  return value;
}

UseSrtp read_use_srtp_choice(TlsReader& data) {
  UseSrtp value = read_use_srtp_offer(data);
  // RFC 5764 §4.1.1: the server answers with a single profile.
  if (value.profiles.size() > 1) data.raise(ParseError::BadLength);
  return value;
}

void write_use_srtp(ByteWriter& out, const UseSrtp& value) {
  write_extension(out, ExtensionType::UseSrtp, [&] {
    write_numbers16(out, value.profiles);
    write_opaque8(out, value.mki);
  });
}

}  // namespace specter::dtls
