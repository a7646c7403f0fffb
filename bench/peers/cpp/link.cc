#include "link.h"

#include <thread>

#include <unistd.h>

namespace peers {
namespace {

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

void LineWriter::write(const Json& line) {
  const std::string text = line.dump() + "\n";
  const std::lock_guard lock(mutex_);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t now = ::write(descriptor_, text.data() + done, text.size() - done);
    if (now <= 0) return;  // nobody listens any more
    done += static_cast<std::size_t>(now);
  }
}

void Link::tell(Json line) {
  line["c"] = index_;
  signalling_.write(line);
}

// ---- connecting

void Link::start(Stack& stack, Role role) {
  role_ = role;
  begun_ = Clock::now();
  if (role == Role::Offer) tell({{"create", true}});
  auto connection = stack.create(role, shared_from_this());
  bool both = false;
  {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(connection);
    both = is_created_ && is_peer_created_;
  }
  if (both && role == Role::Offer) {
    both_created_ = Clock::now();
    connection_->start_offer();
  }
}

void Link::created() {
  bool both = false;
  {
    const std::lock_guard lock(mutex_);
    is_created_ = true;
    both = is_peer_created_ && connection_;
  }
  if (role_ == Role::Answer) return tell({{"created", true}});
  if (!both) return;
  both_created_ = Clock::now();
  connection_->start_offer();
}

void Link::take(const Json& line) {
  if (line.contains("created")) {
    bool both = false;
    {
      const std::lock_guard lock(mutex_);
      is_peer_created_ = true;
      both = is_created_ && connection_;
    }
    if (!both) return;
    both_created_ = Clock::now();
    connection_->start_offer();
  } else if (line.contains("description")) {
    const Json& description = line["description"];
    connection_->take_description(description["type"], description["sdp"]);
    has_description_ = true;
    for (const Json& early : early_candidates_) take(early);
    early_candidates_.clear();
  } else if (line.contains("candidate")) {
    if (!has_description_) return early_candidates_.push_back(line);
    const Json& candidate = line["candidate"];
    connection_->take_candidate(candidate["candidate"], candidate.value("sdpMid", "0"));
  } else if (line.contains("open")) {
    {
      const std::lock_guard lock(mutex_);
      peer_open_ = true;
    }
    look_whether_open();
  }
}

void Link::describe(const std::string& type, const std::string& sdp) {
  tell({{"description", {{"type", type}, {"sdp", sdp}}}});
}

void Link::candidate(const std::string& candidate, const std::string& mid) {
  tell({{"candidate", {{"candidate", candidate}, {"sdpMid", mid}, {"sdpMLineIndex", 0}}}});
}

void Link::opened() {
  {
    const std::lock_guard lock(mutex_);
    if (own_open_) return;
    own_open_ = true;
  }
  if (role_ == Role::Answer) tell({{"open", true}});
  look_whether_open();
}

void Link::look_whether_open() {
  {
    const std::lock_guard lock(mutex_);
    if (!own_open_ || (role_ == Role::Offer && !peer_open_)) return;
    both_open_ = Clock::now();
    is_open_ = true;
  }
  on_change_();
}

void Link::failed(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = why;
  }
  on_change_();
}

std::string Link::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::pair<Clock::duration, Clock::duration> Link::times() const {
  const std::lock_guard lock(mutex_);
  return {both_open_ - both_created_, both_open_ - begun_};
}

void Link::close() {
  is_sending_ = false;
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    connection = std::move(connection_);
  }
  if (connection) connection->close();
}

// ---- receiving

void Link::expect(std::size_t message_bytes) {
  work_ = Work::Nothing;
  content_.emplace(message_bytes);
  message_bytes_ = message_bytes;
  received_ = 0;
  bad_ = 0;
  work_ = Work::Receive;
}

Json Link::counted() const {
  return {{"us", microseconds(Clock::now().time_since_epoch())},
          {"messages", received_.load()},
          {"bytes", received_.load() * message_bytes_},
          {"bad", bad_.load()},
          {"first_bad", first_bad_.load()}};
}

void Link::message(std::span<const std::uint8_t> message) {
  switch (work_.load(std::memory_order_acquire)) {
    case Work::Receive: {
      const std::uint64_t number = received_.load(std::memory_order_relaxed);
      if (!content_->is_message(message, number)) {
        if (bad_.load(std::memory_order_relaxed) == 0) first_bad_ = number;
        ++bad_;
      }
      received_.store(number + 1, std::memory_order_relaxed);
      return;
    }
    case Work::Echo: connection_->send(message); return;
    case Work::Ping: take_pong(message); return;
    case Work::Nothing:
    case Work::Send: ++bad_; return;
  }
}

// ---- sending

void Link::start_sending(std::size_t message_bytes, std::size_t buffer_bytes,
                         std::size_t low_bytes) {
  content_.emplace(message_bytes);
  message_bytes_ = message_bytes;
  buffer_bytes_ = buffer_bytes;
  sent_ = 0;
  work_ = Work::Send;
  is_sending_ = true;
  connection_->set_low(low_bytes);
  pump();
}

std::uint64_t Link::stop_sending() {
  is_sending_ = false;
  while (pumps_.load() != 0) std::this_thread::yield();
  return sent_;
}

// From the command's thread, from low() on any of the stack's, and from low() within send():
// whoever comes while another fills leaves it to that one, who looks again.
void Link::pump() {
  if (!is_sending_) return;
  int seen = 1;
  if (pumps_.fetch_add(seen) > 0) return;
  while (true) {
    fill();
    const int before = pumps_.fetch_sub(seen);
    if (before == seen) return;
    seen = before - seen;
  }
}

void Link::fill() {
  while (is_sending_.load(std::memory_order_relaxed) &&
         connection_->buffered() + message_bytes_ <= buffer_bytes_) {
    if (!connection_->send(content_->message(sent_))) return;
    ++sent_;
  }
}

// ---- round trips

void Link::echo() { work_ = Work::Echo; }

void Link::ping(std::size_t message_bytes, std::size_t count, Clock::duration time) {
  content_.emplace(message_bytes);
  pings_ = count;
  round_trips_.clear();
  round_trips_.reserve(count);
  bad_ = 0;
  has_pinged_ = false;
  ping_end_ = Clock::now() + time;
  work_ = Work::Ping;
  send_ping();
}

void Link::send_ping() {
  ping_sent_ = Clock::now();
  connection_->send(content_->message(round_trips_.size()));
}

void Link::take_pong(std::span<const std::uint8_t> message) {
  const auto now = Clock::now();
  if (!content_->is_message(message, round_trips_.size())) ++bad_;
  round_trips_.push_back(
      static_cast<std::uint32_t>((now - ping_sent_) / std::chrono::nanoseconds(1)));
  if (round_trips_.size() < pings_ && now < ping_end_) return send_ping();
  work_ = Work::Nothing;
  has_pinged_ = true;
  on_change_();
}

Json Link::pinged() const {
  Json times = Json::array();
  for (const std::uint32_t time : round_trips_) times.push_back(time / 100 / 10.0);
  return {{"us", std::move(times)}, {"bad", bad_.load()}};
}

}  // namespace peers
