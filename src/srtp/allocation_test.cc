// No packet costs memory, once a batch has had as many and the streams are known.
#include <gtest/gtest.h>

#include "srtp/testing/ends.h"
#include "testing/counting_allocator.h"

namespace specter::srtp {
namespace {

using testing::kProfiles;

constexpr std::size_t kPackets = 32;

// Sealers with a stream each; what they seal is opened, a forgery and a replay among it.
class Traffic {
 public:
  Traffic(Profile profile, crypto::CipherLibrary library, bool cryptex)
      : cipher_(crypto::PacketCipher::all(library)) {
    for (std::size_t i = 0; i < kPackets; ++i) {
      const DirectionKeys keys = testing::direction_keys(profile, i);
      sealers_.push_back(
          std::make_unique<Sealer>(cipher_, profile, keys, SealOptions{.cryptex = cryptex}));
      openers_.push_back(
          std::make_unique<Opener>(cipher_, profile, keys, OpenOptions{CryptexPolicy::Accept}));
      packets_.push_back(testing::hex("920f0000decafbadcafebabe0001e2400000b26ebede000151000200"));
      packets_.back().resize(1100);
      sealed_.emplace_back(1100 + kMaxGrowth);
      outs_.emplace_back(1100 + kMaxGrowth);
    }
    rtcp_ = testing::hex("81c90007cafebabe0102030405060708090a0b0c0d0e0f101112131415161718");
    sealed_rtcp_.resize(rtcp_.size() + kMaxGrowth);
  }

  // How many of all that was added opened.
  std::size_t run() {
    ++sequence_;
    std::array<std::size_t, kPackets> sizes;
    for (std::size_t i = 0; i < kPackets; ++i) {
      store16(&packets_[i][2], sequence_);
      sizes[i] = seals_.add_rtp(*sealers_[i], packets_[i], sealed_[i]).value();
    }
    const std::size_t rtcp_size = seals_.add_rtcp(*sealers_[0], rtcp_, sealed_rtcp_).value();
    seals_.run();
    sealed_[1][100] ^= 1;
    for (std::size_t i = 0; i < kPackets; ++i)
      opens_.add_rtp(*openers_[i], Bytes(sealed_[i]).first(sizes[i]),
                     i % 2 == 0 ? MutableBytes(sealed_[i]) : MutableBytes(outs_[i]));
    opens_.add_rtp(*openers_[3], Bytes(sealed_[3]).first(sizes[3]), outs_[0]);
    opens_.add_rtcp(*openers_[0], Bytes(sealed_rtcp_).first(rtcp_size), sealed_rtcp_);
    return static_cast<std::size_t>(
        std::ranges::count_if(opens_.run(), [](const OpenResult& one) { return one.has_value(); }));
  }

 private:
  crypto::PacketCipher cipher_;
  SealBatch seals_{cipher_};
  OpenBatch opens_{cipher_};
  std::vector<std::unique_ptr<Sealer>> sealers_;
  std::vector<std::unique_ptr<Opener>> openers_;
  std::vector<Buffer> packets_, sealed_, outs_;
  Buffer rtcp_, sealed_rtcp_;
  std::uint16_t sequence_ = 0;
};

TEST(Srtp, NoPacketAllocates) {
#ifndef NDEBUG
  constexpr int kRoundsBefore = 520;  // the watch over nonces grows at its 513th for the last time
#else
  constexpr int kRoundsBefore = 2;
#endif
  ASSERT_TRUE(testing::openssl_counts);
  for (const auto library : {crypto::CipherLibrary::OpenSsl, crypto::CipherLibrary::MultiBuffer}) {
    for (const Profile profile : kProfiles) {
      for (const bool cryptex : {false, true}) {
        Traffic traffic(profile, library, cryptex);
        for (int i = 0; i < kRoundsBefore; ++i) traffic.run();
        const std::int64_t before = testing::allocations;
        for (int i = 0; i < 10; ++i) EXPECT_EQ(traffic.run(), kPackets);
        EXPECT_EQ(testing::allocations - before, 0) << testing::name_of(profile) << cryptex;
      }
    }
  }
}

}  // namespace
}  // namespace specter::srtp
