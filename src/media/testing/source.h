// A peer's encoding for tests: frames in, packets in the clear out.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/codecs.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/rid.h"
#include "rtp/extensions/transport_sequence.h"
#include "rtp/header.h"
#include "rtp/header_extension.h"
#include "rtp/parameters.h"

namespace specter::media::testing {

inline constexpr std::uint8_t kVp8 = 96, kVp8Rtx = 97, kH264 = 102, kOpus = 111, kOther = 120;
inline constexpr std::uint8_t kMidId = 1, kRidId = 2, kRepairedRidId = 3, kTransportId = 4,
                              kOrientationId = 5, kCaptureId = 6, kLevelId = 7;

// A VP8 frame that nobody can decode but that says what it is: its number is in its bytes.
inline Buffer vp8_frame(std::uint32_t number, bool is_key, std::size_t size = 40) {
  Buffer frame = is_key ? Buffer{0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}  // 640x480
                        : Buffer{0x11, 2, 0};
  for (int shift = 24; shift >= 0; shift -= 8)
    frame.push_back(static_cast<std::uint8_t>(number >> shift));
  while (frame.size() < size) frame.push_back(static_cast<std::uint8_t>(frame.size() + number));
  return frame;
}

// A SILK packet of 20 ms.
inline Buffer opus_packet(std::uint8_t number) { return {0x08, number, 1, 2, 3}; }

// What is negotiated for VP8 and H.264 with RTX, NACK and PLI.
inline rtp::ReceiveParameters video(std::string mid = "0") {
  rtp::ReceiveParameters out;
  out.mid = std::move(mid);
  out.kind = MediaKind::Video;
  out.is_active = true;
  rtp::NegotiatedCodec vp8;
  vp8.codec = {MediaKind::Video, kVp8, "video/VP8", 90000};
  vp8.encoding_name = "VP8";
  vp8.rtx_payload_type = kVp8Rtx;
  vp8.nack = vp8.picture_loss = vp8.full_intra_request = vp8.transport_wide = true;
  rtp::NegotiatedCodec h264 = vp8;
  h264.codec = {MediaKind::Video, kH264, "video/H264", 90000};
  h264.encoding_name = "H264";
  h264.rtx_payload_type.reset();
  out.codecs = {vp8, h264};
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::Mid), kMidId);
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::TransportSequence), kTransportId);
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::VideoOrientation), kOrientationId);
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::AbsoluteCaptureTime), kCaptureId);
  return out;
}

inline rtp::ReceiveParameters simulcast(std::vector<std::string> rids = {"l", "h"}) {
  rtp::ReceiveParameters out = video();
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::Rid), kRidId);
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::RepairedRid), kRepairedRidId);
  out.rids = std::move(rids);
  return out;
}

inline rtp::ReceiveParameters audio(std::string mid = "1") {
  rtp::ReceiveParameters out;
  out.mid = std::move(mid);
  out.kind = MediaKind::Audio;
  out.is_active = true;
  rtp::NegotiatedCodec opus;
  opus.codec = {MediaKind::Audio, kOpus, "audio/opus", 48000, 2};
  opus.encoding_name = "opus";
  rtp::NegotiatedCodec other;  // nobody can depacketize it
  other.codec = {MediaKind::Audio, kOther, "audio/telephone-event", 48000, 1};
  other.encoding_name = "telephone-event";
  out.codecs = {opus, other};
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::Mid), kMidId);
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::TransportSequence), kTransportId);
  out.extensions.bind(rtp::uri_of(rtp::ExtensionKind::AudioLevel), kLevelId);
  return out;
}

inline Buffer bytes_of(const rtp::Packet& packet) {
  Buffer out;
  ByteWriter writer(out);
  packet.write(writer);
  return out;
}

class Source {
 public:
  explicit Source(std::string_view codec = "VP8", std::uint8_t type = kVp8,
                  std::uint32_t source = 1000)
      : ssrc(source), payload_type(type), packetizer_(*codec::AnyPacketizer::of(codec, {})) {}

  // The packets of a frame, each with what `extensions` holds.
  std::vector<Buffer> frame(Bytes bytes, codec::Sample about = {}) {
    about.bytes = bytes;
    if (!packetizer_.packetize(about, {payload, payload}, pieces_))
      throw std::runtime_error("no frame of this codec");
    std::vector<Buffer> out;
    for (const codec::Piece& piece : pieces_.all) {
      Buffer body = to_buffer(piece.prefix.view());
      body.insert(body.end(), piece.body.begin(), piece.body.end());
      out.push_back(packet(body, piece.marker));
    }
    return out;
  }

  Buffer packet(Bytes body, bool marker, std::uint8_t padding = 0) {
    Buffer block;
    ByteWriter writer(block);
    extensions.write(writer);
    rtp::Packet packet;
    packet.header = header(marker);
    if (!block.empty()) packet.extension = {rtp::kOneByteProfile, Bytes(block).subspan(4)};
    packet.payload = body;
    packet.padding = padding;
    return bytes_of(packet);
  }
  Buffer padding() { return packet({}, false, 100); }

  // The retransmission of one of the packets, RFC 4588.
  Buffer repair(const Buffer& original) {
    rtp::Packet packet = rtp::Packet::parse(original).value();
    Buffer body = {static_cast<std::uint8_t>(packet.header.sequence >> 8),
                   static_cast<std::uint8_t>(packet.header.sequence)};
    body.insert(body.end(), packet.payload.begin(), packet.payload.end());
    packet.payload = body;
    packet.header.ssrc = rtx_ssrc;
    packet.header.payload_type = kVp8Rtx;
    packet.header.sequence = rtx_sequence++;
    return bytes_of(packet);
  }

  rtp::Header header(bool marker) {
    rtp::Header header;
    header.marker = marker;
    header.payload_type = payload_type;
    header.sequence = sequence++;
    header.timestamp = timestamp;
    header.ssrc = ssrc;
    return header;
  }

  std::uint32_t ssrc;
  std::uint8_t payload_type;
  std::uint32_t rtx_ssrc = 2000;
  std::uint16_t sequence = 100;
  std::uint16_t rtx_sequence = 7;
  std::uint32_t timestamp = 5000;
  std::size_t payload = 1000;  // of a packet
  rtp::Extensions extensions;

 private:
  codec::AnyPacketizer packetizer_;
  codec::Pieces pieces_;
};

}  // namespace specter::media::testing
