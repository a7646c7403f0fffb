// Payloads of any bytes to each codec's depacketizer: what it gives was in them, whole, and is no
// more than they were; what is missing is told.
#include <algorithm>
#include <array>

#include "codec/codecs.h"
#include "codecs.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::codec;

constexpr std::size_t kMaxPackets = 2000;

// A unit of one byte becomes five: its start code comes before it.
constexpr std::size_t kMaxGrowth = 5;

void check_frame(const Frame& frame, std::string_view name, std::size_t told) {
  SPECTER_CHECK(!frame.bytes.empty());
  SPECTER_CHECK(frame.bytes.size() <= std::min(kMaxFrameBytes, kMaxGrowth * told));
  if (name == "H264") {
    std::vector<Bytes> nals;
    SPECTER_CHECK(frame.bytes.size() > 4);
    SPECTER_CHECK(std::ranges::equal(frame.bytes.first(4), h264::kStartCode));
    SPECTER_CHECK(h264::split_annex_b(frame.bytes, nals) && !nals.empty());
  } else if (name == "VP8") {
    SPECTER_CHECK(frame.is_key_frame == frame.size.has_value());
    SPECTER_CHECK(frame.temporal_id.value_or(0) < 4);
    SPECTER_CHECK(frame.picture_id.value_or(0) < 0x8000);
  } else {
    SPECTER_CHECK(frame.duration >= 120 && frame.duration <= 5760);
  }
}

}  // namespace

// The first byte names the codec; then packets: flags (marker, a gap before it, another timestamp),
// the payload's size in two bytes, the payload.
void run(Bytes input) {
  ByteReader in(input);
  const std::string_view name = kCodecs[in.u8() % kCodecs.size()];
  AnyDepacketizer depacketizer = *AnyDepacketizer::of(name);
  std::uint32_t timestamp = 0xffff'0000;
  std::size_t told = 0;
  std::uint64_t given = 0;
  bool has_gap = false;    // since the last frame
  bool has_heard = false;  // a gap before the first packet is none
  for (std::size_t i = 0; i < kMaxPackets && in.remaining() > 0; ++i) {
    const std::uint8_t flags = in.u8();
    const std::size_t size = in.u16();
    const Bytes payload = in.bytes(std::min(size, in.remaining()));
    if ((flags & 4) != 0) timestamp += 3000;
    told += payload.size();
    has_gap |= has_heard && (flags & 2) != 0;
    has_heard = true;
    depacketizer.handle_packet({payload, timestamp, (flags & 1) != 0, (flags & 2) == 0});
    while (const auto frame = depacketizer.poll_frame()) {
      check_frame(*frame, name, told);
      if (std::exchange(has_gap, false)) SPECTER_CHECK(frame->follows_loss);
      ++given;
    }
  }
  const DepacketizeCounts& counts = depacketizer.counts();
  SPECTER_CHECK(counts.frames == given);
  SPECTER_CHECK(counts.malformed + counts.unsupported <= kMaxPackets);
}

}  // namespace specter::fuzz
