// What is behind core::PeerConnection: what the application and the driver say goes to negotiation,
// transport or a rider, and what these answer becomes events. It decides nothing itself.
#pragma once

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/secret.h"
#include "jsep/negotiation.h"
#include "peer/connection_state.h"
#include "peer/data_link.h"
#include "peer/events.h"
#include "peer/local_candidates.h"
#include "peer/log_words.h"
#include "peer/media_link.h"
#include "peer/negotiation_needed.h"
#include "peer/reporter.h"
#include "peer/tracks.h"
#include "peer/transport.h"
#include "peer/waiting_candidates.h"

#include "specter/core.h"

namespace specter::core {

using jsep::Change;
using jsep::Negotiation;
using peer::DataLink;
using peer::Transport;

class PeerConnection::Impl {
 public:
  // `options` were checked, and are without ICE servers. `random` outlives it.
  Impl(ConnectionOptions&& options, Random& random, std::shared_ptr<PacketCipher>&& cipher)
      : options_(std::move(options)),
        cipher_(cipher ? std::move(cipher) : make_packet_cipher()),
        transport_(options_, *cipher_, random, Log(log_, LogModule::Peer)),
        data_(options_, transport_, random, Log(log_, LogModule::Channel)),
        media_(options_, transport_, *cipher_, random, Log(log_, LogModule::Media)),
        negotiation_({.credentials = transport_.ice().local_credentials(),
                      .fingerprint = options_.certificate->fingerprint().to_string(),
                      .max_message_bytes = options_.data.max_message_bytes,
                      .sctp_init = options_.data.snap ? data_.channels().association().local_init()
                                                      : Buffer{},
                      .sped = options_.transport.sped,
                      .shows_candidates = options_.show_remote_candidates,
                      .media = options_.media},
                     random) {}

  // ---- negotiation

  Result<SessionDescription> create_offer(const OfferOptions& options) {
    return negotiation_.create_offer(options);
  }
  Result<SessionDescription> create_answer() { return with_cause(negotiation_.create_answer()); }

  // Null: the local one that the state asks for.
  Result<> set_description(Timestamp now, jsep::Side side, const SessionDescription* description) {
    const bool is_remote = side == jsep::Side::Remote;
    auto change = is_remote     ? negotiation_.set_remote(*description)
                  : description ? negotiation_.set_local(*description)
                                : negotiation_.set_local();
    if (is_remote) refused_ = change ? std::string() : change.error().message;
    peer::log_description(Log(log_, LogModule::Jsep), side, description, negotiation_,
                          change ? nullptr : &change.error());
    if (!change) return fail(std::move(change).error());
    ++descriptions_changed_;
    apply(now, *change);
    return {};
  }

  void apply(Timestamp now, const Change& change) {
    if (change.rolled_back) waiting_.clear();
    if (change.candidates_dropped) candidates_.drop(events_);
    // W3C §4.4.1.5: an offer that meets ours is taken in the stable state, which is told too.
    const SignalingState state = negotiation_.state();
    if (change.rolled_back && state != SignalingState::Stable)
      events_.emplace_back(SignalingStateChange{SignalingState::Stable});
    if (change.state_changed) events_.emplace_back(SignalingStateChange{state});
    if (change.ice_role) transport_.ice().set_role(*change.ice_role);
    const bool is_other_generation = change.local_credentials || change.generation_dropped;
    if (is_other_generation)
      transport_.ice().set_local_credentials(now, negotiation_.local_credentials());
    if (change.local_credentials) {
      reporter_.begin_gathering();
      candidates_.gather_anew(events_);
    }
    if (change.gather) candidates_.gather(now, candidate_section(), events_);
    if (change.data_ended && !change.new_peer) data_.end(now, *change.data_ended);
    if (change.new_peer) {
      data_.leave_peer(now, change.data_ended.value_or(""));
      media_.leave_peer(now);
      transport_.leave_peer(now);
    }
    if (change.transport) {
      transport_.start(now, *change.transport, *change.dtls_role);
      data_.start(now, *change.transport);
      pump(now);
      waiting_.hand_over(now, transport_.ice());
    }
    pump(now);
    tracks_.apply(now, change);
    // W3C §4.4.1.5: the flag is cleared and asked anew in each stable state that a description led
    // to, and not in one that it passed through.
    if (negotiation_.state() == SignalingState::Stable) needed_.clear();
  }

  void restart_ice() {
    if (negotiation_.state() == SignalingState::Closed) return;
    negotiation_.restart_ice();
    needed_.note();
  }

  Result<> add_ice_candidate(Timestamp now, const IceCandidate& text) {
    if (!text.candidate.empty() && !text.sdp_mid && !text.sdp_mline_index) {
      return fail(ErrorCode::InvalidArgument,
                  "a candidate needs an sdpMid or an sdpMLineIndex: W3C §4.4.2");
    }
    if (negotiation_.state() == SignalingState::Closed) {
      return fail(ErrorCode::InvalidState, "connection closed");
    }
    if (!negotiation_.current_remote() && !negotiation_.pending_remote()) {
      return with_cause<void>(fail(ErrorCode::InvalidState, "remote description is not set"));
    }
    const auto generation = negotiation_.generation_of(text);
    if (!generation) return fail(generation.error());

    auto candidate = peer::read_candidate(text);
    if (!candidate) return fail(std::move(candidate).error());
    // One of a section that we rejected, or that never had our transport, is taken and not used.
    if (*generation && negotiation_.remote_transport()) {
      auto taken = keep_candidate(now, std::move(*candidate), **generation);
      if (!taken) return taken;
    }
    if (negotiation_.show_candidate(text)) ++descriptions_changed_;
    return {};
  }

  // ---- data channels

  Result<ChannelId> create_data_channel(Timestamp now, std::string_view label,
                                        const DataChannelOptions& options) {
    if (negotiation_.state() == SignalingState::Closed) {
      return fail(ErrorCode::InvalidState, "connection closed");
    }
    auto channel = data_.channels().create(now, label, options);
    if (!channel) return channel;
    negotiation_.want_data();
    needed_.note();
    return channel;
  }

  // ---- the end

  void close(Timestamp now) {
    if (negotiation_.state() == SignalingState::Closed) return;
    pump(now);
    negotiation_.close();
    data_.shut_down(now);
    media_.shut_down(now);
    transport_.close(now);
    // W3C §4.4.2 fires no state changes on one's own close(); what the channels become is told.
    life_ = Life::Closing;
    events_.clear();
    states_.close();
  }

  // ---- the driver

  void handle_network_failure(Timestamp now, std::string reason) {
    if (life_ != Life::Open || states_.connection() == ConnectionState::Failed) return;
    pump(now);  // what came before is told before
    transport_.handle_network_failure(now, std::move(reason));
  }

  Transport& transport() { return transport_; }
  const Transport& transport() const { return transport_; }
  peer::Tracks& tracks() { return tracks_; }
  peer::Reporter& reporter() { return reporter_; }
  const peer::Reporter& reporter() const { return reporter_; }
  DataLink& data() { return data_; }
  const DataLink& data() const { return data_; }
  const Negotiation& negotiation() const { return negotiation_; }

  void pump(Timestamp now) {
    if (life_ == Life::Open) transport_.pump(now);
  }

  std::optional<Event> poll_event() {
    while (true) {
      if (!events_.empty()) {
        peer::log_event(Log(log_, LogModule::Peer), events_.front());
        return events_.take_front();
      }
      if (life_ == Life::Closed) return std::nullopt;
      if (auto below = transport_.poll_event()) {
        std::visit([&](auto& e) { translate(e); }, *below);
      } else if (auto data = data_.poll_event()) {
        translate(*data);
      } else if (life_ == Life::Open && tracks_.tell_next()) {
        continue;
      } else if (life_ == Life::Open && needed_.take(negotiation_)) {
        // W3C §4.7.3: behind all that the calls before have brought about.
        events_.emplace_back(NegotiationNeeded{});
      } else {
        if (life_ == Life::Open) return std::nullopt;
        life_ = Life::Closed;
        return Closed{};
      }
    }
  }

  void handle_timeout(Timestamp now) {
    transport_.handle_timeout(now);
    data_.handle_timeout(now);
    media_.handle_timeout(now);
    pump(now);
  }
  WakeUp next_timeout() const {
    return soonest(transport_.next_timeout(), data_.next_timeout(), media_.next_timeout());
  }

  // ---- the log

  // Before what concerns it, which has the same time.
  Impl& at(Timestamp now) {
    log_.advance(now);
    return *this;
  }
  LogBuffer& log() { return log_; }

  // ---- questions

  void add_stats(Stats& stats) const {
    transport_.add_stats(stats);
    data_.add_stats(stats);
    media_.add_stats(stats);
  }
  const peer::LocalCandidates& candidates() const { return candidates_; }
  const peer::ToldStates& states() const { return states_; }

  std::uint64_t descriptions_revision() const {
    return std::uint64_t{descriptions_changed_} << 32 | candidates_.revision();
  }
  std::optional<SessionDescription> with_candidates(
      const std::optional<SessionDescription>& description) const {
    return candidates_.shown_in(description, negotiation_.candidate_index());
  }

 private:
  // Where there is no remote description because it was refused, that is the reason.
  template <class T>
  Result<T> with_cause(Result<T> result) const {
    const bool is_closed = negotiation_.state() == SignalingState::Closed;
    if (!result && !refused_.empty() && !negotiation_.pending_remote() && !is_closed)
      result.error().message += ": the last one was refused: " + refused_;
    return result;
  }

  // Until our answer is set the peer is not ours to call. The generation before needs no more of
  // them.
  Result<> keep_candidate(Timestamp now, peer::AddedCandidate candidate,
                          jsep::Generation generation) {
    if (generation == jsep::Generation::Former) return {};
    if (generation == jsep::Generation::Offered) {
      waiting_.add(std::move(candidate));
      return {};
    }
    auto taken = peer::add_candidate(now, transport_.ice(), candidate);
    pump(now);
    return taken;
  }

  peer::CandidateSection candidate_section() const {
    return {negotiation_.candidate_mid(), negotiation_.candidate_index()};
  }

  // ---- what the layers say, as our own events

  void translate(ice::LocalCandidateFound&) { tell_candidates(); }
  void translate(ice::GatheringStateChanged& changed) {
    reporter_.handle(changed);
    tell_candidates();
  }
  void tell_candidates() {
    if (life_ == Life::Open) candidates_.tell(candidate_section(), events_);
  }
  void translate(ice::ServerAnswer& answer) { reporter_.handle(answer); }
  void translate(ice::ConnectionStateChanged& changed) {
    states_.handle_ice(changed.state, transport_, events_);
    reporter_.consider_end();
  }
  void translate(peer::DtlsStateChanged&) {
    states_.update(transport_, events_);
    reporter_.consider_end();
  }

  // Channels make our events themselves.
  void translate(DataLink::Event& event) {
    std::visit(
        [&]<class E>(E& e) {
          if constexpr (std::is_constructible_v<Event, E&&>)
            events_.emplace_back(std::move(e));
          else
            translate(e);
        },
        event);
  }
  // RTCSctpTransport's states are seen through its channels.
  template <class E>
    requires std::is_same_v<E, channel::AssociationEstablished> ||
             std::is_same_v<E, channel::AssociationClosed>
  void translate(E&) {
    reporter_.consider_end();
  }

  LogBuffer log_;
  const ConnectionOptions options_;
  const std::shared_ptr<PacketCipher> cipher_;
  Transport transport_;
  DataLink data_;
  peer::MediaLink media_;
  Negotiation negotiation_;
  peer::Events events_;
  peer::LocalCandidates candidates_{transport_.ice()};
  peer::WaitingCandidates waiting_;
  peer::ToldStates states_;
  peer::Reporter reporter_{options_, transport_, data_, states_, events_};
  peer::NegotiationNeededFlag needed_;
  peer::Tracks tracks_{negotiation_, media_, needed_, events_};
  std::string refused_;  // why the last remote description was
  std::uint32_t descriptions_changed_ = 0;
  // Closing: our own close() has been called, and what the channels become is yet to be told.
  enum class Life : std::uint8_t { Open, Closing, Closed };
  Life life_ = Life::Open;
};

}  // namespace specter::core
