#include "world/sctp_life.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>

#include <fmt/format.h>

#include "world/lines.h"
#include "world/schedule.h"
#include "world/sctp_peer.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;
using simulation::kStart;

constexpr Duration kLatency = 10ms;
constexpr Duration kDelivery = 10s;  // in which a healed path has carried everything
constexpr Duration kGoodbye = 5s;
constexpr Duration kFirstTimeout = 500ms;
constexpr Duration kLatestAcknowledgement = 500ms;  // RFC 9260 §6.2
constexpr std::int64_t kMostFloodBytes = 128 << 10;

std::string_view name(Side side) { return side == Side::A ? "a" : "b"; }

class SctpLife {
 public:
  SctpLife(const Plan& plan, Tells tells, const Tamper& tamper)
      : plan_(plan),
        tamper_(tamper),
        journal_(tells),
        internet_(plan.seed),
        lines_(make_hosts()),
        schedule_(plan),
        streams_{SctpStreams(Side::A, plan.seed * 2, SctpPeer::most_message_bytes(Side::A, plan),
                             journal_),
                 SctpStreams(Side::B, plan.seed * 2 + 1,
                             SctpPeer::most_message_bytes(Side::B, plan), journal_)},
        peers_{SctpPeer(Side::A, world()), SctpPeer(Side::B, world())} {
    for (SctpStreams& each : streams_) each.open({});
  }

  Outcome live() {
    try {
      for (const Side side : {Side::A, Side::B}) peer(side).connect(now_, peer(other(side)));
      run_to(at_ms(plan_.heals_at));
      if (!has_failed()) heal();
      if (!has_failed()) judge_delivery();
      if (!has_failed()) judge_thrift();
      if (!has_failed()) say_goodbye();
    } catch (const std::exception& error) {
      journal_.fail(Verdict::Bug, error.what());
    }
    return {journal_.failure(), journal_.hash(), journal_.shape(),
            journal_.entries(), was_connected_,  streams_[0].received() + streams_[1].received(),
            journal_.now_ms(),  journal_.notes()};
  }

 private:
  simulation::Internet& make_hosts() {
    for (const Side side : {Side::A, Side::B}) {
      const Step* const latency = plan_.find(Kind::Latency, side);
      const auto host =
          internet_.add_host(latency ? std::chrono::milliseconds(latency->a) : kLatency);
      internet_.add_interface(host, SctpPeer::endpoint(side).address);
      narrow(plan_, side, internet_.up(host).conditions(), internet_.down(host).conditions());
    }
    return internet_;
  }
  SctpPeer& peer(Side side) { return peers_[index(side)]; }
  SctpPeer::World world() { return {plan_, internet_, journal_, streams_, tamper_}; }
  bool has_failed() const { return journal_.failure().has_value(); }
  bool is_anybody(bool (SctpPeer::*is)() const) const {
    return (peers_[0].*is)() || (peers_[1].*is)();
  }
  bool are_both(bool (SctpPeer::*is)() const) const {
    return (peers_[0].*is)() && (peers_[1].*is)();
  }
  Duration round_trip() {
    return 2 * (internet_.up(0).conditions().latency + internet_.up(1).conditions().latency);
  }

  // ---- time

  void run_to(Timestamp end) {
    run_until(end, [] { return false; });
  }

  template <class Done>
  bool run_until(Timestamp end, Done done) {
    while (!has_failed()) {
      if (done()) return true;
      const Deadline at = soonest(schedule_.next(), internet_.next_arrival(),
                                  peers_[0].next_timeout(), peers_[1].next_timeout());
      if (!at || *at > end) break;
      now_ = std::max(now_, *at);
      journal_.set_now(now_);
      turn();
    }
    now_ = std::max(now_, end);
    journal_.set_now(now_);
    return false;
  }

  void turn() {
    watch_for_spinning();
    if (journal_.traces() && now_ - traced_ >= 1s) {
      traced_ = now_;
      for (const SctpPeer& each : peers_) journal_.note(each.told());
    }
    while (const auto change = schedule_.take(now_)) act(change->step, change->begins);
    while (auto arrival = internet_.receive(now_)) {
      SctpPeer& to = peers_[arrival->host];
      to.handle(now_, std::move(*arrival));
    }
    while (const auto told = internet_.receive_too_large())
      peers_[told->host].handle_too_large(now_, *told);
    for (SctpPeer& each : peers_) {
      const Deadline due = each.next_timeout();
      if (due && *due <= now_) each.handle_timeout(now_);
    }
    for (const Side side : {Side::A, Side::B}) {
      if (peer(side).is_ended()) judge_end(side);
    }
  }

  void watch_for_spinning() {
    constexpr int kMostTurns = 2'000;
    turns_ = now_ == last_turn_ ? turns_ + 1 : 0;
    last_turn_ = now_;
    if (turns_ > kMostTurns) journal_.fail(Verdict::Timers, "time stands still");
  }

  // ---- what happens

  void act(std::size_t number, bool begins) {
    const Step& step = plan_.steps[number];
    SctpPeer& owner = peer(step.side);
    if (journal_.keeps_notes())
      journal_.note(begins ? to_string(step) : fmt::format("(no more {})", row(step.kind).name));
    if (lines_.handle(step, begins)) return;
    const auto salt = static_cast<std::uint64_t>(step.at * 31 + step.a * 7 + step.b);
    switch (step.kind) {
      case Kind::Pause: return begins ? owner.pause() : owner.resume(now_);
      case Kind::Stop: return owner.stop();
      case Kind::Channel: return owner.open_stream(now_, promise_of(step));
      case Kind::Talk: return begins ? talk(number, salt) : void();
      case Kind::Churn: return churn(number, salt);
      case Kind::Flood:
      case Kind::Crumbs:
        return owner.say(now_, static_cast<std::size_t>(step.a), static_cast<std::size_t>(step.b),
                         salt);
      case Kind::StopsReading:
        return step.a == 0 ? owner.set_taking_events(now_, !begins)
                           : owner.set_receiving(now_, !begins);
      case Kind::Closes: return shut_down(step.side);
      default: return;
    }
  }

  // Its messages are spread over its time.
  void talk(std::size_t number, std::uint64_t salt) {
    const Step& step = plan_.steps[number];
    peer(step.side).say(now_, 1, static_cast<std::size_t>(step.b), salt + time_salt());
    again(number, step.lasts / std::max<std::int64_t>(step.a, 1), at_ms(step.until()));
  }

  // Streams begin again, between messages.
  void churn(std::size_t number, std::uint64_t salt) {
    const Step& step = plan_.steps[number];
    peer(step.side).reset_stream(now_, salt + churned_[number]);
    peer(step.side).say(now_, 1, 2000, salt + time_salt());
    if (++churned_[number] < static_cast<std::size_t>(step.a))
      again(number, step.b, at_ms(plan_.heals_at));
  }

  void again(std::size_t number, std::int64_t after_ms, Timestamp last) {
    const Timestamp next = now_ + std::chrono::milliseconds(std::max<std::int64_t>(after_ms, 5));
    if (next <= std::min(last, at_ms(plan_.heals_at))) schedule_.add(next, number);
  }
  std::uint64_t time_salt() const {
    return static_cast<std::uint64_t>(now_.time_since_epoch().count());
  }

  // Before it is established it ends at once, and the other may never hear of it.
  void shut_down(Side side) {
    if (!peer(side).association().is_established()) ended_early_ = true;
    if (!shut_down_at_) shut_down_at_ = now_;
    for (SctpStreams& each : streams_) each.note_end();
    peer(side).shutdown(now_);
  }

  // ---- what must hold

  // Nobody ends but when an owner wants it, and then all that was sent has come. Who is not there
  // any more, or ended too early to say so, does not answer.
  void judge_end(Side side) {
    const sctp::Closed& closed = *peer(side).closed();
    using enum sctp::CloseReason;
    const bool ours = peer(side).is_ending(), theirs = peer(other(side)).is_ending();
    const bool fits = closed.reason == (has_aborted_ ? ours ? Aborted : PeerAborted
                                        : ours       ? Shutdown
                                                     : PeerShutdown) ||
                      (closed.reason == PeerShutdown && ours && theirs) ||
                      (closed.reason == TooManyRetransmissions && is_excused()) || ended_early_ ||
                      is_guarded(closed);
    if (!fits || closed.detail.empty() || !(ours || theirs))
      return journal_.fail(Verdict::Reasons, fmt::format("{} ended, {} ({})", name(side),
                                                         to_string(closed.reason), closed.detail));
    const bool ended_well = closed.reason == Shutdown || closed.reason == PeerShutdown;
    if (ended_well && !ended_early_ && streams_[index(other(side))].missing() > 0)
      journal_.fail(Verdict::Delivery,
                    fmt::format("{} ended, and {} messages had not come", name(side),
                                streams_[index(other(side))].missing()));
  }

  // RFC 9260 §9.2: a shutdown may take five times the longest timeout, 50 s, whatever is still to
  // be sent.
  bool is_guarded(const sctp::Closed& closed) const {
    return shut_down_at_ && now_ - *shut_down_at_ >= 50s &&
           (closed.reason == sctp::CloseReason::TooManyRetransmissions ||
            closed.reason == sctp::CloseReason::PeerAborted);
  }

  void heal() {
    journal_.note("the world heals");
    lines_.heal();
    for (SctpPeer& each : peers_) {
      each.resume(now_);
      each.set_taking_events(now_, true);
      each.set_receiving(now_, true);
    }
  }

  // A window that grows by a packet each round trip, a receiver that takes so much in each, of each
  // reset what goes before it, and its request; and of what is given up between what arrived each
  // gap by itself: RFC 3758 §3.5, rule C2.
  Duration time_to_carry(Side side) {
    const SctpStreams& streams = streams_[index(side)];
    const auto bytes = static_cast<double>(peer(side).association().counters().send_buffered_bytes +
                                           streams.waiting_bytes());
    const double packets = bytes / 500;
    const double windows = bytes / static_cast<double>(SctpPeer::most_message_bytes(side, plan_));
    const double resets = 3.0 * static_cast<double>(streams.resets_under_way());
    const auto gaps = static_cast<double>(streams.missing_of_limited());
    return std::chrono::duration_cast<Duration>(round_trip() *
                                                (std::sqrt(2 * packets) + windows + resets + gaps));
  }

  void judge_delivery() {
    const Timestamp healed = now_;
    for (SctpPeer& each : peers_) each.say(now_, 3, 1000, plan_.seed, true);
    const Duration limit = kDelivery + time_to_find_size(plan_) + 20 * round_trip() +
                           std::max(time_to_carry(Side::A), time_to_carry(Side::B));
    const auto is_settled = [&] {
      if (is_anybody(&SctpPeer::is_ending)) return are_both(&SctpPeer::is_ended);
      return unfinished().empty();
    };
    was_connected_ = run_until(healed + limit, is_settled);
    if (was_connected_ || has_failed() || is_excused()) return;
    journal_.fail(Verdict::Delivery, fmt::format("the world has healed for {} ms, and {}",
                                                 (now_ - healed) / 1ms, unfinished()));
  }

  // RFC 9260 §6.3.1 C5: on a path that takes longer than the first timeout the doubled one stays
  // until something is measured, or everything would go out twice for ever.
  void judge_thrift() {
    if (is_excused() || is_anybody(&SctpPeer::is_ending) || round_trip() < kFirstTimeout) return;
    constexpr int kWords = 3;
    for (int i = 0; i < kWords && !has_failed(); ++i) {
      for (SctpPeer& each : peers_) each.say(now_, 1, 100, plan_.seed + 2, true);
      run_to(now_ + 2 * round_trip() + kLatestAcknowledgement);
    }
    for (const Side side : {Side::A, Side::B}) {
      if (!has_failed() && !peer(side).association().counters().smoothed_round_trip_time)
        journal_.fail(Verdict::Thrift, fmt::format("{} has measured no round trip of {} ms",
                                                   name(side), round_trip() / 1ms));
    }
  }

  std::string unfinished() const {
    for (const SctpPeer& each : peers_) {
      if (auto rest = each.unfinished(); !rest.empty()) return rest;
    }
    return is_anybody(&SctpPeer::is_ending) ? "one has ended, and the other not" : "";
  }
  // One is not there any more, or never was.
  bool is_excused() const { return is_anybody(&SctpPeer::is_stopped) || ended_early_; }

  // Either way of ending, and the other hears it. What is said before a shutdown arrives.
  void say_goodbye() {
    if (is_excused() || is_anybody(&SctpPeer::is_ending)) return;
    const Side first = plan_.seed % 2 ? Side::A : Side::B;
    if (plan_.seed % 4 < 2) {
      for (SctpPeer& each : peers_) each.say(now_, 2, 3000, plan_.seed + 1, true);
      if (plan_.seed % 8 < 2) shut_down(other(first));
      shut_down(first);
    } else {
      has_aborted_ = true;
      peer(first).abort(now_);
    }
    const bool ended = run_until(now_ + kGoodbye + time_to_find_size(plan_) + 20 * round_trip(),
                                 [&] { return are_both(&SctpPeer::is_ended); });
    if (!ended && !has_failed())
      journal_.fail(Verdict::Agreement,
                    fmt::format("{} ended it, and {} has not ended", name(first),
                                peer(first).is_ended() ? name(other(first)) : name(first)));
    run_to(now_ + kGoodbye);  // nothing follows
  }

  const Plan& plan_;
  const Tamper& tamper_;
  Timestamp now_ = kStart;
  Journal journal_;
  simulation::Internet internet_;
  Lines lines_;
  Schedule schedule_;
  std::array<SctpStreams, 2> streams_;
  std::array<SctpPeer, 2> peers_;
  std::map<std::size_t, std::size_t> churned_;
  Deadline shut_down_at_;  // first, by either
  bool was_connected_ = false, ended_early_ = false, has_aborted_ = false;
  Timestamp last_turn_{}, traced_{};
  int turns_ = 0;
};

}  // namespace

const Kinds& sctp_kinds() {
  static const Kinds kKinds = [] {
    Kinds kinds{Kind::NoSnap,        Kind::NoInterleaving, Kind::Control,    Kind::NoMtuDiscovery,
                Kind::DatagramBytes, Kind::ReceiveBuffer,  Kind::SendBuffer, Kind::Channel,
                Kind::Talk,          Kind::Flood,          Kind::Crumbs,     Kind::Churn,
                Kind::StopsReading,  Kind::Closes,         Kind::Pause,      Kind::Stop,
                Kind::Tsn,           Kind::Checksums};
    for (const Row& each : rows()) {
      if (each.family == "path" && each.kind != Kind::LatePath) kinds.push_back(each.kind);
    }
    return kinds;
  }();
  return kKinds;
}

Plan draw_sctp(std::uint64_t seed) {
  Plan plan = draw(seed, sctp_kinds());
  for (Step& step : plan.steps) {
    if (step.kind == Kind::Flood)
      step.a = std::max<std::int64_t>(1, std::min(step.a, kMostFloodBytes / step.b));
  }
  return plan;
}

Outcome live_sctp(const Plan& plan, Tells tells, const Tamper& tamper) {
  return SctpLife(plan, tells, tamper).live();
}

}  // namespace specter::world
