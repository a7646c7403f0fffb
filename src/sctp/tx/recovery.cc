// What the peer has, what is lost, and what to do when it says nothing. RFC 9260 §6.2.1, §6.3,
// §7.2.4; RFC 8985.
#include <algorithm>
#include <utility>

#include "base/sequence.h"
#include "sctp/tx/sender.h"

namespace specter::sctp {

using State = OutstandingChunk::State;

std::vector<Range>& Sender::gap_ranges(const SackChunk& sack, std::int64_t cumulative) {
  gaps_.clear();
  for (const SackChunk::GapBlock& block : sack.gaps) {
    // A block that touches the cumulative point or names what was never sent is none.
    const Range range{cumulative + block.start, cumulative + block.end};
    if (block.start > 1 && range.last < out_.next_tsn()) gaps_.push_back(range);
  }
  if (!std::ranges::is_sorted(gaps_, {}, &Range::first))
    std::ranges::sort(gaps_, {}, &Range::first);
  disjoint_.clear();
  for (const Range& range : gaps_) {
    if (!disjoint_.empty() && range.first <= disjoint_.back().last + 1)
      disjoint_.back().last = std::max(disjoint_.back().last, range.last);
    else
      disjoint_.push_back(range);
  }
  return disjoint_;
}

Sender::SackResult Sender::handle_sack(Timestamp now, const SackChunk& sack) {
  const std::int64_t cumulative = unwrap(sack.cumulative_tsn, out_.cumulative());
  if (cumulative < out_.cumulative()) return SackResult::Stale;  // §6.2.1 i
  if (cumulative >= out_.next_tsn()) return SackResult::NeverSent;

  const std::size_t flight_before = out_.flight_bytes();
  const bool was_probing = probing_window_ && peer_window_ < config_.segment_bytes;
  newly_lost_.clear();
  note_duplicates(sack);
  const Outstanding::Outcome outcome = acknowledge(now, sack, cumulative);
  peer_window_ = sack.window_bytes;
  if (recovery_ && out_.cumulative() >= recovery_->until) leave_recovery();

  if (outcome.bytes > 0) find_losses(now);
  const RateSample sample = rate_.finish(rack_.min_round_trip());
  if (!newly_lost_.empty()) enter_recovery(now, flight_before);
  if (outcome.bytes > 0) {
    congestion_->on_acknowledged({.now = now,
                                  .bytes = outcome.bytes,
                                  .flight_before = flight_before,
                                  .flight = out_.flight_bytes(),
                                  .delivered = rate_.delivered(),
                                  .is_window_limited = outcome.highest_new <= limited_tsn_,
                                  .in_recovery = in_fast_recovery(),
                                  .all_acknowledged = out_.empty(),
                                  .round_trip = round_trip_,
                                  .smoothed = rto_.smoothed(),
                                  .sample = sample});
    if (in_fast_recovery())
      // RFC 6937's slow start bound: RACK shows a burst of losses as a whole, and a SACK without
      // another is progress though it be behind a gap.
      proportion_.on_acknowledged(outcome.bytes, out_.flight_bytes(), congestion_->window_bytes(),
                                  newly_lost_.empty() || proportion_.has_just_begun());
  }
  give_up_lost(now);
  settle_timers(now, outcome);

  // The window that we asked is open, and the chunk that asked was dropped: no need to wait.
  if (was_probing && outcome.bytes == 0 && peer_window_ > 0 && out_.flight_payload() > 0 &&
      peer_window_ >= out_.flight_payload()) {
    out_.mark_all_lost([](std::int64_t) {});
    fast_retransmit_due_ = true;
    probing_window_ = false;
  }
  if (out_.flight_payload() == 0) probing_window_ = false;
  return SackResult::Ok;
}

SackChunk Sender::last_sack_with(std::uint32_t cumulative_tsn) const {
  SackChunk sack{cumulative_tsn, static_cast<std::uint32_t>(peer_window_), {}, {}};
  const std::int64_t cumulative = unwrap(cumulative_tsn, out_.cumulative());
  if (cumulative < out_.cumulative()) return sack;  // it is stale
  for (const Range& range : out_.acked()) {
    if (range.first <= cumulative) continue;
    sack.gaps.push_back({static_cast<std::uint16_t>(range.first - cumulative),
                         static_cast<std::uint16_t>(range.last - cumulative)});
  }
  return sack;
}

Outstanding::Outcome Sender::acknowledge(Timestamp now, const SackChunk& sack,
                                         std::int64_t cumulative) {
  rate_.begin();
  round_trip_.reset();
  Timestamp newest{};
  bool measures_rto = false;
  // A SACK as large as a packet may have had no room for all that the peer has.
  const std::size_t told = SackChunk::kEntryBytes * (sack.gaps.size() + sack.duplicates.size());
  const bool complete = 2 * told < config_.segment_bytes;
  std::vector<Range>& gaps = gap_ranges(sack, cumulative);
  known_up_to_ = complete || gaps.empty() ? out_.next_tsn() : gaps.back().last;
  const bool judges_probe = probe_ && probe_->was_sent_before;
  bool probe_came = false;
  // The process did not run: the timer would have sent it again, and what has passed since is not
  // the path's.
  const bool is_overdue = t3_ && *t3_ < now;

  const Outstanding::Outcome outcome = out_.acknowledge(
      cumulative, gaps, complete, [&](std::int64_t tsn, const OutstandingChunk& chunk) {
        const bool once = chunk.transmissions == 1;
        rate_.acknowledged(now, chunk.sent, tsn, out_.wire_bytes(chunk), chunk.is_app_limited);
        rack_.delivered(now, tsn, chunk.sent.sent_at, !once);
        if (judges_probe && tsn == probe_->tsn && chunk.sent.sent_at == probe_->sent_at)
          probe_came = true;
        // RFC 9260 §6.3.1 C5, Karn's rule: an answer could be to either transmission. Nor is it a
        // round trip when the answer itself was lost, and another told the same later.
        if (!once || chunk.was_lost || is_overdue) return;
        newest = std::max(newest, chunk.sent.sent_at);
        if (tsn >= rto_round_) measures_rto = true;
      });

  if (newest != Timestamp{}) {
    round_trip_ = now - newest;
    rack_.note_round_trip(now, *round_trip_);
  }
  if (measures_rto) {  // §6.3.1 C4: once a round trip
    rto_.sample(*round_trip_);
    rto_round_ = out_.next_tsn();
  }
  if (outcome.bytes > 0) {
    // §7.2.4: missing is what lies before the highest TSN newly acknowledged; in fast recovery,
    // when the cumulative point moved, all that the SACK shows as missing.
    const bool all = in_fast_recovery() && outcome.advanced && out_.has_gaps();
    out_.report_missing_before(all ? out_.highest_gap() : outcome.highest_new);
  }
  if (probe_came) judge_probe(now, sack);
  if (probe_ && probe_->tsn <= out_.cumulative()) probe_.reset();
  return outcome;
}

// RFC 8985 §7.4: the probe may have hidden a loss that it repaired, which counts like another.
void Sender::judge_probe(Timestamp now, const SackChunk& sack) {
  const Probe probe = *std::exchange(probe_, std::nullopt);
  if (recovery_) return;
  const auto wrapped = static_cast<std::uint32_t>(probe.tsn);
  const bool came_twice = std::ranges::find(sack.duplicates, wrapped) != sack.duplicates.end();
  // Sooner than a round trip after the probe: it was the first transmission that came.
  const bool was_first = rack_.min_round_trip() && now - probe.sent_at < *rack_.min_round_trip();
  if (came_twice || was_first) return;
  congestion_->on_congestion({.now = now, .flight = out_.flight_bytes()});
  congestion_->on_recovered();
}

// What came twice after we sent it again had not been lost.
void Sender::note_duplicates(const SackChunk& sack) {
  for (const std::uint32_t duplicate : sack.duplicates) {
    if (sent_again_.empty()) return;
    const std::int64_t tsn = unwrap(duplicate, out_.cumulative());
    if (!sent_again_.remove(tsn)) continue;
    rack_.note_spurious(out_.cumulative(), out_.next_tsn());
    if (!sent_again_.empty() || !std::exchange(may_undo_, false)) continue;
    congestion_->on_spurious();
    if (in_fast_recovery()) recovery_.reset();
  }
}

void Sender::note_lost(Timestamp now, std::int64_t tsn) {
  const OutstandingChunk& chunk = out_.at(tsn);
  const std::size_t bytes = out_.wire_bytes(chunk);
  rate_.lost(bytes);
  congestion_->on_lost({.now = now,
                        .tsn = tsn,
                        .bytes = bytes,
                        .flight = chunk.sent.flight,
                        .lost_since_sent = rate_.lost_since(chunk.sent),
                        .delivered = rate_.delivered(),
                        .is_app_limited = chunk.is_app_limited});
  if (chunk.transmissions >= kLossesOfTooNarrow)
    suspect_path(PathSuspicion::Grave);
  else if (chunk.transmissions > 1)
    suspect_path(PathSuspicion::Mild);
  newly_lost_.push_back(tsn);
}

void Sender::find_losses(Timestamp now) {
  reordering_until_.reset();
  if (!rack_.has_delivered()) return;
  // RFC 8985 §6.2 step 4; three packets' worth beyond a gap, or three reports of it.
  const bool three_beyond = out_.gap_bytes() > 2 * config_.segment_bytes;
  const Duration window =
      rack_.reordering_window(recovery_.has_value() || three_beyond, rto_.smoothed());
  const bool waits = out_.find_lost({.newest_sent_at = rack_.sent_at(),
                                     .newest_tsn = rack_.tsn(),
                                     .sent_by = now - rack_.round_trip() - window,
                                     .by_reports = !rack_.has_seen_reordering(),
                                     .known_up_to = known_up_to_},
                                    [&](std::int64_t tsn) { note_lost(now, tsn); });
  if (waits)
    reordering_until_ = std::max(rack_.sent_at() + rack_.round_trip() + window, now + Duration(1));
}

void Sender::enter_recovery(Timestamp now, std::size_t flight_before) {
  probe_at_.reset();
  if (recovery_) return;
  recovery_ = Recovery{Recovery::Kind::Fast, out_.next_tsn() - 1};
  fast_retransmit_due_ = true;
  sent_again_.clear();
  may_undo_ = true;
  congestion_->on_congestion({.now = now, .flight = flight_before});
  proportion_.begin(flight_before);
}

void Sender::leave_recovery() {
  recovery_.reset();
  rack_.note_recovered();
  congestion_->on_recovered();
}

void Sender::settle_timers(Timestamp now, const Outstanding::Outcome& outcome) {
  if (outcome.advanced) {
    timeouts_ = 0;
    t3_.reset();
  }
  // §6.3.1 C5, §6.3.3: the doubled timeout stays until something is measured. On a path that takes
  // longer than the timeout everything is sent again, and nothing would ever be.
  if (round_trip_) rto_.restore();
  // §6.3.2 R2, R3, and what follows from them: while something is outstanding, T3 runs.
  if (out_.empty())
    t3_.reset();
  else if (!t3_)
    t3_ = now + rto_.value();
  if (outcome.bytes > 0 || out_.empty()) arm_probe(now);

  advance_skip_point();
  // RFC 3758 §3.5 C3: while the peer has not got there, it is told; not more often than it could
  // have answered.
  const Duration round_trip = rto_.smoothed().value_or(rto_.value());
  if (skip_point_ > out_.cumulative() && forward_sent_ && now - *forward_sent_ >= round_trip)
    forward_due_ = true;
}

// RFC 8985 §7.2.
void Sender::arm_probe(Timestamp now) {
  probe_at_.reset();
  if (recovery_ || probe_ || probe_due_ || probing_window_ || out_.has_gaps() ||
      !out_.lost().empty() || out_.flight_bytes() == 0 || timeouts_ > 0)
    return;
  const auto smoothed = rto_.smoothed();
  if (!smoothed) return;  // T3 is as soon as the second that §7.2 asks for
  Duration timeout = std::max(2 * *smoothed, kMinProbeTimeout);
  if (out_.flight_bytes() <= config_.segment_bytes) timeout += kPeerSackDelay;
  // Not later than T3, whose place it takes.
  probe_at_ = soonest(Deadline{now + timeout}, t3_);
}

// RFC 8985 §7.3: something new if there is any, else the last once more.
void Sender::send_probe(PacketWriter& packet, Timestamp now) {
  if (!out_.lost().empty() || out_.flight_bytes() == 0) return;
  const std::int64_t next = out_.next_tsn();
  if (out_.size() < Outstanding::kMaxChunks && has_new() && add_new(packet, now, true)) {
    probe_ = Probe{next, now, false};
  } else if (const auto tsn = out_.last_in_flight()) {
    const OutstandingChunk& chunk = out_.at(*tsn);
    if (must_give_up(queue_[chunk.message], chunk, now) ||
        !packet.fits(out_.header_bytes() + chunk.size))
      return;
    const std::size_t bytes = out_.wire_bytes(chunk);
    out_.send_again(*tsn, record_sending(now, bytes, true), rate_.is_app_limited());
    ++retransmissions_;
    write(packet, *tsn, true);
    note_sent(now, *tsn, bytes);
    probe_ = Probe{*tsn, now, true};
  } else {
    return;
  }
  probe_at_.reset();
  t3_ = now + rto_.value();
}

bool Sender::handle_timeout(Timestamp now) {
  give_up_expired(now);
  waits_for_pacer_ = false;
  if (reordering_until_ && *reordering_until_ <= now) {
    const std::size_t flight_before = out_.flight_bytes();
    newly_lost_.clear();
    find_losses(now);
    if (!newly_lost_.empty()) enter_recovery(now, flight_before);
    give_up_lost(now);
  }
  if (probe_at_ && *probe_at_ <= now) {
    probe_at_.reset();
    suspect_path(PathSuspicion::Mild);
    const auto last = out_.last_in_flight();
    // What may not be sent again can't be asked for that way.
    if (has_new() || (last && !must_give_up(queue_[out_.at(*last).message], out_.at(*last), now))) {
      probe_due_ = true;
      t3_ = now + rto_.value();
    }
  }
  if (!t3_ || *t3_ > now) return false;
  expire(now);
  return true;
}

// §6.3.3.
void Sender::expire(Timestamp now) {
  newly_lost_.clear();
  const bool is_congestion = !probing_window_;
  const std::size_t flight_before = out_.flight_bytes();
  out_.mark_all_lost([&](std::int64_t tsn) {
    if (is_congestion)
      note_lost(now, tsn);
    else
      newly_lost_.push_back(tsn);
  });
  if (is_congestion) {
    congestion_->on_timeout({.now = now, .flight = flight_before}, timeouts_ > 0);
    recovery_ = Recovery{Recovery::Kind::Timeout, out_.next_tsn() - 1};
  } else {
    recovery_.reset();
  }
  suspect_path(is_congestion ? PathSuspicion::Grave : PathSuspicion::Mild);
  ++timeouts_;
  rto_.back_off();
  fast_retransmit_due_ = false;
  may_undo_ = false;
  sent_again_.clear();
  probe_.reset();
  probe_at_.reset();
  probe_due_ = false;
  reordering_until_.reset();
  if (skip_point_ > out_.cumulative()) forward_due_ = true;
  t3_ = now + rto_.value();
  give_up_all_lost(now);
}

// What was measured is another path's. RFC 9260 §6.3.1 C1, §7.2.1 begin anew for a new destination
// address, which a new path under DTLS is (RFC 8261 has no other); §6.3.3 E3's back-off with it.
void Sender::handle_path_change(Timestamp now) {
  rto_ = Rto(config_.rto);
  rack_ = Rack();
  congestion_ =
      make_congestion_controller(config_.congestion_control, config_.segment_bytes, config_.seed);
  timeouts_ = 0;
  recovery_.reset();
  fast_retransmit_due_ = false;
  may_undo_ = false;
  sent_again_.clear();
  probe_.reset();
  probe_at_.reset();
  probe_due_ = false;
  probing_window_ = false;
  reordering_until_.reset();
  t3_.reset();
  if (out_.empty()) return;
  out_.mark_all_lost([](std::int64_t) {});
  recovery_ = Recovery{Recovery::Kind::Timeout, out_.next_tsn() - 1};
  fast_retransmit_due_ = true;  // be the peer's window as it may
  t3_ = now + rto_.value();
  give_up_all_lost(now);
}

// Of all that is lost, and not only what was found so just now: more of it may be too old by now.
void Sender::give_up_all_lost(Timestamp now) {
  newly_lost_.clear();
  for (const Range& range : out_.lost().ranges())
    for (std::int64_t tsn = range.first; tsn <= range.last; ++tsn) newly_lost_.push_back(tsn);
  give_up_lost(now);
}

WakeUp Sender::next_timeout() const {
  return soonest(WakeUp(t3_, "sctp t3"), WakeUp(reordering_until_, "sctp reordering"),
                 WakeUp(probe_at_, "sctp tail loss probe"),
                 WakeUp(waits_for_pacer_ ? pacer_.ready_at() : Deadline{}, "sctp pacer"),
                 WakeUp(lifetimes_.next(), "sctp lifetime"));
}

}  // namespace specter::sctp
