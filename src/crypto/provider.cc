#include "crypto/provider.h"

#include <openssl/provider.h>

#include "crypto/library.h"

namespace specter::crypto {
namespace {

// OSSL_ALGORITHM's names stand between colons: "EC:id-ecPublicKey:1.2.840.10045.2.1".
bool has_name(std::string_view names, std::string_view name) {
  while (true) {
    const std::size_t colon = names.find(':');
    if (names.substr(0, colon) == name) return true;
    if (colon == std::string_view::npos) return false;
    names.remove_prefix(colon + 1);
  }
}

OSSL_PROVIDER* provider() {
  static OSSL_PROVIDER* const loaded = OSSL_PROVIDER_load(library_context(), "default");
  SPECTER_CHECK(loaded != nullptr);
  return loaded;
}

}  // namespace

void* provider_context() { return OSSL_PROVIDER_get0_provider_ctx(provider()); }

const OSSL_DISPATCH* provider_functions(int operation, std::string_view name) {
  int no_cache = 0;
  const OSSL_ALGORITHM* algorithm = OSSL_PROVIDER_query_operation(provider(), operation, &no_cache);
  SPECTER_CHECK(algorithm && no_cache == 0);  // what it answered stays as it is
  while (algorithm->algorithm_names && !has_name(algorithm->algorithm_names, name)) ++algorithm;
  SPECTER_CHECK(algorithm->algorithm_names != nullptr);
  return algorithm->implementation;
}

}  // namespace specter::crypto
