#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"

namespace specter::crypto {
namespace {

struct Named {
  HashAlgorithm algorithm;
  std::string_view name;
  std::size_t size;
};
// RFC 8122 §5, names as in the registry of hash functions.
constexpr std::array<Named, 3> kAlgorithms{{{HashAlgorithm::Sha256, "sha-256", 32},
                                            {HashAlgorithm::Sha384, "sha-384", 48},
                                            {HashAlgorithm::Sha512, "sha-512", 64}}};

const Named& named(HashAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

// Without a locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(HashAlgorithm algorithm) { return named(algorithm).name; }

std::optional<HashAlgorithm> hash_algorithm(std::string_view name) {
  for (const Named& known : kAlgorithms) {
    if (std::ranges::equal(name, known.name, {}, lower)) return known.algorithm;
  }
  return std::nullopt;
}

// RFC 8122 §5: hash-func SP 2UHEX *(":" 2UHEX). Lower case digits are read too: some write them.
std::optional<Fingerprint> Fingerprint::parse(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto algorithm = hash_algorithm(text.substr(0, space));
  if (!algorithm) return std::nullopt;
  text.remove_prefix(space + 1);

  const std::size_t size = named(*algorithm).size;
  if (text.size() != size * 3 - 1) return std::nullopt;
  Fingerprint out{*algorithm, Buffer(size)};
  for (std::size_t i = 0; i < size; ++i) {
    const auto high = digit(text[3 * i]);
    const auto low = digit(text[3 * i + 1]);
    if (!high || !low || (i > 0 && text[3 * i - 1] != ':')) return std::nullopt;
    out.digest[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return out;
}

Fingerprint Fingerprint::of(Bytes certificate_der, HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::Sha384: return {algorithm, to_buffer(sha384(certificate_der))};
    case HashAlgorithm::Sha512: return {algorithm, to_buffer(sha512(certificate_der))};
    case HashAlgorithm::Sha256: break;
  }
  return {HashAlgorithm::Sha256, to_buffer(sha256(certificate_der))};
}

std::string Fingerprint::to_string() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out(crypto::to_string(algorithm));
  char before = ' ';
  for (const std::uint8_t byte : digest) {
    out += std::exchange(before, ':');
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace specter::crypto
