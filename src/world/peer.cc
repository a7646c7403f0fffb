#include "world/peer.h"

#include <algorithm>

#include <fmt/format.h>

#include "world/attacker.h"

namespace specter::world {
namespace {

constexpr std::size_t kSocketDatagrams = 256;  // about what 208 KiB hold
constexpr std::int64_t kCertificateTime = 1'790'000'000;

enum Entry : std::uint64_t { kTransmit, kEvent };

std::string_view name_of(Side side) { return side == Side::A ? "a" : "b"; }

// What nobody may be told before the peer has proved who it is.
bool tells_of_a_peer(const core::Event& event) {
  const auto* const change = std::get_if<core::ConnectionStateChange>(&event);
  return (change && change->state == ConnectionState::Connected) ||
         std::holds_alternative<core::IncomingDataChannel>(event) ||
         std::holds_alternative<core::DataChannelOpen>(event) ||
         std::holds_alternative<core::Message>(event) ||
         std::holds_alternative<core::Frame>(event) ||
         std::holds_alternative<core::TrackUnmuted>(event);
}

// What has no section has nothing to connect.
bool has_transport(const SessionDescription& description) {
  return description.sdp.find("m=") != std::string::npos;
}

std::string what_is(Bytes bytes) {
  if (bytes.size() < 20) return fmt::format("{} bytes", bytes.size());
  if (bytes[0] >= 20) return fmt::format("DTLS {}, {} bytes", bytes[0], bytes.size());
  std::string_view kind = "an odd message";
  if (bytes[1] == 1)
    kind = bytes[0] == 0 ? "a Binding request" : bytes[0] == 1 ? "a success" : "an indication";
  if (bytes[0] == 1 && bytes[1] == 0x11) kind = "an error";
  return fmt::format("{} {:02x}{:02x}, {} bytes", kind, bytes[8], bytes[9], bytes.size());
}

ConnectionOptions options_of(Side side, const Plan& plan, const Workshop& workshop) {
  ConnectionOptions options;
  options.certificate = workshop.certificates[index(side)];
  options.data.snap = !plan.has(Kind::NoSnap, side);
  options.transport.sped = !plan.has(Kind::NoSped, side);
  options.data.interleaving = !plan.has(Kind::NoInterleaving, side);
  options.transport.path_mtu_discovery = !plan.has(Kind::NoMtuDiscovery, side);
  if (plan.has(Kind::Dtls12, side)) options.transport.max_dtls_version = DtlsVersion::Dtls12;
  if (const Step* const step = plan.find(Kind::Control, side))
    options.data.congestion_control =
        step->a == 1 ? CongestionControl::Bbr : CongestionControl::Reno;
  if (const Step* const step = plan.find(Kind::DatagramBytes, side))
    options.transport.max_datagram_bytes = static_cast<std::size_t>(step->a);
  if (const Step* const step = plan.find(Kind::ReceiveBuffer, side))
    options.data.receive_buffer_bytes = static_cast<std::size_t>(step->a);
  if (const Step* const step = plan.find(Kind::SendBuffer, side))
    options.data.send_buffer_bytes = static_cast<std::size_t>(step->a);
  if (plan.has(Kind::Track)) options.media = media_options();
  if (plan.has(Kind::RelayOnly, side)) options.ice.transport_policy = IceTransportPolicy::Relay;
  return options;
}

void send(simulation::Internet& internet, simulation::HostId host, Timestamp now,
          const Transmit& transmit) {
  const std::size_t step = transmit.segment_size ? transmit.segment_size : transmit.bytes.size();
  const Bytes bytes(transmit.bytes);
  for (std::size_t at = 0; at < bytes.size(); at += step)
    internet.send(now, host, transmit.path.local, transmit.path.remote,
                  bytes.subspan(at, std::min(step, bytes.size() - at)), transmit.may_fragment);
}

}  // namespace

Workshop Workshop::make() {
  Workshop workshop;
  for (std::size_t i = 0; i < 2; ++i) {
    simulation::SeededRandom random(4711 + i);
    workshop.certificates[i] = core::generate_certificate(random, kCertificateTime);
  }
  workshop.cipher = core::make_packet_cipher();
  return workshop;
}

Peer::Peer(Side side, simulation::HostId host, World world, const Workshop& workshop)
    : side_(side),
      host_(host),
      world_(world),
      random_(world.plan.seed * 2 + index(side) + 0xace),
      connection_(options_of(side, world.plan, workshop), random_, workshop.cipher),
      watch_(side, connection_, world.plan.has(Kind::RestartsIce), world.journal) {
  if (const Step* const step = world.plan.find(Kind::Priorities, side)) {
    constexpr std::array kAll{Priority::VeryLow, Priority::Low, Priority::Medium, Priority::High};
    std::array<Priority, 4> priorities{};
    for (std::size_t i = 0; i < priorities.size(); ++i)
      priorities[i] = kAll[static_cast<std::size_t>(step->a >> (2 * i)) % kAll.size()];
    world_.conversation.set_priorities(side, priorities);
  }
}

void Peer::set_servers(Endpoint stun, std::vector<Endpoint> turn) {
  stun_server_ = stun;
  if (!world_.plan.has(Kind::Relay, side_)) return;
  relays_.emplace(world_.plan.seed * 2 + index(side_) + 0x7e1a, std::move(turn),
                  [this](Timestamp now, const Transmit& transmit) {
                    send(world_.internet, host_, now, transmit);
                  });
}

// ---- the world

void Peer::handle(Timestamp now, simulation::Arrival arrival, bool is_of_attacker) {
  if (is_stopped_) return;
  if (is_paused_) {
    if (socket_.size() < kSocketDatagrams) socket_.emplace_back(std::move(arrival), is_of_attacker);
    return;
  }
  if (world_.journal.traces())
    note(fmt::format("gets {} from {} at {}{}", what_is(arrival.bytes), arrival.remote.to_string(),
                     arrival.local.to_string(), is_of_attacker ? ", of the attacker" : ""));
  Datagram datagram{{arrival.local, arrival.remote}, arrival.bytes};
  if (relays_) {
    const auto undressed = relays_->undress(now, datagram);
    if (!undressed) return drain(now);
    datagram = *undressed;
  }
  watch_.see_arrival(now, datagram, is_of_attacker);
  connection_.handle_datagrams(now, {&datagram, 1});
  drain(now);
}

void Peer::handle_too_large(Timestamp now, const simulation::TooLarge& told) {
  if (is_stopped_ || is_paused_) return;
  connection_.handle_too_large(now, told.local, told.remote, told.most);
  drain(now);
}

void Peer::handle_timeout(Timestamp now) {
  connection_.handle_timeout(now);
  if (answer_ && answer_->due <= now) answer(now);
  drain(now);
  // Who polls no events has not done its turn.
  if (takes_events_) watch_.see_deadline(now, connection_.next_timeout());
}

Deadline Peer::next_timeout() const {
  if (is_stopped_ || is_paused_) return {};
  return soonest(connection_.next_timeout(), answer_ ? Deadline{answer_->due} : Deadline{},
                 relays_ ? Deadline(relays_->next_timeout()) : Deadline{});
}

void Peer::resume(Timestamp now) {
  is_paused_ = false;
  if (is_stopped_) return;
  for (; !socket_.empty() && !is_paused_; socket_.pop_front())
    handle(now, std::move(socket_.front().first), socket_.front().second);
  for (Letter& letter : std::exchange(letters_, {})) handle(now, std::move(letter));
  for (const Promise& promise : std::exchange(channels_to_open_, {})) open_channel(now, promise);
  handle_timeout(now);
}

void Peer::drain(Timestamp now) {
  if (is_stopped_) return;
  for (bool is_busy = true; is_busy;) {
    is_busy = false;
    if (relays_) {
      // Once the goodbye to the peer was said as often as it is, that to the server follows.
      if (is_closed() && !connection_.next_timeout()) relays_->close(now);
      is_busy = relays_->turn(now, connection_);
      if (awaits_relays_ && relays_->is_settled()) {
        awaits_relays_ = false;
        connection_.end_of_local_endpoints(now);
        is_busy = true;
      }
    }
    while (takes_events_) {
      const auto event = connection_.poll_event();
      if (!event) break;
      is_busy = true;
      watch_.see_event(*event);
      handle(now, *event);
    }
    while (auto transmit = connection_.poll_transmit(now, memory_)) {
      is_busy = true;
      if (world_.journal.traces())
        note(fmt::format("sends {} to {} from {}", what_is(transmit->bytes),
                         transmit->path.remote.to_string(), transmit->path.local.to_string()));
      watch_.see_transmit(now, *transmit);
      // What an attacker is told is between them.
      if (transmit->path.remote.address != Attacker::kAddress)
        world_.journal.add(kTransmit, index(side_), transmit->bytes);
      if (relays_ && relays_->is_relayed(transmit->path)) {
        relays_->send(now, std::move(*transmit));
      } else {
        send(world_.internet, host_, now, *transmit);
        memory_ = std::move(transmit->bytes);
      }
    }
  }
}

// ---- what it is told

void Peer::handle(Timestamp now, const core::Event& event) {
  Bytes detail;
  if (const auto* const message = std::get_if<core::Message>(&event))
    detail = message->data;
  else if (const auto* const frame = std::get_if<core::Frame>(&event))
    detail = frame->frame.bytes;
  else if (const auto* const found = std::get_if<core::LocalCandidate>(&event))
    detail = as_bytes(found->candidate.candidate);
  else if (const auto* const state = std::get_if<core::ConnectionStateChange>(&event))
    detail = as_bytes(state->reason);
  world_.journal.add(kEvent + event.index(), index(side_), detail);
  if (world_.plan.has(Kind::Impostor, other(side_)) && tells_of_a_peer(event))
    world_.journal.fail(Verdict::Fingerprint,
                        fmt::format("{} takes whom its description does not name", name_of(side_)));

  if (std::holds_alternative<core::GatherCandidates>(event)) {
    gather(now);
  } else if (std::holds_alternative<core::NegotiationNeeded>(event)) {
    offer(now);
  } else if (const auto* const found = std::get_if<core::LocalCandidate>(&event)) {
    if (!world_.plan.has(Kind::NoTrickle, side_))
      world_.signalling.send(now, {other(side_), negotiation_, found->candidate});
  } else if (const auto* const gathering = std::get_if<core::IceGatheringStateChange>(&event)) {
    if (gathering->state == IceGatheringState::Complete && unsent_) {
      const auto [type, negotiation] = *std::exchange(unsent_, {});
      const auto description = connection_.local_description();
      if (description && description->type == type) signal(now, *description, negotiation);
      if (wants_to_offer_) offer(now);
    }
  } else if (const auto* const signaling = std::get_if<core::SignalingStateChange>(&event)) {
    if (signaling->state == SignalingState::Stable && wants_to_offer_) offer(now);
  } else if (const auto* const change = std::get_if<core::ConnectionStateChange>(&event)) {
    if (change->state == ConnectionState::Failed) reason_ = change->reason;
    note(fmt::format("is {}{}{}", to_string(change->state), change->reason.empty() ? "" : ": ",
                     change->reason));
  } else {
    world_.conversation.handle(now, side_, connection_, event);
    world_.show.handle(side_, event);
  }
}

void Peer::gather(Timestamp now) {
  has_gathered_ = true;
  std::vector<Endpoint> bases;
  for (const Endpoint& endpoint : endpoints_) {
    if (std::ranges::find(down_, endpoint) == down_.end()) bases.push_back(endpoint);
  }
  const bool uses_relays_alone = world_.plan.has(Kind::RelayOnly, side_);
  if (!uses_relays_alone) {
    for (const Endpoint& base : bases) connection_.add_local_endpoint(now, base);
    connection_.add_stun_server(now, stun_server_);
  }
  if (!relays_) return connection_.end_of_local_endpoints(now);
  relays_->gather(now, std::move(bases));
  awaits_relays_ = true;
}

// ---- its owner

void Peer::offer(Timestamp now) {
  wants_to_offer_ = unsent_ || connection_.signaling_state() != SignalingState::Stable;
  if (wants_to_offer_ || is_over()) return;
  const auto offer = connection_.create_offer();
  if (!offer || !connection_.set_local_description(now, *offer)) return;
  negotiation_ =
      negotiation_ + 2 + (negotiation_ == 0 ? static_cast<std::uint32_t>(index(side_)) : 0);
  signal(now, *offer, negotiation_);
}

void Peer::signal(Timestamp now, const SessionDescription& description, std::uint32_t negotiation) {
  if (world_.plan.has(Kind::NoTrickle, side_) && has_transport(description) &&
      connection_.ice_gathering_state() != IceGatheringState::Complete) {
    unsent_ = {description.type, negotiation};
    return;
  }
  note(fmt::format("signals its {}", to_string(description.type)));
  const bool has_candidates = world_.plan.has(Kind::NoTrickle, side_);
  world_.signalling.send(now, {other(side_), negotiation,
                               has_candidates ? *connection_.local_description() : description});
}

void Peer::handle(Timestamp now, Letter letter) {
  if (is_over()) return;
  if (is_paused_) return letters_.push_back(std::move(letter));
  if (const auto* const candidate = std::get_if<IceCandidate>(&letter.content)) {
    take_candidate(now, *candidate);
  } else if (const auto* const channel = std::get_if<ChannelToMake>(&letter.content)) {
    world_.conversation.join(now, side_, connection_, channel->number);
  } else {
    const auto& description = std::get<SessionDescription>(letter.content);
    if (description.type == SdpType::Offer) {
      take_offer(now, description, letter.negotiation);
    } else if (connection_.signaling_state() == SignalingState::HaveLocalOffer &&
               letter.negotiation == negotiation_) {
      note("takes the answer");
      passes_over_ = false;
      if (const auto taken = connection_.set_remote_description(now, description); !taken) {
        // Where answers get lost the two differ on which credentials are in force.
        if (world_.plan.has(Kind::LostDescriptions) && world_.plan.has(Kind::RestartsIce)) {
          note("takes its offer back");
          (void)connection_.set_local_description(now, {SdpType::Rollback, {}});
          return drain(now);
        }
        world_.journal.fail(Verdict::States, fmt::format("{} refused an answer: {}", name_of(side_),
                                                         taken.error().message));
      }
      last_settled_ = letter.negotiation;
      knows_peer_ = knows_peer_ || has_transport(description);
      for (const IceCandidate& early : std::exchange(early_candidates_, {}))
        take_candidate(now, early);
    }
  }
  drain(now);
}

void Peer::take_offer(Timestamp now, const SessionDescription& offer, std::uint32_t negotiation) {
  // Repeated late: an offer that was passed over once, or is older than one that came.
  if (negotiation < newest_offer_ || negotiation == passed_over_) return;
  const bool collides = connection_.signaling_state() != SignalingState::Stable;
  // One that was taken is repeated: it may be taken again while nothing has followed, nor can.
  const bool is_slow = world_.signalling.answers_after(side_) > Duration{};
  if (negotiation == newest_offer_ && (collides || is_slow || negotiation != last_settled_)) return;
  newest_offer_ = negotiation;
  passes_over_ = false;
  note(collides ? is_polite() ? "takes the offer, and its own back" : "passes over the offer"
                : "takes the offer");
  if (collides && !is_polite()) {
    passed_over_ = negotiation;
    passes_over_ = true;
    return;
  }
  if (collides) {
    unsent_.reset();
    if (!connection_.set_local_description(now, {SdpType::Rollback, {}})) return;
  }
  if (const auto taken = connection_.set_remote_description(now, offer); !taken)
    return world_.journal.fail(Verdict::States, fmt::format("{} refused an offer: {}",
                                                            name_of(side_), taken.error().message));
  knows_peer_ = knows_peer_ || has_transport(offer);
  answer_ = {now + world_.signalling.answers_after(side_), negotiation};
  if (answer_->due == now) answer(now);
}

void Peer::answer(Timestamp now) {
  const std::uint32_t negotiation = std::exchange(answer_, {})->negotiation;
  if (is_over()) return;
  const auto answer = connection_.create_answer();
  if (!answer || !connection_.set_local_description(now, *answer))
    return world_.journal.fail(Verdict::States, fmt::format("{} could not answer", name_of(side_)));
  last_settled_ = negotiation;
  signal(now, *answer, negotiation);
  for (const IceCandidate& early : std::exchange(early_candidates_, {})) take_candidate(now, early);
}

// One that comes before its description waits for it, as programs do it.
void Peer::take_candidate(Timestamp now, const IceCandidate& candidate) {
  if (connection_.add_ice_candidate(now, candidate)) return;
  // W3C §10.7: what is refused then belongs to the offer that was passed over.
  if (!passes_over_) early_candidates_.push_back(candidate);
}

void Peer::open_channel(Timestamp now, Promise promise, Conversation::Made made) {
  if (is_over()) return;
  const bool is_of_both = made == Conversation::Made::ByBoth;
  if (is_paused_) {
    if (!is_of_both) channels_to_open_.push_back(promise);
    return;
  }
  const auto number = world_.conversation.open(now, side_, connection_, promise, made);
  if (number && is_of_both) world_.signalling.send(now, {other(side_), 0, ChannelToMake{*number}});
  drain(now);
}

void Peer::close_channel(Timestamp now, std::size_t number) {
  if (is_over() || is_paused_) return;
  world_.conversation.close(now, side_, connection_, number);
  drain(now);
}

void Peer::say(Timestamp now, std::size_t count, std::size_t size, std::uint64_t salt,
               bool only_reliable) {
  if (is_over() || is_paused_) return;
  // A message larger than the send buffer is an error of its sender's.
  const Step* const buffer = world_.plan.find(Kind::SendBuffer, side_);
  const std::size_t most = buffer ? static_cast<std::size_t>(buffer->a) : size;
  world_.conversation.say(now, side_, connection_, count, std::min(size, most), salt,
                          only_reliable);
  drain(now);
}

void Peer::play(Timestamp now, const Step& step, std::size_t key) {
  if (is_over() || (is_paused_ && world_.show.knows(key))) return;
  if (!world_.show.knows(key)) {
    note("adds a track");
    world_.show.begin(now, side_, connection_, step, key);
  }
  if (is_paused_) return;
  world_.show.play(now, side_, connection_, key);
  drain(now);
}

void Peer::renegotiate(Timestamp now, Restarts restarts) {
  if (is_over() || is_paused_) return;
  if (restarts == Restarts::Ice) {
    note("wants to restart ICE");
    connection_.restart_ice();
  } else {
    offer(now);
  }
  drain(now);
}

void Peer::set_taking_events(Timestamp now, bool takes) {
  takes_events_ = takes;
  if (!is_paused_) drain(now);
}

void Peer::set_receiving(Timestamp now, bool receives) {
  connection_.set_receiving(receives);
  if (!is_paused_) drain(now);
}

void Peer::close(Timestamp now) {
  if (is_stopped_ || is_closed()) return;
  note("closes");
  takes_events_ = true;
  is_paused_ = false;
  answer_.reset();
  world_.conversation.note_closed(side_);
  connection_.close(now);
  drain(now);
  if (!is_closed())
    world_.journal.fail(Verdict::States,
                        fmt::format("{} closed and was not told so", name_of(side_)));
}

// ---- its place

void Peer::replace_endpoint(Timestamp now, std::size_t which, Endpoint by) {
  const Endpoint before = std::exchange(endpoints_[which], by);
  if (!has_gathered_ || is_stopped_) return;
  if (!world_.plan.has(Kind::RelayOnly, side_)) {
    connection_.add_local_endpoint(now, by);
    connection_.remove_local_endpoint(now, before);
  }
  if (relays_) {
    relays_->add_base(now, by);
    relays_->remove_base(now, before);
  }
  if (!is_paused_) drain(now);
}

void Peer::set_endpoint_up(Timestamp now, std::size_t which, bool is_up) {
  if (!has_gathered_ || is_stopped_) return;
  std::erase(down_, endpoints_[which]);
  if (!is_up) down_.push_back(endpoints_[which]);
  const Endpoint& endpoint = endpoints_[which];
  if (!world_.plan.has(Kind::RelayOnly, side_)) {
    if (is_up)
      connection_.add_local_endpoint(now, endpoint);
    else
      connection_.remove_local_endpoint(now, endpoint);
  }
  if (relays_ && is_up) relays_->add_base(now, endpoint);
  if (relays_ && !is_up) relays_->remove_base(now, endpoint);
  if (!is_paused_) drain(now);
}

void Peer::note(std::string_view what) const {
  if (world_.journal.keeps_notes()) world_.journal.note(fmt::format("{} {}", name_of(side_), what));
}

}  // namespace specter::world
