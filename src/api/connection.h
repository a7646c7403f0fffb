// A connection on its event loop: makes the calls queued by its handle, delivers the core's events
// to the owner, and updates the snapshots for getters. Thread: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/data.h"
#include "api/handles.h"
#include "api/media.h"
#include "api/owner.h"
#include "io/driver.h"
#include "io/key_log.h"
#include "io/tls_trust.h"

#include "specter/core.h"
#include "specter/event.h"
#include "specter/specter.h"

namespace specter::api {

// Shared by all connections of one Specter.
struct Shared {
  std::shared_ptr<io::Resolver> resolver;
  std::shared_ptr<io::TlsTrusts> trusts;
  std::shared_ptr<io::KeyLogs> key_logs;
  bool log_addresses = false;
};

class Connection final : public io::Driver::Sink {
 public:
  static constexpr std::size_t kCallsPerRun = 1024;

  // Starts the connection; called on its loop. Delivers Ready; or, if it fails, OperationFailed
  // with Start, and Closed; or Closed alone if it was aborted meanwhile.
  static void start(std::unique_ptr<Connection> connection, io::Loop& loop,
                    ConnectionOptions options, Shared shared);

  Connection(std::shared_ptr<ConnectionHandle> handle, std::unique_ptr<Owner> owner)
      : handle_(std::move(handle)), owner_(std::move(owner)) {}

  // ---- calls, in calls.cc
  void create_offer(const OfferOptions& options);
  void create_answer();
  void set_local_description(const std::optional<SessionDescription>& description);
  void set_remote_description(const SessionDescription& description);
  void add_ice_candidate(const IceCandidate& candidate);
  void restart_ice();
  void get_stats();
  void get_report() { tell_report(Asked::ByCall); }
  void ask(std::uint64_t question) { tell_of<event::Asked>(question); }
  void close();
  // Tells the core whether the owner accepts messages. Returns whether that changed.
  bool take_receiving();

  // ---- for its parts
  Data& data() { return data_; }
  Media& media() { return media_; }
  core::PeerConnection& core() { return driver_->core(); }
  io::Driver& driver() { return *driver_; }
  const std::shared_ptr<ConnectionHandle>& handle() const { return handle_; }
  bool has_running_calls() const { return running_at_ < running_.size(); }
  void tell(Event&& event);
  template <class E, class... Args>
  void tell_of(Args&&... args) {
    tell(E{name(), std::forward<Args>(args)...});
  }
  void tell_failure(Operation operation, Error error);
  // Updates the snapshots of the getters from the core.
  void refresh_states();

  // Whether the current turn will make calls that are queued now.
  bool will_look_again() const { return driver_ && driver_->is_draining(); }

  // ---- io::Driver::Sink
  bool run_calls() override;
  bool takes_events() override;
  void handle_event(core::Event&& event) override;
  void handle_drained() override { media_.forget_gone(); }
  bool settle() override { return data_.settle(); }
  bool end_turn() override;
  void close_by_loop() override { handle_->close(); }
  void handle_end(const std::optional<Error>& fault) override;

 private:
  void attach(io::Driver& driver) { driver_ = &driver; }
  PeerConnection name() const { return PeerConnection(handle_); }

  enum class Asked : bool { ByNobody, ByCall };
  void tell_report(Asked asked);

  // ---- events.cc
  template <class E>
  void answer(Operation operation, Result<SessionDescription>&& made);
  template <class E>
  void answer(Operation operation, Result<>&& done);
  void refresh_descriptions();
  bool tell_answer_after_events();
  bool tell_negotiation_needed();

  const std::shared_ptr<ConnectionHandle> handle_;
  const std::unique_ptr<Owner> owner_;
  io::Driver* driver_ = nullptr;
  bool is_ready_told_ = false;
  std::uint64_t descriptions_revision_ = 0;  // of the handle's snapshots
  bool is_receiving_ = true;
  bool is_held_back_ = false;  // the owner had no room for an event in this turn
  // RemoteDescriptionSet, which comes behind the events of its description: W3C §4.4.1.5.
  bool answers_after_events_ = false;
  bool is_negotiation_needed_ = false;  // and yet to be told

  std::vector<Call> running_{};  // calls taken from the handle; those before running_at_ are made
  std::size_t running_at_ = 0;
  Data data_{*this};
  Media media_{*this};
};

}  // namespace specter::api
