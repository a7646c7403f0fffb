#include "io/cipher_choice.h"

#include <algorithm>
#include <vector>

#include "io/clock.h"

#include "specter/bytes.h"

namespace specter::io {
namespace {

using crypto::CipherLibrary;
using crypto::PacketAlgorithm;
using crypto::PacketCipher;

constexpr std::size_t kPackets = 16, kPacketBytes = 1200;
constexpr int kRounds = 4;  // the best counts: others may have had the processor in between

class Trial {
 public:
  Trial(CipherLibrary library, PacketAlgorithm algorithm)
      : cipher_(PacketCipher::all(library)),
        tag_(crypto::tag_size(algorithm)),
        key_(cipher_.make_key(algorithm, crypto::Direction::Seal,
                              Buffer(crypto::key_size(algorithm), 1))) {}

  Duration seal(std::vector<Buffer>& packets) {
    std::array<crypto::SealJob, kPackets> jobs;
    for (std::size_t i = 0; i < kPackets; ++i) {
      const MutableBytes all(packets[i]);
      const MutableBytes text = all.subspan(12, all.size() - 12 - tag_);
      jobs[i] = {key_.get(), {}, all.first(12), text, text, all.last(tag_)};
      jobs[i].nonce[0] = sealed_++;
    }
    const Timestamp begun = now();
    cipher_.seal(jobs);
    return now() - begun;
  }

 private:
  PacketCipher cipher_;
  std::size_t tag_;
  std::unique_ptr<crypto::PacketKey> key_;
  std::uint8_t sealed_ = 0;
};

PacketCipher::Choice measure() {
  std::vector<Buffer> packets(kPackets, Buffer(kPacketBytes, 2));
  std::array<CipherTimes, crypto::kPacketAlgorithms> times;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto algorithm = static_cast<PacketAlgorithm>(i);
    Trial openssl(CipherLibrary::OpenSsl, algorithm);
    Trial multi_buffer(CipherLibrary::MultiBuffer, algorithm);
    times[i] = {Duration::max(), Duration::max()};
    for (int round = 0; round < kRounds; ++round) {
      times[i].openssl = std::min(times[i].openssl, openssl.seal(packets));
      times[i].multi_buffer = std::min(times[i].multi_buffer, multi_buffer.seal(packets));
    }
  }
  return faster_of(times);
}

}  // namespace

PacketCipher::Choice faster_of(const std::array<CipherTimes, crypto::kPacketAlgorithms>& times) {
  PacketCipher::Choice out;
  std::ranges::transform(times, out.begin(), [](const CipherTimes& of) {
    return of.multi_buffer < of.openssl ? CipherLibrary::MultiBuffer : CipherLibrary::OpenSsl;
  });
  return out;
}

PacketCipher::Choice choose_ciphers(CipherEngine engine) {
  if (engine == CipherEngine::OpenSsl || !PacketCipher::has_multi_buffer())
    return PacketCipher::all(CipherLibrary::OpenSsl);
  if (engine == CipherEngine::MultiBuffer) return PacketCipher::all(CipherLibrary::MultiBuffer);
  static const PacketCipher::Choice measured = measure();
  return measured;
}

}  // namespace specter::io
