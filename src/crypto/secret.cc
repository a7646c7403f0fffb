#include "crypto/secret.h"

#include <algorithm>

#include <openssl/crypto.h>

#include "base/check.h"

namespace specter::crypto {

void cleanse(std::span<std::uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

Secret::Secret(std::size_t size) : size_(size) { SPECTER_CHECK(size <= kMaxBytes); }
Secret::Secret(Bytes bytes) : Secret(bytes.size()) { std::ranges::copy(bytes, bytes_.begin()); }
Secret::~Secret() { cleanse(bytes_); }

void Secret::wipe() {
  cleanse(bytes_);
  size_ = 0;
}

}  // namespace specter::crypto
