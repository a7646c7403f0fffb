// The life of two connections that find each other and close, told by what they say of themselves:
// what the tests of this folder let fail in one place after the other.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "specter/log.h"
#include "specter/specter.h"

namespace specter::testing {

enum class End { Lives, Refused, Failed, Silent };  // Refused: no Specter came to be

struct Told {
  End end = End::Silent;
  std::string reason{};
  int closed = 0;
};

// Two connections of one Specter, each told by one mailbox.
class Story {
 public:
  Told run(Duration patience) {
    try {
      Specter specter({.defaults = {.ice_servers = {{.urls = {"stun:stun.invalid"}}},
                                    .ice = {.loopback = LoopbackPolicy::Only},
                                    .key_log_file = "/dev/null"},
                       .loops = 1});
      auto engine = MediaEngine::with_default_codecs();
      auto registry = Registry::with_default_interceptors(engine);
      const Api api = specter.new_api(std::move(engine), std::move(registry));
      (void)inbox_.native_handle();
      a_ = api.new_peer_connection(inbox_);
      b_ = api.new_peer_connection(inbox_);
      const auto until = std::chrono::steady_clock::now() + patience;
      while (told_.end == End::Silent && told_.closed == 0 &&
             std::chrono::steady_clock::now() < until) {
        if (auto event = inbox_.next(until - std::chrono::steady_clock::now())) on(*event);
      }
      a_.close();
      b_.close();
      while (told_.closed < 2) {
        const auto event = inbox_.next(std::chrono::seconds(20));
        if (!event) break;
        count_closed(*event);
      }
    } catch (const std::system_error& e) {
      return {End::Refused, e.what(), 2};
    }
    return told_;
  }

 private:
  void count_closed(const Event& event) {
    if (std::holds_alternative<event::Closed>(event)) ++told_.closed;
  }

  // Calls that are refused on the spot are on a connection that has told why.
  void on(const Event& event) {
    count_closed(event);
    const PeerConnection& pc = connection_of(event);
    if (std::holds_alternative<event::Ready>(event) && pc == a_) {
      channel_ = a_.create_data_channel("data").value_or(DataChannel());
      (void)a_.create_offer();
    } else if (const auto* offer = std::get_if<event::Offer>(&event)) {
      (void)a_.set_local_description(offer->description);
    } else if (const auto* answer = std::get_if<event::Answer>(&event)) {
      (void)b_.set_local_description(answer->description);
    } else if (const auto* gathering = std::get_if<event::IceGatheringStateChange>(&event)) {
      if (gathering->state == IceGatheringState::Complete)
        (void)(pc == a_ ? b_ : a_).set_remote_description(*pc.local_description());
    } else if (std::holds_alternative<event::RemoteDescriptionSet>(event) && pc == b_) {
      (void)b_.create_answer();
    } else if (std::holds_alternative<event::DataChannelOpen>(event) && pc == a_) {
      (void)channel_.send("ping");
    } else if (const auto* message = std::get_if<event::Message>(&event)) {
      if (pc == a_)
        told_.end = End::Lives;
      else
        (void)message->channel.send("pong");
    } else if (const auto* failed = std::get_if<event::OperationFailed>(&event)) {
      fail(failed->error.message);
    } else if (const auto* change = std::get_if<event::ConnectionStateChange>(&event)) {
      if (change->state == ConnectionState::Failed) fail(change->reason);
    }
  }

  void fail(const std::string& reason) {
    told_.end = End::Failed;
    told_.reason = reason;
  }

  Mailbox inbox_;
  PeerConnection a_, b_;
  DataChannel channel_;
  Told told_;
};

inline Told run_story(Duration patience) { return Story().run(patience); }

inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

// A thread of the resolver that has just given its answer may be the last that holds a loop: all is
// closed soon, not at once.
inline bool are_back_at(std::ptrdiff_t before) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (open_descriptors() != before) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

inline void prepare() {
  // Thousands of warnings that are as they should be.
  set_log(LogLevels(LogLevel::Warning), [](const LogRecord&) {});
  run_story(std::chrono::seconds(20));  // what is made once in a process is made
}

}  // namespace specter::testing
