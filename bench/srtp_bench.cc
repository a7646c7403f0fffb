// What an SRTP packet of 1,100 bytes costs: by src/srtp with either library of ciphers, by
// OpenSSL's EVP called for the same work by hand, and by libsrtp where it is installed.
#include <array>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#ifdef SPECTER_HAS_LIBSRTP
#include <srtp2/srtp.h>
#endif

#include "base/bytes.h"
#include "base/check.h"
#include "rtp/header.h"
#include "srtp/opener.h"
#include "srtp/sealer.h"

namespace specter::srtp {
namespace {

constexpr std::size_t kPacketBytes = 1100;
constexpr std::size_t kHeaderBytes = rtp::kFixedHeaderSize;

Profile profile_of(const benchmark::State& state) {
  return state.range(0) == 0 ? Profile::Aes128CmSha1_80 : Profile::AeadAes128Gcm;
}
MasterKey master_of(Profile profile, std::size_t number) {
  const ProfileTraits& sizes = traits(profile);
  return {crypto::Secret(Buffer(sizes.key_size, static_cast<std::uint8_t>(number + 1))),
          crypto::Secret(Buffer(sizes.salt_size, 7))};
}
Buffer packet() {
  Buffer out;
  ByteWriter writer(out);
  rtp::Header header;
  header.payload_type = 96;
  header.ssrc = 0xcafebabe;
  header.write(writer, {});
  writer.zeros(kPacketBytes - out.size());
  return out;
}
void set_sequence(Buffer& packet, std::uint64_t sequence) {
  ByteWriter(packet).set_u16(2, static_cast<std::uint16_t>(sequence));
}
void count(benchmark::State& state, std::size_t packets) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets));
}

// As many keys as packets in a batch, a stream each; from one buffer into another.
class Room {
 public:
  explicit Room(const benchmark::State& state)
      : cipher_(crypto::PacketCipher::all(state.range(1) == 0
                                              ? crypto::CipherLibrary::OpenSsl
                                              : crypto::CipherLibrary::MultiBuffer)) {
    const Profile profile = profile_of(state);
    for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(2)); ++i) {
      const DirectionKeys keys = derive_keys(profile, master_of(profile, i));
      sealers_.push_back(std::make_unique<Sealer>(cipher_, profile, keys));
      openers_.push_back(std::make_unique<Opener>(cipher_, profile, keys));
      packets_.push_back(packet());
      sealed_.emplace_back(kPacketBytes + kMaxGrowth);
      opened_.emplace_back(kPacketBytes + kMaxGrowth);
    }
  }

  void seal() {
    ++sequence_;
    for (std::size_t i = 0; i < sealers_.size(); ++i) {
      set_sequence(packets_[i], sequence_);
      size_ = seals_.add_rtp(*sealers_[i], packets_[i], sealed_[i]).value();
    }
    seals_.run();
  }
  void open() {
    for (std::size_t i = 0; i < openers_.size(); ++i)
      opens_.add_rtp(*openers_[i], Bytes(sealed_[i]).first(size_), opened_[i]);
    for (const OpenResult& result : opens_.run()) SPECTER_CHECK(result);
  }

 private:
  crypto::PacketCipher cipher_;
  SealBatch seals_{cipher_};
  OpenBatch opens_{cipher_};
  std::vector<std::unique_ptr<Sealer>> sealers_;
  std::vector<std::unique_ptr<Opener>> openers_;
  std::vector<Buffer> packets_, sealed_, opened_;
  std::uint64_t sequence_ = 0;
  std::size_t size_ = 0;
};

void Seal(benchmark::State& state) {
  Room room(state);
  for (auto _ : state) room.seal();
  count(state, static_cast<std::size_t>(state.range(2)));
}
// A packet opens once, so it is sealed before: that is part of the time.
void SealAndOpen(benchmark::State& state) {
  Room room(state);
  for (auto _ : state) {
    room.seal();
    room.open();
  }
  count(state, static_cast<std::size_t>(state.range(2)));
}
void OfRooms(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"gcm", "multi", "packets"})->ArgsProduct({{0, 1}, {0, 1}, {1, 32}});
}
BENCHMARK(Seal)->Apply(OfRooms);
BENCHMARK(SealAndOpen)->Apply(OfRooms);

// ---- the same work by EVP: contexts kept, nonce, additional data, text, tag. No index, no window.

class EvpGcm {
 public:
  EvpGcm() {
    const Buffer key(16, 1);
    SPECTER_CHECK(
        EVP_EncryptInit_ex2(context_.get(), EVP_aes_128_gcm(), key.data(), nullptr, nullptr) == 1);
  }
  void seal(const Buffer& in, Buffer& out) {
    std::copy_n(in.begin(), kHeaderBytes, out.begin());
    std::copy_n(in.begin() + 2, 2, nonce_.begin());
    int size = 0;
    SPECTER_CHECK(
        EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, nonce_.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(context_.get(), nullptr, &size, in.data(), kHeaderBytes) == 1 &&
        EVP_EncryptUpdate(context_.get(), out.data() + kHeaderBytes, &size,
                          in.data() + kHeaderBytes, kPacketBytes - kHeaderBytes) == 1 &&
        EVP_EncryptFinal_ex(context_.get(), out.data() + kPacketBytes, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, 16, out.data() + kPacketBytes) ==
            1);
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_{EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free};
  std::array<std::uint8_t, 12> nonce_{};
};

class EvpCounterMode {
 public:
  EvpCounterMode() {
    const Buffer key(16, 1);
    SPECTER_CHECK(
        EVP_EncryptInit_ex2(cipher_.get(), EVP_aes_128_ctr(), key.data(), nullptr, nullptr) == 1);
    char name[] = "SHA1";
    const Buffer authentication(20, 2);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end()};
    SPECTER_CHECK(
        EVP_MAC_init(mac_.get(), authentication.data(), authentication.size(), parameters) == 1);
  }
  void seal(const Buffer& in, Buffer& out) {
    std::copy_n(in.begin(), kHeaderBytes, out.begin());
    std::copy_n(in.begin() + 2, 2, nonce_.begin());
    std::array<std::uint8_t, 20> tag;
    const std::array<std::uint8_t, 4> rollover{};
    int size = 0;
    std::size_t tag_size = 0;
    SPECTER_CHECK(EVP_EncryptInit_ex2(cipher_.get(), nullptr, nullptr, nonce_.data(), nullptr) ==
                      1 &&
                  EVP_EncryptUpdate(cipher_.get(), out.data() + kHeaderBytes, &size,
                                    in.data() + kHeaderBytes, kPacketBytes - kHeaderBytes) == 1 &&
                  EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 &&
                  EVP_MAC_update(mac_.get(), out.data(), kPacketBytes) == 1 &&
                  EVP_MAC_update(mac_.get(), rollover.data(), rollover.size()) == 1 &&
                  EVP_MAC_final(mac_.get(), tag.data(), &tag_size, tag.size()) == 1);
    std::copy_n(tag.begin(), 10, out.begin() + kPacketBytes);
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher_{EVP_CIPHER_CTX_new(),
                                                                          EVP_CIPHER_CTX_free};
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac_{EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                          EVP_MAC_free};
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> mac_{EVP_MAC_CTX_new(hmac_.get()),
                                                                 EVP_MAC_CTX_free};
  std::array<std::uint8_t, 16> nonce_{};
};

template <class Cipher>
void SealByEvp(benchmark::State& state) {
  Cipher cipher;
  Buffer in = packet(), out(kPacketBytes + kMaxGrowth);
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    set_sequence(in, ++sequence);
    cipher.seal(in, out);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1);
}
BENCHMARK(SealByEvp<EvpCounterMode>);
BENCHMARK(SealByEvp<EvpGcm>);

#ifdef SPECTER_HAS_LIBSRTP
void SealByLibsrtp(benchmark::State& state) {
  static const bool is_ready = srtp_init() == srtp_err_status_ok;
  SPECTER_CHECK(is_ready);
  const Profile profile = profile_of(state);
  const MasterKey master = master_of(profile, 0);
  Buffer key = to_buffer(master.key);
  const Bytes salt = master.salt;
  key.insert(key.end(), salt.begin(), salt.end());
  srtp_policy_t policy{};
  const auto number = static_cast<srtp_profile_t>(profile);
  SPECTER_CHECK(
      srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, number) == srtp_err_status_ok &&
      srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, number) == srtp_err_status_ok);
  policy.ssrc.type = ssrc_any_outbound;
  policy.key = key.data();
  policy.window_size = 1024;
  srtp_t context = nullptr;
  SPECTER_CHECK(srtp_create(&context, &policy) == srtp_err_status_ok);
  Buffer in = packet(), out(kPacketBytes + SRTP_MAX_TRAILER_LEN + 4);
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    set_sequence(in, ++sequence);
    std::copy(in.begin(), in.end(), out.begin());  // it works in place
    int size = static_cast<int>(in.size());
    SPECTER_CHECK(srtp_protect(context, out.data(), &size) == srtp_err_status_ok);
  }
  count(state, 1);
  srtp_dealloc(context);
}
BENCHMARK(SealByLibsrtp)->ArgName("gcm")->DenseRange(0, 1);
#endif

}  // namespace
}  // namespace specter::srtp
