// An association and a peer who has the keys and says anything, beginning in any state: what is
// said is well formed, what is told keeps its order, nothing grows past its limit, and the contract
// of a machine holds.
//
// The first byte says in which state it begins, the second how it is configured; then operations,
// each a byte and what it needs. Those that make a chunk put it into the next packet, which leaves
// unless the operation has kMore.
#include <set>

#include "codec.h"
#include "sctp/association.h"
#include "sctp_keyed_peer.h"
#include "simulation/random.h"
#include "target.h"
#include "testing/counting_allocator.h"

namespace specter::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxOperations = 48;
constexpr std::uint8_t kMore = 0x10;
constexpr std::size_t kReceiveBytes = 16 * 1024;
constexpr std::size_t kMaxMessageBytes = 8 * 1024;
constexpr std::size_t kPacketBytes = 1132;
constexpr std::size_t kLargestPacketBytes = 1432;  // that a path is said to carry
constexpr std::size_t kSendBytes = 64 * 1024;
// Packets for what came in at once: all that waits, where the path carries packets of 508 bytes and
// a round trip takes no time, so that nothing is spread; and as many again that are not full.
constexpr int kMaxAnswers = 2 * kSendBytes / 476;
constexpr std::int64_t kMaxLiveBytes = 1 << 20;
constexpr Ppid kPpid = KeyedPeer::kPpid;

enum class Begin : std::uint8_t {
  Closed,
  CookieWait,
  CookieEchoed,
  Established,
  MuchOutstanding,
  GivenUp,
  OurReset,
  PeersReset,
  ShutdownPending,
  ShutdownSent,
  ShutdownReceived,
  ShutdownAckSent,
  Ended,
  OnTrust,  // by SNAP, and nothing heard yet
};
constexpr std::uint8_t kBegins = 14;

struct Flags {
  bool interleaving, peer_interleaves, zero_checksum, gives_up;
  CongestionControl congestion_control;

  explicit Flags(std::uint8_t bits)
      : interleaving(bits & 1),
        peer_interleaves(bits & 2),
        zero_checksum(bits & 4),
        gives_up(bits & 8),
        congestion_control{static_cast<std::uint8_t>((bits >> 4 & 3) % 3)} {}
};

Association::Config config_of(const Flags& flags) {
  Association::Config config;
  config.max_packet_bytes = kPacketBytes;
  config.data.receive_buffer_bytes = kReceiveBytes;
  config.data.send_buffer_bytes = kSendBytes;
  config.data.max_message_bytes = kMaxMessageBytes;
  config.data.congestion_control = flags.congestion_control;
  config.data.interleaving = flags.interleaving;
  if (flags.gives_up) config.max_retransmissions = 4;
  return config;
}

class World {
 public:
  World(Begin begin, std::uint8_t flags)
      : flags_(flags),
        live_bytes_(testing::live_bytes),
        association_(config_of(flags_), random_),
        peer_({flags_.peer_interleaves, flags_.zero_checksum},
              flags_.interleaving && flags_.peer_interleaves) {
    bring_to(begin);
  }

  void operate(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    switch (operation & 0x0f) {
      case 10: pass(in.u8() * 20ms); break;
      case 11: send(in); break;
      case 12: command(in); break;
      case 14: {  // its own words, or those of before, again
        const Buffer again = in.u8() & 1 ? heard_ : said_;
        if (!again.empty()) deliver(again);
        break;
      }
      default:
        peer_.say(operation & 0x0f, in);
        if (!(operation & kMore)) flush();
    }
    drain();
  }

  void settle() {
    receive(true);
    is_polled_ = true;
    flush();
    drain();
    association_.abort(now_, "enough");
    drain();
    SPECTER_CHECK(is_closed_);
    pass(100s);
  }

 private:
  // ---- the beginning

  void send(std::uint16_t stream, std::size_t bytes, const SendOptions& options = {}) {
    (void)association_.send(now_, StreamId{stream}, kPpid, Buffer(bytes, 0x64), options);
  }
  template <class... Chunks>
  void say(std::uint32_t tag, const Chunks&... chunks) {
    PacketWriter writer({5000, 5000, tag}, 60'000);
    (writer.add(chunks), ...);
    deliver(writer.finish());
  }
  void establish() {
    say(0, peer_.init());
    say(peer_.tag, CookieEchoChunk{peer_.cookie});
    SPECTER_CHECK(association_.is_established());
  }

  void bring_to(Begin begin) {
    switch (begin) {
      case Begin::Closed: return;
      case Begin::CookieWait:
      case Begin::CookieEchoed:
        association_.connect(now_);
        drain();
        if (begin == Begin::CookieEchoed) say(peer_.tag, peer_.init(InitChunk::Kind::InitAck));
        return;
      case Begin::OnTrust: {
        const InitChunk heard = own_init();
        peer_.tag = heard.initiate_tag;
        peer_.highest_tsn = heard.initial_tsn - 1;
        SPECTER_CHECK(association_.connect_with(now_, written(peer_.init())).has_value());
        drain();
        return;
      }
      default: break;
    }
    establish();
    switch (begin) {
      case Begin::MuchOutstanding: send(1, 30'000); break;
      case Begin::GivenUp:
        for (int i = 0; i < 5; ++i) send(1, 3000, {.max_retransmits = 0});
        drain();
        pass(400ms);
        break;
      case Begin::OurReset: association_.reset_streams(now_, std::array{StreamId{1}}); break;
      case Begin::PeersReset:
        say(peer_.tag, ReConfigChunk{{OutgoingResetRequest{
                           KeyedPeer::kTsn, 0, KeyedPeer::kTsn + 20, {StreamId{2}}}}});
        for (std::uint16_t i = 1; i < 20; i += 3) {
          PacketWriter writer({5000, 5000, peer_.tag}, 60'000);
          peer_.add_data(writer, KeyedPeer::kTsn + i, 2, i, 0, 3, Buffer(50, 0x70));
          deliver(writer.finish());
        }
        break;
      case Begin::ShutdownPending:
        send(1, 20'000);
        association_.shutdown(now_);
        break;
      case Begin::ShutdownSent: association_.shutdown(now_); break;
      case Begin::ShutdownReceived:
        send(1, 20'000);
        drain();
        say(peer_.tag, ShutdownChunk{peer_.highest_tsn - 3});
        break;
      case Begin::ShutdownAckSent: say(peer_.tag, ShutdownChunk{peer_.highest_tsn}); break;
      case Begin::Ended: association_.abort(now_, "over"); break;
      default: break;
    }
    drain();
  }
  InitChunk own_init() const {
    const Buffer bytes = association_.local_init();
    return *InitChunk::parse(*ChunkReader(bytes).next());
  }

  // ---- what its owner does

  void send(ByteReader& in) {
    SendOptions options;
    const std::uint8_t bits = in.u8();
    options.unordered = bits & 1;
    if (bits & 2) options.max_retransmits = bits >> 6;
    if (bits & 4) options.lifetime = (bits >> 4) * 50ms;
    options.priority = bits;
    const std::uint16_t stream = KeyedPeer::stream(in);
    send(stream, 1 + (in.u16() & 0x3fff), options);
  }
  void command(ByteReader& in) {
    const std::uint8_t bits = in.u8();
    const StreamId on{KeyedPeer::stream(in)};
    switch (bits & 0x0f) {
      case 0:
      case 1:
        (void)association_.send_part(now_, on, kPpid, Buffer(in.u8() * 4u, 0x65), bits & 1);
        break;
      case 2: association_.cut_message(on); break;
      case 3:
        if (!used_.contains(on)) {  // "before the peer sends"
          association_.receive_in_parts(on);
          in_parts_.insert(on);
        }
        break;
      case 4: association_.reset_streams(now_, std::array{on}); break;
      case 5: association_.shutdown(now_); break;
      case 6: association_.connect(now_); break;
      case 7: receive(bits & 0x10); break;
      case 8: is_polled_ = bits & 0x10; break;
      case 9:
        association_.set_path({kLargestPacketBytes, 1232});
        path_is_known_ = true;
        break;
      case 10: association_.set_buffered_amount_low_threshold(on, in.u8()); break;
      case 11:
        if (bits & 0x10) association_.abort(now_, "enough");
        break;
      case 12: (void)association_.connect_with(now_, written(peer_.init())); break;
      default: break;
    }
  }

  void receive(bool receiving) {
    is_receiving_ = receiving;
    association_.set_receiving(receiving);
  }

  // ---- the path

  void flush() {
    const auto packet = peer_.take_packet();
    if (!packet) return;
    said_ = *packet;
    deliver(said_);
  }
  // It may say so in bytes of its own, or in the association's.
  void note_zero_checksum(Bytes packet) {
    const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
    ChunkReader chunks(view ? view->chunks : Bytes());
    while (const auto chunk = chunks.next())
      if (const auto init = InitChunk::parse(*chunk); init && init->zero_checksum)
        zero_checksum_ = true;
  }
  void deliver(Bytes packet) {
    note_zero_checksum(packet);
    association_.handle_packet(now_, packet);
    drain();
  }
  void pass(Duration time) {
    now_ += time;
    association_.handle_timeout(now_);
    drain();
    const Deadline next = association_.next_timeout();
    SPECTER_CHECK(!next || *next > now_);
  }

  void drain() {
    int answers = 0;
    for (bool busy = true; busy;) {
      busy = false;
      while (is_polled_) {
        const auto event = association_.poll_event();
        if (!event) break;
        SPECTER_CHECK(!is_closed_);
        std::visit([&](const auto& e) { on(e); }, *event);
        busy = true;
      }
      while (const auto packet = association_.poll_transmit(now_)) {
        SPECTER_CHECK(++answers <= kMaxAnswers);
        check_packet(*packet);
        heard_ = *packet;
        busy = true;
      }
    }
    check_accounts();
  }

  void check_packet(Bytes packet) {
    SPECTER_CHECK(packet.size() <= (path_is_known_ ? kLargestPacketBytes : kPacketBytes));
    const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
    SPECTER_CHECK(view.has_value());
    SPECTER_CHECK(zero_checksum_ || PacketView::parse(packet).has_value());
    ChunkReader chunks(view->chunks);
    int count = 0;
    bool stands_alone = false;
    while (const auto chunk = chunks.next()) {
      ++count;
      switch (chunk->type) {
        case ChunkType::Init:
        case ChunkType::InitAck:
        case ChunkType::ShutdownComplete: stands_alone = true; break;
        // RFC 9260 §6.10: with others, but before them.
        case ChunkType::CookieEcho: SPECTER_CHECK(count == 1); break;
        default: break;
      }
      // RFC 9653 §5.2
      if (chunk->type == ChunkType::Init || chunk->type == ChunkType::CookieEcho)
        SPECTER_CHECK(PacketView::parse(packet).has_value());
      SPECTER_CHECK((chunk->type == ChunkType::Init) == (view->header.verification_tag == 0));
      if (const auto sack = SackChunk::parse(*chunk))
        SPECTER_CHECK(sack->window_bytes <= kReceiveBytes);
      peer_.hear(*chunk);
    }
    SPECTER_CHECK(!stands_alone || count == 1);
  }
  // ---- what must always hold

  void check_accounts() {
    const Counters counters = association_.counters();
    // docs/failures.md row 84: as much again for what can't wait.
    SPECTER_CHECK(counters.receive_buffered_bytes <= 2 * kReceiveBytes + kPacketBytes);
    SPECTER_CHECK(counters.send_buffered_bytes <= 64 * 1024);
    SPECTER_CHECK(testing::live_bytes - live_bytes_ <= kMaxLiveBytes);
    if (!is_closed_ && is_polled_ && is_receiving_) {  // else it may be over unheard
      // docs/failures.md row 85: what is outstanding has a timer.
      SPECTER_CHECK(counters.flight_bytes == 0 || association_.next_timeout());
      SPECTER_CHECK(!association_.is_established() ||
                    counters.congestion_window_bytes >= kPacketBytes - kCommonHeaderBytes - 24);
    }
    if (is_closed_) SPECTER_CHECK(!association_.next_timeout() && !association_.is_established());
  }

  void on(const Established&) { SPECTER_CHECK(!std::exchange(was_established_, true)); }
  void on(const sctp::MessageReceived& e) {
    SPECTER_CHECK(was_established_);
    SPECTER_CHECK(e.is_cut_off ? e.bytes.empty() : !e.bytes.empty());
    used_.insert(e.stream);
    if (!in_parts_.contains(e.stream)) {
      SPECTER_CHECK(e.begins && e.ends && !e.is_cut_off && e.bytes.size() <= kMaxMessageBytes);
      return;
    }
    // One message after the other, each from its beginning.
    SPECTER_CHECK(e.begins != open_.contains(e.stream));
    if (e.ends || e.is_cut_off)
      open_.erase(e.stream);
    else
      open_.insert(e.stream);
  }
  void on(const IncomingStreamsReset& e) {
    check_streams(e.streams);
    // After a restart (RFC 9260 §5.2.4 A) this is all that is told of a message that was open.
    for (const StreamId stream : e.streams) open_.erase(stream);
  }
  void on(const OutgoingStreamsReset& e) { check_streams(e.streams); }
  void on(const OutgoingResetFailed& e) { check_streams(e.streams); }
  void on(const sctp::BufferedAmountLow& e) {
    SPECTER_CHECK(association_.buffered_amount(e.stream) <= 64 * 1024);
  }
  void on(const Closed& e) {
    is_closed_ = true;
    SPECTER_CHECK(!to_string(e.reason).empty());
  }
  static void check_streams(const std::vector<StreamId>& streams) {
    const std::set<StreamId> once(streams.begin(), streams.end());
    SPECTER_CHECK(once.size() == streams.size());
  }

  const Flags flags_;
  const std::int64_t live_bytes_;
  Timestamp now_{1s};
  simulation::SeededRandom random_{41};
  Association association_;

  KeyedPeer peer_;
  Buffer heard_, said_;  // the last packet of each side

  bool zero_checksum_ = flags_.zero_checksum;  // the peer has said that it takes that
  bool is_polled_ = true, is_receiving_ = true, path_is_known_ = false, was_established_ = false,
       is_closed_ = false;
  std::set<StreamId> used_, in_parts_, open_;
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  const Begin begin{static_cast<std::uint8_t>(in.u8() % kBegins)};
  World world(begin, in.u8());
  for (int i = 0; i < kMaxOperations && in.remaining() > 0; ++i) world.operate(in);
  world.settle();
}

}  // namespace specter::fuzz
