// The seam to OpenSSL's global state: one library context of our own, whose only source of
// randomness is the Random that the caller names. For src/crypto and src/dtls alone.
#pragma once

#include <string_view>

#include "specter/random.h"

struct ossl_lib_ctx_st;  // OSSL_LIB_CTX

namespace specter::crypto {

// Keeps OpenSSL from tearing itself down at exit(), when threads may still be using it. Has effect
// only before anyone's first use of OpenSSL in this process; cheap to call again.
void prepare_library();

// The context, made at the first call and never freed. It isn't OpenSSL's default one: others in
// the process (an Erlang VM) use and configure that. Any thread.
ossl_lib_ctx_st* library_context();

// While one lives, what this thread does within library_context() draws its randomness from
// `random`. Scopes nest: the innermost counts. Without one every operation that needs randomness
// fails; there is no other source to fall back to.
class RandomScope {
 public:
  explicit RandomScope(Random& random);
  ~RandomScope();
  RandomScope(const RandomScope&) = delete;
  RandomScope& operator=(const RandomScope&) = delete;

 private:
  Random* outer_;
};

std::string_view openssl_version();  // "OpenSSL 3.0.22"

}  // namespace specter::crypto
