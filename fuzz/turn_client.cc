// A client and its server in virtual time, and somebody on the path who reads all, writes anything
// and has no password. The first byte has the configuration; then operations, each a byte and what
// it needs.
#include <algorithm>
#include <set>

#include "codec.h"
#include "target.h"
#include "turn/testing/pair.h"

namespace specter::fuzz {
namespace {

using namespace specter::turn;

constexpr int kMaxOperations = 64;
// Sent at one moment: each request once or, after a challenge, again.
constexpr int kMaxBurst = 4 * static_cast<int>(Requests::kMaxOpen);
const std::array kPeers = {at("203.0.113.77:6000"), at("203.0.113.77:6001"),
                           at("203.0.113.78:6000"), at("[2001:db8::9]:7000"),
                           at("224.0.0.1:9"),       at("203.0.113.79:0")};

class World {
 public:
  explicit World(std::uint8_t flags)
      : is_stream_((flags & 1) != 0), pair_(server(flags), client(flags), flags) {
    pair_.client.start(pair_.now);
    drain();
  }

  static TestServer::Options server(std::uint8_t flags) {
    using enum TestServer::Algorithms;
    return {.algorithms = std::array{None, Md5, Sha256, None}[flags >> 1 & 3],
            .hides_usernames = (flags & 8) != 0,
            .nonce_life = flags & 16 ? 100s : 0s,
            .silent_without_allocation = (flags & 32) != 0};
  }
  static Client::Config client(std::uint8_t flags) {
    Client::Config config;
    if (flags & 1) config.path.protocol = Protocol::Tcp;
    if (flags & 64) config.family = stun::AddressFamily::Ipv4;
    return config;
  }

  void operate(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    const Endpoint& peer = kPeers[in.u8() % kPeers.size()];
    switch (operation % 14) {
      case 0: pass(std::chrono::milliseconds(in.u16())); break;
      case 1: pass(std::chrono::seconds(in.u16() % 1000)); break;
      case 2:
        if (pair_.client.permit(pair_.now, peer.address)) welcome_.insert(peer.address);
        break;
      case 3:
        if (pair_.client.bind(pair_.now, peer)) welcome_.insert(peer.address);
        break;
      case 4: pair_.client.forget(peer.address); break;
      case 5: pair_.client.unbind(peer); break;
      case 6: say(peer, in.bytes(in.u8())); break;
      case 7: pair_.server.relay(pair_.now, peer, in.bytes(in.u8())); break;
      case 8: hear(in.bytes(in.u8()), in.u8()); break;
      case 9: change(in); break;
      case 10: forge(in); break;
      case 11: pair_.server.restart(); break;
      case 12:
        pair_.server.tricks[static_cast<stun::Method>(in.u8() % 10)] = {
            .code = static_cast<std::uint16_t>(300 + in.u16() % 400),
            .is_signed = in.u8() % 2 == 0,
            .alternate = peer};
        break;
      case 13:
        if (in.u8() == 0) pair_.client.close(pair_.now);
        break;
    }
    drain();
  }

  // The path is good from here on: what lives has an allocation that the server has, too.
  void settle() {
    pair_.server.tricks.clear();
    pass(1200s);
    if (pair_.client.state() == Client::State::Allocated)
      SPECTER_CHECK(pair_.server.allocation_until.has_value());
    pair_.client.close(pair_.now);
    drain();
    pass(60s);
    SPECTER_CHECK(pair_.client.state() == Client::State::Over);
    SPECTER_CHECK(!pair_.client.next_timeout());
  }

 private:
  void pass(Duration time) {
    const Timestamp end = pair_.now + time;
    while (true) {
      Deadline next = pair_.client.next_timeout();
      if (!pair_.flying.empty()) next = soonest(next, Deadline(pair_.flying.begin()->first));
      if (!next || *next > end) break;
      pair_.now = std::max(pair_.now, *next);
      deliver();
      pair_.client.handle_timeout(pair_.now);
      drain();
      const auto after = pair_.client.next_timeout();
      SPECTER_CHECK(!after || *after > pair_.now);
    }
    pair_.now = end;
    pair_.client.handle_timeout(end);
    drain();
  }

  void deliver() {
    while (!pair_.flying.empty() && pair_.flying.begin()->first <= pair_.now) {
      auto node = pair_.flying.extract(pair_.flying.begin());
      auto& [bytes, to_server] = node.mapped();
      if (!to_server) {
        last_answer_ = bytes;
        hear(bytes, 0);
        continue;
      }
      pair_.server.handle(pair_.now, bytes);
      pair_.flush_server();
    }
  }

  void drain() {
    pair_.flush_server();
    for (int burst = 0; auto transmit = pair_.client.poll_transmit(pair_.now);) {
      SPECTER_CHECK(++burst <= kMaxBurst);
      SPECTER_CHECK(transmit->path == pair_.client.path());
      const auto message = stun::Message::parse(transmit->bytes);
      SPECTER_CHECK(message.has_value());
      if (message->cls == stun::Class::Request) last_request_ = *message;
      pair_.fly(std::move(transmit->bytes), true);
    }
    while (auto event = pair_.client.poll_event()) {
      SPECTER_CHECK(!is_over_);
      is_over_ = std::holds_alternative<Lost>(*event) ||
                 std::holds_alternative<Redirected>(*event) ||
                 std::holds_alternative<Closed>(*event);
    }
    // Nobody without the password can say what the relayed address is.
    if (pair_.client.state() == Client::State::Allocated)
      SPECTER_CHECK(pair_.client.relayed() == pair_.server.options.relayed);
  }

  void hear(Bytes bytes, std::uint8_t from) {
    Buffer copy = to_buffer(bytes);
    if (!is_stream_) return hear_message(copy, from);
    StreamReader reader;
    for (std::size_t at = 0; at < copy.size(); ++at) {
      reader.push(Bytes(copy).subspan(at, 1));
      while (const auto message = reader.next()) hear_message(*message, from);
    }
    SPECTER_CHECK(reader.waiting_bytes() <= StreamReader::kMaxMessageBytes);
  }
  void hear_message(MutableBytes bytes, std::uint8_t from) {
    Path path = pair_.client.path();
    if (from % 4 == 3) ++path.remote.port;
    const auto data = pair_.client.undress(pair_.now, Datagram{path, bytes});
    if (!data) return;
    SPECTER_CHECK(path == pair_.client.path());
    SPECTER_CHECK(welcome_.contains(data->path.remote.address));
    SPECTER_CHECK(data->path.local == pair_.client.relayed());
    SPECTER_CHECK(is_view_of(bytes, data->bytes));
  }

  void say(const Endpoint& peer, Bytes payload) {
    const Room room = pair_.client.room(pair_.now, peer);
    Buffer segment(room.before);
    segment.insert(segment.end(), payload.begin(), payload.end());
    segment.resize(segment.size() + room.after);
    const auto out = pair_.client.dress(pair_.now, peer, segment, room);
    if (!out) return;
    SPECTER_CHECK(welcome_.contains(peer.address));
    SPECTER_CHECK(is_view_of(segment, *out));
    if (wire_kind(*out) == WireKind::ChannelData) {
      const auto message = parse_channel_data(*out);
      SPECTER_CHECK(message && std::ranges::equal(message->data, payload));
    } else {
      const auto message = stun::Message::parse(*out);
      SPECTER_CHECK(message.has_value());
      SPECTER_CHECK(message->get<stun::XorPeerAddress>() == stun::XorPeerAddress{peer});
      SPECTER_CHECK(std::ranges::equal(message->get<stun::DataAttribute>()->bytes, payload));
    }
    pair_.fly(to_buffer(*out), true);
  }

  // The latest answer once more, with some of its bytes changed.
  void change(ByteReader& in) {
    Buffer bytes = last_answer_;
    for (int i = in.u8() % 4; i >= 0 && !bytes.empty(); --i)
      bytes[in.u16() % bytes.size()] ^= in.u8();
    hear(bytes, 0);
  }

  void forge(ByteReader& in) {
    if (!last_request_) return;
    const auto cls = in.u8() % 4 == 0 ? stun::Class::SuccessResponse : stun::Class::ErrorResponse;
    stun::MessageWriter writer(cls, last_request_->method, last_request_->id);
    const auto code = static_cast<std::uint16_t>(300 + in.u16() % 400);
    // What the first Allocate is told can be anybody's: it has a challenge or nothing.
    if (cls == stun::Class::ErrorResponse) writer.add(stun::ErrorCode{code, "forged"});
    writer.add(stun::XorRelayedAddress{at("6.6.6.6:6")}).add(stun::Lifetime{in.u32()});
    writer.add(stun::Realm{in.text(in.u8() % 16)}).add(stun::Nonce{in.text(in.u8() % 16)});
    writer.raw(static_cast<stun::AttributeType>(in.u16()), in.bytes(in.u8() % 32));
    hear(writer.finish(), 0);
  }

  const bool is_stream_;
  Pair pair_;
  std::set<IpAddress> welcome_;
  std::optional<stun::Message> last_request_;
  Buffer last_answer_;
  bool is_over_ = false;
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  World world(in.u8());
  for (int i = 0; i < kMaxOperations && in.remaining() > 0; ++i) world.operate(in);
  world.settle();
}

}  // namespace specter::fuzz
