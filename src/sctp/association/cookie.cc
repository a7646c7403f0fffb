#include "sctp/association/cookie.h"

#include "base/bytes.h"
#include "crypto/digest.h"

namespace specter::sctp {
namespace {

constexpr std::size_t kCodeBytes = 32;

}  // namespace

Buffer CookieJar::seal(const Cookie& cookie) const {
  Buffer out;
  ByteWriter w(out);
  w.u32(cookie.local_tag);
  w.u32(cookie.peer_tag);
  w.u32(cookie.local_tie_tag);
  w.u32(cookie.peer_tie_tag);
  w.u32(cookie.local_tsn);
  w.u32(cookie.peer_tsn);
  w.u32(cookie.peer_window_bytes);
  w.u16(cookie.outgoing_streams);
  w.u16(cookie.incoming_streams);
  w.u8(cookie.forward_tsn);
  w.u8(cookie.reconfig);
  w.u8(cookie.zero_checksum);
  w.u8(cookie.interleaving);
  w.u8(cookie.pad);
  w.u64(static_cast<std::uint64_t>(cookie.created.time_since_epoch().count()));
  w.bytes(crypto::hmac_sha256(secret_, out));
  return out;
}

std::optional<Cookie> CookieJar::open(Bytes sealed) const {
  if (sealed.size() < kCodeBytes) return std::nullopt;
  const Bytes content = sealed.first(sealed.size() - kCodeBytes);
  if (!crypto::equal_in_constant_time(crypto::hmac_sha256(secret_, content),
                                      sealed.last(kCodeBytes)))
    return std::nullopt;
  ByteReader r(content);
  Cookie cookie;
  cookie.local_tag = r.u32();
  cookie.peer_tag = r.u32();
  cookie.local_tie_tag = r.u32();
  cookie.peer_tie_tag = r.u32();
  cookie.local_tsn = r.u32();
  cookie.peer_tsn = r.u32();
  cookie.peer_window_bytes = r.u32();
  cookie.outgoing_streams = r.u16();
  cookie.incoming_streams = r.u16();
  cookie.forward_tsn = r.u8() != 0;
  cookie.reconfig = r.u8() != 0;
  cookie.zero_checksum = r.u8() != 0;
  cookie.interleaving = r.u8() != 0;
  cookie.pad = r.u8() != 0;
  cookie.created = Timestamp(Duration(static_cast<Duration::rep>(r.u64())));
  if (!r.ok() || r.remaining() != 0) return std::nullopt;
  return cookie;
}

}  // namespace specter::sctp
