#include "media/interceptors/packet_dump.h"

#include <gtest/gtest.h>

#include "media/interceptor_chain.h"
#include "media/testing/send_rig.h"
#include "testing/hex.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using specter::testing::hex;

constexpr Timestamp kAt{2s + 345'678'901ns};

struct Dump {
  explicit Dump(PacketDumpFormat format)
      : interceptor(
            make_packet_dump({.format = format, .clock_zero = 1'700'000'000s}, [this](Bytes piece) {
              file.insert(file.end(), piece.begin(), piece.end());
              ++pieces;
            })) {}
  Buffer file;
  int pieces = 0;
  std::unique_ptr<Interceptor> interceptor;
};

// An RTP packet of 14 bytes in three parts, and the same received with RTCP of 8 bytes.
void feed(Interceptor& dump) {
  const Buffer header = hex("8060 0001 00000002 00000003"), prefix = hex("aa"), body = hex("bb");
  OutgoingPacket out;
  out.header = header;
  out.prefix = prefix;
  out.body = body;
  dump.handle_sent(kAt, out);
  const Buffer in = hex("8060 0001 00000002 00000003 aabb");
  IncomingPacket packet{.bytes = in, .received_at = kAt + 1s};
  dump.handle_received(kAt + 2s, {&packet, 1});
  const Buffer rtcp = hex("80c9 0001 00000005");
  dump.handle_rtcp(kAt + 2s, rtcp);
  dump.handle_sent_rtcp(kAt + 3s, rtcp);
}

TEST(PacketDump, WritesPcap) {
  Dump dump(PacketDumpFormat::Pcap);
  feed(*dump.interceptor);
  EXPECT_EQ(dump.pieces, 4);
  EXPECT_EQ(dump.file, hex("a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000065"
                           // 1,700,000,002 s and 345,678,901 ns; IPv4 and UDP of 42 bytes
                           "6553f102 149aa435 0000002a 0000002a"
                           "4500 002a 0000 4000 4011 b6bf c0000201 c0000202 138c 138c 0016 0000"
                           "8060 0001 00000002 00000003 aabb"
                           "6553f103 149aa435 0000002a 0000002a"
                           "4500 002a 0000 4000 4011 b6bf c0000202 c0000201 138c 138c 0016 0000"
                           "8060 0001 00000002 00000003 aabb"
                           "6553f104 149aa435 00000024 00000024"
                           "4500 0024 0000 4000 4011 b6c5 c0000202 c0000201 138c 138c 0010 0000"
                           "80c9 0001 00000005"
                           "6553f105 149aa435 00000024 00000024"
                           "4500 0024 0000 4000 4011 b6c5 c0000201 c0000202 138c 138c 0010 0000"
                           "80c9 0001 00000005"));
}

TEST(PacketDump, WritesRtpdump) {
  Dump dump(PacketDumpFormat::RtpDump);
  feed(*dump.interceptor);
  Buffer expected = to_buffer(as_bytes("#!rtpplay1.0 192.0.2.1/5004\n"));
  const Buffer rest =
      hex("6553f102 0005464e c0000201 138c 0000"
          "0016 000e 00000000 8060 0001 00000002 00000003 aabb"
          "0016 000e 000003e8 8060 0001 00000002 00000003 aabb"
          "0010 0000 000007d0 80c9 0001 00000005"
          "0010 0000 00000bb8 80c9 0001 00000005");
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(dump.file, expected);
}

TEST(PacketDump, LeavesOutWhatNoDatagramHolds) {
  Dump dump(PacketDumpFormat::Pcap);
  dump.interceptor->handle_rtcp(kAt, Buffer(65'508));
  EXPECT_TRUE(dump.file.empty());
  dump.interceptor->handle_rtcp(kAt, Buffer(65'507));
  EXPECT_EQ(dump.file.size(), 24u + 16 + 65'535);
}

// All that a sender sends is in it, and can be read again.
TEST(PacketDump, HasWhatLeft) {
  Dump dump(PacketDumpFormat::RtpDump);
  std::vector<std::unique_ptr<Interceptor>> all;
  all.push_back(std::move(dump.interceptor));
  InterceptorChain chain(std::move(all));
  testing::SendRig rig({}, &chain);
  testing::SendRig::connect(rig);
  ASSERT_TRUE(rig.write(testing::key_frame(5000)));
  const auto sent = rig.run(1s);
  ByteReader in(Bytes(dump.file).subspan(28 + 16));
  for (const testing::Sent& each : sent) {
    EXPECT_EQ(in.u16(), each.bytes.size() + 8);
    EXPECT_EQ(in.u16(), each.bytes.size());
    in.u32();
    EXPECT_EQ(to_buffer(in.bytes(each.bytes.size())), each.bytes);
  }
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

}  // namespace
}  // namespace specter::media
