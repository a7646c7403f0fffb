// What a packetizer makes of a sample: payloads of RTP packets, each a few bytes of its own and a
// slice of the sample. No byte of the sample is copied but those of aggregates.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/check.h"

#include "specter/bytes.h"

namespace specter::codec {

// Up to N bytes, kept in place. More than N are a fault of ours: SPECTER_CHECK.
template <std::size_t N>
class InlineBytes {
  static_assert(N < 256);

 public:
  void push_back(std::uint8_t byte) {
    SPECTER_CHECK(size_ < N);
    bytes_[size_++] = byte;
  }
  void clear() { size_ = 0; }

  // A view into this object.
  Bytes view() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }

  bool operator==(const InlineBytes& other) const {
    return std::ranges::equal(view(), other.view());
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
  std::uint8_t size_ = 0;
};

// One packet's payload: the prefix, then the body.
struct Piece {
  InlineBytes<24> prefix;  // a payload descriptor, a FU header
  Bytes body;              // of the sample, or of Pieces::written
  bool marker = false;     // the RTP header's M bit

  std::size_t size() const { return prefix.size() + body.size(); }
};

// More packets than this one sample does not become, nor does a frame come of more.
inline constexpr std::size_t kMaxPieces = 8192;

// The packets of one sample, in order. Kept by the caller for as long as a piece is, and used again
// for the next sample: then nothing is allocated once the largest sample has been there.
struct Pieces {
  Pieces() = default;
  Pieces(Pieces&&) = default;  // the views stay right; a copy's would be into the original
  Pieces& operator=(Pieces&&) = default;

  std::vector<Piece> all;
  Buffer written;  // bodies that are no slice of the sample: aggregates, repeated parameter sets
  bool is_key_frame = false;  // of the sample: decoding may begin there

  void clear() {
    all.clear();
    written.clear();
    is_key_frame = false;
  }
};

// How many bytes of payload a packet may have. The first packet of a sample may have less room than
// the others, or more: some header extensions stand on one of them alone.
struct Room {
  std::size_t first = 0;
  std::size_t others = 0;
};

// A whole frame, access unit or packet of an encoder's, and what the encoder says of it.
struct Sample {
  Bytes bytes;
  std::optional<std::uint8_t> temporal_id{};  // 0 to 3; nothing: the stream has no layers
  bool is_layer_sync = false;                 // depends on frames of layer 0 alone
  bool is_non_reference = false;              // no later frame depends on it
};

enum class PacketizeError {
  Empty,      // a sample of no bytes
  NoRoom,     // a room in which no byte of a sample would fit
  TooLarge,   // what must not be cut does not fit: an Opus packet, a NAL unit in H.264's mode 0
  Malformed,  // not what the codec's encoders make
  TooMany,    // more than kMaxPieces packets
};

// The sizes of bodies: the first one's, and that of all others but the last, which has the rest.
struct Cut {
  std::size_t first = 0;
  std::size_t others = 0;
};

// Cuts `size` bytes into as few bodies as the room allows, and these such that all packets are of
// one size and only the last may be shorter: one run of segments for the kernel. Where the first
// packet has less room than the others, it is its headers that are longer, so its body is shorter
// by as much. Both rooms are at least 1.
Cut equal_cut(std::size_t size, Room room);

// Appends `body`, cut so. `begin(piece, i)` writes the prefix of the i-th piece; the rooms are
// without it. False, with pieces missing, when there would be more than kMaxPieces.
template <class Begin>
bool append_cut(Bytes body, Room room, std::vector<Piece>& out, Begin begin) {
  const Cut cut = equal_cut(body.size(), room);
  for (std::size_t i = 0; !body.empty(); ++i) {
    if (out.size() == kMaxPieces) return false;
    Piece& piece = out.emplace_back();
    piece.body = body.first(std::min(body.size(), i == 0 ? cut.first : cut.others));
    body = body.subspan(piece.body.size());
    begin(piece, i);
  }
  return true;
}

// What each codec has: the same verb, so that a variant of them is one packetizer (codecs.h).
template <class T>
concept Packetizer = requires(T t, const Sample& sample, Room room, Pieces& out) {
  // Replaces what is in `out`. After an error `out` is empty.
  { t.packetize(sample, room, out) } -> std::same_as<std::expected<void, PacketizeError>>;
};

}  // namespace specter::codec
