#include "crypto/sha1_hmac.h"

#include <openssl/core_dispatch.h>

#include "base/check.h"
#include "crypto/provider.h"
#include "crypto/secret.h"

namespace specter::crypto {
namespace {

constexpr std::size_t kBlock = 64;

struct Functions {
  OSSL_FUNC_digest_newctx_fn* newctx = nullptr;
  OSSL_FUNC_digest_freectx_fn* freectx = nullptr;
  OSSL_FUNC_digest_init_fn* init = nullptr;
  OSSL_FUNC_digest_update_fn* update = nullptr;
  OSSL_FUNC_digest_final_fn* final = nullptr;
};

Functions look_up() {
  Functions out;
  for (const OSSL_DISPATCH* entry = provider_functions(OSSL_OP_DIGEST, "SHA1");
       entry->function_id != 0; ++entry) {
    switch (entry->function_id) {
      case OSSL_FUNC_DIGEST_NEWCTX: out.newctx = OSSL_FUNC_digest_newctx(entry); break;
      case OSSL_FUNC_DIGEST_FREECTX: out.freectx = OSSL_FUNC_digest_freectx(entry); break;
      case OSSL_FUNC_DIGEST_INIT: out.init = OSSL_FUNC_digest_init(entry); break;
      case OSSL_FUNC_DIGEST_UPDATE: out.update = OSSL_FUNC_digest_update(entry); break;
      case OSSL_FUNC_DIGEST_FINAL: out.final = OSSL_FUNC_digest_final(entry); break;
      default: break;
    }
  }
  SPECTER_CHECK(out.newctx && out.freectx && out.init && out.update && out.final);
  return out;
}

const Functions& functions() {
  static const Functions all = look_up();
  return all;
}

}  // namespace

Sha1Context::Sha1Context() : context_(functions().newctx(provider_context())) {
  SPECTER_CHECK(context_ != nullptr);
}
Sha1Context::~Sha1Context() { functions().freectx(context_); }

void Sha1Context::start() { SPECTER_CHECK(functions().init(context_, nullptr) == 1); }
void Sha1Context::update(Bytes data) {
  SPECTER_CHECK(functions().update(context_, data.data(), data.size()) == 1);
}
Sha1Context::Digest Sha1Context::finish() {
  Digest out;
  std::size_t size = 0;
  SPECTER_CHECK(functions().final(context_, out.data(), &size, out.size()) == 1 &&
                size == out.size());
  return out;
}

Sha1Context::Digest Sha1Context::hmac(Bytes key, std::initializer_list<Bytes> parts) {
  SPECTER_CHECK(key.size() <= kBlock);
  std::array<std::uint8_t, kBlock> pad{};
  for (std::size_t i = 0; i < kBlock; ++i) pad[i] = (i < key.size() ? key[i] : 0) ^ 0x36;
  start();
  update(pad);
  for (const Bytes part : parts) update(part);
  const Digest inner = finish();
  for (std::uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  start();
  update(pad);
  update(inner);
  cleanse(pad);
  return finish();
}

}  // namespace specter::crypto
