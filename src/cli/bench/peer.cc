#include "cli/bench/peer.h"

#include <fmt/format.h>

namespace specter::cli::bench {

void Peer::start(const std::shared_ptr<Peer>& peer, const Api& api) {
  peer->connection_ = api.new_peer_connection([peer](Event&& event) { peer->handle(event); });
}

void Peer::offer(std::size_t channels, const DataChannelOptions& options) {
  for (std::size_t index = 0; index < channels; ++index) {
    const auto channel = connection_.create_data_channel(std::to_string(index), options);
    if (!channel) return check(fail(channel.error()));
  }
  check(connection_.create_offer());
}

void Peer::send(const TrackLocal& track) {
  if (const auto added = connection_.add_track(track); !added) return check(fail(added.error()));
  check(connection_.create_offer());
}

void Peer::take(const SessionDescription& description) {
  check(connection_.set_remote_description(description));
  if (description.type == SdpType::Offer) check(connection_.create_answer());
}

void Peer::take(const IceCandidate& candidate) { check(connection_.add_ice_candidate(candidate)); }

// A call that came too late for a closed connection is no failure.
void Peer::check(const Result<>& done) {
  if (!done && done.error().code != ErrorCode::Closed) on_failure(done.error().message);
}

void Peer::handle(const Event& any) {
  if (const auto* message = std::get_if<event::Message>(&any)) {
    on_message(message->channel, message->data);
  } else if (const auto* frame = std::get_if<event::Frame>(&any)) {
    on_frame(*frame);
  } else if (std::holds_alternative<event::KeyFrameWanted>(any)) {
    on_key_frame_wanted();
  } else if (const auto* low = std::get_if<event::BufferedAmountLow>(&any)) {
    on_low(low->channel);
  } else if (const auto* offer = std::get_if<event::Offer>(&any)) {
    check(offer->connection.set_local_description(offer->description));
    tell(offer->description);
  } else if (const auto* answer = std::get_if<event::Answer>(&any)) {
    check(answer->connection.set_local_description(answer->description));
    tell(answer->description);
  } else if (const auto* found = std::get_if<event::LocalCandidate>(&any)) {
    tell(found->candidate);
  } else if (const auto* open = std::get_if<event::DataChannelOpen>(&any)) {
    on_open(open->channel);
  } else if (const auto* stats = std::get_if<event::Stats>(&any)) {
    on_stats(stats->stats);
  } else if (const auto* failed = std::get_if<event::OperationFailed>(&any)) {
    check(fail(failed->error));
  } else if (const auto* change = std::get_if<event::ConnectionStateChange>(&any)) {
    if (change->state == ConnectionState::Connected) on_connected();
    // Who is done closes; the other may hear of it before it does the same.
    if (change->state == ConnectionState::Failed && change->code != ErrorCode::ClosedByPeer) {
      on_failure(fmt::format("the connection failed: {}", change->reason));
    }
  } else if (const auto* error = std::get_if<event::DataChannelError>(&any)) {
    if (error->error.code != ErrorCode::ClosedByPeer)
      on_failure(fmt::format("a data channel failed: {}", error->error.message));
  } else if (std::holds_alternative<event::Closed>(any)) {
    on_closed();
  }
}

}  // namespace specter::cli::bench
