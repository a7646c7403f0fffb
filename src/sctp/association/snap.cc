// SNAP, draft-hancke-tsvwg-snap: each side's INIT goes with its description, so that the
// association is there as soon as DTLS is.
//
//   Closed --both INITs known--> Established
//
// It is taken on trust until the peer says something under our tag: an INIT on the path, before
// that, comes from a peer that never saw ours, and the handshake of RFC 9260 goes on from there.
#include <algorithm>

#include <fmt/core.h>

#include "sctp/association/impl.h"

namespace specter::sctp {
namespace {

// RFC 9260 §3.3.2: no endpoint may ask for less.
constexpr std::uint32_t kMinWindowBytes = 1500;

Result<InitChunk> read_init(Bytes bytes) {
  const auto no = [](std::string_view why) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("not an INIT chunk to begin with: {}", why));
  };
  const auto chunk = ChunkReader(bytes).next();
  if (!chunk) return no("its length is not that of its bytes");
  // RFC 9260 §3.2: a chunk's padding, zeros up to a multiple of 4, is not in its length. It may be
  // there or not.
  const Bytes padding = bytes.subspan(chunk->whole.size());
  const bool is_padding = bytes.size() == padded(chunk->whole.size()) &&
                          std::ranges::all_of(padding, [](auto byte) { return byte == 0; });
  if (!padding.empty() && !is_padding) return no("its length is not that of its bytes");
  if (chunk->type != ChunkType::Init)
    return no(fmt::format("its type is {}", static_cast<unsigned>(chunk->type)));
  if (chunk->flags != 0) return no("its flags are not 0");

  auto init = InitChunk::parse(*chunk);
  if (!init) return no("it is too short, or its parameters are malformed");
  if (init->initiate_tag == 0) return no("its tag is 0");
  if (init->window_bytes < kMinWindowBytes)
    return no(
        fmt::format("its window of {} bytes is below {}", init->window_bytes, kMinWindowBytes));
  if (init->outbound_streams == 0 || init->inbound_streams == 0) return no("it has no streams");
  return *std::move(init);
}

}  // namespace

Result<> Association::validate_init(Bytes chunk) {
  if (auto init = read_init(chunk); !init) return fail(std::move(init).error());
  return {};
}

Result<> Association::Impl::connect_with(Timestamp now, Bytes remote_init) {
  const auto init = read_init(remote_init);
  if (!init) return fail(init.error());
  if (state_ != State::Closed) return {};  // the peer was faster, or it is over
  log_.debug("the peer's INIT came with its description (SNAP)");
  meet(peer_of(*init));
  establish(now);
  used_snap_ = is_on_trust_ = true;
  return {};
}

}  // namespace specter::sctp
