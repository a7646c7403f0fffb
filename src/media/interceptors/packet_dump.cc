#include "media/interceptors/packet_dump.h"

#include "base/bytes.h"

namespace specter {

namespace media {
namespace {

constexpr std::uint16_t kPort = 5004;          // RFC 3551 §8
constexpr std::uint32_t kOurs = 0xc0000201;    // 192.0.2.1, RFC 5737
constexpr std::uint32_t kTheirs = 0xc0000202;  // 192.0.2.2
constexpr std::size_t kIpv4Bytes = 20, kUdpBytes = 8;
constexpr std::size_t kMaxIpBytes = 65'535;
constexpr std::int64_t kSecond = 1'000'000'000;

// RFC 1071, of a header whose sum is zero still.
std::uint16_t checksum(Bytes header) {
  std::uint32_t sum = 0;
  ByteReader in(header);
  while (in.remaining() >= 2) sum += in.u16();
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

void PacketDump::write_file_header(Timestamp at) {
  ByteWriter out(out_);
  if (options_.format == PacketDumpFormat::Pcap) {
    out.u32(0xa1b23c4d);  // times in nanoseconds
    out.u16(2);           // the format's version, 2.4
    out.u16(4);
    out.u32(0);  // time zone: UTC
    out.u32(0);
    out.u32(kMaxIpBytes);
    out.u32(101);  // LINKTYPE_RAW: packets begin with IP's header
    return;
  }
  const std::int64_t start = (at.time_since_epoch() + options_.clock_zero).count();
  out.text("#!rtpplay1.0 192.0.2.1/5004\n");
  out.u32(static_cast<std::uint32_t>(start / kSecond));
  out.u32(static_cast<std::uint32_t>(start % kSecond / 1000));
  out.u32(kOurs);
  out.u16(kPort);
  out.u16(0);
}

void PacketDump::write_pcap(Duration at, Way way, std::size_t size) {
  ByteWriter out(out_);
  const auto ip_bytes = static_cast<std::uint32_t>(kIpv4Bytes + kUdpBytes + size);
  out.u32(static_cast<std::uint32_t>(at.count() / kSecond));
  out.u32(static_cast<std::uint32_t>(at.count() % kSecond));
  out.u32(ip_bytes);
  out.u32(ip_bytes);
  const std::size_t ip = out.size();
  out.u16(0x4500);  // RFC 791 §3.1: version 4, five words
  out.u16(static_cast<std::uint16_t>(ip_bytes));
  out.u16(0);
  out.u16(0x4000);  // don't fragment
  out.u16(0x4011);  // 64 hops, UDP
  const std::size_t sum = out.size();
  out.u16(0);
  out.u32(way == Way::Out ? kOurs : kTheirs);
  out.u32(way == Way::Out ? kTheirs : kOurs);
  out.set_u16(sum, checksum(Bytes(out_).subspan(ip, kIpv4Bytes)));
  out.u16(kPort);
  out.u16(kPort);
  out.u16(static_cast<std::uint16_t>(kUdpBytes + size));
  out.u16(0);  // RFC 768: no checksum
}

void PacketDump::write_rtpdump(Timestamp at, Content content, std::size_t size) {
  constexpr std::size_t kHeaderBytes = 8;
  ByteWriter out(out_);
  out.u16(static_cast<std::uint16_t>(size + kHeaderBytes));
  out.u16(content == Content::Rtp ? static_cast<std::uint16_t>(size) : 0);
  out.u32(static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(at - *started_at_).count()));
}

void PacketDump::write(Timestamp at, Way way, Content content, const Part& part) {
  if (part.size() > kMaxIpBytes - kIpv4Bytes - kUdpBytes) return;  // no datagram is longer
  out_.clear();
  if (!started_at_) {
    started_at_ = at;
    write_file_header(at);
  }
  // Datagrams are shown in the order of turns, and a kernel's times may be those of an earlier one.
  at = std::max(at, *started_at_);
  if (options_.format == PacketDumpFormat::Pcap)
    write_pcap(at.time_since_epoch() + options_.clock_zero, way, part.size());
  else
    write_rtpdump(at, content, part.size());
  ByteWriter out(out_);
  out.bytes(part.a);
  out.bytes(part.b);
  out.bytes(part.c);
  sink_(out_);
}

void PacketDump::handle_received(Timestamp, std::span<IncomingPacket> packets) {
  for (const IncomingPacket& packet : packets)
    write(packet.received_at, Way::In, Content::Rtp, {packet.bytes});
}

void PacketDump::handle_sent(Timestamp now, const OutgoingPacket& packet) {
  write(now, Way::Out, Content::Rtp, {packet.header, packet.prefix, packet.body});
}

void PacketDump::handle_rtcp(Timestamp now, Bytes compound) {
  write(now, Way::In, Content::Rtcp, {compound});
}

void PacketDump::handle_sent_rtcp(Timestamp now, Bytes compound) {
  write(now, Way::Out, Content::Rtcp, {compound});
}

}  // namespace media

std::unique_ptr<Interceptor> make_packet_dump(PacketDumpOptions options,
                                              std::function<void(Bytes)> sink) {
  return std::make_unique<media::PacketDump>(options, std::move(sink));
}

}  // namespace specter
