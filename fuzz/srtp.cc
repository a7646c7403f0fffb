// SRTP with keys: any packets, and sealed ones with a byte changed or as they are, to be opened
// with the right key and with a wrong one. What opens was sealed, byte for byte, and opens once;
// what is refused changes nothing.
#include <map>

#include "srtp/opener.h"
#include "srtp/sealer.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::srtp;

constexpr std::size_t kMaxSteps = 64, kMaxPending = 4;
constexpr Profile kProfiles[] = {Profile::Aes128CmSha1_80, Profile::Aes128CmSha1_32,
                                 Profile::AeadAes128Gcm, Profile::AeadAes256Gcm};

// It remembers nothing from call to call, and takes long to make.
crypto::PacketCipher& cipher() {
  static crypto::PacketCipher one;
  return one;
}

DirectionKeys keys(Profile profile, std::uint8_t seed) {
  const ProfileTraits& sizes = traits(profile);
  return derive_keys(profile, {crypto::Secret(Buffer(sizes.key_size, seed)),
                               crypto::Secret(Buffer(sizes.salt_size, seed))});
}

class Trial {
 public:
  explicit Trial(Bytes input) : in_(input) {
    const std::uint8_t options = in_.u8();
    const Profile profile = kProfiles[options & 3];
    const bool cryptex = (options & 4) != 0;
    const OpenOptions open{CryptexPolicy{static_cast<std::uint8_t>((options >> 3) % 3)}};
    sealer_.emplace(cipher(), profile, keys(profile, 1), SealOptions{.cryptex = cryptex});
    right_.emplace(cipher(), profile, keys(profile, 1), open);
    wrong_.emplace(cipher(), profile, keys(profile, 2), open);
    last_.emplace(cipher(), profile, keys(profile, 1), OpenOptions{CryptexPolicy::Accept});
  }

  void run() {
    for (std::size_t step = 0; step < kMaxSteps && in_.remaining() > 0; ++step) {
      switch (in_.u8() % 4) {
        case 0: receive_anything(); break;
        case 1: seal_rtp(); break;
        case 2: seal_rtcp(); break;
        case 3: deliver(); break;
      }
      if (pending_.size() == kMaxPending) open_all();
    }
    open_all();
    SPECTER_CHECK(wrong_->streams() == 0 && wrong_->opened() == 0);
    check_that_it_works();
  }

 private:
  struct Sealed {
    Buffer plain, bytes;
    bool is_rtcp;
    bool is_opened = false;
  };
  struct Pending {
    Buffer bytes, out;
    bool is_rtcp, in_place;
  };

  void receive_anything() {
    const std::uint8_t flags = in_.u8();
    const std::size_t size = in_.u8();
    receive(to_buffer(in_.bytes(std::min(size, in_.remaining()))), (flags & 1) != 0,
            (flags & 2) != 0);
  }

  void seal_rtp() {
    const std::uint8_t shape = in_.u8();
    Buffer packet;
    ByteWriter out(packet);
    rtp::Header header;
    header.ssrc = shape >> 6;
    header.sequence = in_.u16();
    for (std::uint32_t i = 0; i < (shape & 3u); ++i) header.csrcs.push_back(i);
    const bool has_extension = (shape & 4) != 0;
    header.write(out, {.has_extension = has_extension});
    if (has_extension) {
      out.u16((shape & 8) != 0 ? 0x1000 : 0xbede);
      out.u16((shape & 16) != 0 ? 1 : 0);
      out.zeros((shape & 16) != 0 ? 4 : 0);
    }
    const std::size_t size = in_.u8();
    out.bytes(in_.bytes(std::min(size, in_.remaining())));
    seal(packet, false);
  }
  void seal_rtcp() {
    const std::size_t size = in_.u8();
    Buffer packet{0x80, 201, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(size & 3)};
    const Bytes rest = in_.bytes(std::min(size, in_.remaining()));
    packet.insert(packet.end(), rest.begin(), rest.end());
    seal(packet, true);
  }
  void seal(const Buffer& packet, bool is_rtcp) {
    SealBatch batch(cipher());
    Buffer out(packet.size() + kMaxGrowth);
    const auto size =
        is_rtcp ? batch.add_rtcp(*sealer_, packet, out) : batch.add_rtp(*sealer_, packet, out);
    batch.run();
    if (!size) {
      SPECTER_CHECK(!is_rtcp && size.error() == Refusal::Repeated);
      return;
    }
    out.resize(*size);
    SPECTER_CHECK(
        std::ranges::none_of(sealed_, [&](const Sealed& one) { return one.bytes == out; }));
    sealed_.push_back({packet, out, is_rtcp});
  }

  void deliver() {
    if (sealed_.empty()) return;
    const Sealed& one = sealed_[in_.u8() % sealed_.size()];
    const std::size_t at = in_.u16() % one.bytes.size();
    Buffer bytes = one.bytes;
    bytes[at] ^= in_.u8();
    receive(std::move(bytes), one.is_rtcp, (at & 1) != 0);
  }

  void receive(Buffer bytes, bool is_rtcp, bool in_place) {
    Buffer out(in_place ? 0 : bytes.size(), 0xee);
    pending_.push_back({std::move(bytes), std::move(out), is_rtcp, in_place});
  }

  void open_all() {
    std::vector<Buffer> as_they_came;
    for (const Pending& each : pending_) as_they_came.push_back(each.bytes);
    OpenBatch wrong(cipher()), right(cipher());
    std::vector<Buffer> wrong_outs = as_they_came;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      Pending& each = pending_[i];
      const MutableBytes out = each.in_place ? each.bytes : each.out;
      if (each.is_rtcp) {
        wrong.add_rtcp(*wrong_, wrong_outs[i], wrong_outs[i]);
        right.add_rtcp(*right_, each.bytes, out);
      } else {
        wrong.add_rtp(*wrong_, wrong_outs[i], wrong_outs[i]);
        right.add_rtp(*right_, each.bytes, out);
      }
    }
    for (const OpenResult& result : wrong.run()) SPECTER_CHECK(!result);
    const std::size_t streams = right_->streams();
    const std::uint64_t opened = right_->opened();
    std::size_t good = 0;
    const auto results = right.run();
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!results[i]) continue;
      ++good;
      check_opened(as_they_came[i], results[i]->packet, pending_[i].is_rtcp);
    }
    SPECTER_CHECK(right_->opened() == opened + good && right_->streams() <= streams + good);
    pending_.clear();
  }

  void check_opened(const Buffer& bytes, Bytes packet, bool is_rtcp) {
    const auto found = std::ranges::find_if(
        sealed_, [&](const Sealed& one) { return one.bytes == bytes && one.is_rtcp == is_rtcp; });
    SPECTER_CHECK(found != sealed_.end() && !found->is_opened);
    found->is_opened = true;
    const std::size_t added = packet.size() - found->plain.size();
    SPECTER_CHECK(added == 0 || (added == rtp::ExtensionBlock::kHeaderSize && !is_rtcp));
    if (added == 0) SPECTER_CHECK(to_buffer(packet) == found->plain);
  }

  // All that was sealed opens for one who received nothing but that.
  void check_that_it_works() {
    for (Sealed& one : sealed_) {
      OpenBatch batch(cipher());
      if (one.is_rtcp)
        batch.add_rtcp(*last_, one.bytes, one.bytes);
      else
        batch.add_rtp(*last_, one.bytes, one.bytes);
      const OpenResult result = batch.run()[0];
      SPECTER_CHECK(result || result.error() == Refusal::Replayed);  // older than the window
    }
  }

  ByteReader in_;
  std::optional<Sealer> sealer_;
  std::optional<Opener> right_, wrong_, last_;
  std::vector<Sealed> sealed_;
  std::vector<Pending> pending_;
};

}  // namespace

void run(Bytes input) { Trial(input).run(); }

}  // namespace specter::fuzz
