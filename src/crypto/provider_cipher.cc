#include "crypto/provider_cipher.h"

#include <array>
#include <string_view>

#include <openssl/core_dispatch.h>

#include "base/check.h"
#include "crypto/provider.h"

namespace specter::crypto {

struct CipherFunctions {
  explicit CipherFunctions(std::string_view name) {
    const OSSL_DISPATCH* const all = provider_functions(OSSL_OP_CIPHER, name);
    newctx = provider_function<OSSL_FUNC_cipher_newctx_fn>(all, OSSL_FUNC_CIPHER_NEWCTX);
    freectx = provider_function<OSSL_FUNC_cipher_freectx_fn>(all, OSSL_FUNC_CIPHER_FREECTX);
    encrypt_init =
        provider_function<OSSL_FUNC_cipher_encrypt_init_fn>(all, OSSL_FUNC_CIPHER_ENCRYPT_INIT);
    decrypt_init =
        provider_function<OSSL_FUNC_cipher_decrypt_init_fn>(all, OSSL_FUNC_CIPHER_DECRYPT_INIT);
    update = provider_function<OSSL_FUNC_cipher_update_fn>(all, OSSL_FUNC_CIPHER_UPDATE);
    final = provider_function<OSSL_FUNC_cipher_final_fn>(all, OSSL_FUNC_CIPHER_FINAL);
    get_params =
        provider_function<OSSL_FUNC_cipher_get_ctx_params_fn>(all, OSSL_FUNC_CIPHER_GET_CTX_PARAMS);
    set_params =
        provider_function<OSSL_FUNC_cipher_set_ctx_params_fn>(all, OSSL_FUNC_CIPHER_SET_CTX_PARAMS);
  }

  void* provider = provider_context();
  OSSL_FUNC_cipher_newctx_fn* newctx;
  OSSL_FUNC_cipher_freectx_fn* freectx;
  OSSL_FUNC_cipher_encrypt_init_fn* encrypt_init;
  OSSL_FUNC_cipher_decrypt_init_fn* decrypt_init;
  OSSL_FUNC_cipher_update_fn* update;
  OSSL_FUNC_cipher_final_fn* final;
  OSSL_FUNC_cipher_get_ctx_params_fn* get_params;
  OSSL_FUNC_cipher_set_ctx_params_fn* set_params;
};

namespace {

// Looked up once, for good.
const CipherFunctions& functions_of(PacketAlgorithm algorithm) {
  static const std::array<CipherFunctions, 3> all{CipherFunctions("AES-128-GCM"),
                                                  CipherFunctions("AES-256-GCM"),
                                                  CipherFunctions("ChaCha20-Poly1305")};
  return all.at(static_cast<std::size_t>(algorithm));
}

}  // namespace

ProviderCipher::ProviderCipher(PacketAlgorithm algorithm, Direction direction, Bytes key)
    : functions_(functions_of(algorithm)),
      direction_(direction),
      context_(functions_.newctx(functions_.provider)) {
  SPECTER_CHECK(context_ != nullptr);
  const bool taken = init(key, {});
  if (!taken) functions_.freectx(context_);
  SPECTER_CHECK(taken);
}

ProviderCipher::~ProviderCipher() { functions_.freectx(context_); }

bool ProviderCipher::init(Bytes key, Bytes nonce) {
  const auto function =
      direction_ == Direction::Seal ? functions_.encrypt_init : functions_.decrypt_init;
  const auto given = [](Bytes bytes) { return bytes.empty() ? nullptr : bytes.data(); };
  return function(context_, given(key), key.size(), given(nonce), nonce.size(), nullptr) == 1;
}

bool ProviderCipher::start(Bytes nonce) { return init({}, nonce); }

bool ProviderCipher::add_data(Bytes additional) {
  if (additional.empty()) return true;
  std::size_t size = 0;
  return functions_.update(context_, nullptr, &size, additional.size(), additional.data(),
                           additional.size()) == 1;
}

bool ProviderCipher::update(const std::uint8_t* in, std::uint8_t* out, std::size_t size) {
  if (size == 0) return true;
  std::size_t written = 0;
  return functions_.update(context_, out, &written, size, in, size) == 1 && written == size;
}

bool ProviderCipher::finish() {
  std::uint8_t nothing[16];  // an AEAD cipher has nothing left to write here
  std::size_t size = 0;
  return functions_.final(context_, nothing, &size, sizeof nothing) == 1;
}

bool ProviderCipher::set(const OSSL_PARAM parameters[]) {
  return functions_.set_params(context_, parameters) == 1;
}
bool ProviderCipher::get(OSSL_PARAM parameters[]) {
  return functions_.get_params(context_, parameters) == 1;
}

}  // namespace specter::crypto
