// The life of two peer connections, told with the public API alone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/lifecycle/report.h"

#include "specter/specter.h"

namespace specter::cli {

struct LifecycleOptions {
  Configuration configuration;
  int messages = 10;
  Duration timeout = std::chrono::seconds(10);  // of each step
};

// init, two connections, offer and answer, candidates both ways, messages both ways, close. All of
// it over UDP sockets, as if the two were on different machines.
class Lifecycle {
 public:
  Lifecycle(LifecycleOptions options, LifecycleReport& report)
      : options_(std::move(options)), report_(report) {}
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  bool run();  // true when each step succeeded

 private:
  using Outcome = Result<std::string>;

  struct Side {
    std::string_view name;
    PeerConnection connection{};
    DataChannel channel{};
    int candidates = 0;  // given to the other side
    bool connected = false;
  };

  // In the order in which they happen; each is one or more steps and false when one failed.
  bool initialise();
  bool create_connection(Side& side);
  bool create_data_channel();
  bool offer();
  bool answer();
  bool connect();
  bool open_channel();
  bool exchange_messages();
  bool measure();
  bool close(Side& side);

  bool step(std::string_view name, std::string_view connection,
            const std::function<Outcome()>& body, std::string_view advice);
  bool set_description(Side& side, std::string_view which, const SessionDescription& description);
  // Carries candidates from each side to the other until `done` holds.
  Result<> carry_candidates_until(const std::function<bool()>& done);
  Result<> handle(const Event& event);
  Outcome exchange(int number);
  Side& side_of(const PeerConnection& connection) {
    return connection == pc_1_.connection ? pc_1_ : pc_2_;
  }
  Side& other(const Side& side) { return &side == &pc_1_ ? pc_2_ : pc_1_; }

  const LifecycleOptions options_;
  LifecycleReport& report_;
  Mailbox inbox_;
  std::optional<Specter> specter_;
  Side pc_1_{.name = "pc_1"};
  Side pc_2_{.name = "pc_2"};
  SessionDescription offer_, answer_;
  int candidates_added_ = 0;
  std::chrono::steady_clock::time_point offered_{};
  Summary summary_;
};

}  // namespace specter::cli
