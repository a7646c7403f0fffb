// Nothing is allocated once the largest sample has been there: neither a packet's nor a frame's
// memory.
#include <gtest/gtest.h>

#include "codec/codecs.h"
#include "codec/testing/golden.h"
#include "codec/testing/link.h"
#include "testing/counting_allocator.h"

namespace specter::codec {
namespace {

using codec::testing::payload_of;

struct Stream {
  const char* name;
  std::vector<Buffer> samples;
};

std::vector<Stream> streams() {
  return {{"opus", codec::testing::read_opus_packets("libopus.ogg")},
          {"VP8", codec::testing::read_ivf_frames("libvpx.ivf")},
          {"H264", codec::testing::read_access_units("x264-slices.h264")},
          {"h264", codec::testing::read_access_units("x264.h264")}};
}

TEST(CodecMemory, IsWhatTheLargestSampleNeeds) {
  for (const Stream& stream : streams()) {
    AnyPacketizer packetizer = *AnyPacketizer::of(stream.name, {});
    AnyDepacketizer depacketizer = *AnyDepacketizer::of(stream.name);
    Pieces out;
    std::array<std::uint8_t, 2000> payload;  // as a packet would lie in a batch
    std::uint32_t timestamp = 0;
    std::size_t frames = 0;
    std::size_t bytes = 0;
    const auto turn = [&] {
      for (const Buffer& sample : stream.samples) {
        EXPECT_TRUE(packetizer.packetize({sample}, {600, 600}, out));
        timestamp += 3000;
        for (const Piece& piece : out.all) {
          std::ranges::copy(piece.prefix.view(), payload.begin());
          std::ranges::copy(piece.body,
                            payload.begin() + static_cast<std::ptrdiff_t>(piece.prefix.size()));
          depacketizer.handle_packet({Bytes(payload).first(piece.size()), timestamp, piece.marker});
          while (const auto frame = depacketizer.poll_frame()) {
            ++frames;
            bytes += frame->bytes.size();
          }
        }
      }
    };
    turn();
    turn();  // a depacketizer has two places for frames, used in turn
    frames = bytes = 0;
    const std::int64_t before = specter::testing::allocations;
    for (int i = 0; i < 10; ++i) turn();
    EXPECT_EQ(specter::testing::allocations - before, 0) << stream.name;
    EXPECT_EQ(frames, 10 * stream.samples.size()) << stream.name;
    EXPECT_GT(bytes, frames * 10);
  }
}

}  // namespace
}  // namespace specter::codec
