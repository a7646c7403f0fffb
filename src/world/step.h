// What can happen in a simulated life: one row of a table for each kind, from which it is drawn,
// judged, counted and told.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace specter::world {

// The two peers are `a`, who offers, and `b`.
enum class Side : std::uint8_t { A, B };
constexpr Side other(Side side) { return side == Side::A ? Side::B : Side::A; }
constexpr std::size_t index(Side side) { return static_cast<std::size_t>(side); }

enum class Kind : std::uint8_t {
  // How a peer is made.
  Dtls12,
  NoSnap,
  NoSped,
  NoInterleaving,
  Control,
  NoMtuDiscovery,
  DatagramBytes,
  ReceiveBuffer,
  SendBuffer,
  OffererIsClient,
  Priorities,
  // Where it stands.
  Nat,
  SameRouter,
  CarrierNat,
  SameCarrier,
  Ipv6,
  Ipv6Only,
  SecondNetwork,
  DeadAddresses,
  // What its line does, up or down.
  Latency,
  SmallPath,
  Jitter,
  Loss,
  Bursts,
  Duplicates,
  Reordering,
  Corruption,
  Truncation,
  Rate,
  Mtu,
  Partition,
  OneWay,
  LatePath,
  // What changes about it.
  Rebinding,
  PortCollision,
  NewAddress,
  DarkInterface,
  InterfaceDown,
  // The STUN server.
  StunServer,
  // Signalling.
  SlowSignalling,
  LateCandidates,
  ShuffledCandidates,
  RepeatedSignalling,
  LostCandidates,
  LostDescriptions,
  SlowAnswer,
  NoTrickle,
  EmptyOffer,
  Mediator,
  Glare,
  // What its owner does.
  Channel,
  NegotiatedChannel,
  Talk,
  Flood,
  Crumbs,
  Churn,
  Track,
  HangsUp,
  StopsReading,
  Renegotiates,
  RestartsIce,
  Closes,
  // What becomes of its process.
  Pause,
  Stop,
  // Somebody else.
  Garbage,
  Mutations,
  Replays,
  Echoes,
  ForgedAlerts,
  ForgedAnswers,
  Impostor,
  // How an association is made where there is nothing else: is_of_sctp_alone().
  Tsn,
  Checksums,
  // The TURN server.
  Relay,
  RelayOnly,
  RelayFails,
};

// No part of a whole peer: drawn by draw_sctp() and not by draw().
constexpr bool is_of_sctp_alone(Kind kind) { return kind == Kind::Tsn || kind == Kind::Checksums; }

// One thing that happens. Times are milliseconds since the beginning; what `a`, `b` and `c` are
// depends on the kind: its row says.
struct Step {
  Kind kind{};
  Side side = Side::A;
  std::int64_t at = 0, lasts = 0;
  std::int64_t a = 0, b = 0, c = 0;

  std::int64_t until() const { return at + lasts; }
  bool operator==(const Step&) const = default;
};

struct Range {
  std::int64_t least = 0, most = 0;
  bool is_logarithmic = false;
};

enum class When : std::uint8_t { AtFirst, AtOneMoment, ForATime };

struct Row {
  Kind kind;
  std::string_view name;  // as in files and on the command line
  // peer, place, path, change, stun, signalling, owner, process, attacker, relay
  std::string_view family;
  When when;
  bool of_both_sides;  // drawn for each side by itself
  int at_most;         // so many of it a side
  Range a, b, c;
  // A life in which all steps are within these must go well. No seconds: never.
  std::int64_t mild_a;        // `a` at most; negative: any
  std::int64_t most_ms;       // how long it lasts at most,
  std::int64_t mild_ms;       // and in a mild life
  std::string_view sentence;  // {side}, {other}, {at}, {until}, {a}, {b}, {c}
  int one_in = 2;             // it is in one life of so many
};

std::span<const Row> rows();
const Row& row(Kind kind);
// The kind of this name; null when there is none.
const Row* find_row(std::string_view name);
// What it is, as a sentence.
std::string to_string(const Step& step);

}  // namespace specter::world
