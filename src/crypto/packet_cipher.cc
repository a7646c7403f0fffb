#include "crypto/packet_cipher.h"

#include "base/check.h"
#include "crypto/multi_buffer.h"
#include "crypto/nonce_watch.h"
#include "crypto/packet_key.h"
#include "crypto/secret.h"

namespace specter::crypto {
namespace {

#ifdef NDEBUG
constexpr bool kWatchesNonces = false;
#else
constexpr bool kWatchesNonces = true;
#endif

bool overlaps(Bytes a, Bytes b) {
  return !a.empty() && !b.empty() && a.data() < b.data() + b.size() &&
         b.data() < a.data() + a.size();
}

template <class Job>
void check_job(const Job& job, Direction direction) {
  SPECTER_CHECK(job.key && job.key->direction() == direction);
  const PacketAlgorithm algorithm = job.key->algorithm();
  SPECTER_CHECK(job.out.size() == job.text.size() && job.text.size() <= kMaxPacketBytes &&
                job.additional.size() <= kMaxPacketBytes && job.tag.size() == tag_size(algorithm));
  SPECTER_CHECK(job.text.data() == job.out.data() || !overlaps(job.text, job.out));
  if (is_aead(algorithm))
    SPECTER_CHECK(job.suffix.empty() && job.inset.empty());
  else
    SPECTER_CHECK(job.nonce[14] == 0 && job.nonce[15] == 0 && job.suffix.size() <= 8 &&
                  job.inset.size() <= 8 && job.inset_at <= job.text.size());
}

PacketCipher::Choice possible(PacketCipher::Choice choice) {
  for (CipherLibrary& library : choice) {
    if (library == CipherLibrary::MultiBuffer && !PacketCipher::has_multi_buffer())
      library = CipherLibrary::OpenSsl;
  }
  return choice;
}

}  // namespace

std::string_view to_string(PacketAlgorithm algorithm) {
  switch (algorithm) {
    case PacketAlgorithm::Aes128Gcm: return "AES-128-GCM";
    case PacketAlgorithm::Aes256Gcm: return "AES-256-GCM";
    case PacketAlgorithm::ChaCha20Poly1305: return "ChaCha20-Poly1305";
    case PacketAlgorithm::Aes128CmSha1_80: return "AES-128-CM with HMAC-SHA1-80";
    case PacketAlgorithm::Aes128CmSha1_32: return "AES-128-CM with HMAC-SHA1-32";
  }
  return "";
}

std::string_view to_string(CipherLibrary library) {
  return library == CipherLibrary::OpenSsl ? "OpenSSL" : "multi-buffer";
}

PacketKey::PacketKey(PacketAlgorithm algorithm, Direction direction, CipherLibrary library)
    : algorithm_(algorithm), direction_(direction), library_(library) {
  if (kWatchesNonces && direction == Direction::Seal) watch_ = std::make_unique<NonceWatch>();
}
PacketKey::~PacketKey() = default;

class PacketCipher::Lanes : public multi_buffer::Lanes {};

PacketCipher::PacketCipher(const Choice& choice) : choice_(possible(choice)) {}
PacketCipher::~PacketCipher() = default;

bool PacketCipher::has_multi_buffer() { return multi_buffer::is_available(); }
std::string_view PacketCipher::multi_buffer_version() { return multi_buffer::version(); }

PacketCipher::Choice PacketCipher::all(CipherLibrary library) {
  Choice choice;
  choice.fill(library);
  return possible(choice);
}

PacketCipher::Lanes& PacketCipher::lanes() {
  if (!lanes_) lanes_ = std::make_unique<Lanes>();
  return *lanes_;
}

std::unique_ptr<PacketKey> PacketCipher::make_key(PacketAlgorithm algorithm, Direction direction,
                                                  Bytes secret) const {
  SPECTER_CHECK(secret.size() == key_size(algorithm));
  if (choice_.at(static_cast<std::size_t>(algorithm)) == CipherLibrary::MultiBuffer)
    return multi_buffer::make_key(algorithm, direction, secret);
  return make_openssl_key(algorithm, direction, secret);
}

void PacketCipher::seal(std::span<SealJob> jobs) {
  for (const SealJob& job : jobs) {
    check_job(job, Direction::Seal);
    if (job.key->watch_) SPECTER_CHECK(job.key->watch_->add(job.nonce));
  }
  bool any_lanes = false;
  for (const SealJob& job : jobs) {
    if (has_lanes(*job.key))
      any_lanes = true;
    else
      static_cast<SinglePacketKey*>(job.key)->seal(job);
  }
  if (any_lanes) lanes().seal(jobs);
}

std::size_t PacketCipher::open(std::span<OpenJob> jobs) {
  for (const OpenJob& job : jobs) check_job(job, Direction::Open);
  bool any_lanes = false;
  for (OpenJob& job : jobs) {
    if (has_lanes(*job.key))
      any_lanes = true;
    else
      job.ok = static_cast<SinglePacketKey*>(job.key)->open(job);
  }
  if (any_lanes) lanes().open(jobs);
  std::size_t good = 0;
  for (const OpenJob& job : jobs) {
    if (job.ok)
      ++good;
    else
      cleanse(job.out);
  }
  return good;
}

}  // namespace specter::crypto
