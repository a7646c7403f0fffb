// One connection of a peer program: its place in the signalling, and its share of the work.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "content.h"
#include "stack.h"

namespace peers {

using Clock = std::chrono::steady_clock;

// Lines of JSON to a descriptor, from any thread.
class LineWriter {
 public:
  explicit LineWriter(int descriptor) : descriptor_(descriptor) {}
  void write(const Json& line);

 private:
  std::mutex mutex_;
  int descriptor_;
};

class Link final : public Sink, public std::enable_shared_from_this<Link> {
 public:
  using OnChange = std::function<void()>;  // something that a command may wait for has happened

  Link(std::size_t index, LineWriter& signalling, OnChange on_change)
      : index_(index), signalling_(signalling), on_change_(std::move(on_change)) {}

  void start(Stack& stack, Role role);
  void take(const Json& line);  // of the peer's signalling
  void close();

  // Whether both channels are open; how long that took from when both connections were there, and
  // from before the first.
  bool is_open() const { return is_open_; }
  std::string failure() const;
  std::pair<Clock::duration, Clock::duration> times() const;

  void expect(std::size_t message_bytes);  // from here on messages are checked and counted
  Json counted() const;

  void start_sending(std::size_t message_bytes, std::size_t buffer_bytes, std::size_t low_bytes);
  std::uint64_t stop_sending();

  void echo();
  void ping(std::size_t message_bytes, std::size_t count, Clock::duration time);
  bool has_pinged() const { return has_pinged_; }
  Json pinged() const;

  // Sink
  void created() override;
  void describe(const std::string& type, const std::string& sdp) override;
  void candidate(const std::string& candidate, const std::string& mid) override;
  void opened() override;
  void message(std::span<const std::uint8_t> message) override;
  void low() override { pump(); }
  void failed(const std::string& why) override;

 private:
  enum class Work { Nothing, Receive, Send, Echo, Ping };

  void tell(Json line);
  void look_whether_open();
  void pump();
  void fill();
  void send_ping();
  void take_pong(std::span<const std::uint8_t> message);

  const std::size_t index_;
  LineWriter& signalling_;
  const OnChange on_change_;
  std::shared_ptr<Connection> connection_;
  Role role_ = Role::Offer;

  mutable std::mutex mutex_;  // of what follows, up to the next empty line
  bool is_created_ = false, is_peer_created_ = false, own_open_ = false, peer_open_ = false;
  bool has_description_ = false;
  std::vector<Json> early_candidates_;
  std::string failure_;
  Clock::time_point begun_, both_created_, both_open_;
  std::atomic<bool> is_open_ = false;

  std::atomic<Work> work_ = Work::Nothing;
  std::optional<Content> content_;
  std::atomic<std::uint64_t> received_ = 0, bad_ = 0, first_bad_ = 0;

  std::size_t message_bytes_ = 0, buffer_bytes_ = 0;
  std::atomic<int> pumps_ = 0;
  std::atomic<bool> is_sending_ = false;
  std::atomic<std::uint64_t> sent_ = 0;

  std::vector<std::uint32_t> round_trips_;  // ns
  std::size_t pings_ = 0;
  Clock::time_point ping_sent_, ping_end_;
  std::atomic<bool> has_pinged_ = false;
};

}  // namespace peers
