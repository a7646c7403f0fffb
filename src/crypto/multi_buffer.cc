#include "crypto/multi_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "base/check.h"
#include "crypto/packet_key.h"
#include "crypto/secret.h"
#include "crypto/sha1_hmac.h"

namespace specter::crypto::multi_buffer {
namespace {

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

// Null where the processor lacks what the library's quick code needs: its emulation of AES is
// slower than OpenSSL, and not constant in time.
Manager make_manager(IMB_ARCH* arch) {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) return nullptr;
  constexpr std::uint64_t kNeeded =
      IMB_FEATURE_SSE4_2 | IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_SAFE_DATA;
  if ((manager->features & kNeeded) != kNeeded) return nullptr;
  init_mb_mgr_auto(manager.get(), arch);
  if (imb_get_errno(manager.get()) != 0 || *arch == IMB_ARCH_NONE || *arch == IMB_ARCH_NOAESNI)
    return nullptr;
  // The library tries its known answers at its start, from version 1.3 on.
  if ((manager->features & IMB_FEATURE_SELF_TEST) &&
      !(manager->features & IMB_FEATURE_SELF_TEST_PASS))
    return nullptr;
  return manager;
}

std::string instructions_of(const IMB_MGR& manager, IMB_ARCH arch) {
  const bool is_wide = manager.features & IMB_FEATURE_VAES;
  switch (arch) {
    case IMB_ARCH_AVX512: return is_wide ? "AVX-512 with VAES" : "AVX-512";
    case IMB_ARCH_AVX2: return is_wide ? "AVX2 with VAES" : "AVX2";
    case IMB_ARCH_AVX: return "AVX";
    default: return "SSE4.2";
  }
}

// What needs no manager of its own: looked up once, for good, and only read afterwards.
struct Functions {
  bool is_available = false;
  std::string version;
  aes_gcm_pre_t gcm128_prepare{}, gcm256_prepare{};
  aes_gcm_enc_dec_t gcm128_seal{}, gcm128_open{}, gcm256_seal{}, gcm256_open{};
  chacha_poly_init_t chacha_start{};
  chacha_poly_enc_dec_update_t chacha_seal{}, chacha_open{};
  chacha_poly_finalize_t chacha_finish{};
  keyexp_t expand128{};
  aes_cfb_t cfb128{};
  hash_one_block_t sha1_block{};
};

Functions look_up() {
  Functions out;
  IMB_ARCH arch = IMB_ARCH_NONE;
  const Manager manager = make_manager(&arch);
  if (!manager) return out;
  out.is_available = true;
  out.version = std::string(imb_get_version_str()) + ", " + instructions_of(*manager, arch);
  out.gcm128_prepare = manager->gcm128_pre;
  out.gcm256_prepare = manager->gcm256_pre;
  out.gcm128_seal = manager->gcm128_enc;
  out.gcm128_open = manager->gcm128_dec;
  out.gcm256_seal = manager->gcm256_enc;
  out.gcm256_open = manager->gcm256_dec;
  out.chacha_start = manager->chacha20_poly1305_init;
  out.chacha_seal = manager->chacha20_poly1305_enc_update;
  out.chacha_open = manager->chacha20_poly1305_dec_update;
  out.chacha_finish = manager->chacha20_poly1305_finalize;
  out.expand128 = manager->keyexp_128;
  out.cfb128 = manager->aes128_cfb_one;
  out.sha1_block = manager->sha1_one_block;
  return out;
}

const Functions& functions() {
  static const Functions all = look_up();
  return all;
}

template <class T>
MutableBytes bytes_of(T& object) {
  return {reinterpret_cast<std::uint8_t*>(&object), sizeof object};
}

bool is_right(Bytes tag, Bytes given) {
  return CRYPTO_memcmp(tag.data(), given.data(), given.size()) == 0;
}

class GcmKey final : public SinglePacketKey {
 public:
  GcmKey(PacketAlgorithm algorithm, Direction direction, Bytes secret)
      : SinglePacketKey(algorithm, direction, CipherLibrary::MultiBuffer) {
    const bool is128 = algorithm == PacketAlgorithm::Aes128Gcm;
    const auto prepare = is128 ? functions().gcm128_prepare : functions().gcm256_prepare;
    prepare(secret.data(), &key_);
    if (direction == Direction::Seal)
      apply_ = is128 ? functions().gcm128_seal : functions().gcm256_seal;
    else
      apply_ = is128 ? functions().gcm128_open : functions().gcm256_open;
  }
  ~GcmKey() override { cleanse(bytes_of(key_)); }

  void seal(const SealJob& job) override { apply(job, job.tag.data()); }
  bool open(const OpenJob& job) override {
    std::array<std::uint8_t, kAeadTagBytes> tag;
    apply(job, tag.data());
    return is_right(tag, job.tag);
  }

 private:
  template <class Job>
  void apply(const Job& job, std::uint8_t* tag) {
    gcm_context_data context;
    std::uint8_t nothing = 0;
    apply_(&key_, &context, writable(job.out, nothing), readable(job.text), job.text.size(),
           job.nonce.data(), readable(job.additional), job.additional.size(), tag, kAeadTagBytes);
  }

  // 1 kB: the round keys, and powers of the authentication key. The library's header aligns it only
  // for itself.
  alignas(64) gcm_key_data key_;
  aes_gcm_enc_dec_t apply_;
};

class ChaChaKey final : public SinglePacketKey {
 public:
  ChaChaKey(Direction direction, Bytes secret)
      : SinglePacketKey(PacketAlgorithm::ChaCha20Poly1305, direction, CipherLibrary::MultiBuffer),
        key_(secret) {}

  void seal(const SealJob& job) override { apply(job, functions().chacha_seal, job.tag.data()); }
  bool open(const OpenJob& job) override {
    std::array<std::uint8_t, kAeadTagBytes> tag;
    apply(job, functions().chacha_open, tag.data());
    return is_right(tag, job.tag);
  }

 private:
  template <class Job>
  void apply(const Job& job, chacha_poly_enc_dec_update_t update, std::uint8_t* tag) {
    chacha20_poly1305_context_data context;
    std::uint8_t nothing = 0;
    const std::uint8_t* const key = key_.bytes().data();
    functions().chacha_start(key, &context, job.nonce.data(), readable(job.additional),
                             job.additional.size());
    update(key, &context, writable(job.out, nothing), readable(job.text), job.text.size());
    functions().chacha_finish(&context, tag, kAeadTagBytes);
    cleanse(bytes_of(context));  // key stream, and the packet's Poly1305 key
  }

  Secret key_;
};

// RFC 2104 §2: the states after the first block of either hash.
class CounterModeKey final : public PacketKey {
 public:
  CounterModeKey(PacketAlgorithm algorithm, Direction direction, Bytes secret)
      : PacketKey(algorithm, direction, CipherLibrary::MultiBuffer),
        authentication_(secret.subspan(16)) {
    alignas(16) std::array<std::uint8_t, sizeof round_keys_> unused;
    functions().expand128(secret.data(), round_keys_.data(), unused.data());
    cleanse(unused);
    hash_pad(0x36, inner_);
    hash_pad(0x5c, outer_);
  }
  ~CounterModeKey() override {
    cleanse(round_keys_);
    cleanse(inner_);
    cleanse(outer_);
  }

  const std::uint8_t* round_keys() const { return round_keys_.data(); }
  const std::uint8_t* inner() const { return inner_.data(); }
  const std::uint8_t* outer() const { return outer_.data(); }
  Bytes authentication() const { return authentication_; }

 private:
  using State = std::array<std::uint8_t, 20>;
  void hash_pad(std::uint8_t pad, State& state) {
    std::array<std::uint8_t, 64> block;
    block.fill(pad);
    for (std::size_t i = 0; i < authentication_.size(); ++i) block[i] ^= authentication_.bytes()[i];
    functions().sha1_block(block.data(), state.data());
    cleanse(block);
  }

  alignas(16) std::array<std::uint8_t, 11 * 16> round_keys_;
  State inner_, outer_;
  Secret authentication_;
};

class AesBlockKey final : public BlockKey {
 public:
  explicit AesBlockKey(Bytes secret) {
    alignas(16) std::array<std::uint8_t, sizeof round_keys_> unused;
    functions().expand128(secret.data(), round_keys_.data(), unused.data());
    cleanse(unused);
  }
  ~AesBlockKey() override { cleanse(round_keys_); }

  // One block of CFB is the block cipher's output, XORed with the text: with zeros.
  std::array<std::uint8_t, 16> encrypt(std::span<const std::uint8_t, 16> block) const override {
    std::array<std::uint8_t, 16> out{};
    functions().cfb128(out.data(), out.data(), block.data(), round_keys_.data(), out.size());
    return out;
  }

 private:
  alignas(16) std::array<std::uint8_t, 11 * 16> round_keys_;
};

}  // namespace

bool is_available() { return functions().is_available; }
std::string_view version() { return functions().version; }

std::unique_ptr<PacketKey> make_key(PacketAlgorithm algorithm, Direction direction, Bytes secret) {
  switch (algorithm) {
    case PacketAlgorithm::Aes128Gcm:
    case PacketAlgorithm::Aes256Gcm: return std::make_unique<GcmKey>(algorithm, direction, secret);
    case PacketAlgorithm::ChaCha20Poly1305: return std::make_unique<ChaChaKey>(direction, secret);
    case PacketAlgorithm::Aes128CmSha1_80:
    case PacketAlgorithm::Aes128CmSha1_32: break;
  }
  return std::make_unique<CounterModeKey>(algorithm, direction, secret);
}

std::unique_ptr<BlockKey> make_block_key(PacketAlgorithm algorithm, Bytes secret) {
  if (algorithm != PacketAlgorithm::Aes128Gcm) return nullptr;
  return std::make_unique<AesBlockKey>(secret);
}

// ---- lanes

class Lanes::Impl {
 public:
  // So many are worked on together. The library's lanes are 16 at most, and the fewer are filled
  // the less they gain.
  static constexpr std::size_t kChunk = 64;
  static constexpr std::size_t kFewest = 4;  // fewer are OpenSSL's: it has SHA-1's instructions

  Impl() {
    IMB_ARCH arch = IMB_ARCH_NONE;
    manager_ = make_manager(&arch);
    SPECTER_CHECK(manager_);
  }

  void seal(std::span<SealJob* const> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) set_cipher(jobs_[i], *jobs[i]);
    encipher(jobs.size());
    authenticate(jobs, [](const SealJob& job) { return Bytes(job.out); });
    for (std::size_t i = 0; i < jobs.size(); ++i)
      std::memcpy(jobs[i]->tag.data(), tags_[i].data(), jobs[i]->tag.size());
  }

  void open(std::span<OpenJob* const> jobs) {
    authenticate(jobs, [](const OpenJob& job) { return job.text; });
    std::size_t good = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      jobs[i]->ok = is_right(tags_[i], jobs[i]->tag);
      if (jobs[i]->ok) set_cipher(jobs_[good++], *jobs[i]);
    }
    encipher(good);  // counter mode is its own inverse
  }

 private:
  using Tag = Sha1Hmac::Tag;

  template <class Job>
  static const CounterModeKey& key_of(const Job& job) {
    return static_cast<const CounterModeKey&>(*job.key);
  }

  template <class Job>
  static void set_cipher(IMB_JOB& out, const Job& job) {
    out.enc_keys = out.dec_keys = key_of(job).round_keys();
    out.key_len_in_bytes = 16;
    out.iv = job.nonce.data();
    out.iv_len_in_bytes = 16;
    out.src = readable(job.text);
    out.dst = job.out.data();
    out.cipher_start_src_offset_in_bytes = 0;
    out.msg_len_to_cipher_in_bytes = job.text.size();
    out.cipher_mode = IMB_CIPHER_CNTR;
    out.cipher_direction = IMB_DIR_ENCRYPT;
    out.hash_alg = IMB_AUTH_NULL;
    out.chain_order = IMB_ORDER_CIPHER_HASH;
  }

  void encipher(std::size_t count) {
    // A text of nothing is no job for it.
    const auto end =
        std::partition(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(count),
                       [](const IMB_JOB& job) { return job.msg_len_to_cipher_in_bytes > 0; });
    count = static_cast<std::size_t>(end - jobs_.begin());
    if (count == 0) return;
    const auto done = IMB_SUBMIT_CIPHER_BURST_NOCHECK(
        manager_.get(), jobs_.data(), static_cast<std::uint32_t>(count), IMB_CIPHER_CNTR,
        IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
    SPECTER_CHECK(done == count);
  }

  // To tags_: of what precedes the ciphertext, of that, and of what follows it.
  template <class Job, class Ciphertext>
  void authenticate(std::span<Job* const> jobs, Ciphertext&& ciphertext) {
    if (jobs.size() < kFewest) {
      for (std::size_t i = 0; i < jobs.size(); ++i) {
        const Job& job = *jobs[i];
        tags_[i] =
            hmac_.of(key_of(job).authentication(), authenticated_parts(job, ciphertext(job)));
      }
      return;
    }
    // The library takes one row of bytes a job.
    rows_.clear();
    std::size_t size = 0;
    for (const Job* job : jobs)
      size +=
          job->additional.size() + ciphertext(*job).size() + job->inset.size() + job->suffix.size();
    rows_.reserve(size);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const Job& job = *jobs[i];
      const std::size_t start = rows_.size();
      for (const Bytes part : authenticated_parts(job, ciphertext(job)))
        rows_.insert(rows_.end(), part.begin(), part.end());
      IMB_JOB& out = jobs_hash_[i];
      out.src = rows_.data() + start;
      out.hash_start_src_offset_in_bytes = 0;
      out.msg_len_to_hash_in_bytes = rows_.size() - start;
      out.auth_tag_output = tags_[i].data();
      out.auth_tag_output_len_in_bytes = Sha1Hmac::kBytes;
      out.u.HMAC._hashed_auth_key_xor_ipad = key_of(job).inner();
      out.u.HMAC._hashed_auth_key_xor_opad = key_of(job).outer();
      out.hash_alg = IMB_AUTH_HMAC_SHA_1;
      out.cipher_mode = IMB_CIPHER_NULL;
    }
    const auto count = static_cast<std::uint32_t>(jobs.size());
    SPECTER_CHECK(IMB_SUBMIT_HASH_BURST_NOCHECK(manager_.get(), jobs_hash_.data(), count,
                                                IMB_AUTH_HMAC_SHA_1) == count);
  }

  Manager manager_;
  Sha1Hmac hmac_;
  std::array<IMB_JOB, kChunk> jobs_{}, jobs_hash_{};
  std::array<Tag, kChunk> tags_;
  std::vector<std::uint8_t> rows_;  // what goes on the wire, one packet behind the other
};

Lanes::Lanes() : impl_(std::make_unique<Impl>()) {}
Lanes::~Lanes() = default;

namespace {

// In chunks of jobs and of bytes, so that what it works in stays in the cache.
template <std::size_t Most, class Job, class Work>
void in_chunks(std::span<Job> jobs, Work&& work) {
  constexpr std::size_t kChunkBytes = 128 * 1024;
  std::array<Job*, Most> chunk;
  std::size_t count = 0, bytes = 0;
  for (Job& job : jobs) {
    if (!has_lanes(*job.key)) continue;
    if (count == Most || bytes > kChunkBytes) {
      work(std::span<Job* const>(chunk).first(count));
      count = bytes = 0;
    }
    chunk[count++] = &job;
    bytes += job.text.size();
  }
  if (count > 0) work(std::span<Job* const>(chunk).first(count));
}

}  // namespace

void Lanes::seal(std::span<SealJob> jobs) {
  in_chunks<Impl::kChunk>(jobs, [&](auto chunk) { impl_->seal(chunk); });
}
void Lanes::open(std::span<OpenJob> jobs) {
  in_chunks<Impl::kChunk>(jobs, [&](auto chunk) { impl_->open(chunk); });
}

}  // namespace specter::crypto::multi_buffer
