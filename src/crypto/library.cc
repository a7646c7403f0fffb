#include "crypto/library.h"

#include <new>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace specter::crypto {
namespace {

constexpr const char* kProvider = "specter";
constexpr const char* kGenerator = "SPECTER-RAND";
constexpr const char* kProperties = "provider=specter";
constexpr unsigned kStrength = 256;           // bits; as good as the Random is
constexpr std::size_t kMaxRequest = 1 << 20;  // bytes of one draw
thread_local Random* current_random = nullptr;

// ---- a random number generator as OpenSSL's providers have it (provider-rand(7)). OpenSSL makes a
// primary one a context and a public and a private one a thread. None of ours has a state but the
// one that EVP_RAND asks for.

struct Generator {
  int state = EVP_RAND_STATE_UNINITIALISED;
};

void* new_generator(void*, void*, const OSSL_DISPATCH*) { return new (std::nothrow) Generator; }
void free_generator(void* generator) { delete static_cast<Generator*>(generator); }

int instantiate(void* generator, unsigned, int, const unsigned char*, std::size_t,
                const OSSL_PARAM[]) {
  static_cast<Generator*>(generator)->state = EVP_RAND_STATE_READY;
  return 1;
}
int uninstantiate(void* generator) {
  static_cast<Generator*>(generator)->state = EVP_RAND_STATE_UNINITIALISED;
  return 1;
}

int generate(void*, unsigned char* out, std::size_t size, unsigned strength, int,
             const unsigned char*, std::size_t) {
  if (!current_random || strength > kStrength) return 0;
  try {
    current_random->fill(MutableBytes(out, size));
    return 1;
  } catch (...) {
    return 0;  // No exception may pass through C; the operation fails.
  }
}

int reseed(void*, int, const unsigned char*, std::size_t, const unsigned char*, std::size_t) {
  return 1;
}

// Nothing is shared between threads, so that there is nothing to lock.
int enable_locking(void*) { return 1; }
int lock(void*) { return 1; }
void unlock(void*) {}

const OSSL_PARAM* gettable_parameters(void*, void*) {
  static const OSSL_PARAM known[] = {OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, nullptr),
                                     OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, nullptr),
                                     OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, nullptr),
                                     OSSL_PARAM_END};
  return known;
}
int get_parameters(void* generator, OSSL_PARAM parameters[]) {
  OSSL_PARAM* const state = OSSL_PARAM_locate(parameters, OSSL_RAND_PARAM_STATE);
  if (state && !OSSL_PARAM_set_int(state, static_cast<Generator*>(generator)->state)) return 0;
  OSSL_PARAM* const strength = OSSL_PARAM_locate(parameters, OSSL_RAND_PARAM_STRENGTH);
  if (strength && !OSSL_PARAM_set_uint(strength, kStrength)) return 0;
  OSSL_PARAM* const request = OSSL_PARAM_locate(parameters, OSSL_RAND_PARAM_MAX_REQUEST);
  return !request || OSSL_PARAM_set_size_t(request, kMaxRequest);
}

// ---- the provider that has it

template <class Function>
OSSL_DISPATCH entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
  static const OSSL_DISPATCH functions[] = {
      entry(OSSL_FUNC_RAND_NEWCTX, new_generator),
      entry(OSSL_FUNC_RAND_FREECTX, free_generator),
      entry(OSSL_FUNC_RAND_INSTANTIATE, instantiate),
      entry(OSSL_FUNC_RAND_UNINSTANTIATE, uninstantiate),
      entry(OSSL_FUNC_RAND_GENERATE, generate),
      entry(OSSL_FUNC_RAND_RESEED, reseed),
      entry(OSSL_FUNC_RAND_ENABLE_LOCKING, enable_locking),
      entry(OSSL_FUNC_RAND_LOCK, lock),
      entry(OSSL_FUNC_RAND_UNLOCK, unlock),
      entry(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, gettable_parameters),
      entry(OSSL_FUNC_RAND_GET_CTX_PARAMS, get_parameters),
      {0, nullptr}};
  static const OSSL_ALGORITHM generators[] = {
      {kGenerator, kProperties, functions, "draws from the Random of the thread's RandomScope"},
      {nullptr, nullptr, nullptr, nullptr}};
  *no_cache = 0;
  return operation == OSSL_OP_RAND ? generators : nullptr;
}

int start_provider(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** out,
                   void** context) {
  static const OSSL_DISPATCH functions[] = {entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                            {0, nullptr}};
  *out = functions;
  *context = const_cast<OSSL_CORE_HANDLE*>(handle);
  return 1;
}

OSSL_LIB_CTX* make_context() {
  prepare_library();
  OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();
  SPECTER_CHECK(context != nullptr);
  SPECTER_CHECK(OSSL_PROVIDER_add_builtin(context, kProvider, start_provider) == 1);
  SPECTER_CHECK(OSSL_PROVIDER_load(context, "default") != nullptr);
  SPECTER_CHECK(OSSL_PROVIDER_load(context, kProvider) != nullptr);
  SPECTER_CHECK(RAND_set_DRBG_type(context, kGenerator, kProperties, nullptr, nullptr) == 1);
  SPECTER_CHECK(RAND_set_seed_source_type(context, kGenerator, kProperties) == 1);
  return context;
}

}  // namespace

void prepare_library() {
  static const int once = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  SPECTER_CHECK(once == 1);
}

ossl_lib_ctx_st* library_context() {
  static OSSL_LIB_CTX* const context = make_context();
  return context;
}

std::string_view openssl_version() {
  // "OpenSSL 3.0.22 10 Jan 2026 …": name and number.
  const std::string_view whole = OpenSSL_version(OPENSSL_VERSION);
  return whole.substr(0, whole.find(' ', whole.find(' ') + 1));
}

RandomScope::RandomScope(Random& random) : outer_(current_random) { current_random = &random; }
RandomScope::~RandomScope() { current_random = outer_; }

}  // namespace specter::crypto
