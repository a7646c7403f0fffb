// Two agents whose owners have a handshake to make, in datagrams that look like DTLS and are not.
// For the tests of this folder.
#pragma once

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "ice/testing/test_agents.h"
#include "net/demux.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {

// Flights 1, 2, 3 (and 4) in turn, the client's first. As DTLS 1.3 it has three, and the server
// confirms the last one; as 1.2 it has four.
struct FakeDtls {
  struct Options {
    bool is_client = false;
    std::uint8_t flights = 3;
    std::uint8_t datagrams = 1;  // of each flight
    std::size_t bytes = 600;     // of each datagram
  };

  explicit FakeDtls(Options given) : options(given) {
    if (given.is_client) begin(1);
  }

  void begin(std::uint8_t number) {
    flight = number;
    datagrams.clear();
    for (std::uint8_t i = 0; i < options.datagrams; ++i) {
      Buffer bytes(options.bytes, 0);
      bytes[0] = 22;
      bytes[1] = number;
      bytes[2] = i;
      datagrams.push_back(std::move(bytes));
    }
    is_done = is_done || number == options.flights;
  }
  // True when it led to something new.
  bool handle(Bytes datagram) {
    ++handled;
    const std::uint8_t awaited = static_cast<std::uint8_t>(flight == 0 ? 1 : flight + 1);
    if (datagram[1] == 0xff) return std::exchange(is_confirmed, true) == false;
    if (datagram[1] != awaited || awaited > options.flights) return false;
    parts.insert(datagram[2]);
    if (parts.size() < options.datagrams) return false;
    parts.clear();
    if (awaited == options.flights) {
      is_done = is_confirmed = true;
      datagrams.clear();
      flight = awaited;
    } else {
      begin(static_cast<std::uint8_t>(awaited + 1));
    }
    return true;
  }
  bool sent_the_last_flight() const { return options.is_client == (options.flights % 2 == 1); }

  Options options;
  std::uint8_t flight = 0;  // ours
  std::vector<Buffer> datagrams;
  std::set<std::uint8_t> parts;
  bool is_done = false;
  bool is_confirmed = false;  // the last flight is known to have arrived
  int handled = 0;
};

// What the owner of an agent does, as peer::Transport does it.
class EmbeddingHost final : public testing::Host {
 public:
  EmbeddingHost(Agent::Config config, std::uint64_t seed, FakeDtls::Options handshake)
      : random(seed), agent(config, random), dtls(handshake) {
    tell_flight();
  }

  void handle_datagram(Timestamp now, const Datagram& datagram) override {
    if (net::kind_of(datagram.bytes) == net::DatagramKind::Stun)
      return agent.handle_datagram(now, datagram.path, datagram.bytes);
    if (agent.is_validated(datagram.path))
      take_direct(now, datagram.bytes);
    else if (early.size() < 8)
      early.emplace_back(datagram.path, Buffer(datagram.bytes.begin(), datagram.bytes.end()));
  }
  void take_direct(Timestamp now, Bytes datagram) {
    if (!dtls.is_done) agent.note_dtls_received(datagram);
    // The peer repeats its last flight: that it has arrived was lost.
    if (dtls.is_done && datagram[1] == dtls.options.flights) confirm();
    feed(now, datagram);
  }
  void feed(Timestamp now, Bytes datagram) {
    if (!dtls.handle(datagram)) return;
    tell_flight();
    if (dtls.is_done && !done_at) {
      done_at = now;
      agent.handshake_done(dtls.sent_the_last_flight());
      if (!dtls.sent_the_last_flight()) confirm();
    }
    send_directly(now);
  }
  void tell_flight() { agent.set_flight(dtls.flight, dtls.datagrams); }
  void confirm() {
    if (!agent.path()) return;
    direct.push_back({22, 0xff, 0});
  }
  void send_directly(Timestamp now) {
    if (!agent.path()) return;
    sent_directly = true;
    timeout = std::max<Duration>(50ms, 2 * agent.round_trip_time().value_or(50ms));
    resend(now);
  }
  void resend(Timestamp now) {
    for (const Buffer& bytes : dtls.datagrams) direct.push_back(bytes);
    resend_at = dtls.datagrams.empty() || dtls.is_confirmed ? Deadline{} : Deadline{now + timeout};
    timeout *= 2;
  }

  void handle_timeout(Timestamp now) override {
    agent.handle_timeout(now);
    if (!resend_at || now < *resend_at) return;
    resend_at.reset();
    if (!dtls.is_confirmed && agent.path()) resend(now);
  }
  std::optional<Transmit> poll_transmit(Timestamp now) override {
    if (auto out = agent.poll_transmit(now)) return out;
    const auto path = agent.path();
    if (!path || direct.empty()) return std::nullopt;
    Buffer bytes = std::move(direct.front());
    direct.pop_front();
    const std::size_t size = bytes.size();
    return Transmit{*path, std::move(bytes), size};
  }
  bool drain_events(Timestamp now) override {
    auto event = agent.poll_event();
    if (!event) return false;
    if (const auto* usable = std::get_if<PathUsable>(&*event)) {
      usable_at = now;
      for (auto& [path, bytes] : std::exchange(early, {})) {
        if (path == usable->path) take_direct(now, bytes);
      }
      if (!sent_directly) send_directly(now);
    }
    if (const auto* came = std::get_if<DtlsReceived>(&*event)) {
      came_embedded.push_back(*came);
      feed(now, came->bytes);
    }
    return true;
  }
  Deadline next_timeout() const override { return soonest(agent.next_timeout(), resend_at); }

  SeededRandom random;
  Agent agent;
  FakeDtls dtls;
  std::deque<Buffer> direct;
  std::vector<std::pair<Path, Buffer>> early;
  std::vector<DtlsReceived> came_embedded;
  bool sent_directly = false;
  Duration timeout{};
  Deadline resend_at, done_at, usable_at;
};

struct EmbeddingAgents {
  struct Options {
    bool alice_is_client = false;  // alice offers, and is controlling
    bool alice_embeds = true, bob_embeds = true;
    std::uint8_t flights = 3, datagrams = 1;
    std::size_t bytes = 600;
    std::string alice_ufrag{}, bob_ufrag{};
  };

  static Agent::Config config(Role role, bool embeds, const std::string& ufrag) {
    Agent::Config out;
    out.role = role;
    out.embedding = embeds;
    if (!ufrag.empty()) out.local = {ufrag, std::string(24, 'p')};
    return out;
  }
  static FakeDtls::Options dtls(const Options& from, bool is_client) {
    return {is_client, from.flights, from.datagrams, from.bytes};
  }

  explicit EmbeddingAgents(LinkOptions link = {.latency = 100ms})
      : EmbeddingAgents(link, Options{}) {}
  EmbeddingAgents(LinkOptions link, const Options& given)
      : options(given),
        alice(config(Role::Controlling, options.alice_embeds, options.alice_ufrag),
              link.seed * 2 + 1, dtls(options, options.alice_is_client)),
        bob(config(Role::Controlled, options.bob_embeds, options.bob_ufrag), link.seed * 2 + 2,
            dtls(options, !options.alice_is_client)),
        network(link) {
    network.attach(alice, a.address);
    network.attach(bob, b.address);
    gather(alice, a);
    gather(bob, b);
  }

  void gather(EmbeddingHost& host, const Endpoint& base) {
    host.agent.start_gathering(network.now());
    host.agent.add_local_endpoint(network.now(), base);
    host.agent.end_of_local_endpoints(network.now());
  }
  // One side learns of the other, as its description has it.
  void tell(EmbeddingHost& host, const EmbeddingHost& of, bool of_embeds) {
    host.agent.set_remote_embedding(of_embeds);
    host.agent.set_remote_credentials(network.now(), of.agent.local_credentials());
    for (const Candidate& candidate : of.agent.local_candidates())
      EXPECT_TRUE(host.agent.add_remote_candidate(network.now(), candidate));
    host.agent.end_of_remote_candidates(network.now());
  }
  // Bob answers: he knows the offer, and by what it says his answer has the option or not.
  void tell_bob() { tell(bob, alice, options.alice_embeds); }
  void tell_alice() { tell(alice, bob, options.bob_embeds && options.alice_embeds); }
  void start() {
    tell_bob();
    tell_alice();
  }
  bool both_done() const { return alice.done_at && bob.done_at; }
  bool finish(Duration limit = 20s) {
    return network.run_until([&] { return both_done(); }, limit);
  }
  Duration time() const { return std::max(*alice.done_at, *bob.done_at) - simulation::kStart; }

  Options options;
  Endpoint a = at("10.0.0.1:5000");
  Endpoint b = at("10.0.0.2:6000");
  EmbeddingHost alice;
  EmbeddingHost bob;
  Network network;
};

// What a message says of embedding: nothing; or the checksums, and a datagram if there is one.
struct Said {
  Buffer data;
  std::vector<std::uint32_t> acks;
  bool operator==(const Said&) const = default;
};
inline std::optional<Said> said(const Buffer& bytes) {
  const auto message = stun::Message::parse(bytes);
  const auto data = message->get<stun::DtlsInStunData>();
  const auto acks = message->get<stun::DtlsInStunAck>();
  EXPECT_TRUE(acks || !data);  // no datagram without the other
  if (!acks) return std::nullopt;
  return Said{data ? data->datagram : Buffer{}, acks->checksums};
}

inline bool is_request(const Buffer& bytes) {
  const auto message = stun::Message::parse(bytes);
  return message && message->cls == stun::Class::Request;
}

}  // namespace specter::ice
