// What encoders and payloaders of others made, in tests/data/media.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "codec/frame.h"
#include "container/annex_b.h"
#include "container/ivf.h"
#include "container/ogg_opus.h"
#include "testing/data.h"

namespace specter::codec::testing {

inline Buffer read_media(const std::string& name) {
  return to_buffer(as_bytes(specter::testing::read_data("media/" + name)));
}

struct GoldenPacket {
  Buffer payload;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  bool marker = false;
};

// RFC 4571's framing: two bytes of length, then a packet. These have neither extensions nor
// padding.
inline std::vector<GoldenPacket> read_packets(const std::string& name) {
  const Buffer file = read_media(name);
  std::vector<GoldenPacket> packets;
  ByteReader in(file);
  while (in.ok() && in.remaining() > 0) {
    ByteReader packet(in.bytes(in.u16()));
    GoldenPacket golden;
    if (packet.u8() != 0x80)
      throw std::runtime_error(name + " has a packet with more in its header");
    golden.marker = (packet.u8() & 0x80) != 0;
    golden.sequence = packet.u16();
    golden.timestamp = packet.u32();
    packet.skip(4);
    golden.payload = to_buffer(packet.rest());
    packets.push_back(std::move(golden));
  }
  if (!in.ok()) throw std::runtime_error(name + " ends too early");
  return packets;
}

// As Annex B with start codes of four bytes.
inline std::vector<Buffer> read_access_units(const std::string& name) {
  container::AccessUnitReader reader;
  reader.append(read_media(name));
  reader.finish();
  std::vector<Buffer> units;
  while (const auto unit = reader.poll().value()) {
    Buffer& bytes = units.emplace_back();
    for (const Bytes nal : unit->nals) container::write_nal(bytes, nal);
  }
  return units;
}

inline std::vector<Buffer> read_ivf_frames(const std::string& name) {
  container::IvfReader reader;
  reader.append(read_media(name));
  std::vector<Buffer> frames;
  while (const auto frame = reader.poll().value()) frames.push_back(to_buffer(frame->bytes));
  return frames;
}

inline std::vector<Buffer> read_opus_packets(const std::string& name) {
  container::OggOpusReader reader;
  reader.append(read_media(name));
  std::vector<Buffer> packets;
  while (const auto packet = reader.poll().value()) packets.push_back(to_buffer(packet->bytes));
  return packets;
}

}  // namespace specter::codec::testing
