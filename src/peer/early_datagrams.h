// DTLS of the peer's that came before it may be looked at: the peer may be ahead of us, and to
// throw its flight away would cost a retransmission.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "ice/agent.h"

#include "specter/bytes.h"
#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::peer {

class EarlyDatagrams {
 public:
  // Of paths that are not proved: as many, of as many bytes, and for so long.
  static constexpr std::size_t kMaxUnproved = 8;
  static constexpr std::size_t kMaxBytes = 2048;
  static constexpr Duration kLifetime = std::chrono::seconds(5);
  static constexpr std::size_t kMaxEmbedded = 8;

  // Over a path that no check has proved yet, RFC 8445 §12.1.1. Whoever can send here could fill
  // the places: who is likely to be the peer, by what `ice` knows, goes first. False: there is
  // none.
  bool keep_unproved(Timestamp now, const Path& path, Bytes datagram, const ice::Agent& ice);
  // Out of a Binding message, before the peer's description: who it is from can't be judged yet. It
  // was acknowledged, and does not come again, so it is kept for as long as the answer takes. Past
  // kMaxEmbedded it is dropped.
  void keep_embedded(ice::DtlsReceived&& received);

  // The first one whose path may be read by now.
  template <class MayRead>
  std::optional<ice::DtlsReceived> take(Timestamp now, MayRead&& may_read) {
    drop_expired(now);
    const auto ready = std::ranges::find_if(
        unproved_, [&](const Unproved& early) { return may_read(early.path); });
    if (ready == unproved_.end()) return std::nullopt;
    ice::DtlsReceived out{ready->path, std::move(ready->bytes)};
    unproved_.erase(ready);
    return out;
  }
  std::vector<ice::DtlsReceived> take_embedded() { return std::exchange(embedded_, {}); }
  void drop_unproved() { unproved_.clear(); }
  bool has_unproved() const { return !unproved_.empty(); }

 private:
  struct Unproved {
    Path path;
    Timestamp expires;
    Buffer bytes;
  };

  void drop_expired(Timestamp now);

  std::vector<Unproved> unproved_;
  std::vector<ice::DtlsReceived> embedded_;
};

}  // namespace specter::peer
