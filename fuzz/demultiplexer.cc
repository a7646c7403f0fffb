// Datagrams of any class on the one port of a connection: before it has a peer, while it looks for
// one, and once it is connected. What is of no class, and what comes from where no check has proved
// the peer, changes nothing and is not answered; the connection works on.
//
// The first byte says how far the connection is; then datagrams: where from, how long, the bytes.
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "net/demux.h"
#include "simulation/random.h"
#include "target.h"

#include "specter/core.h"

namespace specter::fuzz {
namespace {

using namespace specter::core;
using namespace std::chrono_literals;

constexpr int kMaxDatagrams = 32;

const Endpoint kHere = *Endpoint::parse("192.0.2.1:5001"),
               kThere = *Endpoint::parse("192.0.2.2:5002");
const Endpoint kElsewhere = *Endpoint::parse("198.51.100.66:666");

// RFC 7983 §7 as it stands, but that TURN channels and ZRTP are none of ours.
net::DatagramKind kind_by_the_table(Bytes datagram) {
  const int b = datagram.empty() ? 255 : datagram[0];
  if (b < 4) return net::DatagramKind::Stun;
  if (b > 19 && b < 64) return net::DatagramKind::Dtls;
  if (b > 127 && b < 192) return net::DatagramKind::Rtp;
  return net::DatagramKind::Unknown;
}

ConnectionOptions configuration() {
  static const auto certificate = [] {
    simulation::SeededRandom random(71);
    return generate_certificate(random, 1'790'000'000);
  }();
  ConnectionOptions configuration;
  configuration.certificate = certificate;
  return configuration;
}

struct End {
  End(Endpoint of, std::uint64_t seed)
      : base(of), random(seed), connection(configuration(), random) {}

  Endpoint base;
  simulation::SeededRandom random;
  PeerConnection connection;
  std::deque<Transmit> sent;
  std::vector<IceCandidate> candidates;
  std::vector<std::string> heard;
  std::optional<ChannelId> channel{};
  int events = 0;
};

struct Snapshot {
  ConnectionState connection;
  IceConnectionState ice;
  SignalingState signaling;
  int events;
  bool operator==(const Snapshot&) const = default;
};

class World {
 public:
  // How far it is: alone, with an offer of its own, looking for its peer, connected.
  enum class Stage { Alone, Offering, Checking, Connected };

  explicit World(Stage stage) : stage_(stage) {
    if (stage == Stage::Alone) return;
    (void)target_.connection.create_data_channel(now_, "a", {.negotiated = true, .id = 0});
    (void)peer_.connection.create_data_channel(now_, "a", {.negotiated = true, .id = 0});
    const auto offer = target_.connection.create_offer();
    SPECTER_CHECK(target_.connection.set_local_description(now_, *offer).has_value());
    drain();
    if (stage == Stage::Offering) return;
    SPECTER_CHECK(peer_.connection.set_remote_description(now_, *offer).has_value());
    const auto answer = peer_.connection.create_answer();
    SPECTER_CHECK(peer_.connection.set_local_description(now_, *answer).has_value());
    SPECTER_CHECK(target_.connection.set_remote_description(now_, *answer).has_value());
    drain();
    for (const auto& candidate : peer_.candidates)
      SPECTER_CHECK(target_.connection.add_ice_candidate(now_, candidate).has_value());
    drain();
    if (stage == Stage::Checking) return;
    connect();
  }

  void hear(const Endpoint& from, Bytes datagram) {
    const net::DatagramKind kind = net::kind_of(datagram);
    SPECTER_CHECK(kind == kind_by_the_table(datagram));
    drain();
    target_.sent.clear();
    const Snapshot before = snapshot();
    const std::uint64_t dropped = dropped_unknown();
    Buffer copy = to_buffer(datagram);
    const Datagram came{{kHere, from}, copy};
    target_.connection.handle_datagrams(now_, {&came, 1});
    drain();

    const bool is_ours = kind == net::DatagramKind::Stun || kind == net::DatagramKind::Dtls;
    SPECTER_CHECK(dropped_unknown() == dropped + (is_ours ? 0 : 1));
    SPECTER_CHECK(snapshot() == before);
    // STUN may be answered with an error, no larger than what was asked.
    std::size_t answered = 0;
    for (const Transmit& datagram_out : target_.sent) {
      answered += datagram_out.bytes.size();
      SPECTER_CHECK(datagram_out.path.remote == from);
      SPECTER_CHECK(net::kind_of(datagram_out.bytes) == net::DatagramKind::Stun);
    }
    SPECTER_CHECK(answered <= (kind == net::DatagramKind::Stun ? datagram.size() + 64 : 0));
  }

  void settle() {
    if (stage_ == Stage::Checking) connect();
    if (stage_ < Stage::Checking) return;
    (void)target_.connection.send(now_, *target_.channel, MessageKind::Text, as_bytes("ping"));
    (void)peer_.connection.send(now_, *peer_.channel, MessageKind::Text, as_bytes("pong"));
    exchange();
    SPECTER_CHECK(target_.heard == std::vector<std::string>{"pong"});
    SPECTER_CHECK(peer_.heard == std::vector<std::string>{"ping"});
  }

 private:
  Snapshot snapshot() const {
    const auto& connection = target_.connection;
    return {connection.connection_state(), connection.ice_connection_state(),
            connection.signaling_state(), target_.events};
  }
  std::uint64_t dropped_unknown() const {
    return target_.connection.stats().transport.dropped_unknown;
  }

  void connect() {
    for (int i = 0; i < 100 && !(target_.channel && peer_.channel); ++i) {
      exchange();
      now_ += 20ms;
      target_.connection.handle_timeout(now_);
      peer_.connection.handle_timeout(now_);
      drain();
    }
    SPECTER_CHECK(target_.channel && peer_.channel);
    exchange();
  }
  void exchange() {
    drain();
    for (int i = 0; i < 1000 && !(target_.sent.empty() && peer_.sent.empty()); ++i) {
      carry(target_, peer_);
      carry(peer_, target_);
    }
  }
  void carry(End& from, End& to) {
    if (from.sent.empty()) return;
    Transmit batch = std::move(from.sent.front());
    from.sent.pop_front();
    const MutableBytes all = batch.bytes;
    const std::size_t step = batch.segment_size ? batch.segment_size : all.size();
    for (std::size_t at = 0; at < all.size() && batch.path.remote == to.base; at += step) {
      const Datagram came{{to.base, from.base}, all.subspan(at, std::min(step, all.size() - at))};
      to.connection.handle_datagrams(now_, {&came, 1});
    }
    drain();
  }

  void drain() {
    for (End* end : {&target_, &peer_}) {
      for (bool busy = true; busy;) {
        busy = false;
        while (const auto event = end->connection.poll_event()) {
          busy = true;
          ++end->events;
          std::visit([&](const auto& e) { on(*end, e); }, *event);
        }
        while (auto datagram = end->connection.poll_transmit(now_)) {
          busy = true;
          SPECTER_CHECK(end->sent.size() < 1000);
          end->sent.push_back(std::move(*datagram));
        }
      }
    }
  }
  void on(End& end, const GatherCandidates&) {
    end.connection.add_local_endpoint(now_, end.base);
    end.connection.end_of_local_endpoints(now_);
  }
  static void on(End& end, const LocalCandidate& e) { end.candidates.push_back(e.candidate); }
  static void on(End& end, const DataChannelOpen& e) { end.channel = e.channel; }
  static void on(End& end, const core::Message& e) { end.heard.emplace_back(as_text(e.data)); }
  template <class Other>
  static void on(End&, const Other&) {}

  Timestamp now_{1s};
  const Stage stage_;
  End target_{kHere, 72}, peer_{kThere, 73};
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  const auto stage = static_cast<World::Stage>(in.u8() & 3);
  World world(stage);
  for (int i = 0; i < kMaxDatagrams && in.remaining() > 0; ++i) {
    const Endpoint from = in.u8() & 1 ? kThere : kElsewhere;
    world.hear(from, in.bytes(in.u8()));
  }
  world.settle();
}

}  // namespace specter::fuzz
