#include "dtls/wire/extensions.h"

namespace specter::dtls {

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
