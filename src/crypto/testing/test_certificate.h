// A certificate around any key, and any bytes in a key's place.
#pragma once

#include <initializer_list>
#include <memory>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/check.h"
#include "testing/hex.h"

namespace specter::crypto {

// One DER element.
inline Buffer der(std::uint8_t tag, std::initializer_list<Bytes> parts) {
  Buffer contents;
  for (const Bytes part : parts) contents.insert(contents.end(), part.begin(), part.end());
  Buffer out;
  ByteWriter writer(out);
  writer.u8(tag);
  if (contents.size() >= 0x10000) {
    writer.u8(0x83);
    writer.u24(static_cast<std::uint32_t>(contents.size()));
  } else if (contents.size() >= 0x100) {
    writer.u8(0x82);
    writer.u16(static_cast<std::uint16_t>(contents.size()));
  } else if (contents.size() >= 0x80) {
    writer.u8(0x81);
    writer.u8(static_cast<std::uint8_t>(contents.size()));
  } else {
    writer.u8(static_cast<std::uint8_t>(contents.size()));
  }
  writer.bytes(contents);
  return out;
}
inline constexpr std::uint8_t kSequence = 0x30, kInteger = 0x02, kBits = 0x03;

// RFC 5280 §4.1, with nothing in it but what has to be, and a signature of nobody. `filler` stands
// where the extensions do.
inline Buffer certificate_with(Bytes key_info, std::size_t filler = 0,
                               std::string_view version_3 = "a003020102") {
  const Buffer version = testing::hex(version_3), serial = testing::hex("020101");
  const Buffer algorithm = testing::hex("300a06082a8648ce3d040302");  // ecdsa-with-SHA256
  const Buffer name = der(kSequence, {});
  const Buffer validity = der(
      kSequence, {der(0x17, {as_bytes("260101000000Z")}), der(0x17, {as_bytes("270101000000Z")})});
  const Buffer extensions = filler == 0 ? Buffer() : der(0xa3, {Buffer(filler, 0)});
  const Buffer to_be_signed =
      der(kSequence, {version, serial, algorithm, name, validity, name, key_info, extensions});
  return der(kSequence, {to_be_signed, algorithm, der(kBits, {Buffer(9, 0)})});
}

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using TestKey = std::unique_ptr<EVP_PKEY, FreeKey>;

// The SubjectPublicKeyInfo that OpenSSL writes of a key.
inline Buffer key_info_of(EVP_PKEY* key) {
  Buffer out(static_cast<std::size_t>(i2d_PUBKEY(key, nullptr)));
  std::uint8_t* at = out.data();
  SPECTER_CHECK(i2d_PUBKEY(key, &at) == static_cast<int>(out.size()));
  return out;
}

// The one in a certificate.
inline Buffer key_info_of(Bytes certificate_der) {
  const std::uint8_t* at = certificate_der.data();
  X509* const certificate = d2i_X509(nullptr, &at, static_cast<long>(certificate_der.size()));
  SPECTER_CHECK(certificate != nullptr);
  Buffer out = key_info_of(X509_get0_pubkey(certificate));
  X509_free(certificate);
  return out;
}

// RFC 8410 §4.
inline Buffer ed25519_key_info(Bytes key) {
  return der(kSequence, {testing::hex("300506032b6570"), der(kBits, {testing::hex("00"), key})});
}

}  // namespace specter::crypto
