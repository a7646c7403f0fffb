#include "crypto/provider.h"

#include <string_view>

#include <openssl/provider.h>

#include "base/check.h"
#include "crypto/library.h"

namespace specter::crypto {
namespace {

// OSSL_ALGORITHM's names stand between colons: "AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6".
bool has_name(std::string_view names, std::string_view name) {
  while (true) {
    const std::size_t colon = names.find(':');
    if (names.substr(0, colon) == name) return true;
    if (colon == std::string_view::npos) return false;
    names.remove_prefix(colon + 1);
  }
}

OSSL_PROVIDER* default_provider() {
  OSSL_PROVIDER* const provider = OSSL_PROVIDER_load(library_context(), "default");
  SPECTER_CHECK(provider != nullptr);
  return provider;
}

}  // namespace

const OSSL_DISPATCH* provider_functions(int operation, const char* name) {
  int no_cache = 0;
  const OSSL_ALGORITHM* algorithm =
      OSSL_PROVIDER_query_operation(default_provider(), operation, &no_cache);
  SPECTER_CHECK(algorithm && no_cache == 0);  // what it answered stays as it is
  while (algorithm->algorithm_names && !has_name(algorithm->algorithm_names, name)) ++algorithm;
  SPECTER_CHECK(algorithm->algorithm_names != nullptr);
  return algorithm->implementation;
}

void* provider_context() { return OSSL_PROVIDER_get0_provider_ctx(default_provider()); }

}  // namespace specter::crypto
