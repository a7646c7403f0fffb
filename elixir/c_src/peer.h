// One peer connection as Elixir knows it: its id, and the messages that it sends.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <erl_nif.h>

#include "counter.h"
#include "outbox.h"
#include "peer_tracks.h"
#include "resources.h"

#include "specter/specter.h"

namespace specter::nif {

class Instance;

// The call that succeeded, by its event; null for all others.
template <class E>
inline constexpr std::optional<Atom> kDone;
template <>
inline constexpr std::optional<Atom> kDone<event::LocalDescriptionSet>{
    Atom("set_local_description")};
template <>
inline constexpr std::optional<Atom> kDone<event::RemoteDescriptionSet>{
    Atom("set_remote_description")};
template <>
inline constexpr std::optional<Atom> kDone<event::IceCandidateAdded>{Atom("add_ice_candidate")};

// The same of what has a description.
template <class E>
inline constexpr std::optional<Atom> kDescribed;
template <>
inline constexpr std::optional<Atom> kDescribed<event::Offer>{Atom("offer")};
template <>
inline constexpr std::optional<Atom> kDescribed<event::Answer>{Atom("answer")};

// How statistics are told.
enum class StatsForm { Json, Map };

//          Ready               close, Closed
//   Starting ------> Open --------------------> Closed
//       |                                          ^
//       +------------------------------------------+  the start failed, or the owner is gone
class Peer : public std::enable_shared_from_this<Peer> {
 public:
  // Its answer to a question, told on the loop when the question's turn has come.
  using Answer = std::function<void(Peer&, const PeerConnection&)>;

  Peer(std::string id, ErlNifPid owner, std::weak_ptr<Instance> instance,
       const ResourceTypes& types, Counter& counter);

  // Nobody else may know of the peer before it is started.
  void start(const Api& api, ActiveChange active, ConnectionOptions options);

  const std::string& id() const { return outbox_.id(); }
  bool is_open() const { return phase_ == Phase::Open; }
  PeerConnection connection() const;
  Outbox& outbox() { return outbox_; }
  const Outbox& outbox() const { return outbox_; }

  // On the loop: {tag, id, elements...} to the owner.
  template <class... Elements>
  void tell(Atom tag, const Elements&... elements) {
    if (!outbox_.tell(tag, elements...)) abandon();
  }
  // An event that has no owner: up to 65,536 calls may wait, each of milliseconds. Nobody hears of
  // them any more, and others share the loop. On the loop.
  void abandon();
  // Tells the owner what an operation failed with. On the loop.
  void tell_failure(Operation operation, const Error& error);

  // Has `answer` run on the loop, after the answers of all calls before it. Error: Closed.
  Result<> ask(Answer answer);

  // {:stats, id, …} follows.
  Result<> get_stats(StatsForm form);

  PeerTracks& tracks() { return tracks_; }
  // Nobody finds it from here on; the answers to earlier calls come, and its last message. Twice is
  // as good as once.
  void close();
  // The same when nobody listens: earlier calls are not made.
  void abort();

 private:
  enum class Phase { Starting, Open, Closed };

  // A data channel by its loop's name for it. The handle keeps that name from being used again.
  struct Channel {
    std::string id;
    DataChannel handle;
  };

  void handle(Event&& event);

  void handle(event::Ready&& ready);
  void handle(event::Stats&& stats);
  void handle(event::ConnectionReport&& report);
  void handle(event::Asked&& asked);
  void handle(event::OperationFailed&& failure);
  void handle(event::Closed&& closed);
  void handle(event::DataChannelCreated&& created);
  template <class E>
    requires(kDescribed<E>.has_value())
  void handle(E&& made) {
    tell(*kDescribed<E>, made.description.to_json());
  }
  // {:ok, pc, what}: here the tag says how it went, and the last element what went so.
  template <class E>
    requires(kDone<E>.has_value())
  void handle(E&&) {
    tell(Atom("ok"), *kDone<E>);
  }
  void handle(event::LocalCandidate&& found);
  void handle(event::IceCandidateError&& error);
  void handle(event::NegotiationNeeded&& needed);
  void handle(event::SignalingStateChange&& change);
  void handle(event::IceGatheringStateChange&& change);
  void handle(event::IceConnectionStateChange&& change);
  void handle(event::ConnectionStateChange&& change);

  // ---- peer_channels.cc
  void handle(event::IncomingDataChannel&& incoming);
  void handle(event::DataChannelOpen&& open);
  void handle(event::Message&& message);
  void handle(event::BufferedAmountLow&& low);
  void handle(event::DataChannelClosing&& closing);
  void handle(event::DataChannelError&& error);
  void handle(event::DataChannelClosed&& closed);
  void handle(event::DataChannelRefused&& refused);
  void introduce(const DataChannel& channel, Atom origin);
  const std::string* id_of(const DataChannel& channel) const;

  template <class E>
    requires requires(PeerTracks& tracks, E&& event) { tracks.handle(std::forward<E>(event)); }
  void handle(E&& event) {
    tracks_.handle(std::forward<E>(event));
  }

  Outbox outbox_;
  const std::weak_ptr<Instance> instance_;
  const ResourceTypes& types_;
  const Counter::Share counted_;
  PeerTracks tracks_;
  std::vector<RtpCodec> codecs_;
  std::atomic<Phase> phase_ = Phase::Starting;

  // ---- the loop's
  bool start_failed_ = false;
  std::unordered_map<const void*, Channel> channels_;

  mutable std::mutex mutex_;  // of what is below
  PeerConnection connection_;
  std::deque<Answer> answers_;         // of the questions that are on their way
  std::deque<StatsForm> stats_forms_;  // of the statistics that are
};

}  // namespace specter::nif
