// What the packet path allocates in the steady state: nothing.
#include <gtest/gtest.h>

#include "rtp/batch.h"
#include "rtp/extension_map.h"
#include "rtp/extensions/absolute_send_time.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/dependency_descriptor.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/rid.h"
#include "rtp/extensions/transport_sequence.h"
#include "rtp/reception.h"
#include "testing/counting_allocator.h"
#include "testing/hex.h"

namespace specter::rtp {
namespace {

ExtensionMap all_kinds() {
  ExtensionMap map;
  for (std::size_t i = 0; i < kExtensionKinds; ++i)
    map.allocate(uri_of(static_cast<ExtensionKind>(i)));
  return map;
}

// Writes a packet with six extensions.
void write_packet(const ExtensionMap& map, std::uint16_t sequence, Extensions& extensions,
                  Buffer& out) {
  extensions.clear();
  map.add(extensions, Mid{"video-0"});
  map.add(extensions, Rid{"hi"});
  map.add(extensions, TransportSequence{sequence});
  map.add(extensions, AbsoluteSendTime{sequence});
  map.add(extensions, AudioLevel{.is_voice = true, .level = 5});
  const Header header{.sequence = sequence, .ssrc = 1, .csrcs = {1, 2, 3}};
  ByteWriter writer(out);
  header.write(writer, {.has_extension = true});
  extensions.write(writer);
  writer.zeros(1000);
}

// One packet through everything: written, stored in a batch, read, counted, held for 100 packets.
struct Path {
  ExtensionMap map = all_kinds();
  Extensions extensions;
  Buffer wire;
  BatchPool pool{BatchPool::Limits{}};
  Reception reception{90'000, Timestamp(std::chrono::seconds(1)), Header{}};
  std::array<HeldPacket, 100> window;
  std::size_t read = 0;

  void turn(std::uint16_t sequence) {
    wire.clear();
    write_packet(map, sequence, extensions, wire);
    auto place = pool.reserve(wire.size());
    ASSERT_TRUE(place);
    std::ranges::copy(wire, place->bytes.begin());
    HeldPacket held = pool.commit(std::move(*place), wire.size());
    const auto packet = Packet::parse(held.bytes());
    ASSERT_TRUE(packet);
    reception.handle_packet(Timestamp(std::chrono::seconds(1)), packet->header);
    read += map.get<Mid>(*packet->extension)->value == "video-0";
    read += map.get<Rid>(*packet->extension)->value == "hi";
    read += map.get<TransportSequence>(*packet->extension)->sequence == sequence;
    read += map.get<AudioLevel>(*packet->extension)->is_voice;
    window[sequence % window.size()] = std::move(held);
  }
};

TEST(RtpMemory, APacketAllocatesNothing) {
  Path path;
  for (std::uint16_t sequence = 1; sequence <= 1000; ++sequence) path.turn(sequence);
  const auto allocations = testing::allocations.load();
  const auto live = testing::live_bytes.load();
  for (std::uint16_t sequence = 1001; sequence <= 21'000; ++sequence) path.turn(sequence);
  EXPECT_EQ(testing::allocations - allocations, 0);
  EXPECT_EQ(testing::live_bytes - live, 0);
  EXPECT_EQ(path.read, 4u * 21'000);
}

TEST(RtpMemory, ALoanAllocatesNothing) {
  BatchPool home{BatchPool::Limits{}};
  BatchPool away{BatchPool::Limits{}};
  const auto turn = [&] {
    const HeldPacket held = home.commit(*home.reserve(1000), 1000);
    Hold borrowed = away.borrow(home.lend(held.batch));
    borrowed = Hold();
    while (const auto loan = away.poll_returned()) home.take_back(*loan);
  };
  for (int i = 0; i < 200; ++i) turn();
  const auto allocations = testing::allocations.load();
  for (int i = 0; i < 10'000; ++i) turn();
  EXPECT_EQ(testing::allocations - allocations, 0);
}

// Once a structure is there, the descriptors that refer to it have all in themselves.
TEST(RtpMemory, ADependencyDescriptorWithoutStructureAllocatesNothing) {
  const DependencyStructure kept{.decode_targets = 1,
                                 .templates = {{0, 0, {DecodeTargetIndication::Switch}, {1}, {}}}};
  const Buffer bytes = testing::hex("000001");
  const auto allocations = testing::allocations.load();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(DependencyDescriptor::parse(bytes, &kept));
  EXPECT_EQ(testing::allocations - allocations, 0);
}

}  // namespace
}  // namespace specter::rtp
