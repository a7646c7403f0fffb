#include "crypto/hmac.h"

#include <string_view>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/provider.h"

namespace specter::crypto {

struct DigestFunctions {
  explicit DigestFunctions(std::string_view name) {
    const OSSL_DISPATCH* const all = provider_functions(OSSL_OP_DIGEST, name);
    create = provider_function<OSSL_FUNC_digest_newctx_fn>(all, OSSL_FUNC_DIGEST_NEWCTX);
    free = provider_function<OSSL_FUNC_digest_freectx_fn>(all, OSSL_FUNC_DIGEST_FREECTX);
    init = provider_function<OSSL_FUNC_digest_init_fn>(all, OSSL_FUNC_DIGEST_INIT);
    update = provider_function<OSSL_FUNC_digest_update_fn>(all, OSSL_FUNC_DIGEST_UPDATE);
    final = provider_function<OSSL_FUNC_digest_final_fn>(all, OSSL_FUNC_DIGEST_FINAL);
    const auto get =
        provider_function<OSSL_FUNC_digest_get_params_fn>(all, OSSL_FUNC_DIGEST_GET_PARAMS);
    OSSL_PARAM sizes[] = {OSSL_PARAM_construct_size_t(OSSL_DIGEST_PARAM_SIZE, &size),
                          OSSL_PARAM_construct_size_t(OSSL_DIGEST_PARAM_BLOCK_SIZE, &block_size),
                          OSSL_PARAM_construct_end()};
    SPECTER_CHECK(get(sizes) == 1 && size > 0 && block_size > 0);
  }

  void* provider = provider_context();
  OSSL_FUNC_digest_newctx_fn* create;
  OSSL_FUNC_digest_freectx_fn* free;
  OSSL_FUNC_digest_init_fn* init;
  OSSL_FUNC_digest_update_fn* update;
  OSSL_FUNC_digest_final_fn* final;
  std::size_t size = 0, block_size = 0;
};

const DigestFunctions& native(HashAlgorithm algorithm) {
  static const std::array<DigestFunctions, 3> all{
      DigestFunctions("SHA256"), DigestFunctions("SHA384"), DigestFunctions("SHA512")};
  return all.at(static_cast<std::size_t>(algorithm));
}
const DigestFunctions& native_md5() {
  static const DigestFunctions functions("MD5");
  return functions;
}
const DigestFunctions& native_sha1() {
  static const DigestFunctions functions("SHA1");
  return functions;
}

DigestState::DigestState(const DigestFunctions& functions)
    : functions_(functions), context_(functions.create(functions.provider)) {
  SPECTER_CHECK(context_ != nullptr);
}
DigestState::~DigestState() { functions_.free(context_); }

void DigestState::start() { SPECTER_CHECK(functions_.init(context_, nullptr) == 1); }
void DigestState::update(Bytes data) {
  if (data.empty()) return;
  SPECTER_CHECK(functions_.update(context_, data.data(), data.size()) == 1);
}
Secret DigestState::finish() {
  Secret out(functions_.size);
  std::size_t size = 0;
  SPECTER_CHECK(functions_.final(context_, out.data().data(), &size, out.size()) == 1 &&
                size == out.size());
  return out;
}

Secret digest(const DigestFunctions& functions, Bytes data) {
  DigestState state(functions);
  state.start();
  state.update(data);
  return state.finish();
}

Hmac::Hmac(const DigestFunctions& functions, Bytes key)
    : state_(functions), block_(functions.block_size) {
  SPECTER_CHECK(block_ <= kMaxBlockBytes);
  if (key.size() <= block_) {
    set_key(key);
  } else {
    state_.start();
    state_.update(key);
    set_key(state_.finish());
  }
}

Hmac::~Hmac() {
  cleanse(inner_);
  cleanse(outer_);
}

void Hmac::set_key(Bytes key) {
  inner_.fill(0x36);
  outer_.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner_[i] ^= key[i];
    outer_[i] ^= key[i];
  }
}

Secret Hmac::of(std::initializer_list<Bytes> parts) {
  state_.start();
  state_.update(Bytes(inner_).first(block_));
  for (const Bytes part : parts) state_.update(part);
  const Secret inner = state_.finish();
  state_.start();
  state_.update(Bytes(outer_).first(block_));
  state_.update(inner);
  return state_.finish();
}

}  // namespace specter::crypto
