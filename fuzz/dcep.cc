// A peer who has the keys and says anything on any stream: DCEP and user messages, resets. The
// channels that come of it keep their order of events, their ids and their limits.
//
// The first byte says which half of the streams is the target's and whether I-DATA is agreed; then
// operations, each a byte and what it needs.
#include "channel/dcep.h"

#include <map>
#include <set>

#include "channel/data_channels.h"
#include "codec.h"
#include "simulation/random.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::channel;
using namespace std::chrono_literals;

constexpr int kMaxOperations = 48;
constexpr std::size_t kMaxChannels = 40;
constexpr std::size_t kMaxMessageBytes = 4096;
constexpr std::array kPpids = {kPpidDcep,        kPpidText,        kPpidBinary,
                               kPpidTextEmpty,   kPpidBinaryEmpty, kPpidBinaryPartial,
                               kPpidTextPartial, sctp::Ppid{0}};

// What is on the wire is all that there is, and the options say the same when they are said again.
void check_codec(Bytes message) {
  if (const auto open = OpenMessage::parse(message)) {
    SPECTER_CHECK(written(*open) == to_buffer(message));
    const DataChannelOptions options = open->options();
    SPECTER_CHECK(!options.max_retransmits || !options.max_packet_life_time);
    const auto again = OpenMessage::from(open->label, options);
    SPECTER_CHECK(again.options() == options);
    SPECTER_CHECK(OpenMessage::parse(written(again)) == again);
    SPECTER_CHECK(is_utf8(open->label) && is_utf8(open->protocol));
  }
  if (AckMessage::parse(message)) SPECTER_CHECK(message[0] == AckMessage::kType);
}

DataChannels::Config config(bool interleaving) {
  DataChannels::Config config;
  config.association.data.interleaving = interleaving;
  config.association.data.receive_buffer_bytes = 64 * 1024;
  config.association.data.send_buffer_bytes = 64 * 1024;
  config.association.data.max_message_bytes = kMaxMessageBytes;
  config.max_channels = kMaxChannels;
  return config;
}

class World {
 public:
  explicit World(std::uint8_t flags)
      : parity_(flags & 1 ? Parity::Odd : Parity::Even),
        channels_(config(flags & 2), random_),
        peer_(config(flags & 4).association, peer_random_) {
    const Buffer init = peer_.local_init();
    SPECTER_CHECK(peer_.connect_with(now_, channels_.association().local_init()).has_value());
    channels_.connect(now_, parity_, 1000, 5000, Bytes(init));
    drain();
  }

  void operate(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    switch (operation & 0x0f) {
      case 0:
      case 1:
      case 2: say_open(in); break;
      case 3:
      case 4:
      case 5: {
        const sctp::StreamId on = stream(in);
        say(on, kPpids[operation >> 4 & 7], in.bytes(in.u8()));
        break;
      }
      case 6: say(stream(in), kPpidDcep, std::array{AckMessage::kType}); break;
      case 7: {
        const std::array streams{stream(in)};
        peer_.reset_streams(now_, streams);
        break;
      }
      case 8: create(in); break;
      case 9: send(in); break;
      case 10:
        if (!states_.empty()) channels_.close(now_, any(in)->first);
        break;
      case 11: pass(in.u8() * 20ms); break;
      case 12: channels_.set_receiving(operation & 0x10); break;
      case 13: {
        const sctp::StreamId on = stream(in);
        say(on, kPpids[operation >> 4 & 7], Buffer(in.u16() & 0x1fff, 'x'));
        break;
      }
      case 14: is_lossy_ = operation & 0x10; break;
      default:
        if (operation == 0xff) channels_.shut_down(now_, std::nullopt);
        break;
    }
    drain();
  }

  void settle() {
    is_lossy_ = false;
    channels_.set_receiving(true);
    for (int i = 0; i < 40; ++i) pass(500ms);
    channels_.shut_down(now_, std::nullopt);
    for (int i = 0; i < 4; ++i) pass(1s);
    SPECTER_CHECK(is_over_);
    for (const auto& [channel, state] : states_) SPECTER_CHECK(state == State::Closed);
  }

 private:
  enum class State { Created, Announced, Open, Closing, Failed, Closed };

  // Most of what is said should meet something that is there.
  static sctp::StreamId stream(ByteReader& in) {
    const std::uint8_t number = in.u8();
    return sctp::StreamId{number < 0xf8 ? static_cast<std::uint16_t>(number % 24)
                                        : static_cast<std::uint16_t>(0xff00 | number)};
  }
  void say(sctp::StreamId stream, sctp::Ppid ppid, Bytes message) {
    if (ppid == kPpidDcep) check_codec(message);
    (void)peer_.send(now_, stream, ppid, message);
  }
  void say_open(ByteReader& in) {
    OpenMessage open;
    const sctp::StreamId on = stream(in);
    open.channel_type = ChannelType{in.u8()};
    open.priority = in.u16();
    open.reliability = in.u16();
    open.label = in.text(in.u8() & 0x1f);
    open.protocol = in.text(in.u8() & 0x0f);
    say(on, kPpidDcep, written(open));
  }
  void create(ByteReader& in) {
    DataChannelOptions options;
    const std::uint8_t flags = in.u8();
    options.ordered = flags & 1;
    options.negotiated = flags & 2;
    if (flags & 4) options.id = static_cast<std::uint16_t>(stream(in));
    if (flags & 8) options.max_retransmits = in.u8();
    if (flags & 16) options.max_packet_life_time = in.u8() * 1ms;
    const auto channel = channels_.create(now_, in.text(in.u8() & 0x1f), options);
    if (channel) SPECTER_CHECK(states_.emplace(*channel, State::Created).second);
  }
  void send(ByteReader& in) {
    if (states_.empty()) return;
    const ChannelId channel = any(in)->first;
    const std::size_t size = in.u16() & 0x7ff;
    const auto sent = channels_.send(now_, channel, MessageKind::Text, Buffer(size, 'y'));
    if (sent) SPECTER_CHECK(size <= 1000 && states_[channel] == State::Open);
  }
  std::map<ChannelId, State>::iterator any(ByteReader& in) {
    auto found = states_.begin();
    std::advance(found, in.u8() % states_.size());
    return found;
  }

  void pass(Duration time) {
    now_ += time;
    channels_.handle_timeout(now_);
    peer_.handle_timeout(now_);
    drain();
    for (const Deadline next : {channels_.next_timeout(), peer_.next_timeout()})
      SPECTER_CHECK(!next || *next > now_);
  }

  void drain() {
    int packets = 0;
    for (bool busy = true; busy;) {
      busy = false;
      while (const auto event = channels_.poll_event()) {
        std::visit([&](const auto& e) { on(e); }, *event);
        busy = true;
      }
      while (peer_.poll_event()) busy = true;
      while (const auto packet = peer_.poll_transmit(now_)) {
        SPECTER_CHECK(++packets < 4000);
        if (!is_lossy_) channels_.handle_packet(now_, *packet);
        busy = true;
      }
      while (const auto packet = channels_.poll_transmit(now_)) {
        SPECTER_CHECK(++packets < 4000);
        peer_.handle_packet(now_, *packet);
        busy = true;
      }
    }
    check_limits();
  }

  void check_limits() {
    SPECTER_CHECK(channels_.stats().size() <= kMaxChannels);
    const auto counters = channels_.association().counters();
    SPECTER_CHECK(counters.receive_buffered_bytes <= 64 * 1024 + kMaxMessageBytes);
    std::set<std::uint16_t> ids;
    for (const ChannelStats& each : channels_.stats())
      if (each.info.options.id) SPECTER_CHECK(ids.insert(*each.info.options.id).second);
  }

  State& state_of(ChannelId channel) {
    const auto found = states_.find(channel);
    SPECTER_CHECK(found != states_.end());
    SPECTER_CHECK(found->second != State::Closed && !is_over_);
    return found->second;
  }
  // Incoming? Opened (Message | BufferedAmountLow)* Closing? Failed? Closed.
  void on(const IncomingDataChannel& e) {
    SPECTER_CHECK(!is_over_ && states_.emplace(e.channel, State::Announced).second);
    SPECTER_CHECK(e.options.id && !e.options.negotiated);
    SPECTER_CHECK(is_utf8(e.label) && is_utf8(e.options.protocol));
  }
  void on(const DataChannelOpen& e) {
    State& state = state_of(e.channel);
    SPECTER_CHECK(state <= State::Announced);
    state = State::Open;
  }
  void on(const core::Message& e) {
    const State state = state_of(e.channel);
    SPECTER_CHECK(state == State::Open || state == State::Closing);
    SPECTER_CHECK(e.data.size() <= kMaxMessageBytes && e.begins && e.ends);
  }
  void on(const channel::BufferedAmountLow& e) { state_of(e.channel); }
  void on(const DataChannelClosing& e) {
    State& state = state_of(e.channel);
    SPECTER_CHECK(state < State::Closing);
    state = State::Closing;
  }
  void on(const DataChannelError& e) {
    State& state = state_of(e.channel);
    SPECTER_CHECK(state < State::Failed && !e.error.message.empty());
    state = State::Failed;
  }
  void on(const DataChannelClosed& e) { state_of(e.channel) = State::Closed; }
  void on(const core::DataChannelRefused&) {}
  void on(const AssociationEstablished&) {
    SPECTER_CHECK(!std::exchange(is_established_, true) && !is_over_);
  }
  void on(const AssociationClosed&) {
    for (const auto& [channel, state] : states_) SPECTER_CHECK(state == State::Closed);
    SPECTER_CHECK(!std::exchange(is_over_, true));
  }

  const Parity parity_;
  Timestamp now_{1s};
  simulation::SeededRandom random_{31}, peer_random_{32};
  DataChannels channels_;
  sctp::Association peer_;
  std::map<ChannelId, State> states_;
  bool is_lossy_ = false, is_established_ = false, is_over_ = false;
};

}  // namespace

void run(Bytes input) {
  check_codec(input);
  ByteReader in(input);
  World world(in.u8());
  for (int i = 0; i < kMaxOperations && in.remaining() > 0; ++i) world.operate(in);
  world.settle();
}

}  // namespace specter::fuzz
