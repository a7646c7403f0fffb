// A connection on its loop: makes the calls that come through its handle, turns the core's events
// into the owner's, keeps the snapshots and the ledger true. Everything here runs on the loop.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "api/handles.h"
#include "api/owner.h"
#include "base/queue.h"
#include "io/driver.h"
#include "io/key_log.h"

#include "specter/core.h"
#include "specter/event.h"
#include "specter/specter.h"

namespace specter::api {

// What all connections of one Specter use.
struct Shared {
  std::shared_ptr<io::Resolver> resolver;
  std::shared_ptr<const core::Certificate> certificate;  // nothing: each has its own
  std::shared_ptr<io::KeyLog> key_log;                   // nothing: no secrets are written
};

class Connection final : public io::Driver::Sink {
 public:
  static constexpr std::size_t kCallsPerRun = 1024;

  // Begins on the connection's loop, which is the calling thread; it is there by then, so that
  // whatever fails here is told. It tells Ready; or OperationFailed with Start, and Closed; or,
  // when it was aborted meanwhile, Closed alone.
  static void start(std::unique_ptr<Connection> connection, io::Loop& loop,
                    const Configuration& configuration, Shared shared);

  Connection(std::shared_ptr<ConnectionHandle> handle, std::unique_ptr<Owner> owner)
      : handle_(std::move(handle)), owner_(std::move(owner)) {}

  // ---- calls, in calls.cc
  void create_channel(const std::shared_ptr<ChannelHandle>& channel);
  void create_offer(const OfferOptions& options);
  void create_answer();
  void set_local_description(const SessionDescription& description);
  void set_remote_description(const SessionDescription& description);
  void add_ice_candidate(const IceCandidate& candidate);
  void get_stats();
  void ask(std::uint64_t question) { tell_of<event::Asked>(question); }
  void close();
  // What the owner wants and has room for, to the core; true when it is another answer than before.
  bool take_receiving();

  // ---- sending, in sending.cc
  // Straight into the core, for a call from within a turn. Nothing: it must go the way of the calls
  // before it.
  std::optional<Result<>> try_send(ChannelHandle& channel, MessageKind kind, Payload message,
                                   MessagePart part);
  void receive_in_parts(const ChannelHandle& channel);
  void close_channel(const std::shared_ptr<ChannelHandle>& channel);
  // Whether this turn will make the calls that are pushed now.
  bool will_look_again() const { return driver_ && driver_->is_draining(); }

  // ---- io::Driver::Sink
  bool run_calls() override;
  bool takes_events() override;
  void handle_event(core::Event&& event) override;
  bool settle() override;
  bool end_turn() override;
  void close_by_loop() override { handle_->close(); }
  void handle_end(const std::optional<Error>& fault) override;

 private:
  using Delayed = std::variant<SendCall, std::shared_ptr<ChannelHandle>>;  // a message, or a close

  void attach(io::Driver& driver) { driver_ = &driver; }
  core::PeerConnection& core() { return driver_->core(); }
  PeerConnection name() const { return PeerConnection(handle_); }

  // ---- events.cc
  void tell(Event&& event);
  template <class E, class... Args>
  void tell_of(Args&&... args) {
    tell(E{name(), std::forward<Args>(args)...});
  }
  void tell_failure(Operation operation, Error error);
  template <class E>
  void answer(Operation operation, Result<SessionDescription>&& made);
  template <class E>
  void answer(Operation operation, Result<>&& done);
  void refresh_states();
  void refresh_descriptions();
  void refresh_streams();
  std::shared_ptr<ChannelHandle> find(ChannelId id) const;
  void handle(core::IncomingDataChannel&& event);
  void handle(core::DataChannelOpened&& event);
  void handle(core::MessageReceived&& event);
  void handle(core::DataChannelClosing&& event);
  void handle(core::DataChannelFailed&& event);
  void handle(core::DataChannelClosed&& event);
  void end_channels();

  // ---- sending.cc
  void run_send(SendCall&& call);
  bool send_posted(SendCall& call);
  bool retry_delayed();

  const std::shared_ptr<ConnectionHandle> handle_;
  const std::unique_ptr<Owner> owner_;
  io::Driver* driver_ = nullptr;
  bool is_ready_told_ = false;
  std::uint64_t descriptions_revision_ = 0;  // of those that the handle has
  bool is_receiving_ = true;
  bool is_held_back_ = false;  // in this turn the owner had no room for something

  std::unordered_map<ChannelId, std::shared_ptr<ChannelHandle>> channels_{};

  std::vector<Call> running_{};  // calls taken from the handle; those before running_at_ are made
  std::size_t running_at_ = 0;
  // Messages that the core had no room for although the ledger had, and closes behind them, in
  // order. Their bytes count as posted, so the ledger bounds them.
  Queue<Delayed> delayed_{};
};

}  // namespace specter::api
