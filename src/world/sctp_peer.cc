#include "world/sctp_peer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "peer/packet_sizes.h"
#include "sctp/packet/packet.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;

// What DTLS takes of a datagram, 1200 bytes with Config's largest packet. Here a sum of the packet
// is in it, in place of a seal.
constexpr std::size_t kOverhead = 37;
constexpr std::size_t kInterfaceMtu = 1500;
constexpr std::size_t kSocketDatagrams = 128;
constexpr std::uint64_t kTransmit = 1, kEvent = 16;

std::size_t or_number(const Step* step, std::size_t otherwise) {
  return step ? static_cast<std::size_t>(step->a) : otherwise;
}

sctp::Association::Config configuration(Side side, const Plan& plan) {
  sctp::Association::Config config;
  config.data.receive_buffer_bytes =
      or_number(plan.find(Kind::ReceiveBuffer, side), config.data.receive_buffer_bytes);
  config.data.send_buffer_bytes =
      or_number(plan.find(Kind::SendBuffer, side), config.data.send_buffer_bytes);
  if (const Step* const bytes = plan.find(Kind::DatagramBytes, side))
    config.max_packet_bytes = (static_cast<std::size_t>(bytes->a) - kOverhead) & ~std::size_t{3};
  if (const Step* const control = plan.find(Kind::Control, side))
    config.data.congestion_control =
        control->a == 1 ? CongestionControl::Bbr : CongestionControl::Reno;
  config.data.interleaving = !plan.has(Kind::NoInterleaving, side);
  config.zero_checksum = !plan.has(Kind::Checksums, side);
  if (plan.has(Kind::Tsn, side)) config.initial_tsn = 0xffff'fffb;
  return config;
}

std::array<std::uint8_t, sizeof(XXH64_hash_t)> sum_of(Bytes packet) {
  return std::bit_cast<std::array<std::uint8_t, sizeof(XXH64_hash_t)>>(
      XXH3_64bits(packet.data(), packet.size()));
}

// Its chunks, by RFC 9260's numbers.
std::string what_is(Bytes packet) {
  std::string out = fmt::format("{} bytes, chunks", packet.size());
  sctp::ChunkReader chunks(packet.subspan(sctp::kCommonHeaderBytes));
  while (const auto chunk = chunks.next())
    out += fmt::format(" {}", std::to_underlying(chunk->type));
  return out;
}

}  // namespace

SctpPeer::SctpPeer(Side side, World world)
    : side_(side),
      world_(world),
      config_(configuration(side, world.plan)),
      drops_damaged_(!world.plan.has(Kind::Checksums)),
      random_(world.plan.seed * 2 + index(side) + 0x5c7),
      association_(config_, random_) {
  if (!world.plan.has(Kind::NoMtuDiscovery, side))
    association_.set_path(
        peer::sctp_packet_sizes(endpoint(side).address, kInterfaceMtu, kOverhead));
}

Endpoint SctpPeer::endpoint(Side side) {
  return {IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(1 + index(side))}), 5000};
}

std::size_t SctpPeer::most_message_bytes(Side sender, const Plan& plan) {
  const auto theirs = configuration(other(sender), plan);
  return std::min({configuration(sender, plan).data.send_buffer_bytes,
                   theirs.data.receive_buffer_bytes, theirs.data.max_message_bytes});
}

void SctpPeer::fail(Verdict verdict, std::string_view what) const {
  world_.journal.fail(verdict, fmt::format("{} {}", side_ == Side::A ? "a" : "b", what));
}

// ---- the world

// With SNAP it knows the other's INIT, unless that one does without.
void SctpPeer::connect(Timestamp now, SctpPeer& peer) {
  if (world_.plan.has(Kind::NoSnap, side_)) {
    association_.connect(now);
  } else if (const auto connected = association_.connect_with(now, peer.association_.local_init());
             !connected) {
    fail(Verdict::States, fmt::format("refused an INIT: {}", connected.error().message));
  }
  drain(now);
}

void SctpPeer::handle(Timestamp now, simulation::Arrival arrival) {
  if (is_stopped_) return;
  if (is_paused_) {
    if (socket_.size() < kSocketDatagrams) socket_.push_back(std::move(arrival));
    return;
  }
  if (arrival.bytes.size() <= kOverhead) return;
  const Bytes packet = Bytes(arrival.bytes).subspan(kOverhead);
  if (drops_damaged_ &&
      !std::ranges::equal(sum_of(packet), Bytes(arrival.bytes).first(sizeof(XXH64_hash_t))))
    return;
  association_.handle_packet(now, packet);
  check_receive_buffer();
  drain(now);
}

void SctpPeer::handle_too_large(Timestamp now, const simulation::TooLarge& told) {
  if (!is_reachable() || told.most <= kOverhead) return;
  association_.limit_path(now, told.most - kOverhead);
  drain(now);
}

void SctpPeer::handle_timeout(Timestamp now) {
  association_.handle_timeout(now);
  drain(now);
  const WakeUp next = association_.next_timeout();
  // A turn may have given it more to do at once; not again and again.
  at_once_ = next && *next <= now ? at_once_ + 1 : 0;
  if (at_once_ > 3)
    fail(Verdict::Timers, fmt::format("wants to be called again at once: {}", next.timer));
}

WakeUp SctpPeer::next_timeout() const {
  return is_reachable() ? association_.next_timeout() : WakeUp{};
}

void SctpPeer::drain(Timestamp now) {
  if (is_stopped_) return;
  for (bool is_busy = true; is_busy;) {
    is_busy = false;
    while (takes_events_) {
      auto event = association_.poll_event();
      if (!event) break;
      is_busy = true;
      handle(now, std::move(*event));
    }
    if (!is_ending_ && !is_ended()) outgoing().go_on(now, association_);
    is_busy = transmit(now) || is_busy;
  }
  check_receive_buffer();
  check_timers(now);
}

// Whether there was something.
bool SctpPeer::transmit(Timestamp now) {
  for (bool is_first = true;; is_first = false) {
    packet_.assign(kOverhead, 0);
    if (!association_.append_packet(now, packet_)) return !is_first;
    const Bytes packet = Bytes(packet_).subspan(kOverhead);
    world_.journal.add(kTransmit, index(side_), packet);
    if (world_.journal.traces())
      world_.journal.note(
          fmt::format("{} sends {}", side_ == Side::A ? "a" : "b", what_is(packet)));
    outgoing().see_packet(now, packet, takes_events_);
    std::ranges::copy(sum_of(packet), packet_.begin());
    if (is_ended() && ++packets_after_end_ > 1'000) fail(Verdict::States, "does not stop to send");
    world_.internet.send(now, static_cast<simulation::HostId>(side_), endpoint(side_),
                         endpoint(other(side_)), packet_, association_.may_fragment());
  }
}

// ---- what it is told

void SctpPeer::handle(Timestamp now, sctp::Association::Event event) {
  auto* const message = std::get_if<sctp::MessageReceived>(&event);
  world_.journal.add(kEvent + event.index(), index(side_),
                     message ? Bytes(message->bytes) : Bytes{});
  if (is_ended()) return fail(Verdict::States, "tells an event after Closed");
  if (message) {
    if (!world_.tamper || world_.tamper(message->bytes)) incoming().handle(now, *message);
  } else if (const auto* const theirs = std::get_if<sctp::IncomingStreamsReset>(&event)) {
    incoming().handle(*theirs);
  } else if (const auto* const ours = std::get_if<sctp::OutgoingStreamsReset>(&event)) {
    outgoing().handle(*ours);
  } else if (const auto* const failed = std::get_if<sctp::OutgoingResetFailed>(&event)) {
    outgoing().handle(*failed);
  } else if (const auto* const low = std::get_if<sctp::BufferedAmountLow>(&event)) {
    outgoing().handle(*low);
  } else if (const auto* const closed = std::get_if<sctp::Closed>(&event)) {
    handle_closed(*closed);
  } else if (std::exchange(was_established_, true)) {
    fail(Verdict::States, "is established twice");
  }
}

void SctpPeer::handle_closed(const sctp::Closed& closed) {
  closed_ = closed;
  outgoing().end();
  if (world_.journal.keeps_notes())
    world_.journal.note(fmt::format("{} is closed: {}, {}", side_ == Side::A ? "a" : "b",
                                    to_string(closed.reason), closed.detail));
}

// ---- what must hold

// What fills a gap is taken though the buffer be full of what waits for it: rx/receiver.cc.
void SctpPeer::check_receive_buffer() {
  const std::size_t bytes = association_.counters().receive_buffered_bytes;
  if (bytes > 2 * config_.data.receive_buffer_bytes)
    fail(Verdict::Memory, fmt::format("keeps {} bytes that came, with a buffer of {}", bytes,
                                      config_.data.receive_buffer_bytes));
}

// Whoever waits for something is woken in time to ask for it again.
void SctpPeer::check_timers(Timestamp now) {
  const WakeUp next = association_.next_timeout();
  if (association_.has_ended()) {
    if (next) fail(Verdict::Timers, "has ended and waits for something");
    return;
  }
  const sctp::Counters counters = association_.counters();
  const bool waits = !association_.is_established() || counters.flight_bytes > 0 ||
                     counters.send_buffered_bytes > 0 || is_ending_;
  if (!next || (waits && *next > now + config_.max_rto))
    fail(Verdict::Timers,
         fmt::format("has {} bytes under way and {} to send, and {}", counters.flight_bytes,
                     counters.send_buffered_bytes,
                     next ? fmt::format("sleeps for {} ms", (*next - now) / 1ms) : "no timer"));
}

std::string SctpPeer::unfinished() const {
  const std::string_view name = side_ == Side::A ? "a" : "b";
  if (!association_.is_established()) return fmt::format("{} is not established", name);
  if (auto rest = world_.streams[index(side_)].unfinished(association_); !rest.empty()) return rest;
  const sctp::Counters counters = association_.counters();
  if (counters.flight_bytes > 0 || counters.send_buffered_bytes > 0 ||
      association_.awaits_acknowledgement())
    return fmt::format("{} has {} bytes under way and {} buffered", name, counters.flight_bytes,
                       counters.send_buffered_bytes);
  if (counters.receive_buffered_bytes > 0)
    return fmt::format("{} keeps {} bytes that came", name, counters.receive_buffered_bytes);
  return {};
}

std::string SctpPeer::told() const {
  const sctp::Counters counters = association_.counters();
  return fmt::format(
      "{} has {} bytes in flight of {}, the peer's window {}, {} ms a round trip, packets of {}, "
      "{} "
      "sent again, {} given up; {} bytes to send, {} that came",
      side_ == Side::A ? "a" : "b", counters.flight_bytes, counters.congestion_window_bytes,
      counters.peer_window_bytes, counters.smoothed_round_trip_time.value_or(Duration{}) / 1ms,
      counters.packet_bytes, counters.retransmissions, counters.messages_abandoned,
      counters.send_buffered_bytes, counters.receive_buffered_bytes);
}

// ---- its owner

void SctpPeer::say(Timestamp now, std::size_t count, std::size_t size, std::uint64_t salt,
                   bool only_reliable) {
  if (!is_reachable() || is_ending_ || is_ended()) return;
  outgoing().say(count, size, salt, only_reliable);
  drain(now);
}

void SctpPeer::open_stream(Timestamp now, Promise promise) {
  if (!is_reachable() || is_ending_ || is_ended()) return;
  outgoing().open(promise);
  drain(now);
}

// An owner that takes no events does not know which resets are done.
void SctpPeer::reset_stream(Timestamp now, std::uint64_t salt) {
  if (!is_reachable() || is_ending_ || is_ended() || !takes_events_) return;
  outgoing().reset(now, salt % outgoing().size(), association_);
  drain(now);
}

void SctpPeer::set_taking_events(Timestamp now, bool takes) {
  takes_events_ = takes;
  if (is_reachable()) drain(now);
}

void SctpPeer::set_receiving(Timestamp now, bool receives) {
  association_.set_receiving(receives);
  if (is_reachable()) drain(now);
}

void SctpPeer::shutdown(Timestamp now) {
  if (!is_reachable() || is_ended()) return;
  is_ending_ = true;
  outgoing().end();
  association_.shutdown(now);
  drain(now);
}

void SctpPeer::abort(Timestamp now) {
  if (!is_reachable() || is_ended()) return;
  is_ending_ = true;
  association_.abort(now, "enough");
  drain(now);
}

void SctpPeer::resume(Timestamp now) {
  is_paused_ = false;
  if (is_stopped_) return;
  for (; !socket_.empty(); socket_.pop_front()) handle(now, std::move(socket_.front()));
  handle_timeout(now);
}

}  // namespace specter::world
