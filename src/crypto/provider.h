// Inside: what OpenSSL's default provider has, called as EVP would call it (provider(7)).
#pragma once

#include <openssl/core_dispatch.h>

namespace specter::crypto {

// Of an algorithm by one of its names; for good. Throws Bug when there is none.
const OSSL_DISPATCH* provider_functions(int operation, const char* name);
void* provider_context();  // what makes its objects

}  // namespace specter::crypto
