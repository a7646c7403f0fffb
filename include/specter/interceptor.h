/// @file
/// Interceptors: code of the application's between RTP and the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "specter/bytes.h"
#include "specter/export.h"
#include "specter/rtp.h"
#include "specter/time.h"

namespace specter {

/// A stream of packets: one source (SSRC), sent or received.
struct StreamInfo {
  /// Whether it is ours.
  bool is_sent = false;
  /// Names its sender or receiver.
  TransceiverId transceiver{};
  /// The m= section.
  std::string mid{};
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid{};
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// The source.
  std::uint32_t ssrc = 0;
  /// Its retransmissions' source (RFC 4588), where there is one.
  std::optional<std::uint32_t> rtx_ssrc{};
  /// The codecs of the section, with the payload types of the packets.
  std::vector<RtpCodec> codecs{};
  /// The header extensions of the section.
  std::vector<RtpHeaderExtensionParameters> header_extensions{};

  bool operator==(const StreamInfo&) const = default;
};

/// A received RTP packet, decrypted, before its stream gets it.
struct IncomingPacket {
  /// The whole packet. Valid during the call.
  Bytes bytes{};
  /// When it arrived.
  Timestamp received_at{};
  /// True: it goes no further. It counts as received for the reports of RTCP.
  bool dropped = false;
};

/// An RTP packet that is sent.
class SPECTER_EXPORT OutgoingPacket {
 public:
  /// The source.
  std::uint32_t ssrc = 0;
  /// The number that stands for the codec.
  std::uint8_t payload_type = 0;
  /// RFC 3550 §5.1.
  bool marker = false;
  /// In units of the codec's clock rate.
  std::uint32_t timestamp = 0;
  /// In handle_sent() only: numbers are given when a packet leaves.
  std::uint16_t sequence = 0;
  /// A retransmission, RFC 4588. In handle_sent() only.
  bool is_retransmission = false;
  /// In handle_sent() only: the RTP header with its extension, as it is sent.
  Bytes header{};
  /// The payload's first part: the codec's descriptor. Valid during the call.
  Bytes prefix{};
  /// The rest of the payload. Valid during the call.
  Bytes body{};
  /// In handle_sending(): true means that the packet is not sent.
  bool dropped = false;

  /// In handle_sending(): adds a header extension by its number (StreamInfo::header_extensions), at
  /// most 255 bytes. It is left out if the packet becomes too large by it, or if it has no place in
  /// the form that was negotiated (RFC 8285 §6). 0 is no number: it is ignored.
  void add_extension(std::uint8_t id, Bytes value);
  /// What add_extension() was given: number, length, value, one behind the other.
  Bytes extensions() const { return extensions_; }
  /// Forgets the extensions.
  void clear_extensions() { extensions_.clear(); }

 private:
  Buffer extensions_;
};

/// Takes RTCP packets for the next datagram.
class SPECTER_EXPORT RtcpSink {
 public:
  /// `room`: bytes that are left in the datagram.
  RtcpSink(Buffer& out, std::size_t room) : out_(out), room_(room) {}

  /// Adds one RTCP packet or several, written whole. False, with nothing added: they don't fit, or
  /// are not RTCP by their version, types and lengths (RFC 3550 §6.4.1), or one is a report (SR,
  /// RR) or a BYE, which only the connection sends.
  bool add(Bytes packets);
  /// Bytes that are left.
  std::size_t room() const { return room_; }

 private:
  Buffer& out_;
  std::size_t room_;
};

/// Sees the packets of one connection, and may change, drop or count them.
///
/// Interceptors stand in a line, in the order of the Registry: packets that are sent pass them in
/// this order, received ones in reverse. All calls come from the connection's loop, and none may
/// block. An exception ends the connection.
class SPECTER_EXPORT Interceptor {
 public:
  virtual ~Interceptor() = default;

  /// A stream begins, or what was negotiated of it has changed.
  virtual void bind(const StreamInfo&) {}
  /// A stream has ended.
  virtual void unbind(std::uint32_t /*ssrc*/) {}
  /// Packets were received: those of one turn of the loop. The ones that another interceptor has
  /// dropped are among them.
  virtual void handle_received(Timestamp, std::span<IncomingPacket>) {}
  /// Packets are about to wait for their turn: those of one sample. Of what is changed, extensions
  /// and `dropped` count. Retransmissions have the extensions of their originals.
  virtual void handle_sending(Timestamp, std::span<OutgoingPacket>) {}
  /// A packet leaves. Nothing of it can be changed any more.
  virtual void handle_sent(Timestamp, const OutgoingPacket&) {}
  /// RTCP came: a whole datagram, decrypted.
  virtual void handle_rtcp(Timestamp, Bytes /*compound*/) {}
  /// RTCP is about to leave: more may be added.
  virtual void write_rtcp(Timestamp, RtcpSink&) {}
  /// RTCP leaves: a whole datagram, before its encryption.
  virtual void handle_sent_rtcp(Timestamp, Bytes /*compound*/) {}
  /// When write_rtcp() wants to be asked at the latest. Empty: with the next report.
  virtual Deadline next_timeout() const { return {}; }
};

/// Makes an interceptor: one for each connection. Registry::add() takes one.
using InterceptorFactory = std::function<std::unique_ptr<Interceptor>()>;

/// The formats of make_packet_dump().
enum class PacketDumpFormat : std::uint8_t {
  /// libpcap's file, which Wireshark reads. The IPv4 and UDP headers are made up: sent packets go
  /// from 192.0.2.1 to 192.0.2.2, received ones the other way, all between ports 5004.
  Pcap,
  /// The rtpdump format of rtptools.
  RtpDump,
};

/// Options of make_packet_dump().
struct PacketDumpOptions {
  /// The format.
  PacketDumpFormat format = PacketDumpFormat::Pcap;
  /// What the zero of the connection's clock is, as a duration since 1970. Packets get their times
  /// by it.
  Duration clock_zero{};
};

/// An interceptor that writes all RTP and RTCP packets, decrypted, in the order in which they pass.
/// `sink` is given the bytes of the file, one piece after the other, on the connection's loop.
SPECTER_EXPORT std::unique_ptr<Interceptor> make_packet_dump(PacketDumpOptions options,
                                                             std::function<void(Bytes)> sink);

}  // namespace specter
