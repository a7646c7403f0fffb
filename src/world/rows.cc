#include <array>

#include "world/step.h"

namespace specter::world {
namespace {

constexpr Range kNone{};
constexpr std::int64_t kAny = -1;

// ---- what most rows of a form have

struct Numbers {
  Range a = kNone, b = kNone, c = kNone;
};

constexpr Row at_first(Kind kind, std::string_view name, std::string_view family,
                       std::string_view sentence, Numbers numbers = {}) {
  return {kind, name, family, When::AtFirst, true, 1, numbers.a, numbers.b, numbers.c,
          kAny, 0,    0,      sentence};
}

constexpr Row peer(Kind kind, std::string_view name, std::string_view sentence, Range a = kNone) {
  return at_first(kind, name, "peer", sentence, {a});
}

constexpr Row at_one_moment(Kind kind, std::string_view name, std::string_view family, int at_most,
                            std::string_view sentence, Numbers numbers = {}) {
  Row row = at_first(kind, name, family, sentence, numbers);
  row.when = When::AtOneMoment;
  row.at_most = at_most;
  return row;
}

struct Lasting {
  std::int64_t most_ms, mild_ms;
};

constexpr Row for_a_time(Kind kind, std::string_view name, std::string_view family, int at_most,
                         Lasting lasting, std::string_view sentence, Numbers numbers = {}) {
  Row row = at_one_moment(kind, name, family, at_most, sentence, numbers);
  row.when = When::ForATime;
  row.most_ms = lasting.most_ms;
  row.mild_ms = lasting.mild_ms;
  return row;
}

// Of what a line does: `a` is how much, `c` its direction (0 up, 1 down).
constexpr Row path(Kind kind, std::string_view name, Range a, Range b, std::int64_t mild_a,
                   Lasting lasting, std::string_view sentence) {
  Row row = for_a_time(kind, name, "path", 2, lasting, sentence, {a, b, {0, 1}});
  row.mild_a = mild_a;
  return row;
}

constexpr Row of_both(Row row) {
  row.of_both_sides = false;
  return row;
}

// What it decides leaves less for others to be seen in, or takes long.
constexpr Row in_one_of(int lives, Row row) {
  row.one_in = lives;
  return row;
}

constexpr Row never_mild(Row row) {
  row.mild_a = 0;
  return row;
}

// ---- the table

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
    of_both(peer(Kind::OffererIsClient, "offerer-is-client", "The offer says a=setup:active.")),
    // a: two bits for each of four channels in turn.
    peer(Kind::Priorities, "priorities", "{side}'s channels have priorities{priorities}.",
         {0, 255}),

    // a: mapping, b: filtering (0 on nothing, 1 on the address, 2 on the port too), c: bit 0
    // hairpins, bit 1 keeps ports, the rest the seconds of a mapping.
    at_first(Kind::Nat, "nat", "place",
             "{side} is behind a NAT; its mapping depends on {depends_a}, its filtering on "
             "{depends_b}; it forgets after {seconds} s{flags}.",
             {{0, 2}, {0, 2}, {20 << 2, 600 << 2, true}}),
    of_both(at_first(Kind::SameRouter, "same-router", "place", "Both are behind one NAT.")),
    // As those of a NAT; behind it is the router of the side, if there is one.
    in_one_of(4, at_first(Kind::CarrierNat, "carrier-nat", "place",
                          "{side} is behind its carrier's NAT too; its mapping depends on "
                          "{depends_a}, its filtering on {depends_b}; it forgets after {seconds} "
                          "s{flags}.",
                          {{0, 2}, {0, 2}, {20 << 2, 600 << 2, true}})),
    of_both(at_first(Kind::SameCarrier, "same-carrier", "place",
                     "Carriers' NATs, if there are two, are one and the same.")),
    at_first(Kind::Ipv6, "ipv6", "place", "{side} has an IPv6 address too{firewall}.", {{0, 1}}),
    in_one_of(8,
              at_first(Kind::Ipv6Only, "ipv6-only", "place",
                       "{side} has an IPv6 address{firewall} and no other; its peer has one too.",
                       {{0, 1}})),
    at_first(Kind::SecondNetwork, "second-network", "place",
             "{side} has an interface in a second network{second_nat}.", {{0, 1}}),
    at_first(Kind::DeadAddresses, "dead-addresses", "place",
             "{side} has {a} addresses that lead nowhere{before}.", {{1, 39, true}, {0, 1}}),

    at_first(Kind::Latency, "latency", "path", "{side}'s line takes {a} ms each way.", {{0, 250}}),
    // From beginning to end, both ways.
    at_first(Kind::SmallPath, "small-path", "path",
             "{side}'s line carries packets of {a} bytes, {icmp}, always.", {{576, 1499}, {0, 1}}),
    path(Kind::Jitter, "jitter", {1, 400, true}, kNone, kAny, {30'000, 30'000},
         "{side}'s line {dir} takes up to {a} ms longer, {at} to {until}."),
    path(Kind::Loss, "loss", {5, 600, true}, kNone, 150, {30'000, 20'000},
         "{side}'s line {dir} loses {a} of 1,000, {at} to {until}."),
    path(Kind::Bursts, "bursts", {2, 30, true}, {5, 100}, 8, {20'000, 10'000},
         "{side}'s line {dir} loses about {a} in a row, {b} times in 1,000, {at} to {until}."),
    path(Kind::Duplicates, "duplicates", {5, 500, true}, kNone, kAny, {30'000, 30'000},
         "{side}'s line {dir} doubles {a} of 1,000, {at} to {until}."),
    path(Kind::Reordering, "reordering", {5, 300, true}, {10, 5000, true}, 100, {30'000, 15'000},
         "{side}'s line {dir} brings {a} of 1,000 up to {b} ms late, {at} to {until}."),
    path(Kind::Corruption, "corruption", {1, 50, true}, kNone, kAny, {20'000, 20'000},
         "{side}'s line {dir} damages {a} of 1,000, {at} to {until}."),
    path(Kind::Truncation, "truncation", {1, 50, true}, kNone, kAny, {20'000, 20'000},
         "{side}'s line {dir} cuts {a} of 1,000 short, {at} to {until}."),
    path(Kind::Rate, "rate", {32, 100'000, true}, {8, 256, true}, kAny, {30'000, 30'000},
         "{side}'s line {dir} carries {a} kbit/s, with {b} KiB waiting, {at} to {until}."),
    path(Kind::Mtu, "mtu", {576, 1499}, {0, 1}, kAny, {40'000, 40'000},
         "{side}'s line {dir} carries packets of {a} bytes, {icmp}, {at} to {until}."),
    for_a_time(Kind::Partition, "partition", "path", 2, {120'000, 6'000},
               "{side} is cut off, {at} to {until}."),
    path(Kind::OneWay, "one-way", kNone, kNone, kAny, {60'000, 5'000},
         "Nothing passes {side}'s line {dir}, {at} to {until}."),
    of_both(for_a_time(Kind::LatePath, "late-path", "path", 1, {30'000, 15'000},
                       "Nothing passes between the peers before {until}.")),

    at_one_moment(Kind::Rebinding, "rebinding", "change", 3,
                  "{side}'s NAT forgets its mappings at {at}, {a} times, {b} ms apart.",
                  {{1, 40, true}, {600, 3000}}),
    at_one_moment(Kind::PortCollision, "port-collision", "change", 2,
                  "A neighbour takes the ports of {side}'s mappings at {at}, {a} times, {b} ms "
                  "apart.",
                  {{1, 10, true}, {600, 3000}}),
    never_mild(at_one_moment(Kind::NewAddress, "new-address", "change", 1,
                             "{side} gets another address at {at}.")),
    for_a_time(Kind::DarkInterface, "dark-interface", "change", 1, {40'000, 6'000},
               "{side}'s interface {a} leads nowhere, and nobody is told, {at} to {until}.",
               {{0, 1}}),
    never_mild(for_a_time(Kind::InterfaceDown, "interface-down", "change", 1, {20'000, 0},
                          "{side}'s interface {a} is down, {at} to {until}.", {{0, 1}})),

    // a: 0 silent, 1 slow (b ms), 2 refusing, 3 lying.
    of_both(at_first(Kind::StunServer, "stun-server", "stun", "The STUN server {stun}.",
                     {{0, 3}, {100, 9000, true}})),

    of_both(at_first(Kind::SlowSignalling, "slow-signalling", "signalling",
                     "Signalling takes {a} ms.", {{50, 8000, true}})),
    at_first(Kind::LateCandidates, "late-candidates", "signalling",
             "{side}'s candidates come {a} ms later.", {{100, 8000, true}}),
    at_first(Kind::ShuffledCandidates, "shuffled-candidates", "signalling",
             "{side}'s candidates come in any order, within {a} ms.", {{10, 2000, true}}),
    at_first(Kind::RepeatedSignalling, "repeated-signalling", "signalling",
             "Of what {side} signals {a} of 1,000 comes twice.", {{50, 1000}}),
    never_mild(at_first(Kind::LostCandidates, "lost-candidates", "signalling",
                        "Of {side}'s candidates {a} of 1,000 are lost.", {{50, 1000}})),
    never_mild(at_first(Kind::LostDescriptions, "lost-descriptions", "signalling",
                        "Of {side}'s offers and answers {a} of 1,000 are lost.", {{50, 1000}})),
    at_first(Kind::SlowAnswer, "slow-answer", "signalling",
             "{side}'s owner takes {a} ms to answer an offer.", {{10, 8000, true}}),
    at_first(Kind::NoTrickle, "no-trickle", "signalling",
             "{side} signals its candidates within its descriptions alone."),
    in_one_of(4, of_both(at_first(Kind::EmptyOffer, "empty-offer", "signalling",
                                  "a offers nothing at first, and {a} ms later a channel.",
                                  {{0, 1000}}))),
    in_one_of(8, of_both(at_first(Kind::Mediator, "mediator", "signalling",
                                  "Both offer, and get each other's offer as an answer."))),
    of_both(at_one_moment(Kind::Glare, "glare", "signalling", 1, "b offers too, at {at}.")),

    // a: 0 ordered, 1 unordered, 2 with max_retransmits b, 3 with a lifetime of b ms, 4 and 5 those
    // unordered.
    at_one_moment(Kind::Channel, "channel", "owner", 3, "{side} opens {channel} channel at {at}.",
                  {{0, 5}, {0, 500}, {0, 3}}),
    // Its peer's owner hears of it by signalling, and makes it too.
    at_one_moment(Kind::NegotiatedChannel, "negotiated-channel", "owner", 2,
                  "{side} makes {channel} channel that both know of, at {at}.",
                  {{0, 5}, {0, 500}, {0, 3}}),
    // a messages of b bytes at most, on the side's channels in turn.
    for_a_time(Kind::Talk, "talk", "owner", 3, {30'000, 30'000},
               "{side} sends {a} messages of up to {b} bytes, {at} to {until}.",
               {{1, 60, true}, {0, 3000}}),
    at_one_moment(Kind::Flood, "flood", "owner", 1,
                  "{side} sends {a} messages of up to {b} bytes at once, at {at}.",
                  {{2, 60, true}, {500, 60'000, true}}),
    in_one_of(24, at_one_moment(Kind::Crumbs, "crumbs", "owner", 1,
                                "{side} sends {a} messages of up to {b} bytes at once, at {at}.",
                                {{500, 4000}, {1, 16, true}})),
    at_one_moment(Kind::Churn, "churn", "owner", 1,
                  "{side} opens and closes {a} channels, {b} ms apart, from {at}.",
                  {{1, 20, true}, {0, 300}}),
    // a: milliseconds from frame to frame; b: bytes of a frame; c: 0 pictures, 1 sound.
    in_one_of(8, for_a_time(Kind::Track, "track", "owner", 2, {20'000, 20'000},
                            "{side} sends a track, {a} ms from frame to frame, of up to {b} bytes "
                            "each, {at} to {until}.",
                            {{20, 200, true}, {10, 8000, true}, {0, 1}})),
    // a: 0 when it is told of it, 1 when it is open, 2 when something comes.
    for_a_time(Kind::HangsUp, "hangs-up", "owner", 1, {20'000, 20'000},
               "{side}'s owner closes what its peer opens as soon as {closes}, {at} to {until}.",
               {{0, 2}}),
    for_a_time(Kind::StopsReading, "stops-reading", "owner", 1, {30'000, 30'000},
               "{side}'s owner {reads}, {at} to {until}.", {{0, 1}}),
    at_one_moment(Kind::Renegotiates, "renegotiates", "owner", 2, "{side} offers again at {at}."),
    at_one_moment(Kind::RestartsIce, "restarts-ice", "owner", 2,
                  "{side} restarts ICE at {at}, {a} times, {b} ms apart.",
                  {{1, 50, true}, {100, 4000, true}}),
    never_mild(
        at_one_moment(Kind::Closes, "closes", "owner", 1, "{side} closes its connection at {at}.")),

    for_a_time(Kind::Pause, "pause", "process", 1, {40'000, 6'000},
               "{side}'s process does not run, {at} to {until}."),
    never_mild(at_one_moment(Kind::Stop, "stop", "process", 1,
                             "{side}'s process ends without a word at {at}.")),

    for_a_time(Kind::Garbage, "garbage", "attacker", 1, {30'000, 30'000},
               "An attacker sends {side} {a} datagrams of garbage a second {name}, {at} to "
               "{until}.",
               {{1, 50, true}, {0, 1}}),
    never_mild(for_a_time(Kind::Mutations, "mutations", "attacker", 1, {30'000, 30'000},
                          "An attacker sends {side} damaged copies of {a} of 1,000 datagrams "
                          "{name}, {at} to {until}.",
                          {{10, 500, true}, {0, 1}})),
    for_a_time(Kind::Replays, "replays", "attacker", 1, {30'000, 30'000},
               "An attacker sends {side} {a} of 1,000 datagrams again {name}, STUN's {c} times, "
               "{at} to {until}.",
               {{10, 500, true}, {0, 2}, {1, 40, true}}),
    for_a_time(Kind::Echoes, "echoes", "attacker", 1, {30'000, 30'000},
               "An attacker sends {side} the peer's latest request {a} times a second from ever "
               "other ports, {at} to {until}.",
               {{1, 50, true}}),
    for_a_time(Kind::ForgedAlerts, "forged-alerts", "attacker", 1, {30'000, 30'000},
               "An attacker sends {side} an alert in the peer's name behind {a} of 1,000 "
               "datagrams, {at} to {until}.",
               {{10, 1000, true}}),
    for_a_time(Kind::ForgedAnswers, "forged-answers", "attacker", 1, {30'000, 30'000},
               "An attacker answers {a} of 1,000 requests of {side}'s in the name of whom they "
               "are for, {at} to {until}.",
               {{10, 1000, true}}),
    of_both(never_mild(at_first(Kind::Impostor, "impostor", "attacker",
                                "The fingerprint in {side}'s descriptions is somebody else's."))),

    peer(Kind::Tsn, "tsn", "{side}'s numbers begin just below 2^32."),
    peer(Kind::Checksums, "checksums", "{side} takes no packets without a checksum."),

    // a: 0 and 1 good, 2 silent, 3 refusing, 4 full twice; b: seconds of an allocation; c: bit 0
    // nonces go stale, bit 1 SHA-256.
    in_one_of(3, at_first(Kind::Relay, "relay", "relay",
                          "{side} has {relay}{nonces}; an allocation lasts {b} s.",
                          {{0, 4}, {30, 600, true}, {0, 3}})),
    in_one_of(6, at_first(Kind::RelayOnly, "relay-only", "relay",
                          "{side} shows its peer relayed addresses alone.")),
    // a: 0 forgets everything, 1 its nonces, 2 is gone for good.
    in_one_of(4, at_one_moment(Kind::RelayFails, "relay-fails", "relay", 2,
                               "{side}'s TURN server {relay_fails} at {at}.", {{0, 2}})),
});

// The table is in the order of the kinds.
static_assert([] {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].kind != static_cast<Kind>(i)) return false;
  }
  return kRows.size() == static_cast<std::size_t>(Kind::RelayFails) + 1;
}());

}  // namespace

std::span<const Row> rows() { return kRows; }

const Row& row(Kind kind) { return kRows[static_cast<std::size_t>(kind)]; }

const Row* find_row(std::string_view name) {
  for (const Row& each : kRows) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace specter::world
