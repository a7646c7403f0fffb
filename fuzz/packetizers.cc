// Samples of any bytes, cut for each room: packets fit, are equal, and make the same sample again.
#include <algorithm>

#include "codec/codecs.h"
#include "codecs.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::codec;

constexpr std::size_t kMaxSampleBytes = 3000;  // each is cut some fifty times
constexpr std::size_t kRooms = 24;

// What a depacketizer makes of the pieces; a packet before them says that none is missing.
Buffer carried(std::string_view name, const Pieces& pieces) {
  AnyDepacketizer depacketizer = *AnyDepacketizer::of(name);
  const Buffer before{0x41, 0x9a};
  depacketizer.handle_packet({before, 0, true});
  while (depacketizer.poll_frame()) {
  }
  Buffer frame;
  Buffer payload;
  for (const Piece& piece : pieces.all) {
    payload.assign(piece.prefix.view().begin(), piece.prefix.view().end());
    payload.insert(payload.end(), piece.body.begin(), piece.body.end());
    depacketizer.handle_packet({payload, 3000, piece.marker || name == "opus"});
    while (const auto given = depacketizer.poll_frame()) {
      SPECTER_CHECK(frame.empty() && &piece == &pieces.all.back());
      frame = to_buffer(given->bytes);
    }
  }
  return frame;
}

// The same units; before an IDR picture there may be parameter sets more.
void check_units(Bytes sample, Bytes frame) {
  std::vector<Bytes> sent;
  std::vector<Bytes> got;
  SPECTER_CHECK(h264::split_annex_b(sample, sent) && h264::split_annex_b(frame, got));
  std::size_t next = 0;
  for (const Bytes nal : got) {
    if (next < sent.size() && std::ranges::equal(nal, sent[next]))
      ++next;
    else
      SPECTER_CHECK(h264::parameter_set_id(nal).has_value());
  }
  SPECTER_CHECK(next == sent.size());
  const bool has_idr = std::ranges::any_of(
      sent, [](Bytes nal) { return h264::type_of(nal) == h264::NalType::IdrSlice; });
  SPECTER_CHECK(has_idr || got.size() == sent.size());
}

void check(std::string_view name, AnyPacketizer& packetizer, Bytes sample, Room room) {
  Pieces out;
  const auto done = packetizer.packetize({sample}, room, out);
  SPECTER_CHECK(done.has_value() != out.all.empty());
  if (!done) return;
  SPECTER_CHECK(out.all.size() <= kMaxPieces);
  std::size_t runs = 1;
  for (std::size_t i = 0; i < out.all.size(); ++i) {
    const Piece& piece = out.all[i];
    SPECTER_CHECK(piece.size() > 0 && piece.size() <= (i == 0 ? room.first : room.others));
    SPECTER_CHECK(name == "opus" || piece.marker == (i + 1 == out.all.size()));
    // As packets, the first one with the headers that its room lacks.
    if (i > 1 && piece.size() != out.all[i - 1].size() && i + 1 < out.all.size()) ++runs;
    if (i == 1 && out.all.size() > 2 &&
        piece.size() + room.first != out.all[0].size() + room.others)
      ++runs;
  }
  SPECTER_CHECK(name != "VP8" || runs == 1);
  const Buffer frame = carried(name, out);
  SPECTER_CHECK(!frame.empty());
  if (name == "H264")
    check_units(sample, frame);
  else
    SPECTER_CHECK(std::ranges::equal(frame, sample));
}

}  // namespace

// Codec, packetization mode, a room; then samples, each behind its size in two bytes.
void run(Bytes input) {
  ByteReader in(input);
  const std::string_view name = kCodecs[in.u8() % kCodecs.size()];
  Setup setup;
  if ((in.u8() & 1) != 0) setup.h264_mode = h264::PacketizationMode::SingleNal;
  const Room any{in.u8(), in.u8()};
  AnyPacketizer packetizer = *AnyPacketizer::of(name, setup);
  for (int i = 0; i < 4 && in.remaining() > 0; ++i) {
    const std::size_t size = in.u16();
    const Bytes sample = in.bytes(std::min({size, in.remaining(), kMaxSampleBytes}));
    check(name, packetizer, sample, any);
    for (std::size_t room = 1; room <= kRooms; ++room) {
      check(name, packetizer, sample, {room, room});
      check(name, packetizer, sample, {room, kRooms});
    }
    check(name, packetizer, sample, {sample.size() + 1, 1200});
  }
}

}  // namespace specter::fuzz
