// For tests: the sending half with a clock of its own, and what leaves it, read again.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "media/senders.h"
#include "rtp/extension_map.h"
#include "rtp/header.h"
#include "simulation/random.h"

namespace specter::media::testing {

inline constexpr auto kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr TransceiverId kVideo{1}, kAudio{2};
inline constexpr std::uint32_t kVideoSsrc = 0x1000, kVideoRtx = 0x1001, kAudioSsrc = 0x2000;
inline constexpr std::uint8_t kVp8 = 96, kRtx = 97, kH264 = 102, kOpus = 111;
inline constexpr Timestamp kStart{std::chrono::seconds(1000)};
// The zero of the clock in NTP time.
inline constexpr rtcp::NtpTime kEpoch{std::uint64_t{3'900'000'000} << 32};

inline rtp::NegotiatedCodec vp8() {
  return {.codec = {MediaKind::Video, kVp8, "video/VP8", 90'000, 0, "", {}},
          .encoding_name = "VP8",
          .rtx_payload_type = kRtx,
          .nack = true,
          .picture_loss = true,
          .full_intra_request = true};
}
inline rtp::NegotiatedCodec h264() {
  return {.codec = {MediaKind::Video,
                    kH264,
                    "video/H264",
                    90'000,
                    0,
                    "packetization-mode=1;profile-level-id=42e01f",
                    {}},
          .encoding_name = "H264"};
}
inline rtp::NegotiatedCodec opus() {
  return {.codec = {MediaKind::Audio, kOpus, "audio/opus", 48'000, 2, "", {}},
          .encoding_name = "opus"};
}

// 1 MID, 2 RID, 3 repaired RID, 4 the transport's number, 5 the time of sending.
inline rtp::ExtensionMap extensions() {
  rtp::ExtensionMap out;
  using enum rtp::ExtensionKind;
  std::uint8_t id = 1;
  for (const auto kind : {Mid, Rid, RepairedRid, TransportSequence, AbsoluteSendTime})
    out.bind(rtp::uri_of(kind), id++);
  return out;
}

inline rtp::SendParameters video() {
  return {.mid = "0",
          .kind = MediaKind::Video,
          .is_active = true,
          .track = LocalTrack{MediaKind::Video, "camera", vp8().codec},
          .codecs = {vp8(), h264()},
          .extensions = extensions(),
          .encodings = {{.parameters = {}, .ssrc = kVideoSsrc, .rtx_ssrc = kVideoRtx}},
          .cname = "us"};
}
inline rtp::SendParameters audio() {
  return {.mid = "1",
          .kind = MediaKind::Audio,
          .is_active = true,
          .track = LocalTrack{MediaKind::Audio, "microphone", opus().codec},
          .codecs = {opus()},
          .extensions = extensions(),
          .encodings = {{.parameters = {}, .ssrc = kAudioSsrc}},
          .cname = "us"};
}
inline rtp::SendParameters simulcast() {
  rtp::SendParameters out = video();
  out.encodings.clear();
  std::uint32_t ssrc = kVideoSsrc;
  for (const char* const rid : {"hi", "mid", "lo"}) {
    out.encodings.push_back({.parameters = {.rid = rid}, .ssrc = ssrc, .rtx_ssrc = ssrc + 1});
    ssrc += 2;
  }
  return out;
}

// RFC 6386 §9.1: a frame's header, and bytes that nobody reads.
inline Buffer vp8_frame(std::size_t size, bool is_key) {
  Buffer out(std::max<std::size_t>(size, 10), 0x55);
  out[0] = is_key ? 0x10 : 0x11;
  out[1] = out[2] = 0;
  if (is_key) {
    const std::uint8_t rest[] = {0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00};
    std::ranges::copy(rest, out.begin() + 3);
  }
  return out;
}
inline Buffer key_frame(std::size_t size = 1000) { return vp8_frame(size, true); }
inline Buffer delta_frame(std::size_t size = 1000) { return vp8_frame(size, false); }
// RFC 6716 §3.1: 20 ms of CELT in one frame.
inline Buffer opus_packet(std::size_t size = 80) {
  Buffer out(size, 0x33);
  out[0] = 0xfc;
  return out;
}

struct Sent {
  Timestamp at;
  Buffer bytes;
  std::size_t prefix_size = 0;
  bool is_retransmission = false;
  bool is_sealed = false;

  rtp::Packet packet() const { return rtp::Packet::parse(bytes).value(); }
  rtp::Header header() const { return packet().header; }
  std::uint16_t sequence() const { return header().sequence; }
  std::uint32_t ssrc() const { return header().ssrc; }
  template <class Extension>
  std::optional<Extension> get() const {
    const auto extension = packet().extension;
    if (!extension) return std::nullopt;
    return extensions().get<Extension>(*extension);
  }
};

// As far as the senders know, who get it back: the packet, and a tag.
inline Buffer sealed(Buffer packet) {
  packet.insert(packet.end(), 16, 0xee);
  return packet;
}

class SendRig {
 public:
  explicit SendRig(MediaOptions options = {}, InterceptorChain* interceptors = nullptr)
      : senders(options, random, kEpoch, interceptors) {}

  // Connected, with a video track, and its first events read.
  static SendRig& connect(SendRig& rig, const rtp::SendParameters& parameters = video(),
                          TransceiverId id = kVideo) {
    rig.senders.set(rig.now, id, parameters);
    rig.senders.set_connected(rig.now, true);
    rig.events();
    return rig;
  }

  Result<> write(const Buffer& bytes, MediaSample sample = {}, TransceiverId id = kVideo) {
    sample.bytes = bytes;
    return senders.write_sample(now, id, sample);
  }

  // All that may leave now.
  std::vector<Sent> drain() {
    std::vector<Sent> out;
    while (const Departure* const departure = senders.poll_packet(now)) {
      if (refuses && refuses(*departure)) {
        senders.handle_refused();
        continue;
      }
      Sent sent{
          now, {}, departure->prefix.size(), departure->is_retransmission, departure->is_sealed};
      for (const Bytes part : {departure->header, departure->prefix, departure->body})
        sent.bytes.insert(sent.bytes.end(), part.begin(), part.end());
      senders.handle_sent(now);
      if (departure->keepsake) senders.keep(now, *departure->keepsake, sealed(sent.bytes));
      out.push_back(std::move(sent));
    }
    return out;
  }

  // Goes on to each deadline up to `duration` later, and to that.
  std::vector<Sent> run(Duration duration) {
    const Timestamp end = now + duration;
    std::vector<Sent> out = drain();
    for (;;) {
      const Deadline next = senders.next_timeout();
      if (!next || *next > end) break;
      // After a drain there is nothing due, or a driver would spin.
      if (*next <= now && !reports_due()) ++spins;
      now = std::max(now, *next);
      senders.handle_timeout(now);
      senders.write_reports(now, reports);
      for (Sent& sent : drain()) out.push_back(std::move(sent));
      if (spins > 100) break;
    }
    now = end;
    senders.handle_timeout(now);
    for (Sent& sent : drain()) out.push_back(std::move(sent));
    return out;
  }

  std::vector<Senders::Event> events() {
    std::vector<Senders::Event> out;
    while (auto event = senders.poll_event()) out.push_back(*event);
    return out;
  }
  template <class Event>
  std::size_t count() {
    std::size_t out = 0;
    for (const auto& event : events()) out += std::holds_alternative<Event>(event) ? 1 : 0;
    return out;
  }

  void report(std::uint32_t ssrc, rtcp::ReportBlock block = {}) {
    block.ssrc = ssrc;
    senders.handle(now, rtcp::ReceiverReport{.ssrc = 9, .blocks = {block}});
  }
  void nack(std::vector<std::uint16_t> numbers, std::uint32_t ssrc = kVideoSsrc) {
    rtcp::Nack message{.sender_ssrc = 9, .media_ssrc = ssrc, .items = {}};
    for (const std::uint16_t number : numbers) message.items.push_back({number, 0});
    senders.handle(now, message);
  }
  OutboundRtpStats stats(std::size_t index = 0) const {
    Stats out;
    senders.add_stats(out);
    return out.outbound_rtp.at(index);
  }

  simulation::SeededRandom random{1};
  Timestamp now = kStart;
  Senders senders;
  std::vector<rtcp::Message> reports;
  int spins = 0;
  std::function<bool(const Departure&)> refuses;  // what SRTP does not seal

 private:
  bool reports_due() {
    const std::size_t before = reports.size();
    senders.write_reports(now, reports);
    return reports.size() > before;
  }
};

}  // namespace specter::media::testing
