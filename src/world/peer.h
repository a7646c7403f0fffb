// A peer: its process, which the world runs, stops and hands datagrams to, and its owner's way to
// negotiate.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "simulation/internet.h"
#include "simulation/random.h"
#include "world/conversation.h"
#include "world/journal.h"
#include "world/plan.h"
#include "world/relays.h"
#include "world/show.h"
#include "world/signalling.h"
#include "world/watch.h"

#include "specter/core.h"

namespace specter::world {

// What is dear to make, for all lives of a thread.
struct Workshop {
  std::array<std::shared_ptr<const core::Certificate>, 2> certificates;
  std::shared_ptr<core::PacketCipher> cipher;

  static Workshop make();
};

class Peer {
 public:
  struct World {
    const Plan& plan;
    simulation::Internet& internet;
    Signalling& signalling;
    Conversation& conversation;
    Show& show;
    Journal& journal;
  };

  Peer(Side side, simulation::HostId host, World world, const Workshop& workshop);

  // The world.
  void handle(Timestamp now, simulation::Arrival arrival, bool is_of_attacker);
  void handle_too_large(Timestamp now, const simulation::TooLarge& told);
  void handle_timeout(Timestamp now);
  void handle(Timestamp now, Letter letter);
  Deadline next_timeout() const;

  // Its place. Endpoints are told to the connection when it gathers.
  void add_endpoint(Endpoint endpoint) { endpoints_.push_back(endpoint); }
  void replace_endpoint(Timestamp now, std::size_t which, Endpoint by);
  void set_endpoint_up(Timestamp now, std::size_t which, bool is_up);
  // `turn`: of its TURN server, which is asked where the plan has it.
  void set_servers(Endpoint stun, std::vector<Endpoint> turn);
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }

  // Its owner.
  void open_channel(Timestamp now, Promise promise,
                    Conversation::Made made = Conversation::Made::ByItsOpener);
  void close_channel(Timestamp now, std::size_t number);
  void say(Timestamp now, std::size_t count, std::size_t size, std::uint64_t salt,
           bool only_reliable = false);
  // The next frame of the step's track, which is added with the first one.
  void play(Timestamp now, const Step& step, std::size_t key);
  enum class Restarts : bool { Nothing, Ice };
  void renegotiate(Timestamp now, Restarts restarts = Restarts::Nothing);
  void set_taking_events(Timestamp now, bool takes);
  void set_receiving(Timestamp now, bool receives);
  void close(Timestamp now);

  // Its process.
  void pause() { is_paused_ = true; }
  void resume(Timestamp now);
  void stop() { is_stopped_ = true; }

  bool is_stopped() const { return is_stopped_; }
  bool is_closed() const { return watch_.is_closed(); }
  bool has_failed() const { return watch_.has_failed(); }
  bool is_connected() const {
    return !is_stopped_ && connection_.connection_state() == ConnectionState::Connected;
  }
  bool was_connected() const { return watch_.was_connected(); }  // at any time
  // Or it knows of no peer: there is no connection to have an end.
  bool is_over_or_new() const {
    return is_over() || (connection_.connection_state() == ConnectionState::New && !knows_peer_);
  }
  // Nothing will come of it any more.
  bool is_over() const { return is_stopped_ || is_closed() || has_failed(); }
  const std::string& reason() const { return reason_; }
  core::PeerConnection& connection() { return connection_; }
  // What its owner has done outside of a turn goes out.
  void drain(Timestamp now);

 private:
  void handle(Timestamp now, const core::Event& event);
  void gather(Timestamp now);
  // Perfect negotiation, W3C §10.7; b is polite.
  void offer(Timestamp now);
  void take_offer(Timestamp now, const SessionDescription& offer, std::uint32_t negotiation);
  void answer(Timestamp now);
  void take_candidate(Timestamp now, const IceCandidate& candidate);
  void signal(Timestamp now, const SessionDescription& description, std::uint32_t negotiation);
  bool is_polite() const { return side_ == Side::B; }
  void note(std::string_view what) const;

  Side side_;
  simulation::HostId host_;
  World world_;
  simulation::SeededRandom random_;
  core::PeerConnection connection_;
  Watch watch_;
  std::vector<Endpoint> endpoints_;
  std::vector<Endpoint> down_;  // of these, those that are not there for now
  Endpoint stun_server_;
  std::optional<Relays> relays_;  // where it has a TURN server
  bool awaits_relays_ = false;    // for the end of gathering
  Buffer memory_;
  std::string reason_;

  bool has_gathered_ = false, is_paused_ = false, is_stopped_ = false, takes_events_ = true;
  // What came while it was paused.
  std::deque<std::pair<simulation::Arrival, bool>> socket_;
  std::vector<Letter> letters_;
  std::vector<Promise> channels_to_open_;

  bool wants_to_offer_ = false;
  std::uint32_t negotiation_ = 0;                     // of our latest offer
  std::uint32_t newest_offer_ = 0, passed_over_ = 0;  // of the other's
  std::uint32_t last_settled_ = 0;                    // of either's
  bool passes_over_ = false, knows_peer_ = false;
  struct Answer {
    Timestamp due;
    std::uint32_t negotiation;
  };
  std::optional<Answer> answer_;  // to an offer that was taken
  // Without trickle: what waits for the end of gathering.
  std::optional<std::pair<SdpType, std::uint32_t>> unsent_;
  std::vector<IceCandidate> early_candidates_;  // before their description
};

}  // namespace specter::world
