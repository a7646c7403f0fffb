#include "crypto/hmac.h"

#include "base/check.h"

namespace specter::crypto {
namespace {

void start(EVP_MD_CTX* context, const EVP_MD* algorithm) {
  SPECTER_CHECK(context && EVP_DigestInit_ex(context, algorithm, nullptr) == 1);
}
void update(EVP_MD_CTX* context, Bytes data) {
  SPECTER_CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1);
}
Secret finish(EVP_MD_CTX* context) {
  Secret out(static_cast<std::size_t>(EVP_MD_CTX_get_size(context)));
  unsigned int size = 0;
  SPECTER_CHECK(EVP_DigestFinal_ex(context, out.data().data(), &size) == 1 && size == out.size());
  return out;
}

}  // namespace

Secret digest(const EVP_MD* algorithm, Bytes data) {
  const DigestContext context(EVP_MD_CTX_new());
  start(context.get(), algorithm);
  update(context.get(), data);
  return finish(context.get());
}

Hmac::Hmac(const EVP_MD* algorithm, Bytes key)
    : algorithm_(algorithm),
      context_(EVP_MD_CTX_new()),
      block_(static_cast<std::size_t>(EVP_MD_get_block_size(algorithm))) {
  SPECTER_CHECK(block_ <= kMaxBlockBytes);
  if (key.size() <= block_) {
    set_key(key);
  } else {
    start(context_.get(), algorithm_);
    update(context_.get(), key);
    set_key(finish(context_.get()));
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
  start(context_.get(), algorithm_);
  update(context_.get(), Bytes(inner_).first(block_));
  for (const Bytes part : parts) update(context_.get(), part);
  const Secret inner = finish(context_.get());
  start(context_.get(), algorithm_);
  update(context_.get(), Bytes(outer_).first(block_));
  update(context_.get(), inner);
  return finish(context_.get());
}

}  // namespace specter::crypto
