#include "world/life.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "world/attacker.h"
#include "world/lines.h"
#include "world/place.h"
#include "world/schedule.h"
#include "world/stun_server.h"
#include "world/turn_server.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;
using simulation::kStart;

constexpr Duration kLife = 10s;        // in which a healed world has its connection again
constexpr Duration kAgreement = 130s;  // docs/reasons.md: two minutes is the longest
constexpr Duration kGoodbye = 2s;
constexpr Duration kShow = 2s;  // in which frames flow, over a connection that is there
constexpr Duration kFrame = 50ms;

class Life {
 public:
  Life(const Plan& plan, const Workshop& workshop, Tells tells)
      : plan_(plan),
        journal_(tells),
        internet_(plan.seed),
        place_(build(plan, internet_)),
        lines_(internet_),
        schedule_(plan),
        signalling_(plan),
        conversation_(plan.seed, journal_),
        show_(plan.seed, journal_),
        stun_server_(plan, internet_, Place::kStunServer),
        turn_servers_{turn_server(Side::A), turn_server(Side::B)},
        attacker_(plan, internet_, Place::kAttacker),
        peers_{Peer(Side::A, 0, world(), workshop), Peer(Side::B, 1, world(), workshop)},
        excuse_(excuse(plan)) {
    for (const Side side : {Side::A, Side::B}) {
      for (const Endpoint& endpoint : place_.of[index(side)].endpoints)
        peer(side).add_endpoint(endpoint);
      peer(side).set_servers(place_.stun_server, place_.turn_servers[index(side)]);
    }
  }

  Outcome live() {
    try {
      journal_.note("a and b begin");
      begin();
      run_to(at_ms(plan_.heals_at));
      if (!is_over()) heal();
      if (!is_over()) judge_life();
      if (!is_over()) say_goodbye();
    } catch (const std::exception& error) {
      journal_.fail(Verdict::Bug, error.what());
    }
    return {journal_.failure(), journal_.hash(),          journal_.shape(),  journal_.entries(),
            was_connected_,     conversation_.received(), journal_.now_ms(), journal_.notes()};
  }

 private:
  // Somebody who offers has something to say, or will have; a mediator wants two offers.
  void begin() {
    const bool is_mediated = plan_.has(Kind::Mediator);
    const Step* const empty = is_mediated ? nullptr : plan_.find(Kind::EmptyOffer);
    if (empty) {
      peer(Side::A).renegotiate(now_);
      run_to(now_ + std::chrono::milliseconds(empty->a));
    }
    peer(Side::A).open_channel(now_, {});
    if (is_mediated) peer(Side::B).open_channel(now_, {});
    attacker_.handle(now_);
  }

  TurnServer turn_server(Side side) {
    const auto host = static_cast<simulation::HostId>(Place::kTurnServers + index(side));
    return {plan_, side, internet_, host, place_.turn_servers[index(side)]};
  }

  Peer& peer(Side side) { return peers_[index(side)]; }
  Peer::World world() { return {plan_, internet_, signalling_, conversation_, show_, journal_}; }
  bool is_over() const { return journal_.failure().has_value(); }
  bool both(bool (Peer::*is)() const) const { return (peers_[0].*is)() && (peers_[1].*is)(); }

  // ---- time

  Deadline next() const {
    // What was sent outside of a turn, such as when the world heals, is told in one of its own.
    if (internet_.has_too_large()) return now_;
    return soonest(schedule_.next(), internet_.next_arrival(), signalling_.next_arrival(),
                   attacker_.next_timeout(),
                   soonest(peers_[0].next_timeout(), peers_[1].next_timeout()));
  }

  void run_to(Timestamp end) {
    run_until(end, [] { return false; });
  }

  template <class Done>
  bool run_until(Timestamp end, Done done) {
    while (!is_over()) {
      if (done()) return true;
      const Deadline at = next();
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
    if (journal_.traces() && now_ - traced_ >= 1s) trace();
    while (const auto change = schedule_.take(now_)) act(plan_.steps[change->step], change->begins);
    attacker_.handle_timeout(now_);
    while (auto letter = signalling_.receive(now_)) {
      Peer& to = peer(letter->to);
      to.handle(now_, std::move(*letter));
    }
    while (auto arrival = internet_.receive(now_)) deliver(std::move(*arrival));
    for (Peer& each : peers_) {
      const Deadline due = each.next_timeout();
      if (due && *due <= now_) each.handle_timeout(now_);
    }
    // In the turn in which it was sent: ICMP takes no time here.
    while (const auto told = internet_.receive_too_large()) {
      if (told->host < 2) peers_[told->host].handle_too_large(now_, *told);
    }
    attacker_.handle(now_);
    if (!excuse_) {
      for (const Side side : {Side::A, Side::B}) {
        if (!peer(side).has_failed()) continue;
        if (is_damaged(side))
          excuse_ = "a handshake that was damaged";
        else if (!peer(side).was_connected() && may_believe_alerts(plan_))
          excuse_ = "an alert that was believed";
        else
          journal_.fail(Verdict::Life, fmt::format("{} failed, and had no cause to: {}", name(side),
                                                   peer(side).reason()));
      }
    }
  }

  // What DTLS says in the clear nobody can mend once its bits are others.
  bool is_damaged(Side side) {
    return !peer(side).was_connected() &&
           (plan_.has(Kind::Corruption) || plan_.has(Kind::Truncation));
  }

  void trace() {
    traced_ = now_;
    for (const Side side : {Side::A, Side::B}) {
      const Stats stats = peer(side).connection().stats();
      for (const CandidatePairStats& pair : stats.candidate_pairs) {
        if (pair.responses_received == 0) continue;
        journal_.note(fmt::format(
            "{} has a pair {}:{} to {}:{}, {}{}{}, {} of {} answered", name(side),
            pair.local.address, pair.local.port, pair.remote.address, pair.remote.port,
            to_string(pair.state), pair.nominated ? ", nominated" : "",
            pair.selected ? ", selected" : "", pair.responses_received, pair.requests_sent));
      }
      const SctpStats& sctp = stats.sctp;
      journal_.note(fmt::format(
          "{} has {} bytes in flight of {}, the peer's window {}, {} ms a "
          "round trip, packets of {}, {} sent again; {}",
          name(side), sctp.unacknowledged_bytes, sctp.congestion_window, sctp.receiver_window,
          sctp.smoothed_round_trip_time.value_or(Duration{}) / 1ms, sctp.mtu, sctp.retransmissions,
          conversation_.unfinished()));
    }
  }

  void deliver(simulation::Arrival arrival) {
    if (arrival.host == Place::kStunServer) return stun_server_.handle(now_, arrival);
    if (arrival.host >= Place::kTurnServers)
      return turn_servers_[arrival.host - Place::kTurnServers].handle(now_, arrival);
    if (arrival.host > 1) return;
    const bool is_of_attacker = arrival.sender == Place::kAttacker;
    peers_[arrival.host].handle(now_, std::move(arrival), is_of_attacker);
  }

  void watch_for_spinning() {
    constexpr int kMostTurns = 2'000;
    turns_ = now_ == last_turn_ ? turns_ + 1 : 0;
    last_turn_ = now_;
    if (turns_ > kMostTurns) journal_.fail(Verdict::Timers, "time stands still");
  }

  // ---- what happens

  void act(const Step& step, bool begins) {
    const bool is_again = step.kind == Kind::Track && begins && show_.knows(key(step));
    if (journal_.keeps_notes() && !is_again)
      journal_.note(begins ? to_string(step) : fmt::format("(no more {})", row(step.kind).name));
    if (lines_.handle(step, begins)) return;
    switch (step.kind) {
      case Kind::Rebinding: return rebind(step);
      case Kind::PortCollision: return collide(step);
      case Kind::NewAddress: return change_address(step.side);
      case Kind::RelayFails: return turn_servers_[index(step.side)].fail(step);
      case Kind::DarkInterface: return set_dark(step, begins);
      case Kind::InterfaceDown:
        set_dark(step, begins);
        return peer(step.side).set_endpoint_up(now_, which(step), !begins);
      case Kind::Pause: return begins ? peer(step.side).pause() : peer(step.side).resume(now_);
      case Kind::Stop: return peer(step.side).stop();
      case Kind::Garbage:
      case Kind::Mutations:
      case Kind::Replays:
      case Kind::Echoes:
      case Kind::ForgedAlerts:
      case Kind::ForgedAnswers: return begins ? attacker_.begin(now_, step) : attacker_.end(step);
      default: return let_owner(step, begins);
    }
  }

  void let_owner(const Step& step, bool begins) {
    Peer& owner = peer(step.side);
    const auto salt = static_cast<std::uint64_t>(step.at * 31 + step.a * 7 + step.b);
    switch (step.kind) {
      case Kind::Glare: return peer(Side::B).open_channel(now_, {});
      case Kind::Renegotiates: return owner.renegotiate(now_);
      case Kind::RestartsIce: return restart_ice(step);
      case Kind::Channel: return owner.open_channel(now_, promise_of(step));
      case Kind::NegotiatedChannel:
        return owner.open_channel(now_, promise_of(step), Conversation::Made::ByBoth);
      case Kind::HangsUp:
        return conversation_.set_hanging_up(
            step.side,
            begins ? static_cast<Conversation::HangsUp>(step.a) : Conversation::HangsUp::Never);
      case Kind::Flood:
      case Kind::Crumbs:
        return owner.say(now_, static_cast<std::size_t>(step.a), static_cast<std::size_t>(step.b),
                         salt);
      case Kind::Talk: return talk(step, begins, salt);
      case Kind::Churn: return churn(step);
      case Kind::Track: return play(step, begins);
      case Kind::StopsReading:
        return step.a == 0 ? owner.set_taking_events(now_, !begins)
                           : owner.set_receiving(now_, !begins);
      case Kind::Closes: return owner.close(now_);
      default: return;
    }
  }

  std::size_t key(const Step& step) const {
    return static_cast<std::size_t>(&step - plan_.steps.data());
  }

  // Its messages are spread over its time.
  void talk(const Step& step, bool begins, std::uint64_t salt) {
    if (!begins) return;
    peer(step.side).say(now_, 1, static_cast<std::size_t>(step.b),
                        salt + static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    again(step, step.lasts / std::max<std::int64_t>(step.a, 1));
  }

  void play(const Step& step, bool begins) {
    if (!begins) return;
    peer(step.side).play(now_, step, key(step));
    again(step, step.a);
  }

  void rebind(const Step& step) {
    if (const auto router = place_.of[index(step.side)].router) internet_.router(*router).rebind();
    if (std::int64_t& times = rebound_[key(step)]; ++times < step.a) again(step, step.b);
  }

  void collide(const Step& step) {
    const Place::Standing& standing = place_.of[index(step.side)];
    if (standing.router)
      internet_.router(*standing.router)
          .give_away(peer(step.side).endpoints()[standing.interface[0]].address, neighbour());
    if (std::int64_t& times = rebound_[key(step)]; ++times < step.a) again(step, step.b);
  }

  void restart_ice(const Step& step) {
    peer(step.side).renegotiate(now_, Peer::Restarts::Ice);
    if (++restarted_[key(step)] < static_cast<std::size_t>(step.a)) again(step, step.b);
  }

  void churn(const Step& step) {
    Peer& owner = peer(step.side);
    std::size_t& done = churned_[key(step)];
    if (done > 0 && last_churned_.contains(key(step)))
      owner.close_channel(now_, last_churned_[key(step)]);
    if (done++ >= static_cast<std::size_t>(step.a)) return;
    last_churned_[key(step)] = conversation_.channels();
    owner.open_channel(now_, {});
    again(step, step.b);
  }

  // It happens once more, unless its time is over.
  void again(const Step& step, std::int64_t after_ms) {
    const Timestamp next = now_ + std::chrono::milliseconds(std::max<std::int64_t>(after_ms, 5));
    const bool ends = row(step.kind).when == When::ForATime;
    if (next > at_ms(plan_.heals_at) || (ends && next > at_ms(step.until()))) return;
    schedule_.add(next, key(step));
  }

  std::size_t which(const Step& step) const {
    return place_.of[index(step.side)].interface[static_cast<std::size_t>(step.a)];
  }
  void set_dark(const Step& step, bool is_dark) {
    internet_.set_interface_up(static_cast<simulation::HostId>(step.side),
                               peer(step.side).endpoints()[which(step)].address, !is_dark);
  }
  void change_address(Side side) {
    const Place::Standing& standing = place_.of[index(side)];
    const Endpoint before = peer(side).endpoints()[standing.interface[0]];
    const Endpoint after = another(before);
    const auto host = static_cast<simulation::HostId>(side);
    internet_.set_interface_up(host, before.address, false);
    internet_.add_interface(host, after.address, standing.router);
    peer(side).replace_endpoint(now_, standing.interface[0], after);
  }

  // ---- afterwards

  void heal() {
    journal_.note("the world heals");
    lines_.heal();
    attacker_.stop();
    for (const Side side : {Side::A, Side::B}) {
      for (std::size_t i = 0; i < 2; ++i)
        internet_.set_interface_up(
            static_cast<simulation::HostId>(side),
            peer(side).endpoints()[place_.of[index(side)].interface[i]].address, true);
      peer(side).resume(now_);
      peer(side).set_taking_events(now_, true);
      peer(side).set_receiving(now_, true);
    }
  }

  bool is_settled() const {
    return both(&Peer::is_connected) && conversation_.unfinished().empty();
  }

  // The path is in use again, both ways: what is said now has to arrive.
  void ask_for_life() {
    if (!conversation_.can_ask()) peer(Side::A).open_channel(now_, {});
    for (const Side side : {Side::A, Side::B}) peer(side).say(now_, 3, 1000, plan_.seed, true);
  }

  // What a window of so many bytes needs for what is still to be carried, and as much again; and of
  // what was given up between what arrived each gap by itself: RFC 3758 §3.5, rule C2.
  Duration carrying_time(Duration round_trip) const {
    constexpr std::int64_t kWindow = 8 * 1024;
    std::int64_t most = 0;
    for (const Side side : {Side::A, Side::B}) {
      std::int64_t window = kWindow;
      if (const Step* const step = plan_.find(Kind::SendBuffer, side))
        window = std::min(window, step->a);
      if (const Step* const step = plan_.find(Kind::ReceiveBuffer, other(side)))
        window = std::min(window, step->a);
      const auto bytes = static_cast<std::int64_t>(conversation_.unfinished_bytes(side));
      const auto gaps = static_cast<std::int64_t>(conversation_.missing_of_limited(side));
      most = std::max(most, 2 * bytes / window + gaps);
    }
    return most * round_trip;
  }

  void judge_life() {
    const Timestamp healed = now_;
    ask_for_life();
    const Duration round_trip =
        2 * (internet_.up(0).conditions().latency + internet_.up(1).conditions().latency);
    // An offer, its answer, and what it is about, may still have to be told.
    const Duration limit =
        kLife + time_to_find_size(plan_) + 10 * round_trip + carrying_time(round_trip) +
        4 * signalling_.delay() +
        2 * (signalling_.answers_after(Side::A) + signalling_.answers_after(Side::B));
    if (run_until(healed + limit, [&] { return is_settled(); })) {
      was_connected_ = true;
      return judge_show(round_trip);
    }
    if (is_over()) return;
    if (both(&Peer::is_connected))
      return journal_.fail(Verdict::Delivery,
                           fmt::format("the world has healed for {} ms, and {}",
                                       (now_ - healed) / 1ms, conversation_.unfinished()));
    if (!excuse_)
      return journal_.fail(Verdict::Life,
                           fmt::format("the world has healed for {} ms, and a is {}, b {}",
                                       (now_ - healed) / 1ms, state(Side::A), state(Side::B)));
    // A restart that is negotiated late has its own two minutes.
    const Duration negotiating =
        plan_.has(Kind::RestartsIce)
            ? 3 * (signalling_.answers_after(Side::A) + signalling_.answers_after(Side::B))
            : 0s;
    const bool agreed = run_until(healed + kAgreement + negotiating + 4 * signalling_.delay(),
                                  [&] { return both(&Peer::is_over_or_new) || is_settled(); });
    if (!agreed && !is_over())
      journal_.fail(Verdict::Agreement,
                    fmt::format("{} s after the faults a is {}, b {}", kAgreement / 1s,
                                state(Side::A), state(Side::B)));
  }

  // Frames flow again: of each track that is negotiated one comes, of those that are written now.
  void judge_show(Duration round_trip) {
    if (show_.empty()) return;
    const std::array connections = {&peers_[0].connection(), &peers_[1].connection()};
    const Timestamp asked = now_;
    do {
      show_.ask(now_, connections);
      for (Peer& each : peers_) each.drain(now_);
      run_to(now_ + kFrame);
      if (is_over() || !both(&Peer::is_connected)) return;
    } while (!show_.unseen(connections).empty() && now_ < asked + kShow + 4 * round_trip);
    if (const std::string unseen = show_.unseen(connections); !unseen.empty())
      journal_.fail(Verdict::Delivery, fmt::format("{} ms after the connection was there, {}",
                                                   (now_ - asked) / 1ms, unseen));
  }

  // Who closes says so, and the other hears it.
  void say_goodbye() {
    const Side first = plan_.seed % 2 ? Side::A : Side::B;
    const bool were_connected = both(&Peer::is_connected);
    excuse_ = "the peer closes";
    peer(first).close(now_);
    run_to(now_ + kGoodbye);
    if (were_connected && !peer(other(first)).is_over())
      journal_.fail(Verdict::Agreement, fmt::format("{} closed, and {} is {} still", name(first),
                                                    name(other(first)), state(other(first))));
    peer(other(first)).close(now_);
    run_to(now_ + kGoodbye);
    for (const Side side : {Side::A, Side::B}) {
      if (!peer(side).is_stopped() && peer(side).next_timeout())
        journal_.fail(Verdict::Timers,
                      fmt::format("{} is closed and waits for something", name(side)));
    }
  }

  std::string_view state(Side side) {
    return peer(side).is_stopped() ? "stopped"
                                   : to_string(peer(side).connection().connection_state());
  }
  static std::string_view name(Side side) { return side == Side::A ? "a" : "b"; }

  const Plan& plan_;
  Timestamp now_ = kStart;
  Journal journal_;
  simulation::Internet internet_;
  Place place_;
  Lines lines_;
  Schedule schedule_;
  Signalling signalling_;
  Conversation conversation_;
  Show show_;
  StunServer stun_server_;
  std::array<TurnServer, 2> turn_servers_;
  Attacker attacker_;
  std::array<Peer, 2> peers_;
  std::optional<std::string> excuse_;
  std::map<std::size_t, std::int64_t> rebound_;
  std::map<std::size_t, std::size_t> churned_, last_churned_;
  std::map<std::size_t, std::size_t> restarted_;  // how often, by step
  bool was_connected_ = false;
  Timestamp last_turn_{}, traced_{};
  int turns_ = 0;
};

// Without what strangers send: garbage, and damaged copies.
Plan without_strangers(const Plan& plan) {
  Plan rest = plan;
  std::erase_if(rest.steps, [](const Step& step) {
    return (step.kind == Kind::Garbage || step.kind == Kind::Mutations) && step.b == 0;
  });
  return rest;
}

}  // namespace

Outcome live(const Plan& plan, const Workshop& workshop, Tells tells) {
  Outcome outcome = Life(plan, workshop, tells).live();
  const Plan rest = without_strangers(plan);
  // A process that wakes has its timers and its datagrams at one moment, and their order counts.
  // What a relay passes on of a stranger's goes over lines that others use.
  const bool is_comparable = !plan.has(Kind::Pause) && !plan.has(Kind::Relay);
  if (outcome.failure || rest == plan || !is_comparable) return outcome;
  // What arrives from a stranger's address, and proves nothing, leaves no trace at all.
  const Outcome undisturbed = Life(rest, workshop, Tells::Nothing).live();
  if (undisturbed.shape != outcome.shape)
    outcome.failure = {Verdict::Attacker, outcome.lasted_ms,
                       "without the attacker's datagrams the life is another"};
  return outcome;
}

}  // namespace specter::world
