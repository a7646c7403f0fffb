// OpenSSL's default provider, for what calls its algorithms as EVP would (provider(7)). For
// src/crypto alone.
#pragma once

#include <string_view>

#include <openssl/core_dispatch.h>

#include "base/check.h"

namespace specter::crypto {

// What the provider's functions that make a context want to have.
void* provider_context();

// The functions of an algorithm, for good: OSSL_OP_DIGEST, "SHA256". Throws Bug where it is not.
const OSSL_DISPATCH* provider_functions(int operation, std::string_view name);

// The one that must be among them, of the type that its number has.
template <class Function>
Function* provider_function(const OSSL_DISPATCH* all, int id) {
  while (all->function_id != 0 && all->function_id != id) ++all;
  SPECTER_CHECK(all->function_id == id && all->function);
  return reinterpret_cast<Function*>(all->function);
}

}  // namespace specter::crypto
