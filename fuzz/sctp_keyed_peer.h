// For sctp_association: the peer of an association, who has the keys and knows what was said.
#pragma once

#include <optional>
#include <vector>

#include "sctp/packet/control_chunks.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/error_chunk.h"
#include "sctp/packet/forward_tsn_chunk.h"
#include "sctp/packet/i_forward_tsn_chunk.h"
#include "sctp/packet/idata_chunk.h"
#include "sctp/packet/init_chunk.h"
#include "sctp/packet/reconfig_chunk.h"
#include "sctp/packet/sack_chunk.h"
#include "target.h"

namespace specter::fuzz {

using namespace specter::sctp;

class KeyedPeer {
 public:
  static constexpr std::uint32_t kTag = 0x77777777, kTsn = 1000;
  static constexpr Ppid kPpid{53};

  struct Abilities {
    bool interleaving = false, zero_checksum = false;
  };

  // `both_interleave`: whether I-DATA is what will be agreed.
  KeyedPeer(Abilities abilities, bool both_interleave)
      : abilities_(abilities), both_interleave_(both_interleave) {}

  InitChunk init(InitChunk::Kind kind = InitChunk::Kind::Init) const {
    InitChunk chunk;
    chunk.kind = kind;
    chunk.initiate_tag = kTag;
    chunk.window_bytes = 1 << 17;
    chunk.outbound_streams = chunk.inbound_streams = 8;
    chunk.initial_tsn = kTsn;
    chunk.forward_tsn = true;
    chunk.zero_checksum = abilities_.zero_checksum;
    chunk.extensions = {130, 192};
    if (abilities_.interleaving) chunk.extensions.insert(chunk.extensions.end(), {64, 194});
    if (kind == InitChunk::Kind::InitAck) chunk.cookie = Buffer(40, 0x43);
    return chunk;
  }

  // A stream that is there, or one of two that are not.
  static std::uint16_t stream(ByteReader& in) { return in.u8() % 10; }

  // Puts what the operation is about into the next packet.
  void say(int operation, ByteReader& in) {
    PacketWriter writer({0, 0, 0}, 60'000);
    switch (operation) {
      case 0:
      case 1: make_data(writer, in); break;
      case 2: make_sack(writer, in); break;
      case 3: make_forward(writer, in); break;
      case 4: make_request(writer, in); break;
      case 5:
        writer.add(
            ReConfigChunk{{ReconfigResponse{near(own_request_, in), ReconfigResult{in.u8()}}}});
        break;
      case 6: make_control(writer, in); break;
      case 7: make_cookie(writer, in); break;
      case 8: make_init(writer, in); break;
      case 9: {
        Buffer raw = to_buffer(in.bytes(in.u8()));
        if (!raw.empty()) writer.add_bytes(raw);
        break;
      }
      case 13:  // all that was heard has come
        writer.add(SackChunk{highest_tsn, 1u << 17, {}, {}});
        break;
      default: next_tag_ = in.u32(); return;
    }
    const Buffer made = writer.finish();
    if (made.size() > kCommonHeaderBytes) {
      while (pending_.size() % 4 != 0) pending_.push_back(0);
      pending_.insert(pending_.end(), made.begin() + kCommonHeaderBytes, made.end());
    }
  }

  // What was put into the next packet, as one; nothing when there is none.
  std::optional<Buffer> take_packet() {
    if (pending_.empty()) return std::nullopt;
    Buffer packet;
    ByteWriter out(packet);
    out.u16(5000);
    out.u16(5000);
    out.u32(next_tag_.value_or(tag));
    out.u32(0);
    out.bytes(pending_);
    pending_.clear();
    next_tag_.reset();
    fix_checksum(packet);
    return packet;
  }

  // A fragment, with B, E, U and I in `bits`, and 0x80 for the kind of chunk that was not agreed.
  void add_data(PacketWriter& writer, std::uint32_t tsn, std::uint16_t stream, std::uint32_t number,
                std::uint32_t fsn, std::uint8_t bits, Bytes payload) const {
    const auto fill = [&](auto& chunk) {
      chunk.tsn = tsn;
      chunk.stream = StreamId{stream};
      chunk.ppid = kPpid;
      chunk.end = bits & 1;
      chunk.begin = bits & 2;
      chunk.unordered = bits & 4;
      chunk.immediate = bits & 8;
      chunk.payload = payload;
    };
    if (both_interleave_ != bool(bits & 0x80)) {
      IDataChunk chunk;
      chunk.mid = number;
      chunk.fsn = fsn;
      fill(chunk);
      writer.add(chunk);
    } else {
      DataChunk chunk;
      chunk.ssn = static_cast<std::uint16_t>(number);
      fill(chunk);
      writer.add(chunk);
    }
  }

  // Learns from a chunk of the association's, which is well formed.
  void hear(const ChunkView& chunk) {
    switch (chunk.type) {
      case ChunkType::Init:
      case ChunkType::InitAck: {
        const auto init = InitChunk::parse(chunk);
        SPECTER_CHECK(init && init->initiate_tag != 0);
        tag = init->initiate_tag;
        highest_tsn = init->initial_tsn - 1;
        own_request_ = init->initial_tsn;
        if (chunk.type == ChunkType::InitAck) cookie = init->cookie;
        break;
      }
      case ChunkType::Data: hear_data(DataChunk::parse(chunk)); break;
      case ChunkType::IData: hear_data(IDataChunk::parse(chunk)); break;
      case ChunkType::Sack: SPECTER_CHECK(SackChunk::parse(chunk)); break;
      case ChunkType::Heartbeat: heartbeat_ = HeartbeatChunk::parse(chunk)->info; break;
      case ChunkType::HeartbeatAck: SPECTER_CHECK(HeartbeatChunk::parse(chunk)); break;
      case ChunkType::ReConfig: {
        const auto reconfig = ReConfigChunk::parse(chunk);
        SPECTER_CHECK(reconfig.has_value());
        for (const auto& parameter : reconfig->parameters)
          if (const auto* request = std::get_if<OutgoingResetRequest>(&parameter))
            own_request_ = request->request;
        break;
      }
      case ChunkType::Abort:
      case ChunkType::Error: SPECTER_CHECK(ErrorChunk::parse(chunk)); break;
      case ChunkType::ForwardTsn: SPECTER_CHECK(ForwardTsnChunk::parse(chunk)); break;
      case ChunkType::IForwardTsn: SPECTER_CHECK(IForwardTsnChunk::parse(chunk)); break;
      case ChunkType::Shutdown: SPECTER_CHECK(ShutdownChunk::parse(chunk)); break;
      default: break;
    }
  }

  std::uint32_t tag = 0;          // the association's
  std::uint32_t highest_tsn = 0;  // that it has sent, or the one before its first
  Buffer cookie;

 private:
  // Near to where we are: a byte says how far off.
  static std::uint32_t near(std::uint32_t number, ByteReader& in) {
    return number + static_cast<std::uint32_t>(static_cast<std::int8_t>(in.u8()));
  }

  void make_data(PacketWriter& writer, ByteReader& in) {
    const std::uint8_t bits = in.u8();
    const std::uint32_t tsn = bits & 0x40 ? near(next_tsn_, in) : next_tsn_++;
    const std::uint16_t on = stream(in);
    const std::uint8_t number = in.u8(), fsn = in.u8();
    const std::uint8_t size = in.u8();
    const Buffer payload(bits & 0x20 ? size * 16u : size, 0x70);
    add_data(writer, tsn, on, number, fsn, bits, payload);
  }
  void make_sack(PacketWriter& writer, ByteReader& in) {
    SackChunk sack{near(highest_tsn, in), in.u16(), {}, {}};
    if (sack.window_bytes > 0xff00) sack.window_bytes = 0xffffffff;
    std::uint16_t at = 0;
    for (int gaps = in.u8() & 7; gaps > 0; --gaps) {
      at = static_cast<std::uint16_t>(at + 1 + (in.u8() & 0x3f));
      const auto end = static_cast<std::uint16_t>(at + (in.u8() & 0x3f));
      sack.gaps.push_back({at, end});
      at = end;
    }
    if (in.u8() & 1) sack.duplicates.push_back(near(highest_tsn, in));
    writer.add(sack);
  }
  void make_forward(PacketWriter& writer, ByteReader& in) {
    const std::uint8_t bits = in.u8();
    const std::uint32_t tsn = near(next_tsn_, in);
    if (both_interleave_ != bool(bits & 0x80)) {
      IForwardTsnChunk chunk{tsn, {}};
      for (int i = bits & 3; i > 0; --i)
        chunk.skipped.push_back({StreamId{stream(in)}, (bits & 4) != 0, in.u8()});
      writer.add(chunk);
    } else {
      ForwardTsnChunk chunk{tsn, {}};
      for (int i = bits & 3; i > 0; --i) chunk.skipped.push_back({StreamId{stream(in)}, in.u8()});
      writer.add(chunk);
    }
    if (bits & 8) next_tsn_ = tsn + 1;
  }
  void make_request(PacketWriter& writer, ByteReader& in) {
    const std::uint8_t bits = in.u8();
    const std::uint32_t request = bits & 0x10 ? near(next_request_, in) : next_request_++;
    std::vector<StreamId> streams;
    for (int i = bits & 3; i > 0; --i) streams.push_back(StreamId{stream(in)});
    switch (bits >> 2 & 3) {
      case 0:
      case 1:
        writer.add(ReConfigChunk{
            {OutgoingResetRequest{request, own_request_, near(next_tsn_ - 1, in), streams}}});
        break;
      case 2: writer.add(ReConfigChunk{{IncomingResetRequest{request, streams}}}); break;
      default:
        writer.add(ReConfigChunk{
            {OtherReconfigRequest{OtherReconfigRequest::kAddOutgoing, request, in.u8()}}});
    }
  }
  void make_control(PacketWriter& writer, ByteReader& in) {
    const std::uint8_t bits = in.u8();
    switch (bits & 7) {
      case 0:
        writer.add(HeartbeatChunk{HeartbeatChunk::Kind::Request, Buffer(in.u8() * 8u, 1)});
        break;
      case 1: writer.add(HeartbeatChunk{HeartbeatChunk::Kind::Ack, heartbeat_}); break;
      case 2:
        writer.add(ErrorChunk{ErrorChunk::Kind::Error,
                              false,
                              {{CauseCode{in.u8()}, to_buffer(in.bytes(in.u8() & 0x1f))}}});
        break;
      case 3: writer.add(ErrorChunk{ErrorChunk::Kind::Abort, (bits & 8) != 0, {}}); break;
      case 4: writer.add(ShutdownChunk{near(highest_tsn, in)}); break;
      case 5: writer.add(BareChunk{ChunkType::CookieAck, false}); break;
      case 6: writer.add(BareChunk{ChunkType::ShutdownAck, false}); break;
      default: writer.add(BareChunk{ChunkType::ShutdownComplete, (bits & 8) != 0});
    }
  }
  void make_cookie(PacketWriter& writer, ByteReader& in) {
    Buffer echoed = cookie;
    const std::uint8_t at = in.u8(), with = in.u8();
    if (!echoed.empty()) echoed[at % echoed.size()] ^= with;
    writer.add(CookieEchoChunk{echoed});
  }
  void make_init(PacketWriter& writer, ByteReader& in) {
    const std::uint8_t bits = in.u8();
    InitChunk chunk = init(bits & 1 ? InitChunk::Kind::InitAck : InitChunk::Kind::Init);
    if (bits & 2) chunk.initiate_tag = in.u32();
    if (bits & 4) chunk.initial_tsn = in.u32();
    if (bits & 8) chunk.outbound_streams = chunk.inbound_streams = in.u8();
    if (bits & 16) chunk.window_bytes = in.u16();
    if (bits & 32) chunk.extensions = to_buffer(in.bytes(in.u8() & 7));
    writer.add(chunk);
    if (!(bits & 1) && !(bits & 64)) next_tag_ = 0;
  }
  template <class Chunk>
  void hear_data(const std::expected<Chunk, ParseError>& data) {
    SPECTER_CHECK(data && !data->payload.empty());
    if (static_cast<std::int32_t>(data->tsn - highest_tsn) > 0) highest_tsn = data->tsn;
  }

  const Abilities abilities_;
  const bool both_interleave_;
  std::uint32_t own_request_ = 0;  // the number of the association's reset
  std::uint32_t next_tsn_ = kTsn, next_request_ = kTsn;
  std::optional<std::uint32_t> next_tag_;
  Buffer heartbeat_;
  Buffer pending_;  // the chunks of the next packet
};

}  // namespace specter::fuzz
