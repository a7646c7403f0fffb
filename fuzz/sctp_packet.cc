// An SCTP packet, its checksum made right: its chunks, and what is in them. What parses is written,
// and what was written parses to the same value.
#include <vector>

#include "codec.h"
#include "sctp/packet/control_chunks.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/error_chunk.h"
#include "sctp/packet/forward_tsn_chunk.h"
#include "sctp/packet/i_forward_tsn_chunk.h"
#include "sctp/packet/idata_chunk.h"
#include "sctp/packet/init_chunk.h"
#include "sctp/packet/packet.h"
#include "sctp/packet/reconfig_chunk.h"
#include "sctp/packet/sack_chunk.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::sctp;

template <class Chunk>
Chunk without_what_is_not_written(Chunk chunk) {
  if constexpr (std::same_as<Chunk, InitChunk>) chunk.to_report.clear();
  return chunk;
}

template <class Chunk>
void check_form(const ChunkView& view) {
  const auto parsed = Chunk::parse(view);
  if (!parsed) return;
  if constexpr (requires { parsed->payload; })
    SPECTER_CHECK(is_view_of(view.whole, parsed->payload));
  const Buffer bytes = written(*parsed);
  const auto chunk = ChunkReader(bytes).next();
  SPECTER_CHECK(chunk && chunk->whole.size() == bytes.size());
  SPECTER_CHECK(chunk->type == view.type);
  const auto again = Chunk::parse(*chunk);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == without_what_is_not_written(*parsed));
  SPECTER_CHECK(written(*again) == bytes);
}

template <class... Chunks>
void check_forms(const ChunkView& view) {
  (check_form<Chunks>(view), ...);
}

// The chunks of a packet, which lie one behind the other and fill it.
std::vector<ChunkView> chunks_of(const PacketView& packet) {
  std::vector<ChunkView> chunks;
  std::size_t at = 0;
  ChunkReader reader(packet.chunks);
  while (const auto chunk = reader.next()) {
    SPECTER_CHECK(chunk->whole.data() == packet.chunks.data() + at);
    SPECTER_CHECK(chunk->whole.size() == kChunkHeaderBytes + chunk->value.size());
    SPECTER_CHECK(is_view_of(chunk->whole, chunk->value));
    at += padded(chunk->whole.size());
    chunks.push_back(*chunk);
  }
  SPECTER_CHECK(!chunks.empty());
  SPECTER_CHECK(at == packet.chunks.size() || at == padded(packet.chunks.size()));
  return chunks;
}

void check_rewriting(const PacketView& packet, const std::vector<ChunkView>& chunks) {
  PacketWriter writer(packet.header, 70'000);
  for (const ChunkView& chunk : chunks) writer.add_bytes(chunk.whole);
  const Buffer bytes = writer.finish();
  const auto again = PacketView::parse(bytes);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(again->header == packet.header);
  const auto same = chunks_of(*again);
  SPECTER_CHECK(same.size() == chunks.size());
  for (std::size_t i = 0; i < same.size(); ++i)
    SPECTER_CHECK(to_buffer(same[i].whole) == to_buffer(chunks[i].whole));
}

}  // namespace

void run(Bytes input) {
  if (input.size() > 65'535) return;
  Buffer bytes = to_buffer(input);
  fix_checksum(bytes);
  const auto packet = PacketView::parse(bytes);
  if (!packet) {
    SPECTER_CHECK(packet.error() != ParseError::BadChecksum);
    return;
  }
  SPECTER_CHECK(is_view_of(bytes, packet->chunks));
  const auto chunks = chunks_of(*packet);
  for (const ChunkView& chunk : chunks) {
    check_forms<DataChunk, IDataChunk, InitChunk, SackChunk, HeartbeatChunk, ErrorChunk,
                ShutdownChunk, BareChunk, CookieEchoChunk, ReConfigChunk, ForwardTsnChunk,
                IForwardTsnChunk>(chunk);
  }
  check_rewriting(*packet, chunks);

  // A changed bit is noticed, and a 0 in place of the checksum is taken where that was agreed.
  const auto refused = [&] {
    const auto parsed = PacketView::parse(bytes);
    return !parsed && parsed.error() == ParseError::BadChecksum;
  };
  const std::size_t place = input[input.size() / 2] % bytes.size();
  bytes[place] ^= 0x10;
  SPECTER_CHECK(refused());
  bytes[place] ^= 0x10;
  ByteWriter(bytes).set_u32(8, 0);
  SPECTER_CHECK(PacketView::parse(bytes, ZeroChecksum::Accepted).has_value());
}

}  // namespace specter::fuzz
