// libsrtp as the other side: what we seal it opens and the reverse, and both seal to the same
// bytes. What it lacks, Cryptex, vectors_test.cc has.
#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "base/check.h"
#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::Ends;
using testing::kProfiles;
using testing::random_rtcp_packet;
using testing::random_rtp_packet;

class Libsrtp {
 public:
  enum class Role { Seals, Opens };

  Libsrtp(Profile profile, const MasterKey& master, Role role) {
    static const bool is_ready = srtp_init() == srtp_err_status_ok;
    SPECTER_CHECK(is_ready);
    // Key, then salt.
    key_ = to_buffer(master.key);
    const Bytes salt = master.salt;
    key_.insert(key_.end(), salt.begin(), salt.end());
    srtp_policy_t policy{};
    const auto number = static_cast<srtp_profile_t>(profile);
    SPECTER_CHECK(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, number) ==
                  srtp_err_status_ok);
    SPECTER_CHECK(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, number) ==
                  srtp_err_status_ok);
    policy.ssrc.type = role == Role::Seals ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = key_.data();
    policy.window_size = 1024;
    SPECTER_CHECK(srtp_create(&context_, &policy) == srtp_err_status_ok);
  }
  ~Libsrtp() { srtp_dealloc(context_); }
  Libsrtp(const Libsrtp&) = delete;

  std::optional<Buffer> seal_rtp(const Buffer& packet) { return call(srtp_protect, packet); }
  std::optional<Buffer> seal_rtcp(const Buffer& packet) { return call(srtp_protect_rtcp, packet); }
  std::optional<Buffer> open_rtp(const Buffer& packet) { return call(srtp_unprotect, packet); }
  std::optional<Buffer> open_rtcp(const Buffer& packet) {
    return call(srtp_unprotect_rtcp, packet);
  }

 private:
  template <class Function>
  std::optional<Buffer> call(Function&& function, const Buffer& packet) {
    // It wants its packets aligned to words.
    Buffer out(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    std::ranges::copy(packet, out.begin());
    int size = static_cast<int>(packet.size());
    if (function(context_, out.data(), &size) != srtp_err_status_ok) return std::nullopt;
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

  Buffer key_;
  srtp_t context_ = nullptr;
};

struct Case {
  Profile profile;
  crypto::CipherLibrary library;
};
class WithLibsrtp : public ::testing::TestWithParam<Case> {
 public:
  Ends ends{GetParam().profile, {}, {}, GetParam().library};
  Libsrtp sealer{GetParam().profile, testing::master_key(GetParam().profile), Libsrtp::Role::Seals};
  Libsrtp opener{GetParam().profile, testing::master_key(GetParam().profile), Libsrtp::Role::Opens};
};
std::vector<Case> cases() {
  std::vector<Case> out;
  for (const Profile profile : kProfiles) {
    out.push_back({profile, crypto::CipherLibrary::OpenSsl});
    if (crypto::PacketCipher::has_multi_buffer())
      out.push_back({profile, crypto::CipherLibrary::MultiBuffer});
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Each, WithLibsrtp, ::testing::ValuesIn(cases()),
                         [](const auto& parameter) {
                           return testing::name_of(parameter.param.profile) +
                                  (parameter.param.library == crypto::CipherLibrary::OpenSsl
                                       ? "OpenSsl"
                                       : "MultiBuffer");
                         });

TEST_P(WithLibsrtp, BothSealRtpToTheSameBytesAndOpenThem) {
  simulation::SeededRandom random(1);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::uint32_t ssrc = 100 + i % 3;
    const auto sequence = static_cast<std::uint16_t>(64'900 + i / 3);  // with a rollover
    const Buffer packet = random_rtp_packet(random, ssrc, sequence);
    const auto ours = ends.seal(packet);
    const auto theirs = sealer.seal_rtp(packet);
    ASSERT_TRUE(ours);
    ASSERT_TRUE(theirs);
    ASSERT_EQ(*ours, *theirs) << i;
    if (random.chance(0.1)) continue;
    EXPECT_EQ(ends.open(*theirs), packet);
    EXPECT_EQ(opener.open_rtp(*ours), packet) << i;
  }
}

TEST_P(WithLibsrtp, BothSealRtcpToTheSameBytesAndOpenThem) {
  simulation::SeededRandom random(2);
  ends.sealer.skip_rtcp_to(1);  // its first index is 1; ours is 0, as RFC 3711 §3.2.1 has it
  for (std::uint32_t i = 0; i < 500; ++i) {
    const Buffer packet = random_rtcp_packet(random, 100);
    const auto ours = testing::seal_rtcp(ends.cipher, ends.sealer, packet);
    const auto theirs = sealer.seal_rtcp(packet);
    ASSERT_TRUE(ours);
    ASSERT_TRUE(theirs);
    ASSERT_EQ(*ours, *theirs) << i;
    if (random.chance(0.1)) continue;
    EXPECT_EQ(testing::open_rtcp(ends.cipher, ends.opener, *theirs), packet);
    EXPECT_EQ(opener.open_rtcp(*ours), packet);
  }
}

TEST_P(WithLibsrtp, ItTakesRtcpOfManySourcesFromOneCounter) {
  simulation::SeededRandom random(3);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const Buffer packet = random_rtcp_packet(random, 100 + static_cast<std::uint32_t>(i % 3));
    const auto ours = testing::seal_rtcp(ends.cipher, ends.sealer, packet);
    ASSERT_TRUE(ours);
    EXPECT_EQ(opener.open_rtcp(*ours), packet) << i;
  }
}

// A sender who joins at 20 and repeats a packet of before that: libsrtp takes its number for one to
// come, and what follows for packets after a rollover.
TEST_P(WithLibsrtp, WeFollowItPastARolloverThatItCountedTooMany) {
  for (const bool is_lost : {true, false}) {
    Libsrtp sender(GetParam().profile, testing::master_key(GetParam().profile),
                   Libsrtp::Role::Seals);
    Ends receiver(GetParam().profile, {}, {}, GetParam().library);
    const auto sealed = [&](std::uint16_t sequence) {
      return sender.seal_rtp(testing::rtp_packet(1, sequence)).value();
    };
    EXPECT_TRUE(receiver.open(sealed(20)));
    EXPECT_TRUE(receiver.open(sealed(21)));
    const Buffer repeated = sealed(65'500);
    if (!is_lost) {
      EXPECT_TRUE(receiver.open(repeated));
    }
    for (std::uint16_t sequence = 22; sequence < 300; ++sequence)
      ASSERT_TRUE(receiver.open(sealed(sequence))) << sequence;
  }
}

TEST_P(WithLibsrtp, NeitherOpensWhatWasChanged) {
  simulation::SeededRandom random(4);
  for (std::uint16_t sequence = 0; sequence < 200; ++sequence) {
    Buffer sealed = ends.seal(random_rtp_packet(random, 1, sequence)).value();
    const auto bit = random.below(8 * sealed.size());
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(ends.open(sealed)) << bit;
    EXPECT_FALSE(opener.open_rtp(sealed)) << bit;
  }
}

}  // namespace
}  // namespace specter::srtp
