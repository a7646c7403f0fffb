#include "world/step.h"

#include <array>

#include <fmt/args.h>
#include <fmt/format.h>

namespace specter::world {
namespace {

constexpr Range kNone{};
constexpr std::int64_t kAny = -1;

constexpr Row peer(Kind kind, std::string_view name, std::string_view sentence, Range a = kNone) {
  return {kind, name, "peer", When::AtFirst, true, 1, a, kNone, kNone, kAny, 0, 0, sentence};
}

// Of what a line does: `a` is how much, `c` its direction (0 up, 1 down).
constexpr Row path(Kind kind, std::string_view name, Range a, Range b, std::int64_t mild_a,
                   std::int64_t most_ms, std::int64_t mild_ms, std::string_view sentence) {
  return {kind, name,   "path", When::ForATime, true,    2,       a,
          b,    {0, 1}, mild_a, most_ms,        mild_ms, sentence};
}

constexpr std::array kRows = std::to_array<Row>({
    peer(Kind::Dtls12, "dtls-1.2", "{side} speaks DTLS 1.2 at most."),
    peer(Kind::NoSnap, "no-snap", "{side} does without SNAP."),
    peer(Kind::NoSped, "no-sped", "{side} does without SPED."),
    peer(Kind::NoInterleaving, "no-interleaving", "{side} does without interleaving."),
    peer(Kind::Control, "control", "{side} has {control} for congestion control.", {1, 2}),
    peer(Kind::NoMtuDiscovery, "no-mtu-discovery", "{side} does not look for larger packets."),
    peer(Kind::DatagramBytes, "datagram-bytes", "{side} begins with datagrams of {a} bytes.",
         {548, 1172}),
    peer(Kind::ReceiveBuffer, "receive-buffer", "{side} has a receive buffer of {a} bytes.",
         {8 << 10, 1 << 20, true}),
    peer(Kind::SendBuffer, "send-buffer", "{side} has a send buffer of {a} bytes.",
         {16 << 10, 1 << 20, true}),
    {Kind::OffererIsClient, "offerer-is-client", "peer", When::AtFirst, false, 1, kNone, kNone,
     kNone, kAny, 0, 0, "The offer says a=setup:active."},

    // a: mapping, b: filtering (0 on nothing, 1 on the address, 2 on the port too), c: bit 0
    // hairpins, bit 1 keeps ports, the rest the seconds of a mapping.
    {Kind::Nat,
     "nat",
     "place",
     When::AtFirst,
     true,
     1,
     {0, 2},
     {0, 2},
     {20 << 2, 600 << 2, true},
     kAny,
     0,
     0,
     "{side} is behind a NAT; its mapping depends on {depends_a}, its filtering on {depends_b}; it "
     "forgets after {seconds} s{flags}."},
    {Kind::SameRouter, "same-router", "place", When::AtFirst, false, 1, kNone, kNone, kNone, kAny,
     0, 0, "Both are behind one NAT."},
    {Kind::Ipv6,
     "ipv6",
     "place",
     When::AtFirst,
     true,
     1,
     {0, 1},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "{side} has an IPv6 address too{firewall}."},
    {Kind::SecondNetwork,
     "second-network",
     "place",
     When::AtFirst,
     true,
     1,
     {0, 1},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "{side} has an interface in a second network{second_nat}."},
    {Kind::DeadAddresses,
     "dead-addresses",
     "place",
     When::AtFirst,
     true,
     1,
     {1, 39, true},
     {0, 1},
     kNone,
     kAny,
     0,
     0,
     "{side} has {a} addresses that lead nowhere{before}."},

    {Kind::Latency,
     "latency",
     "path",
     When::AtFirst,
     true,
     1,
     {0, 250},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "{side}'s line takes {a} ms each way."},
    path(Kind::Jitter, "jitter", {1, 400, true}, kNone, kAny, 30'000, 30'000,
         "{side}'s line {dir} takes up to {a} ms longer, {at} to {until}."),
    path(Kind::Loss, "loss", {5, 600, true}, kNone, 150, 30'000, 20'000,
         "{side}'s line {dir} loses {a} of 1,000, {at} to {until}."),
    path(Kind::Bursts, "bursts", {2, 30, true}, {5, 100}, 8, 20'000, 10'000,
         "{side}'s line {dir} loses about {a} in a row, {b} times in 1,000, {at} to "
         "{until}."),
    path(Kind::Duplicates, "duplicates", {5, 500, true}, kNone, kAny, 30'000, 30'000,
         "{side}'s line {dir} doubles {a} of 1,000, {at} to {until}."),
    path(Kind::Reordering, "reordering", {5, 300, true}, {10, 5000, true}, 100, 30'000, 15'000,
         "{side}'s line {dir} brings {a} of 1,000 up to {b} ms late, {at} to "
         "{until}."),
    path(Kind::Corruption, "corruption", {1, 50, true}, kNone, kAny, 20'000, 20'000,
         "{side}'s line {dir} damages {a} of 1,000, {at} to {until}."),
    path(Kind::Truncation, "truncation", {1, 50, true}, kNone, kAny, 20'000, 20'000,
         "{side}'s line {dir} cuts {a} of 1,000 short, {at} to {until}."),
    path(Kind::Rate, "rate", {32, 100'000, true}, {8, 256, true}, kAny, 30'000, 30'000,
         "{side}'s line {dir} carries {a} kbit/s, with {b} KiB waiting, {at} to "
         "{until}."),
    path(Kind::Mtu, "mtu", {576, 1499}, {0, 1}, kAny, 40'000, 40'000,
         "{side}'s line {dir} carries packets of {a} bytes, {icmp}, {at} to "
         "{until}."),
    {Kind::Partition, "partition", "path", When::ForATime, true, 2, kNone, kNone, kNone, kAny,
     120'000, 6'000, "{side} is cut off, {at} to {until}."},
    path(Kind::OneWay, "one-way", kNone, kNone, kAny, 60'000, 5'000,
         "Nothing passes {side}'s line {dir}, {at} to {until}."),
    {Kind::LatePath, "late-path", "path", When::ForATime, false, 1, kNone, kNone, kNone, kAny,
     30'000, 15'000, "Nothing passes between the peers before {until}."},

    {Kind::Rebinding,
     "rebinding",
     "change",
     When::AtOneMoment,
     true,
     3,
     {1, 40, true},
     {600, 3000},
     kNone,
     kAny,
     0,
     0,
     "{side}'s NAT forgets its mappings at {at}, {a} times, {b} ms apart."},
    {Kind::NewAddress, "new-address", "change", When::AtOneMoment, true, 1, kNone, kNone, kNone, 0,
     0, 0, "{side} gets another address at {at}."},
    {Kind::DarkInterface,
     "dark-interface",
     "change",
     When::ForATime,
     true,
     1,
     {0, 1},
     kNone,
     kNone,
     kAny,
     40'000,
     6'000,
     "{side}'s interface {a} leads nowhere, and nobody is told, {at} to {until}."},
    {Kind::InterfaceDown,
     "interface-down",
     "change",
     When::ForATime,
     true,
     1,
     {0, 1},
     kNone,
     kNone,
     0,
     20'000,
     0,
     "{side}'s interface {a} is down, {at} to {until}."},

    // a: 0 silent, 1 slow (b ms), 2 refusing, 3 lying.
    {Kind::StunServer,
     "stun-server",
     "stun",
     When::AtFirst,
     false,
     1,
     {0, 3},
     {100, 9000, true},
     kNone,
     kAny,
     0,
     0,
     "The STUN server {stun}."},

    {Kind::SlowSignalling,
     "slow-signalling",
     "signalling",
     When::AtFirst,
     false,
     1,
     {50, 8000, true},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "Signalling takes {a} ms."},
    {Kind::LateCandidates,
     "late-candidates",
     "signalling",
     When::AtFirst,
     true,
     1,
     {100, 8000, true},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "{side}'s candidates come {a} ms later."},
    {Kind::ShuffledCandidates,
     "shuffled-candidates",
     "signalling",
     When::AtFirst,
     true,
     1,
     {10, 2000, true},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "{side}'s candidates come in any order, within {a} ms."},
    {Kind::RepeatedSignalling,
     "repeated-signalling",
     "signalling",
     When::AtFirst,
     true,
     1,
     {50, 1000},
     kNone,
     kNone,
     kAny,
     0,
     0,
     "Of what {side} signals {a} of 1,000 comes twice."},
    {Kind::LostCandidates,
     "lost-candidates",
     "signalling",
     When::AtFirst,
     true,
     1,
     {50, 1000},
     kNone,
     kNone,
     0,
     0,
     0,
     "Of {side}'s candidates {a} of 1,000 are lost."},
    {Kind::NoTrickle, "no-trickle", "signalling", When::AtFirst, true, 1, kNone, kNone, kNone, kAny,
     0, 0, "{side} signals its candidates within its descriptions alone."},
    {Kind::Glare, "glare", "signalling", When::AtOneMoment, false, 1, kNone, kNone, kNone, kAny, 0,
     0, "b offers too, at {at}."},

    // a: 0 ordered, 1 unordered, 2 with max_retransmits b, 3 with a lifetime of b ms, 4 and 5 those
    // unordered.
    {Kind::Channel,
     "channel",
     "owner",
     When::AtOneMoment,
     true,
     3,
     {0, 5},
     {0, 500},
     {0, 3},
     kAny,
     0,
     0,
     "{side} opens {channel} channel at {at}."},
    // a messages of b bytes at most, on the side's channels in turn.
    {Kind::Talk,
     "talk",
     "owner",
     When::ForATime,
     true,
     3,
     {1, 60, true},
     {0, 3000},
     kNone,
     kAny,
     30'000,
     30'000,
     "{side} sends {a} messages of up to {b} bytes, {at} to {until}."},
    {Kind::Flood,
     "flood",
     "owner",
     When::AtOneMoment,
     true,
     1,
     {2, 60, true},
     {500, 60'000, true},
     kNone,
     kAny,
     0,
     0,
     "{side} sends {a} messages of up to {b} bytes at once, at {at}."},
    {Kind::Churn,
     "churn",
     "owner",
     When::AtOneMoment,
     true,
     1,
     {1, 20, true},
     {0, 300},
     kNone,
     kAny,
     0,
     0,
     "{side} opens and closes {a} channels, {b} ms apart, from {at}."},
    {Kind::StopsReading,
     "stops-reading",
     "owner",
     When::ForATime,
     true,
     1,
     {0, 1},
     kNone,
     kNone,
     kAny,
     30'000,
     30'000,
     "{side}'s owner {reads}, {at} to {until}."},
    {Kind::Renegotiates, "renegotiates", "owner", When::AtOneMoment, true, 2, kNone, kNone, kNone,
     kAny, 0, 0, "{side} offers again at {at}."},
    {Kind::Closes, "closes", "owner", When::AtOneMoment, true, 1, kNone, kNone, kNone, 0, 0, 0,
     "{side} closes its connection at {at}."},

    {Kind::Pause, "pause", "process", When::ForATime, true, 1, kNone, kNone, kNone, kAny, 40'000,
     6'000, "{side}'s process does not run, {at} to {until}."},
    {Kind::Stop, "stop", "process", When::AtOneMoment, true, 1, kNone, kNone, kNone, 0, 0, 0,
     "{side}'s process ends without a word at {at}."},

    {Kind::Garbage,
     "garbage",
     "attacker",
     When::ForATime,
     true,
     1,
     {1, 50, true},
     {0, 1},
     kNone,
     kAny,
     30'000,
     30'000,
     "An attacker sends {side} {a} datagrams of garbage a second {name}, {at} to {until}."},
    {Kind::Mutations,
     "mutations",
     "attacker",
     When::ForATime,
     true,
     1,
     {10, 500, true},
     {0, 1},
     kNone,
     0,
     30'000,
     30'000,
     "An attacker sends {side} damaged copies of {a} of 1,000 datagrams {name}, {at} to {until}."},
    {Kind::Replays,
     "replays",
     "attacker",
     When::ForATime,
     true,
     1,
     {10, 500, true},
     {0, 2},
     kNone,
     kAny,
     30'000,
     30'000,
     "An attacker sends {side} {a} of 1,000 datagrams once more {name}, {at} to {until}."},
    {Kind::Impostor, "impostor", "attacker", When::AtFirst, false, 1, kNone, kNone, kNone, 0, 0, 0,
     "The fingerprint in {side}'s descriptions is somebody else's."},

    peer(Kind::Tsn, "tsn", "{side}'s numbers begin just below 2^32."),
    peer(Kind::Checksums, "checksums", "{side} takes no packets without a checksum."),
});

// The table is in the order of the kinds.
static_assert([] {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].kind != static_cast<Kind>(i)) return false;
  }
  return kRows.size() == static_cast<std::size_t>(Kind::Checksums) + 1;
}());

std::string seconds(std::int64_t milliseconds) {
  return fmt::format("{}.{:03} s", milliseconds / 1000, milliseconds % 1000);
}

}  // namespace

std::span<const Row> rows() { return kRows; }

const Row& row(Kind kind) { return kRows[static_cast<std::size_t>(kind)]; }

const Row* find_row(std::string_view name) {
  for (const Row& each : kRows) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

// What its numbers mean, in words.
std::string to_string(const Step& step) {
  using std::string_view_literals::operator""sv;
  constexpr std::array kDepends{"nothing"sv, "the address"sv, "address and port"sv};
  constexpr std::array kControls{"CUBIC"sv, "BBR"sv, "Reno"sv};
  constexpr std::array kNames{"from elsewhere"sv, "in the peer's name"sv,
                              "from ever other ports"sv};
  const auto word = [](const auto& words, std::int64_t at) {
    return words[static_cast<std::size_t>(at) % words.size()];
  };
  const std::array<std::string, 4> stun{"does not answer",
                                        fmt::format("takes {} ms for an answer", step.b), "refuses",
                                        "names wrong addresses"};
  const std::string limit = step.a < 2        ? ""
                            : step.a % 2 == 0 ? fmt::format(", {}-retransmission", step.c)
                                              : fmt::format(", {}-ms", step.b);
  const bool is_unordered = step.a == 1 || step.a >= 4;
  fmt::dynamic_format_arg_store<fmt::format_context> words;
  const auto add = [&](const char* name, auto&& value) {
    words.push_back(fmt::arg(name, std::forward<decltype(value)>(value)));
  };
  add("side", step.side == Side::A ? "a" : "b");
  add("at", seconds(step.at));
  add("until", seconds(step.until()));
  add("a", step.a);
  add("b", step.b);
  add("seconds", step.c >> 2);
  add("flags",
      std::string(step.c & 1 ? "; it hairpins" : "") + (step.c & 2 ? "; it keeps ports" : ""));
  add("dir", step.c ? "down" : "up");
  add("control", word(kControls, step.a));
  add("depends_a", word(kDepends, step.a));
  add("depends_b", word(kDepends, step.b));
  add("firewall", step.a ? " behind a firewall" : "");
  add("second_nat", step.a ? " behind a NAT" : "");
  add("before", step.b ? "" : ", before the good one if all pairs have a place");
  add("icmp", step.b ? "and says so by ICMP" : "and drops larger ones without a word");
  add("stun", word(stun, step.a));
  add("channel", fmt::format("an {}{}", is_unordered ? "unordered" : "ordered", limit));
  add("reads", step.a ? "asks for no messages" : "takes no events");
  add("name", word(kNames, step.b));
  return fmt::vformat(row(step.kind).sentence, words);
}

}  // namespace specter::world
