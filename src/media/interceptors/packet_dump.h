// RTP and RTCP in the clear, written as a file: libpcap's, or rtptools' rtpdump.
//
//   pcap: header of 24 bytes, then for each packet
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  seconds (32)  |  nanoseconds (32)  |  size (32)  |  size (32)  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  IPv4 header (20 bytes), UDP header (8 bytes), packet           |
//
//   rtpdump: a line of text, header of 16 bytes, then for each packet
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  size and 8 (16)  |  RTP: size, RTCP: 0 (16)  |  milliseconds (32) |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  packet                                                           |
#pragma once

#include <cstdint>
#include <functional>

#include "specter/interceptor.h"

namespace specter::media {

class PacketDump final : public Interceptor {
 public:
  PacketDump(PacketDumpOptions options, std::function<void(Bytes)> sink)
      : options_(options), sink_(std::move(sink)) {}

  void handle_received(Timestamp now, std::span<IncomingPacket> packets) override;
  void handle_sent(Timestamp now, const OutgoingPacket& packet) override;
  void handle_rtcp(Timestamp now, Bytes compound) override;
  void handle_sent_rtcp(Timestamp now, Bytes compound) override;

 private:
  enum class Way { In, Out };
  enum class Content { Rtp, Rtcp };
  struct Part {
    Bytes a, b{}, c{};
    std::size_t size() const { return a.size() + b.size() + c.size(); }
  };

  void write(Timestamp at, Way way, Content content, const Part& part);
  void write_file_header(Timestamp at);
  void write_pcap(Duration at, Way way, std::size_t size);
  void write_rtpdump(Timestamp at, Content content, std::size_t size);

  const PacketDumpOptions options_;
  const std::function<void(Bytes)> sink_;
  std::optional<Timestamp> started_at_;
  Buffer out_;
};

}  // namespace specter::media
