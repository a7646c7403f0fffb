// What src/codec and src/container make of files, for test_codecs.py to compare with what others
// make of them.
//
//   codec_files payloads CODEC FILE OUT ROOM   a file to RTP packets (RFC 4571 framing), ROOM bytes
//   of payload codec_files frames CODEC PACKETS OUT       such packets to a file again
//
// CODEC is H264 (Annex B), VP8 (IVF) or opus (Ogg).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "codec/codecs.h"
#include "codec/opus/toc.h"
#include "container/annex_b.h"
#include "container/ivf.h"
#include "container/ogg_opus.h"

namespace specter {
namespace {

constexpr std::size_t kChunkBytes = 777;  // of a file, read as a stream
constexpr std::uint8_t kPayloadType = 96;

Buffer read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, Bytes bytes) {
  std::ofstream out(path, std::ios::binary);
  out << as_text(bytes);
  if (!out.flush()) throw std::runtime_error("can't write " + path);
}

template <class Reader, class Each>
void read_samples(const Buffer& file, Each each) {
  Reader reader;
  for (Bytes rest = file;;) {
    const auto sample = reader.poll();
    if (!sample) throw std::runtime_error(std::string(to_string(sample.error())));
    if (*sample) {
      each(**sample);
    } else if (!rest.empty()) {
      const Bytes chunk = rest.first(std::min(kChunkBytes, rest.size()));
      reader.append(chunk);
      rest = rest.subspan(chunk.size());
      if constexpr (requires { reader.finish(); })
        if (rest.empty()) reader.finish();
    } else {
      return;
    }
  }
}

std::vector<Buffer> samples_of(const std::string& name, const Buffer& file) {
  std::vector<Buffer> samples;
  if (name == "H264") {
    read_samples<container::AccessUnitReader>(file, [&](const container::AccessUnit& unit) {
      Buffer& sample = samples.emplace_back();
      for (const Bytes nal : unit.nals) container::write_nal(sample, nal);
    });
  } else if (name == "VP8") {
    read_samples<container::IvfReader>(
        file, [&](const container::IvfFrame& frame) { samples.push_back(to_buffer(frame.bytes)); });
  } else {
    read_samples<container::OggOpusReader>(file, [&](const container::OggPacket& packet) {
      samples.push_back(to_buffer(packet.bytes));
    });
  }
  return samples;
}

std::uint32_t duration_of(const std::string& name, const Buffer& sample) {
  if (name != "opus") return 6000;
  return codec::opus::Toc::parse(sample).value().duration();
}

void write_payloads(const std::string& name, const Buffer& file, const std::string& out,
                    std::size_t room) {
  auto packetizer = codec::AnyPacketizer::of(name, {.first_picture_id = 0x7ffe}).value();
  Buffer packets;
  ByteWriter w(packets);
  codec::Pieces pieces;
  std::uint16_t sequence = 65'530;
  std::uint32_t timestamp = 0xffff'8000;
  for (const Buffer& sample : samples_of(name, file)) {
    if (!packetizer.packetize({sample}, {room - 20, room}, pieces))
      throw std::runtime_error("a sample was refused");
    for (const codec::Piece& piece : pieces.all) {
      w.u16(static_cast<std::uint16_t>(12 + piece.size()));
      w.u8(0x80);
      w.u8(static_cast<std::uint8_t>((piece.marker ? 0x80 : 0) | kPayloadType));
      w.u16(sequence++);
      w.u32(timestamp);
      w.u32(1);
      w.bytes(piece.prefix.view());
      w.bytes(piece.body);
    }
    timestamp += duration_of(name, sample);
  }
  write_file(out, packets);
}

// Frames to a file, with timestamps that count from its beginning.
class File {
 public:
  explicit File(const std::string& name) : name_(name) {}

  void add(const codec::Frame& frame) {
    if (frame.follows_loss) throw std::runtime_error("packets are missing");
    if (frames_++ == 0) begin(frame);
    if (name_ == "H264") {
      out_.insert(out_.end(), frame.bytes.begin(), frame.bytes.end());
    } else if (name_ == "VP8") {
      container::write_ivf_frame(out_, {frame.timestamp - first_, frame.bytes});
    } else {
      ogg_->write(frame.bytes, frame.duration, out_);
    }
  }
  Buffer finish() {
    if (ogg_) ogg_->finish(0, out_);
    return std::move(out_);
  }
  std::size_t frames() const { return frames_; }

 private:
  void begin(const codec::Frame& frame) {
    first_ = frame.timestamp;
    const codec::PictureSize size = frame.size.value_or(codec::PictureSize{});
    if (name_ == "VP8")
      container::IvfHeader{.width = size.width, .height = size.height, .denominator = 90'000}.write(
          out_);
    if (name_ == "opus") {
      const bool is_stereo = codec::opus::Toc::parse(frame.bytes).value().is_stereo;
      const container::OpusHead head{.channels = static_cast<std::uint8_t>(is_stereo ? 2 : 1)};
      ogg_.emplace(1, head, container::OpusTags{"specter", {}}, out_);
    }
  }

  std::string name_;
  Buffer out_;
  std::optional<container::OggOpusWriter> ogg_;
  std::uint32_t first_ = 0;
  std::size_t frames_ = 0;
};

void write_frames(const std::string& name, const Buffer& packets, const std::string& out) {
  auto depacketizer = codec::AnyDepacketizer::of(name).value();
  File file(name);
  std::optional<std::uint16_t> last;
  ByteReader in(packets);
  while (in.remaining() > 0) {
    ByteReader packet(in.bytes(in.u16()));
    packet.skip(1);
    const bool marker = (packet.u8() & 0x80) != 0;
    const std::uint16_t sequence = packet.u16();
    const std::uint32_t timestamp = packet.u32();
    packet.skip(4);
    const bool is_contiguous = !last || static_cast<std::uint16_t>(*last + 1) == sequence;
    last = sequence;
    depacketizer.handle_packet({packet.rest(), timestamp, marker, is_contiguous});
    while (const auto frame = depacketizer.poll_frame()) file.add(*frame);
  }
  if (depacketizer.counts() != codec::DepacketizeCounts{.frames = file.frames()})
    throw std::runtime_error("some of it was not taken");
  write_file(out, file.finish());
}

}  // namespace
}  // namespace specter

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 5 && words[0] == "payloads") {
      specter::write_payloads(words[1], specter::read_file(words[2]), words[3],
                              std::stoul(words[4]));
    } else if (words.size() == 4 && words[0] == "frames") {
      specter::write_frames(words[1], specter::read_file(words[2]), words[3]);
    } else {
      std::fprintf(stderr, "usage: %s payloads CODEC FILE OUT ROOM | frames CODEC PACKETS OUT\n",
                   argv[0]);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
