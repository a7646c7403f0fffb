// For tests: a peer that says exactly what it is told to say.
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
#include "sctp/testing/duo.h"

namespace specter::sctp {

struct Puppet {
  static constexpr std::uint32_t kTag = 0x77777777;
  static constexpr std::uint32_t kTsn = 1000;

  explicit Puppet(Association::Config config = {}, std::uint64_t seed = 1)
      : random(seed), association(config, random) {}

  static InitChunk init(InitChunk::Kind kind = InitChunk::Kind::Init) {
    InitChunk chunk;
    chunk.kind = kind;
    chunk.initiate_tag = kTag;
    chunk.window_bytes = 1 << 20;
    chunk.outbound_streams = chunk.inbound_streams = 100;
    chunk.initial_tsn = kTsn;
    chunk.forward_tsn = true;
    chunk.extensions = {130, 192};
    return chunk;
  }

  template <class... Chunks>
  static Buffer packet(std::uint32_t with_tag, const Chunks&... chunks) {
    PacketWriter writer({5000, 5000, with_tag}, 60'000);
    (writer.add(chunks), ...);
    return writer.finish();
  }
  // Says it with that tag and hears what comes back.
  template <class... Chunks>
  std::vector<Buffer> say_with(std::uint32_t with_tag, const Chunks&... chunks) {
    association.handle_packet(now, packet(with_tag, chunks...));
    return hear();
  }
  template <class... Chunks>
  std::vector<Buffer> say(const Chunks&... chunks) {
    return say_with(tag, chunks...);
  }

  std::vector<Buffer> hear() {
    std::vector<Buffer> out;
    for (bool busy = true; busy;) {
      busy = false;
      while (polls_events) {
        auto event = association.poll_event();
        if (!event) break;
        events.push_back(std::move(*event));
        busy = true;
      }
      while (auto transmit = association.poll_transmit(now)) {
        out.push_back(std::move(*transmit));
        busy = true;
      }
    }
    return out;
  }
  // Lets time pass, timer by timer.
  std::vector<Buffer> wait(Duration time) {
    std::vector<Buffer> out;
    const Timestamp end = now + time;
    for (Deadline next = association.next_timeout(); next && *next <= end;
         next = association.next_timeout()) {
      now = std::max(now, *next);
      association.handle_timeout(now);
      for (Buffer& heard : hear()) out.push_back(std::move(heard));
    }
    now = end;
    return out;
  }

  // The first chunk of a kind in what was heard.
  template <class Chunk>
  static std::optional<Chunk> find(const std::vector<Buffer>& packets, ChunkType type) {
    for (const Buffer& bytes : packets) {
      const auto view = PacketView::parse(bytes, ZeroChecksum::Accepted);
      if (!view) continue;
      ChunkReader chunks(view->chunks);
      while (const auto chunk = chunks.next())
        if (chunk->type == type)
          if (auto parsed = Chunk::parse(*chunk)) return std::move(*parsed);
    }
    return std::nullopt;
  }
  static std::uint32_t tag_of(const Buffer& bytes) {
    return PacketView::parse(bytes, ZeroChecksum::Accepted)->header.verification_tag;
  }

  InitChunk ask_init_ack(const InitChunk& chunk = init()) {
    return *find<InitChunk>(say_with(0, chunk), ChunkType::InitAck);
  }
  // We open the association towards it.
  Puppet& establish() {
    const InitChunk ack = ask_init_ack();
    tag = ack.initiate_tag;
    peer_tsn = ack.initial_tsn;
    say(CookieEchoChunk{ack.cookie});
    return *this;
  }

  DataChunk data(std::uint32_t tsn, std::uint16_t stream, std::uint16_t ssn, Bytes payload) const {
    DataChunk chunk;
    chunk.tsn = tsn;
    chunk.stream = StreamId{stream};
    chunk.ssn = ssn;
    chunk.begin = chunk.end = true;
    chunk.payload = payload;
    return chunk;
  }
  SackChunk sack(std::uint32_t cumulative) const { return {cumulative, 1 << 20, {}, {}}; }

  std::uint32_t tag = 0;       // the association's
  std::uint32_t peer_tsn = 0;  // the association's first
  bool polls_events = true;
  Timestamp now = simulation::kStart;
  simulation::SeededRandom random;
  Association association;
  std::vector<Association::Event> events;
};

}  // namespace specter::sctp
