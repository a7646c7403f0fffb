// Two ends of an association over a path that the input rules: what arrives, what is lost,
// repeated, changed or made up, in every state, and what a peer who has the keys may seal. They
// keep the contract of a machine, say each thing once, never hand out what nobody sent, and don't
// stay in between.
//
// The first byte says which end is the target, the second both ends' versions; then operations,
// each a byte and what it needs.
#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "crypto/certificate.h"
#include "dtls/connection.h"
#include "dtls/handshake/key_schedule.h"
#include "dtls/testing/test_cipher.h"
#include "dtls/wire/hello.h"
#include "simulation/random.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::dtls;
using namespace std::chrono_literals;

constexpr int kMaxOperations = 64;
constexpr std::size_t kMtu = 1200;
constexpr Duration kPatience = 100s;
constexpr std::size_t kMaxAnswer = 64;  // datagrams for one that came in
const std::string kData = "what was really sent";

std::shared_ptr<const crypto::Certificate> certificate_of(Role role) {
  static const auto made = [] {
    simulation::SeededRandom random(11);
    return std::array{crypto::Certificate::generate(random, 1'790'000'000),
                      crypto::Certificate::generate(random, 1'790'000'000)};
  }();
  return made[role == Role::Client ? 0 : 1];
}

Role other(Role role) { return role == Role::Client ? Role::Server : Role::Client; }

Connection::Config config_of(Role role, std::uint8_t versions) {
  Connection::Config config;
  config.role = role;
  config.certificate = certificate_of(role);
  config.remote_fingerprints = {certificate_of(other(role))->fingerprint()};
  config.mtu = kMtu;
  config.log_keys = true;
  config.records_a_key = 8;
  if (versions == 1) config.versions = {Version::Dtls12};
  if (versions == 2) config.versions = {Version::Dtls13};
  return config;
}

struct End {
  End(Role of, std::uint8_t versions)
      : role(of),
        random(of == Role::Client ? 21 : 22),
        dtls(config_of(of, versions), random, test_cipher()) {}

  Role role;
  simulation::SeededRandom random;
  Connection dtls;
  std::deque<Buffer> sent;   // not delivered yet
  std::vector<Buffer> tape;  // all that it ever sent
  bool is_connected = false, is_closed = false;
  std::map<std::string, Buffer> secrets;
  Buffer client_random;
};

class World {
 public:
  World(Role target, std::uint8_t versions)
      : client_(Role::Client, versions & 3),
        server_(Role::Server, versions >> 2 & 3),
        target_(target) {
    server_.dtls.start(now_);
    client_.dtls.start(now_);
    drain();
  }

  void operate(ByteReader& in) {
    const std::uint8_t operation = in.u8();
    End& from = operation & 0x80 ? server_ : client_;
    switch (operation & 0x0f) {
      case 0:
      case 1: deliver_next(from); break;
      case 2: drop_next(from); break;
      case 3:
        if (!from.tape.empty()) deliver(from, Buffer(from.tape[in.u8() % from.tape.size()]));
        break;
      case 4: {
        Buffer changed = from.tape.empty() ? Buffer{} : from.tape.back();
        const std::size_t at = in.u16();
        const std::uint8_t with = in.u8();
        if (!changed.empty()) changed[at % changed.size()] ^= with;
        deliver(from, changed);
        break;
      }
      case 5: deliver(from, to_buffer(in.bytes(in.u8()))); break;
      case 6: pass(in.u8() * 25ms); break;
      case 7: deliver(from, plain_record(in)); break;
      case 8:
      case 9: keyed_record(in); break;
      case 10: keyed_message(in); break;
      case 11: (void)from.dtls.send(as_bytes(kData)); break;
      case 12: from.dtls.close(now_); break;
      case 13: from.dtls.hold_timers(now_, in.u8() & 1); break;
      default: break;
    }
    drain();
  }

  // A path that works again decides it.
  void settle() {
    client_.dtls.hold_timers(now_, false);
    server_.dtls.hold_timers(now_, false);
    const Timestamp end = now_ + kPatience;
    while (now_ < end) {
      while (!client_.sent.empty()) deliver_next(client_);
      while (!server_.sent.empty()) deliver_next(server_);
      if (!client_.sent.empty()) continue;
      if ((client_.is_connected || client_.is_closed) &&
          (server_.is_connected || server_.is_closed))
        return;
      const Deadline next = soonest(client_.dtls.next_timeout(), server_.dtls.next_timeout());
      if (!next) break;  // nothing comes any more
      pass(*next - now_);
    }
    // A server whom nobody has said hello waits for as long as its owner likes.
    SPECTER_CHECK(client_.is_connected || client_.is_closed);
  }

 private:
  End& of(Role role) { return role == Role::Client ? client_ : server_; }
  End& peer(const End& end) { return of(other(end.role)); }

  void deliver(const End& from, Bytes datagram) {
    peer(from).dtls.handle_datagram(now_, datagram);
    drain();
  }
  void deliver_next(End& from) {
    if (from.sent.empty()) return;
    const Buffer datagram = std::move(from.sent.front());
    from.sent.pop_front();
    deliver(from, datagram);
  }
  static void drop_next(End& from) {
    if (!from.sent.empty()) from.sent.pop_front();
  }

  void pass(Duration time) {
    now_ += time;
    for (End* end : {&client_, &server_}) end->dtls.handle_timeout(now_);
    drain();
    for (End* end : {&client_, &server_}) {
      const auto next = end->dtls.next_timeout();
      SPECTER_CHECK(!next || *next > now_);
    }
  }

  void drain() {
    drain(client_);
    drain(server_);
  }
  void drain(End& end) {
    std::size_t count = 0;
    while (auto datagram = end.dtls.poll_transmit(now_)) {
      SPECTER_CHECK(++count <= kMaxAnswer);
      SPECTER_CHECK(!datagram->empty() && datagram->size() <= kMtu);
      end.tape.push_back(*datagram);
      end.sent.push_back(std::move(*datagram));
    }
    while (auto event = end.dtls.poll_event()) handle(end, *event);
    SPECTER_CHECK(end.dtls.is_connected() == (end.is_connected && !end.is_closed));
  }
  void handle(End& end, const Connection::Event& event) {
    if (const auto* line = std::get_if<KeyLogged>(&event)) return learn(end, line->line);
    SPECTER_CHECK(!end.is_closed);
    if (std::holds_alternative<Connected>(event)) {
      SPECTER_CHECK(!std::exchange(end.is_connected, true));
    } else if (std::holds_alternative<Closed>(event)) {
      end.is_closed = true;
    } else {
      SPECTER_CHECK(end.is_connected);
      const auto& data = std::get<DataReceived>(event);
      SPECTER_CHECK(keyed_ || as_text(data.bytes) == kData);
    }
  }

  // "LABEL client_random secret", in hexadecimal.
  static void learn(End& end, const std::string& line) {
    const std::size_t first = line.find(' '), second = line.find(' ', first + 1);
    end.client_random = bytes_of(line.substr(first + 1, second - first - 1));
    end.secrets[line.substr(0, first)] = bytes_of(line.substr(second + 1));
  }
  static Buffer bytes_of(std::string_view hex) {
    Buffer out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      const auto digit = [&](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
      out.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
    }
    return out;
  }

  // ---- what anybody can make

  static Buffer plain_record(ByteReader& in) {
    PlainHeader header;
    header.type = in.u8();
    header.epoch = in.u8();
    header.sequence = in.u16();
    const Bytes body = in.bytes(in.u8());
    header.length = static_cast<std::uint16_t>(body.size());
    Buffer out(PlainHeader::kSize);
    header.write(std::span(out).first<PlainHeader::kSize>());
    out.insert(out.end(), body.begin(), body.end());
    return out;
  }

  // ---- what only the target's peer can

  void keyed_record(ByteReader& in) {
    const std::uint8_t flags = in.u8();
    const ContentType type{in.u8()};
    seal(flags & 1, type, in.bytes(in.u8()));
  }
  void keyed_message(ByteReader& in) {
    const std::uint8_t flags = in.u8();
    HandshakeFragment fragment;
    fragment.type = in.u8();
    fragment.message_seq = in.u8();
    fragment.body = in.bytes(in.u8());
    fragment.message_size = static_cast<std::uint32_t>(fragment.body.size()) + (flags >> 4);
    fragment.offset = std::min<std::uint32_t>(flags >> 1 & 7, flags >> 4);
    Buffer payload;
    ByteWriter out(payload);
    fragment.write(out);
    seal(flags & 1, ContentType::Handshake, payload);
  }

  // With the keys of the handshake or of data, as far as they are known.
  void seal(bool of_handshake, ContentType type, Bytes payload) {
    const End& from = of(other(target_));
    const auto secret = [&](const std::string& label) -> const Buffer* {
      for (const End* end : {&client_, &server_}) {
        const auto found = end->secrets.find(label);
        if (found != end->secrets.end()) return &found->second;
      }
      return nullptr;
    };
    const std::string who = from.role == Role::Client ? "CLIENT_" : "SERVER_";
    std::optional<Sealer> sealer;
    if (const auto* traffic =
            secret(who + (of_handshake ? "HANDSHAKE_TRAFFIC_SECRET" : "TRAFFIC_SECRET_0"))) {
      const SuiteTraits& suite = traits(CipherSuite::Aes128GcmSha256);
      sealer.emplace(test_cipher(), suite, of_handshake ? 2 : 3, record_keys13(suite, *traffic));
    } else if (const auto* master = secret("CLIENT_RANDOM")) {
      sealer = sealer12(*master, from.role);
    }
    if (!sealer) return;
    keyed_ = true;
    // Ahead of the peer's own numbers, and not too far to be reconstructed.
    sealer->skip_to(1000 + 10 * ++sealed_);
    Buffer record(sealer->room().total() + payload.size());
    std::ranges::copy(payload, record.begin() + static_cast<std::ptrdiff_t>(sealer->room().before));
    sealer->seal(type, record);
    deliver(from, record);
  }

  std::optional<Sealer> sealer12(const Buffer& master, Role from) {
    const Buffer* client_random = nullptr;
    for (const End* end : {&client_, &server_})
      if (!end->client_random.empty()) client_random = &end->client_random;
    const auto server_random = find_server_random();
    if (!client_random || !server_random) return std::nullopt;
    Buffer seed = *server_random;
    seed.insert(seed.end(), client_random->begin(), client_random->end());
    const SuiteTraits& suite = traits(CipherSuite::EcdheEcdsaAes128GcmSha256);
    Buffer block(2 * (16 + 4));
    crypto::tls12_prf(suite.hash, master, "key expansion", seed, block);
    const std::size_t which = from == Role::Client ? 0 : 1;
    RecordKeys keys;
    keys.key = crypto::Secret(Bytes(block).subspan(16 * which, 16));
    keys.iv = crypto::Secret(Bytes(block).subspan(32 + 4 * which, 4));
    return Sealer(test_cipher(), suite, 1, keys);
  }
  std::optional<Buffer> find_server_random() const {
    for (const Buffer& datagram : server_.tape) {
      Bytes rest = datagram;
      while (const auto record = next_record(rest)) {
        if (!record->plain || record->plain->epoch != 0) continue;
        ByteReader in(record->fragment);
        const auto fragment = HandshakeFragment::read(in);
        if (!in.ok() || HandshakeType{fragment.type} != HandshakeType::ServerHello) continue;
        if (const auto hello = ServerHello::parse(fragment.body))
          return Buffer(hello->random.begin(), hello->random.end());
      }
    }
    return std::nullopt;
  }

  Timestamp now_{1s};
  End client_, server_;
  const Role target_;
  bool keyed_ = false;
  std::uint64_t sealed_ = 0;
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  const Role target = in.u8() & 1 ? Role::Server : Role::Client;
  World world(target, in.u8());
  for (int i = 0; i < kMaxOperations && in.remaining() > 0; ++i) world.operate(in);
  world.settle();
}

}  // namespace specter::fuzz
