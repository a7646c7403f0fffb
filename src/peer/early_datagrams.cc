#include "peer/early_datagrams.h"

namespace specter::peer {

bool EarlyDatagrams::keep_unproved(Timestamp now, const Path& path, Bytes datagram,
                                   const ice::Agent& ice) {
  drop_expired(now);
  if (unproved_.size() == kMaxUnproved && ice.knows(path))
    std::erase_if(unproved_, [&](const Unproved& early) { return !ice.knows(early.path); });
  if (unproved_.size() == kMaxUnproved || datagram.size() > kMaxBytes) return false;
  unproved_.push_back({path, now + kLifetime, Buffer(datagram.begin(), datagram.end())});
  return true;
}

void EarlyDatagrams::keep_embedded(ice::DtlsReceived&& received) {
  if (embedded_.size() < kMaxEmbedded) embedded_.push_back(std::move(received));
}

void EarlyDatagrams::drop_expired(Timestamp now) {
  std::erase_if(unproved_, [&](const Unproved& early) { return early.expires <= now; });
}

}  // namespace specter::peer
