#include "world/attacker.h"

#include <algorithm>
#include <array>

#include "stun/attributes.h"
#include "stun/integrity.h"
#include "stun/message.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;

// No timer of a peer's is due in the nanosecond in which something of the attacker's arrives: which
// of the two is first would be chance.
constexpr Duration kNeverAtOnce = 137'003ns;

constexpr std::size_t kFingerprint = 8;  // RFC 8489 §14.7, with its head

bool is_stun(Bytes bytes) { return !bytes.empty() && bytes[0] < 4; }
bool is_request(Bytes bytes) { return bytes.size() >= 20 && bytes[0] == 0 && bytes[1] == 1; }
constexpr std::uint16_t kStunPort = 3478;
bool is_dtls(Bytes bytes) { return !bytes.empty() && bytes[0] >= 20 && bytes[0] < 64; }

}  // namespace

Attacker::Attacker(const Plan& plan, simulation::Internet& internet, simulation::HostId host)
    : random_(plan.seed ^ 0xbad), strangers_(plan.seed ^ 0xdab), internet_(internet), host_(host) {
  internet_.overhear(std::ranges::any_of(plan.steps, [](const Step& step) {
    return row(step.kind).family == "attacker" && step.kind != Kind::Impostor;
  }));
}

void Attacker::begin(Timestamp now, const Step& step) {
  if (step.kind == Kind::Garbage || step.kind == Kind::Echoes)
    garbage_.push_back({step, now});
  else
    reactions_.push_back(step);
}

void Attacker::end(const Step& step) {
  std::erase_if(garbage_, [&](const Garbage& each) { return each.step == step; });
  std::erase(reactions_, step);
}

void Attacker::stop() {
  garbage_.clear();
  reactions_.clear();
  internet_.overhear(false);
  (void)internet_.take_overheard();
}

void Attacker::handle(Timestamp now) {
  for (const auto& seen : internet_.take_overheard()) {
    if (seen.sender > 1) continue;  // no peer's
    if (is_request(seen.bytes) && seen.to.port != kStunPort) request_of_[seen.sender] = seen;
    way_from_[seen.sender] = std::pair{seen.from, seen.to};
    for (const Step& step : reactions_) react(now, step, seen);
  }
}

void Attacker::react(Timestamp now, const Step& step, const simulation::Internet::Overheard& seen) {
  // Answers are for who asks, all else for whom it goes to.
  const bool is_answer = step.kind == Kind::ForgedAnswers;
  if (index(is_answer ? step.side : other(step.side)) != seen.sender) return;
  if (is_answer && !is_request(seen.bytes)) return;
  simulation::SeededRandom& draws = random(step);
  if (draws.below(1000) >= static_cast<std::uint32_t>(step.a)) return;
  if (is_answer) return answer(now, seen);
  if (step.kind == Kind::ForgedAlerts) return send_alert(now, seen);
  const bool again = step.kind == Kind::Replays && is_stun(seen.bytes);
  for (std::int64_t i = 0, times = again ? std::max<std::int64_t>(step.c, 1) : 1; i < times; ++i)
    abuse(now, step, seen);
}

// RFC 6347 §4.1, RFC 5246 §7.2: fatal, of the handshake, in the clear.
void Attacker::send_alert(Timestamp now, const simulation::Internet::Overheard& seen) {
  constexpr std::array<std::uint8_t, 7> kDescriptions{10, 20, 40, 42, 47, 50, 80};
  Buffer record{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0};
  record[10] = static_cast<std::uint8_t>(random_.below(64));
  record.back() = kDescriptions[random_.below(kDescriptions.size())];
  internet_.forge(now + kNeverAtOnce, host_, seen.from, seen.to, record);
}

// All is right but that nothing proves it, or what does is made with another key.
void Attacker::answer(Timestamp now, const simulation::Internet::Overheard& seen) {
  const auto request = stun::Message::parse(seen.bytes);
  if (!request) return;
  stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding, request->id);
  writer.add(stun::XorMappedAddress{seen.from});
  if (random_.chance(0.5)) writer.integrity(stun::short_term_key("a password of the attacker's"));
  writer.fingerprint();
  internet_.forge(now + kNeverAtOnce, host_, seen.to, seen.from, writer.finish());
}

void Attacker::abuse(Timestamp now, const Step& step, const simulation::Internet::Overheard& seen) {
  simulation::SeededRandom& draws = random(step);
  Buffer bytes = seen.bytes;
  if (step.kind == Kind::Mutations && step.b == 0 && is_dtls(bytes)) return;
  if (step.kind == Kind::Mutations && !bytes.empty()) {
    // Not in STUN's FINGERPRINT alone: that proves nothing, and the rest would be whole.
    const auto most =
        static_cast<std::uint32_t>(bytes.size() > kFingerprint ? bytes.size() - kFingerprint : 1);
    for (std::uint32_t times = 1 + draws.below(3); times > 0; --times) {
      const std::uint32_t at = draws.below(most);
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1 + draws.below(255)));
    }
    if (draws.chance(0.2)) bytes.resize(draws.below(static_cast<std::uint32_t>(bytes.size())));
  }
  const Endpoint from = step.b == 1 ? seen.from : elsewhere(draws);
  const Duration later = draws.chance(0.5) ? 0ms : 1ms * draws.below(3000);
  // What is as it was, in its maker's name, is its maker's; STUN's FINGERPRINT proves nothing.
  const bool is_genuine = from == seen.from && bytes.size() == seen.bytes.size() &&
                          bytes.size() > kFingerprint &&
                          std::equal(bytes.begin(), bytes.end() - kFingerprint, seen.bytes.begin());
  internet_.forge(now + later + kNeverAtOnce, is_genuine ? seen.sender : host_, from, seen.to,
                  bytes);
}

Endpoint Attacker::elsewhere(simulation::SeededRandom& random) {
  return {kAddress, static_cast<std::uint16_t>(1024 + random.below(60'000))};
}

void Attacker::handle_timeout(Timestamp now) {
  for (Garbage& each : garbage_) {
    while (each.next <= now) {
      send_garbage(now, each.step);
      each.next += Duration(1s) / each.step.a;
    }
  }
}

Deadline Attacker::next_timeout() const {
  Deadline next;
  for (const Garbage& each : garbage_) next = soonest(next, each.next);
  return next;
}

// Of each protocol's first byte, RFC 7983 §7, and of any length.
void Attacker::send_garbage(Timestamp now, const Step& step) {
  if (step.kind == Kind::Echoes) {
    if (const auto& seen = request_of_[index(other(step.side))])
      internet_.forge(now + kNeverAtOnce, host_, elsewhere(random_), seen->to, seen->bytes);
    return;
  }
  const auto& way = way_from_[index(other(step.side))];
  if (!way) return;
  simulation::SeededRandom& draws = random(step);
  Buffer bytes(1 + draws.below(draws.chance(0.8) ? 200 : 1400));
  draws.fill(bytes);
  constexpr std::array<std::uint8_t, 10> kFirst{0, 1, 20, 21, 22, 23, 25, 44, 128, 200};
  bytes[0] = kFirst[draws.below(kFirst.size())];
  // A stranger's DTLS takes one of the few places of what is early, and may so cost the peer a
  // repetition: everything else of a stranger's must change nothing at all.
  if (step.b == 0 && is_dtls(bytes)) bytes[0] = 1;
  if ((bytes[0] >= 20 && bytes[0] < 26) && bytes.size() > 13) {
    // A record's head that has its form: DTLS 1.2, epoch 0 or 1, its length.
    bytes[1] = 0xfe;
    bytes[2] = 0xfd;
    bytes[3] = 0;
    bytes[4] = static_cast<std::uint8_t>(draws.below(2));
    bytes[5] = bytes[6] = 0;
    const std::size_t length = bytes.size() - 13;
    bytes[11] = static_cast<std::uint8_t>(length >> 8);
    bytes[12] = static_cast<std::uint8_t>(length);
  }
  internet_.forge(now + kNeverAtOnce, host_, step.b == 1 ? way->first : elsewhere(draws),
                  way->second, bytes);
}

}  // namespace specter::world
