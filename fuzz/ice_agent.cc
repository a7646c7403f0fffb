// Two agents that want to meet, and an attacker who sees all and sends anything from anywhere, but
// has no password. One of the agents is the target; the other is honest, or, with some operations,
// says what it likes under its password.
//
// The first byte has the configuration; then operations, each a byte and what it needs. In the end
// the path is good, and the agents meet.
#include <algorithm>
#include <deque>
#include <set>
#include <string>

#include "codec.h"
#include "ice/agent.h"
#include "net/demux.h"
#include "simulation/random.h"
#include "stun/attributes.h"
#include "stun/integrity.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::ice;
using namespace std::chrono_literals;

constexpr int kMaxOperations = 48;
constexpr std::size_t kMaxTape = 64;
constexpr Timestamp kPatience{20s};
constexpr std::size_t kMaxBurst = 64;  // packets of one agent at one moment
constexpr std::size_t kMaxPairs = 20, kMaxRemoteCandidates = 12;

Endpoint at(std::string_view text) { return *Endpoint::parse(text); }
const Endpoint kTarget = at("10.0.0.1:5000"), kPeer = at("10.0.0.2:6000");
const Endpoint kServer = at("192.0.2.53:3478");
// Where datagrams come from that are not the peer's, as a socket would say it.
const std::array kElsewhere = {at("10.6.6.6:666"),  at("10.6.6.6:667"),      at("127.0.0.1:9"),
                               at("[::1]:9"),       at("[2001:db8::6]:666"), at("[fe80::6]:666"),
                               at("169.254.6.6:6"), at("10.6.6.7:666")};
// What a candidate may name besides.
const std::array kNowhere = {at("224.0.0.1:9"),          at("10.6.6.7:0"), at("0.0.0.0:9"),
                             at("[ff02::1]:9"),          at("[::]:9"),     at("255.255.255.255:9"),
                             at("[::ffff:10.6.6.6]:666")};

struct End {
  End(Role role, bool embedding, std::uint64_t seed, Endpoint of)
      : base(of), random(seed), agent(config(role, embedding), random) {}

  static Agent::Config config(Role role, bool embedding) {
    Agent::Config config;
    config.role = role;
    config.max_pairs = kMaxPairs;
    config.max_remote_candidates = kMaxRemoteCandidates;
    config.embedding = embedding;
    return config;
  }

  Endpoint base;
  simulation::SeededRandom random;
  Agent agent;
  std::deque<Transmit> sent;   // on its way to the other
  std::vector<Transmit> tape;  // as the attacker saw it
  IceConnectionState told = IceConnectionState::New;
  bool is_closed = false;
};

class World {
 public:
  explicit World(std::uint8_t flags)
      : target_(flags & 1 ? Role::Controlling : Role::Controlled, flags & 2, 51, kTarget),
        // Both in one role is what signalling may come to; RFC 8445 §7.3.1.1 settles it.
        peer_(bool(flags & 1) != bool(flags & 4) ? Role::Controlled : Role::Controlling, flags & 8,
              52, kPeer) {
    for (End* end : {&target_, &peer_}) {
      end->agent.start_gathering(now_);
      if (flags & 16) end->agent.add_stun_server(now_, kServer);
      end->agent.add_local_endpoint(now_, end->base);
      end->agent.end_of_local_endpoints(now_);
    }
    target_.agent.set_remote_embedding(flags & 8);
    peer_.agent.set_remote_embedding(flags & 2);
    drain();
    if (flags & 32) introduce(target_, peer_);
    if (flags & 64) introduce(peer_, target_);
    if (flags & 128) meet();
    drain();
  }

  void operate(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    End& from = operation & 0x80 ? peer_ : target_;
    switch (operation & 0x0f) {
      case 0:
      case 1: deliver_next(from); break;
      case 2:
        if (!from.sent.empty()) from.sent.pop_front();
        break;
      case 3: pass(in.u8() * 10ms); break;
      case 4:
      case 5: forge(in); break;
      case 6: {
        const Endpoint from_where = source(in);
        inject(from_where, to_buffer(in.bytes(in.u8())));
        break;
      }
      case 7: replay(from, in); break;
      case 8: change(from, in); break;
      case 9: keyed(in); break;
      case 10: introduce(from, other(from)); break;
      case 11: add_candidate(in); break;
      case 12: {
        const std::array flight = {Buffer(in.u8() * 4u + 1, 22), Buffer(20, 22)};
        from.agent.set_flight(++generation_, flight);
        break;
      }
      case 13: from.agent.handshake_done(in.u8() & 1); break;
      case 14: command(from, in); break;
      default: break;
    }
    drain();
  }

  void settle() {
    // Who failed or was closed, or whom its own peer led astray, need not come back; nor who was
    // kept waiting for so long that consent ends before it is asked for again.
    const bool may_fail = now_ > kPatience || keyed_ || target_.is_closed || peer_.is_closed ||
                          is_over(target_) || is_over(peer_) || lost_base_;
    introduce(target_, peer_);
    introduce(peer_, target_);
    meet();
    SPECTER_CHECK(may_fail || (is_connected(target_) && is_connected(peer_)));
    for (const Endpoint& endpoint : kElsewhere) check_stranger(endpoint);
    for (End* end : {&target_, &peer_}) {
      end->agent.close();
      end->is_closed = true;
    }
    pass(100s);
  }

 private:
  End& other(const End& end) { return &end == &target_ ? peer_ : target_; }
  static bool is_connected(const End& end) {
    return end.agent.connection_state() == IceConnectionState::Connected ||
           end.agent.connection_state() == IceConnectionState::Completed;
  }
  static bool is_over(const End& end) {
    return end.agent.connection_state() == IceConnectionState::Failed ||
           end.agent.connection_state() == IceConnectionState::Closed;
  }

  // Signalling: `to` hears of `from`.
  void introduce(const End& from, End& to) {
    to.agent.set_remote_credentials(now_, from.agent.local_credentials());
    Candidate candidate;
    candidate.foundation = "1";
    candidate.priority = candidate_priority(CandidateType::Host, 65'000, 1);
    candidate.host = from.base.address.to_string();
    candidate.endpoint = from.base;
    if (!to.agent.add_remote_candidate(now_, candidate)) lost_base_ = true;  // its place was taken
    drain();
  }
  // A path that works.
  void meet() {
    for (int i = 0; i < 400; ++i) {
      while (!target_.sent.empty() || !peer_.sent.empty()) {
        deliver_next(target_);
        deliver_next(peer_);
      }
      if (is_connected(target_) && is_connected(peer_)) return;
      pass(50ms);
    }
  }

  // ---- the path

  void deliver(End& to, const Endpoint& source, Bytes bytes) {
    if (net::kind_of(bytes) != net::DatagramKind::Stun) return;  // "STUN only"
    to.agent.handle_datagram(now_, {to.base, source}, bytes);
  }
  void deliver_next(End& from) {
    if (from.sent.empty()) return;
    const Transmit datagram = std::move(from.sent.front());
    from.sent.pop_front();
    End& to = other(from);
    if (datagram.path.remote == to.base) deliver(to, from.base, datagram.bytes);
    drain();
  }

  void pass(Duration time) {
    now_ += time;
    for (End* end : {&target_, &peer_}) end->agent.handle_timeout(now_);
    drain();
    for (End* end : {&target_, &peer_}) {
      const Deadline next = end->agent.next_timeout();
      SPECTER_CHECK(!next || *next > now_);
    }
  }

  void drain() {
    drain(target_);
    drain(peer_);
  }
  std::size_t drain(End& end) {
    std::size_t count = 0, bytes = 0;
    for (bool busy = true; busy;) {
      busy = false;
      while (const auto event = end.agent.poll_event()) {
        busy = true;
        std::visit([&](const auto& e) { on(end, e); }, *event);
      }
      while (auto datagram = end.agent.poll_transmit(now_)) {
        busy = true;
        SPECTER_CHECK(++count <= kMaxBurst);
        bytes += datagram->bytes.size();
        check_datagram(end, *datagram);
        if (end.tape.size() < kMaxTape) end.tape.push_back(*datagram);
        end.sent.push_back(std::move(*datagram));
      }
    }
    SPECTER_CHECK(end.agent.pair_stats().size() <= kMaxPairs);
    SPECTER_CHECK(end.agent.connection_state() ==
                  (end.is_closed ? IceConnectionState::Closed : end.told));
    if (const auto path = end.agent.path()) SPECTER_CHECK(end.agent.is_validated(*path));
    return bytes;
  }

  static void check_datagram(const End& end, const Transmit& datagram) {
    SPECTER_CHECK(!end.is_closed);
    SPECTER_CHECK(datagram.path.local == end.base);
    SPECTER_CHECK(datagram.path.remote.port != 0 &&
                  !datagram.path.remote.address.is_unspecified() &&
                  !datagram.path.remote.address.is_multicast());
    SPECTER_CHECK(datagram.bytes.size() <= 1200);
    const auto message = stun::Message::parse(datagram.bytes);
    SPECTER_CHECK(message.has_value());
    SPECTER_CHECK(message->method == stun::Method::Binding);
    const bool asks_server = datagram.path.remote == kServer;
    SPECTER_CHECK(asks_server || message->has(stun::AttributeType::Fingerprint));
    if (message->cls == stun::Class::SuccessResponse)
      SPECTER_CHECK(stun::has_integrity(datagram.bytes,
                                        stun::short_term_key(end.agent.local_credentials().pwd)));
    if (message->cls == stun::Class::Request && !asks_server)
      SPECTER_CHECK(message->has(stun::AttributeType::MessageIntegrity));
  }

  // ---- what an agent says

  void on(End& end, const ConnectionStateChanged& e) {
    SPECTER_CHECK(e.state != end.told);
    SPECTER_CHECK(e.state != IceConnectionState::Failed || !e.reason.empty());
    end.told = e.state;
  }
  static void on(End& end, const SelectedPathChanged& e) {
    SPECTER_CHECK(end.agent.is_validated(e.path));
  }
  static void on(End& end, const PathUsable& e) { SPECTER_CHECK(e.path.local == end.base); }
  static void on(End&, const LocalCandidateFound& e) {
    SPECTER_CHECK(Candidate::parse(e.candidate.to_string()) == e.candidate);
  }
  static void on(End&, const ServerAnswer&) {}
  static void on(End&, const GatheringStateChanged&) {}
  void on(End& end, const DtlsReceived& e) {
    SPECTER_CHECK(generation_ > 0 || keyed_);  // somebody has a flight
    SPECTER_CHECK(!e.bytes.empty() && e.path.local == end.base);
  }

  // ---- the attacker

  Endpoint source(ByteReader& in) const {
    const std::uint8_t which = in.u8();
    if (which & 0x80) return kPeer;  // forged
    return kElsewhere[(which & 0x3f) % kElsewhere.size()];
  }

  struct Snapshot {
    IceConnectionState state;
    std::optional<Path> path;
    Role role;
    std::vector<std::string> pairs;

    explicit Snapshot(const Agent& agent)
        : state(agent.connection_state()), path(agent.path()), role(agent.role()) {
      for (const auto& pair : agent.pair_stats())
        pairs.push_back(pair.local.to_string() + pair.remote.to_string() +
                        std::string(to_string(pair.state)) + (pair.nominated ? "N" : "") +
                        (pair.selected ? "S" : ""));
    }
    bool operator==(const Snapshot&) const = default;
  };

  // What nobody with a password wrote: the target may say a word to it, no more than was said, and
  // is as it was.
  void inject(const Endpoint& source, const Buffer& bytes) {
    drain();
    const Snapshot before(target_.agent);
    deliver(target_, source, bytes);
    const std::size_t answered = drain(target_);
    SPECTER_CHECK(answered <= bytes.size() + 64);
    SPECTER_CHECK(Snapshot(target_.agent) == before);
  }

  // A message that may have everything but the right password.
  Buffer forged(ByteReader& in, std::string_view password) {
    const std::uint8_t bits = in.u8(), more = in.u8();
    stun::TransactionId id;
    const auto& tape = target_.tape;
    const std::size_t which = in.u8();
    if (bits & 4 && !tape.empty()) {  // an answer to something
      if (const auto asked =
              stun::Message::parse(tape[tape.size() - 1 - which % tape.size()].bytes))
        id = asked->id;
    } else {
      id.bytes.fill(static_cast<std::uint8_t>(which));
    }
    stun::MessageWriter writer(stun::Class{static_cast<std::uint8_t>(bits & 3)},
                               stun::Method::Binding, id);
    const std::string ours = target_.agent.local_credentials().ufrag,
                      theirs = peer_.agent.local_credentials().ufrag;
    switch (bits >> 3 & 3) {
      case 0: writer.add(stun::Username{ours + ":" + theirs}); break;
      case 1: writer.add(stun::Username{ours + ":" + "evil"}); break;
      case 2: writer.add(stun::Username{theirs + ":" + ours}); break;
      default: break;
    }
    if (bits & 0x20) writer.add(stun::Priority{in.u32()});
    if (bits & 0x40) writer.add(stun::UseCandidate{});
    if (bits & 0x80) writer.add(stun::IceControlling{in.u8() * 0x0101010101010101u});
    if (more & 1) writer.add(stun::IceControlled{in.u8() * 0x0101010101010101u});
    if (more & 2) writer.add(stun::XorMappedAddress{kNowhere[in.u8() % kNowhere.size()]});
    if (more & 4) writer.add(stun::ErrorCode{static_cast<std::uint16_t>(300 + in.u8()), "go away"});
    if (more & 8) {
      const stun::AttributeType type{in.u16()};
      writer.raw(type, in.bytes(in.u8() & 0x1f));
    }
    if (more & 16) writer.add(stun::DtlsInStunData{Buffer(in.u8() + 1u, 22)});
    if (more & 32) writer.integrity(stun::short_term_key(password));
    if (!(more & 64)) writer.fingerprint();
    return writer.finish();
  }
  void forge(ByteReader& in) {
    const Endpoint from = source(in);
    inject(from, forged(in, "not the password of anybody"));
  }
  // What was said before, from anywhere. The attacker carries it then, as a NAT would.
  void replay(const End& from, ByteReader& in) {
    if (from.tape.empty()) return;
    const Transmit& said = from.tape[in.u8() % from.tape.size()];
    const Endpoint seen_from = source(in);
    carried_.insert(seen_from);
    End& to = in.u8() & 1 ? target_ : peer_;
    deliver(to, seen_from, said.bytes);
  }
  void change(const End& from, ByteReader& in) {
    if (from.tape.empty()) return;
    Buffer bytes = from.tape.back().bytes;
    const std::size_t where = in.u16();
    const std::uint8_t with = in.u8();
    // Past the integrity is the FINGERPRINT alone, which nobody needs.
    bytes[where % (bytes.size() - 8)] ^= with;
    if (with != 0) inject(kPeer, bytes);
  }
  void check_stranger(const Endpoint& endpoint) {
    if (keyed_ || carried_.contains(endpoint)) return;
    SPECTER_CHECK(!target_.agent.is_validated({kTarget, endpoint}));
    SPECTER_CHECK(!peer_.agent.is_validated({kPeer, endpoint}));
  }

  // ---- the peer itself, and those above

  void keyed(ByteReader& in) {
    keyed_ = true;
    const Endpoint from = source(in);
    // A request has the receiver's password, a response the sender's.
    const bool asks = in.u8() & 1;
    const auto& of = asks ? target_.agent : peer_.agent;
    deliver(target_, from, forged(in, of.local_credentials().pwd));
  }
  void add_candidate(ByteReader& in) {
    Candidate candidate;
    const std::uint8_t bits = in.u8();
    candidate.foundation = std::to_string(bits & 3);
    candidate.priority = 1 + (in.u32() & 0x7ffffffe);
    candidate.type = CandidateType{bits >> 2 & 3};
    candidate.protocol = bits & 0x10 ? TransportProtocol::Tcp : TransportProtocol::Udp;
    candidate.component = bits & 0x20 ? 2 : 1;
    const std::uint8_t which = in.u8();
    candidate.endpoint = which & 0x80 ? kNowhere[(which & 0x7f) % kNowhere.size()]
                                      : kElsewhere[which % kElsewhere.size()];
    candidate.host = candidate.endpoint.address.to_string();
    if (bits & 0x40) candidate.endpoint.port = in.u16();
    (void)target_.agent.add_remote_candidate(now_, candidate);
  }
  void command(End& end, ByteReader& in) {
    const std::uint8_t bits = in.u8();
    switch (bits & 7) {
      case 0: end.agent.end_of_remote_candidates(now_); break;
      case 1:
        if (bits & 0x80) {
          end.agent.close();
          end.is_closed = true;
          end.sent.clear();
        }
        break;
      case 2:
        end.agent.remove_local_endpoint(now_, end.base);
        lost_base_ = true;
        break;
      case 3: end.agent.add_local_endpoint(now_, end.base); break;
      case 4:
        if (const auto path = end.agent.path()) end.agent.handle_activity(now_, *path);
        break;
      case 5: end.agent.note_dtls_received(in.bytes(in.u8())); break;
      default: break;
    }
  }

  Timestamp now_{1s};
  End target_, peer_;
  std::uint32_t generation_ = 0;
  std::set<Endpoint> carried_;  // the attacker stood there in between
  bool keyed_ = false, lost_base_ = false;
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  World world(in.u8());
  for (int i = 0; i < kMaxOperations && in.remaining() > 0; ++i) world.operate(in);
  world.settle();
}

}  // namespace specter::fuzz
