// A peer who has the keys: any packets and RTCP to a connection's receivers, of tracks that the
// first byte chooses, at any times.
#include <algorithm>

#include "media/receivers.h"
#include "media/testing/source.h"
#include "rtcp/compound.h"
#include "simulation/random.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace media::testing;

constexpr std::size_t kMaxSteps = 2000;
constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr TransceiverId kTracks[] = {TransceiverId{1}, TransceiverId{2}, TransceiverId{3}};

struct Show {
  explicit Show(std::uint8_t first)
      : random(first), receivers(options(first), random), choice(first) {
    receivers.set_local_ssrc(1);
    set_tracks(true);
  }

  static MediaOptions options(std::uint8_t first) {
    MediaOptions options;
    options.frame_buffer_bytes = kBufferBytes;
    if ((first & 1) != 0) options.jitter_buffer = Duration::zero();
    return options;
  }

  void set_tracks(bool are_active) {
    auto first = (choice & 2) != 0 ? simulcast() : video();
    if ((choice & 4) != 0) first.sources = {{.ssrc = 1000, .rtx_ssrc = 2000}};
    auto third = video("2");
    first.is_active = third.is_active = are_active;
    receivers.set(now, kTracks[0], first);
    receivers.set(now, kTracks[1], audio());
    if ((choice & 8) != 0) receivers.set(now, kTracks[2], third);
    if ((choice & 16) != 0)
      SPECTER_CHECK(receivers.set_delivery(kTracks[0], MediaDelivery::Rtp).has_value());
  }

  // What a packet is made of: an SSRC and a payload type that are known or not, numbers near to
  // those before, extensions, and a payload.
  void packet(ByteReader& in) {
    static constexpr std::uint32_t kSsrcs[] = {0, 1000, 1001, 2000, 2001, 3000, 7, 8};
    static constexpr std::uint8_t kTypes[] = {kVp8, kVp8, kVp8Rtx, kH264, kOpus, kOther, 99, kVp8};
    const std::uint8_t what = in.u8(), flags = in.u8();
    rtp::Packet packet;
    packet.header.ssrc = kSsrcs[what & 7];
    packet.header.payload_type = kTypes[what >> 3 & 7];
    packet.header.marker = (flags & 1) != 0;
    sequence = static_cast<std::uint16_t>(sequence + static_cast<std::int8_t>(in.u8()) *
                                                         ((flags & 64) != 0 ? 300 : 1));
    packet.header.sequence = sequence;
    if ((flags & 2) != 0) timestamp += 3000;
    packet.header.timestamp = timestamp;
    rtp::Extensions extensions;
    if ((flags & 4) != 0) extensions.add(kMidId, in.bytes(1));
    if ((flags & 8) != 0) extensions.add(kRidId, as_bytes(what & 128 ? "l" : "h"));
    if ((flags & 16) != 0) extensions.add(kRepairedRidId, as_bytes(what & 128 ? "l" : "h"));
    if ((flags & 32) != 0) extensions.add(kTransportId, in.bytes(2));
    Buffer block;
    ByteWriter out(block);
    extensions.write(out);
    if (!block.empty()) packet.extension = {rtp::kOneByteProfile, Bytes(block).subspan(4)};
    packet.payload = in.bytes(std::min<std::size_t>(in.u8(), in.remaining()));
    if ((flags & 128) != 0) packet.padding = 9;
    told += packet.payload.size();
    receivers.handle_packet(now, bytes_of(packet));
  }

  void rtcp(Bytes datagram) {
    const auto compound = rtcp::Compound::parse(datagram, rtcp::CompoundForm::ReducedSize);
    if (!compound) return;
    for (const auto& message : compound->messages) receivers.handle(now, message);
  }

  void turn() {
    receivers.handle_timeout(now);
    std::vector<rtcp::Message> said;
    receivers.write_feedback(now, said);
    const Deadline due = receivers.next_timeout();
    SPECTER_CHECK(!due || *due > now);
    Buffer bytes;
    ByteWriter out(bytes);
    for (const auto& message : said) rtcp::write(out, message);  // all of it can be written
  }

  void poll() {
    while (auto event = receivers.poll_event()) {
      const auto* frame = std::get_if<core::Frame>(&*event);
      if (!frame) continue;
      SPECTER_CHECK(!frame->frame.bytes.empty());
      SPECTER_CHECK(frame->frame.bytes.size() <= 5 * told);  // start codes, at most
      SPECTER_CHECK(!frame->frame.codec.empty());
      // Video begins with a key frame.
      const auto place = static_cast<std::size_t>(frame->transceiver) - 1;
      if (place == 1) continue;
      SPECTER_CHECK(frame->frame.is_key_frame || has_key[place]);
      has_key[place] = true;
    }
  }

  void check() {
    for (const TransceiverId each : kTracks)
      SPECTER_CHECK(receivers.waiting_bytes(each) <= kBufferBytes + 1500);
  }

  simulation::SeededRandom random;
  media::Receivers receivers;
  const std::uint8_t choice;
  Timestamp now = Timestamp{} + std::chrono::seconds(1000);
  std::uint16_t sequence = 65'500;
  std::uint32_t timestamp = 0xffff'0000;
  std::size_t told = 0;
  bool has_key[3] = {};
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  Show show(in.u8());
  for (std::size_t i = 0; i < kMaxSteps && in.remaining() > 0; ++i) {
    const std::uint8_t step = in.u8();
    switch (step & 7) {
      case 0: {
        const std::uint8_t size = in.u8();
        show.receivers.handle_packet(show.now,
                                     in.bytes(std::min<std::size_t>(size, in.remaining())));
        show.told += size;
        break;
      }
      case 1: {
        const std::uint8_t size = in.u8();
        show.rtcp(in.bytes(std::min<std::size_t>(size, in.remaining())));
        break;
      }
      case 2: show.now += (step >> 3) * std::chrono::milliseconds(7); break;
      case 3: show.turn(); break;
      case 4: show.poll(); break;
      case 5:
        if ((step >> 3) == 1) show.set_tracks(false);
        if ((step >> 3) == 2) show.set_tracks(true);
        if ((step >> 3) == 3) {
          std::vector<rtcp::Message> reports;
          show.receivers.write_reports(show.now, reports);
        }
        if ((step >> 3) == 4) (void)show.receivers.request_key_frame(show.now, kTracks[0], "");
        break;
      default: show.packet(in); break;
    }
    show.check();
  }
  show.turn();
  show.poll();
  show.check();
}

}  // namespace specter::fuzz
