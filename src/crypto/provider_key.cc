#include "crypto/provider_key.h"

#include <memory>
#include <string_view>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/provider.h"

namespace specter::crypto {
namespace {

// ---- the provider's functions, looked up once, for good

struct KeyFunctions {
  explicit KeyFunctions(std::string_view name) {
    const OSSL_DISPATCH* const all = provider_functions(OSSL_OP_KEYMGMT, name);
    create = provider_function<OSSL_FUNC_keymgmt_new_fn>(all, OSSL_FUNC_KEYMGMT_NEW);
    free = provider_function<OSSL_FUNC_keymgmt_free_fn>(all, OSSL_FUNC_KEYMGMT_FREE);
    dup = provider_function<OSSL_FUNC_keymgmt_dup_fn>(all, OSSL_FUNC_KEYMGMT_DUP);
    import = provider_function<OSSL_FUNC_keymgmt_import_fn>(all, OSSL_FUNC_KEYMGMT_IMPORT);
    get = provider_function<OSSL_FUNC_keymgmt_get_params_fn>(all, OSSL_FUNC_KEYMGMT_GET_PARAMS);
    set = provider_function<OSSL_FUNC_keymgmt_set_params_fn>(all, OSSL_FUNC_KEYMGMT_SET_PARAMS);
    gen_init = provider_function<OSSL_FUNC_keymgmt_gen_init_fn>(all, OSSL_FUNC_KEYMGMT_GEN_INIT);
    gen = provider_function<OSSL_FUNC_keymgmt_gen_fn>(all, OSSL_FUNC_KEYMGMT_GEN);
    gen_cleanup =
        provider_function<OSSL_FUNC_keymgmt_gen_cleanup_fn>(all, OSSL_FUNC_KEYMGMT_GEN_CLEANUP);
  }
  void* context = provider_context();
  OSSL_FUNC_keymgmt_new_fn* create;
  OSSL_FUNC_keymgmt_free_fn* free;
  OSSL_FUNC_keymgmt_dup_fn* dup;
  OSSL_FUNC_keymgmt_import_fn* import;
  OSSL_FUNC_keymgmt_get_params_fn* get;
  OSSL_FUNC_keymgmt_set_params_fn* set;
  OSSL_FUNC_keymgmt_gen_init_fn* gen_init;
  OSSL_FUNC_keymgmt_gen_fn* gen;
  OSSL_FUNC_keymgmt_gen_cleanup_fn* gen_cleanup;
};

struct ExchangeFunctions {
  explicit ExchangeFunctions(std::string_view name) {
    const OSSL_DISPATCH* const all = provider_functions(OSSL_OP_KEYEXCH, name);
    create = provider_function<OSSL_FUNC_keyexch_newctx_fn>(all, OSSL_FUNC_KEYEXCH_NEWCTX);
    free = provider_function<OSSL_FUNC_keyexch_freectx_fn>(all, OSSL_FUNC_KEYEXCH_FREECTX);
    init = provider_function<OSSL_FUNC_keyexch_init_fn>(all, OSSL_FUNC_KEYEXCH_INIT);
    set_peer = provider_function<OSSL_FUNC_keyexch_set_peer_fn>(all, OSSL_FUNC_KEYEXCH_SET_PEER);
    derive = provider_function<OSSL_FUNC_keyexch_derive_fn>(all, OSSL_FUNC_KEYEXCH_DERIVE);
  }
  OSSL_FUNC_keyexch_newctx_fn* create;
  OSSL_FUNC_keyexch_freectx_fn* free;
  OSSL_FUNC_keyexch_init_fn* init;
  OSSL_FUNC_keyexch_set_peer_fn* set_peer;
  OSSL_FUNC_keyexch_derive_fn* derive;
};

struct SignatureFunctions {
  SignatureFunctions() {
    const OSSL_DISPATCH* const all = provider_functions(OSSL_OP_SIGNATURE, "ECDSA");
    create = provider_function<OSSL_FUNC_signature_newctx_fn>(all, OSSL_FUNC_SIGNATURE_NEWCTX);
    free = provider_function<OSSL_FUNC_signature_freectx_fn>(all, OSSL_FUNC_SIGNATURE_FREECTX);
    sign_init =
        provider_function<OSSL_FUNC_signature_sign_init_fn>(all, OSSL_FUNC_SIGNATURE_SIGN_INIT);
    sign = provider_function<OSSL_FUNC_signature_sign_fn>(all, OSSL_FUNC_SIGNATURE_SIGN);
    verify_init =
        provider_function<OSSL_FUNC_signature_verify_init_fn>(all, OSSL_FUNC_SIGNATURE_VERIFY_INIT);
    verify = provider_function<OSSL_FUNC_signature_verify_fn>(all, OSSL_FUNC_SIGNATURE_VERIFY);
  }
  OSSL_FUNC_signature_newctx_fn* create;
  OSSL_FUNC_signature_freectx_fn* free;
  OSSL_FUNC_signature_sign_init_fn* sign_init;
  OSSL_FUNC_signature_sign_fn* sign;
  OSSL_FUNC_signature_verify_init_fn* verify_init;
  OSSL_FUNC_signature_verify_fn* verify;
};

bool is_x25519(KeyCurve curve) { return curve == KeyCurve::X25519; }

const KeyFunctions& keys(KeyCurve curve) {
  static const KeyFunctions x25519("X25519"), ec("EC");
  return is_x25519(curve) ? x25519 : ec;
}
const ExchangeFunctions& exchange(KeyCurve curve) {
  static const ExchangeFunctions x25519("X25519"), ecdh("ECDH");
  return is_x25519(curve) ? x25519 : ecdh;
}
const SignatureFunctions& ecdsa() {
  static const SignatureFunctions functions;
  return functions;
}

using Context = std::unique_ptr<void, void (*)(void*)>;

// ---- parameters

OSSL_PARAM octets(const char* name, Bytes bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()),
                                           bytes.size());
}

std::size_t encoded_size(KeyCurve curve) {
  return is_x25519(curve) ? 32 : curve == KeyCurve::P256 ? 65 : 97;
}
std::size_t secret_size(KeyCurve curve) { return curve == KeyCurve::P384 ? 48 : 32; }

// ---- curves

// A key that has nothing but its curve, to make others from: to build a curve takes OpenSSL as long
// as a signature. Nobody changes it.
void* make_bare(const char* name) {
  const KeyFunctions& functions = keys(KeyCurve::P256);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(name), 0),
      OSSL_PARAM_construct_end()};
  void* const key = functions.create(functions.context);
  SPECTER_CHECK(key &&
                functions.import(key, OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS, parameters) == 1);
  return key;
}

const void* bare(KeyCurve curve) {
  static void* const p256 = make_bare("P-256");
  static void* const p384 = make_bare("P-384");
  return curve == KeyCurve::P256 ? p256 : p384;
}

}  // namespace

ProviderKey ProviderKey::generate(KeyCurve curve) {
  const KeyFunctions& functions = keys(curve);
  const Context context(functions.gen_init(functions.context, OSSL_KEYMGMT_SELECT_KEYPAIR, nullptr),
                        functions.gen_cleanup);
  SPECTER_CHECK(context);
  if (!is_x25519(curve)) {
    static const auto set_template = provider_function<OSSL_FUNC_keymgmt_gen_set_template_fn>(
        provider_functions(OSSL_OP_KEYMGMT, "EC"), OSSL_FUNC_KEYMGMT_GEN_SET_TEMPLATE);
    SPECTER_CHECK(set_template(context.get(), const_cast<void*>(bare(curve))) == 1);
  }
  // Nobody wants to hear how it gets on.
  void* const key =
      functions.gen(context.get(), [](const OSSL_PARAM[], void*) { return 1; }, nullptr);
  SPECTER_CHECK(key != nullptr);
  return {curve, key};
}

std::optional<ProviderKey> ProviderKey::of_public(KeyCurve curve, Bytes encoded) {
  if (encoded.size() != encoded_size(curve)) return std::nullopt;
  const KeyFunctions& functions = keys(curve);
  if (is_x25519(curve)) {
    const OSSL_PARAM parameters[] = {octets(OSSL_PKEY_PARAM_PUB_KEY, encoded),
                                     OSSL_PARAM_construct_end()};
    ProviderKey key(curve, functions.create(functions.context));
    SPECTER_CHECK(key.key_ &&
                  functions.import(key.key_, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, parameters) == 1);
    return key;
  }
  constexpr std::uint8_t kUncompressed = 4;  // SEC 1 §2.3.3
  if (encoded[0] != kUncompressed) return std::nullopt;
  ProviderKey key(curve, functions.dup(bare(curve), OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS));
  SPECTER_CHECK(key.key_ != nullptr);
  // It refuses coordinates that are too large or not those of a point on the curve. The cofactor of
  // both curves is 1, so every point but infinity, which has no such form, is of their group.
  const OSSL_PARAM parameters[] = {octets(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, encoded),
                                   OSSL_PARAM_construct_end()};
  if (functions.set(key.key_, parameters) != 1) return std::nullopt;
  return key;
}

ProviderKey::~ProviderKey() {
  if (key_) keys(curve_).free(key_);
}
ProviderKey::ProviderKey(ProviderKey&& other) noexcept
    : curve_(other.curve_), key_(std::exchange(other.key_, nullptr)) {}
ProviderKey& ProviderKey::operator=(ProviderKey&& other) noexcept {
  std::swap(curve_, other.curve_);
  std::swap(key_, other.key_);
  return *this;
}

Buffer ProviderKey::public_bytes() const {
  SPECTER_CHECK(key_ != nullptr);
  Buffer out(encoded_size(curve_));
  OSSL_PARAM parameters[] = {octets(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out),
                             OSSL_PARAM_construct_end()};
  SPECTER_CHECK(keys(curve_).get(key_, parameters) == 1 &&
                parameters[0].return_size == out.size() && (is_x25519(curve_) || out[0] == 4));
  return out;
}

std::optional<Secret> ProviderKey::derive(const ProviderKey& peer) const {
  SPECTER_CHECK(key_ && peer.key_ && curve_ == peer.curve_);
  const ExchangeFunctions& functions = exchange(curve_);
  const Context context(functions.create(keys(curve_).context), functions.free);
  SPECTER_CHECK(context && functions.init(context.get(), key_, nullptr) == 1 &&
                functions.set_peer(context.get(), peer.key_) == 1);
  Secret secret(secret_size(curve_));
  std::size_t size = secret.size();
  const bool derived =
      functions.derive(context.get(), secret.data().data(), &size, secret.size()) == 1;
  // Of X25519 zeros are refused, and a point of another order than the group's gives them. On the
  // other curves nothing can go wrong but in the library.
  if (!derived && is_x25519(curve_)) return std::nullopt;
  SPECTER_CHECK(derived && size == secret.size());
  return secret;
}

Buffer ProviderKey::sign(Bytes digest) const {
  SPECTER_CHECK(key_ && !is_x25519(curve_));
  const SignatureFunctions& functions = ecdsa();
  const Context context(functions.create(keys(curve_).context, nullptr), functions.free);
  SPECTER_CHECK(context && functions.sign_init(context.get(), key_, nullptr) == 1);
  // Two integers of the curve's size, each with an octet for its sign, their heads and one around.
  Buffer out(2 * (secret_size(curve_) + 1 + 2) + 3);
  std::size_t size = out.size();
  SPECTER_CHECK(functions.sign(context.get(), out.data(), &size, out.size(), digest.data(),
                               digest.size()) == 1 &&
                size <= out.size());
  out.resize(size);
  return out;
}

bool ProviderKey::verify(Bytes digest, Bytes signature) const {
  SPECTER_CHECK(key_ && !is_x25519(curve_));
  const SignatureFunctions& functions = ecdsa();
  const Context context(functions.create(keys(curve_).context, nullptr), functions.free);
  SPECTER_CHECK(context && functions.verify_init(context.get(), key_, nullptr) == 1);
  return functions.verify(context.get(), signature.data(), signature.size(), digest.data(),
                          digest.size()) == 1;
}

}  // namespace specter::crypto
