#include "dtls/connection.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/check.h"
#include "dtls/datagram_bio.h"
#include "dtls/record_filter.h"
#include "dtls/session.h"
#include "dtls/wire/numbers.h"

namespace specter::dtls {
namespace {

constexpr std::size_t kMaxRecordBytes = 16'384;
constexpr std::size_t kMaxEarlyDatagrams = 8;
constexpr std::size_t kMaxEarlyBytes = 16'384;  // of these together
constexpr std::size_t kMaxQueuedDatagrams = 1024;
constexpr std::size_t kMaxQueuedEvents = 4096;
// OpenSSL gives up at its thirteenth time-out; so do we, a step before it.
constexpr int kMaxResends = 12;
// OpenSSL counts the peer's repeated Finished with the time-outs: at the thirteenth it would end a
// connection that works.
constexpr int kMaxRepeats = 10;
constexpr std::uint8_t kChangeCipherSpec = 20;

// ---- the states, with what exists only in each

struct Idle {
  std::vector<Buffer> early;  // came before start()
  std::size_t early_bytes = 0;
};
struct Handshaking {
  Deadline deadline;  // when to send our last flight again
  Duration interval{};
  int resends = 0;
  unsigned timer = 0;  // which of OpenSSL's timers this follows
};
struct Open {
  int repeats = 0;  // of our last flight
};
struct Ended {};

}  // namespace

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::CloseNotify: return "close_notify";
    case CloseReason::PeerAlert: return "peer alert";
    case CloseReason::BadFingerprint: return "bad fingerprint";
    case CloseReason::NoCertificate: return "no certificate";
    case CloseReason::HandshakeFailed: return "handshake failed";
    case CloseReason::TimedOut: return "timed out";
    case CloseReason::LocalClose: return "local close";
  }
  return "?";
}

class Connection::Impl {
 public:
  Impl(Config config, Random& random)
      : config_(std::move(config)), random_(random), filter_(config_.role), bio_(config_.mtu) {
    SPECTER_CHECK(config_.certificate && config_.first_timeout > Duration::zero());
    config_.max_timeout = std::max(config_.max_timeout, config_.first_timeout);
  }

  void start(Timestamp now);
  Result<> send(Bytes data);
  void close();
  void handle_datagram(Timestamp now, Bytes datagram);
  void handle_timeout(Timestamp now);
  std::optional<Buffer> poll_transmit();
  std::optional<Event> poll_event();
  Deadline next_timeout() const;

  bool is_connected() const { return std::holds_alternative<Open>(state_); }
  std::optional<Buffer> export_keying_material(std::string_view label, std::size_t size) const;
  const std::string& srtp_profile() const { return srtp_profile_; }
  const std::string& version() const { return version_; }
  const std::string& cipher_suite() const { return cipher_suite_; }
  Buffer peer_certificate() const {
    return session_ ? session_->peer_certificate() : peer_certificate_;
  }
  Counters counters() const;

 private:
  void feed(Timestamp now, Bytes datagram);
  void advance(Timestamp now);
  void follow_timer(Timestamp now, Handshaking& handshaking);
  void become_open();
  void read_records();
  void end(Closed closed);
  Closed timed_out() const;

  Config config_;
  Random& random_;
  RecordFilter filter_;
  DatagramBio bio_;
  std::unique_ptr<Session> session_;  // while Handshaking or Open; goes before bio_
  std::variant<Idle, Handshaking, Open, Ended> state_;
  std::deque<Event> events_;
  Counters counters_;
  Buffer peer_certificate_;
  std::string srtp_profile_, version_, cipher_suite_;
};

void Connection::Impl::start(Timestamp now) {
  auto* const idle = std::get_if<Idle>(&state_);
  if (!idle) return;
  const std::vector<Buffer> early = std::move(idle->early);
  session_ = std::make_unique<Session>(config_, bio_, random_);
  state_ = Handshaking{};
  advance(now);
  for (const Buffer& datagram : early) feed(now, datagram);
}

Result<> Connection::Impl::send(Bytes data) {
  if (std::holds_alternative<Ended>(state_))
    return fail(ErrorCode::Closed, "The DTLS association is closed.");
  if (!is_connected())
    return fail(ErrorCode::InvalidState, "The DTLS association is not connected yet.");
  if (data.empty() || data.size() > kMaxRecordBytes)
    return fail(ErrorCode::InvalidArgument, "A DTLS record carries 1 to 16384 bytes.");
  if (bio_.outgoing().size() >= kMaxQueuedDatagrams)
    return fail(ErrorCode::WouldBlock, "Datagrams wait to be polled; poll them first.");
  if (!session_->write(data))
    return fail(ErrorCode::Internal, "OpenSSL could not protect a record.");
  return {};
}

void Connection::Impl::close() {
  if (std::holds_alternative<Ended>(state_)) return;
  if (is_connected()) session_->shut_down();
  end({CloseReason::LocalClose, "The association was closed on this side."});
}

void Connection::Impl::handle_datagram(Timestamp now, Bytes datagram) {
  if (std::holds_alternative<Ended>(state_)) return;
  ++counters_.datagrams_received;
  auto* const idle = std::get_if<Idle>(&state_);
  if (!idle) return feed(now, datagram);
  if (idle->early.size() == kMaxEarlyDatagrams ||
      idle->early_bytes + datagram.size() > kMaxEarlyBytes) {
    ++counters_.records_dropped;
    return;
  }
  idle->early_bytes += datagram.size();
  idle->early.push_back(to_buffer(datagram));
}

void Connection::Impl::feed(Timestamp now, Bytes datagram) {
  if (std::holds_alternative<Ended>(state_)) return;
  const Bytes records = filter_.filter(datagram);
  if (records.empty()) return;
  bio_.offer(records);
  advance(now);
  bio_.withdraw();
}

void Connection::Impl::advance(Timestamp now) {
  const std::size_t queued = bio_.outgoing().size();
  bio_.begin_flight();
  if (auto* const handshaking = std::get_if<Handshaking>(&state_)) {
    const auto done = session_->handshake();
    if (!done) {
      end(done.error());
    } else if (*done) {
      become_open();
    } else {
      follow_timer(now, *handshaking);
    }
  } else if (auto* const open = std::get_if<Open>(&state_)) {
    read_records();
    // RFC 6347 §4.2.4: the peer repeats its last flight since it has not seen ours. (Only our last
    // flight begins in the clear.)
    if (bio_.outgoing().size() > queued && bio_.outgoing()[queued][0] == kChangeCipherSpec) {
      ++counters_.retransmissions;
      bio_.repeat_from(queued);
      if (is_connected() && ++open->repeats == kMaxRepeats) filter_.refuse_repeats();
    }
  }
  bio_.end_flight();
}

// OpenSSL says that a timer runs, we say when it is due. RFC 6347 §4.2.4.1.
void Connection::Impl::follow_timer(Timestamp now, Handshaking& handshaking) {
  if (!bio_.timer_runs()) {
    handshaking.deadline.reset();
  } else if (!handshaking.deadline || handshaking.timer != bio_.times_stopped()) {
    handshaking = {now + config_.first_timeout, config_.first_timeout, 0, bio_.times_stopped()};
  }
}

void Connection::Impl::become_open() {
  state_ = Open{};
  filter_.handshake_done();
  srtp_profile_ = session_->srtp_profile();
  version_ = session_->version();
  cipher_suite_ = session_->cipher_suite();
  events_.push_back(Connected{});
  read_records();
}

void Connection::Impl::read_records() {
  for (;;) {
    auto record = session_->read();
    if (!record) return end(std::move(record.error()));
    if (!*record) return;
    if (events_.size() < kMaxQueuedEvents) {
      events_.push_back(DataReceived{std::move(**record)});
    } else {
      ++counters_.records_dropped;
    }
  }
}

void Connection::Impl::handle_timeout(Timestamp now) {
  auto* const handshaking = std::get_if<Handshaking>(&state_);
  if (!handshaking || !handshaking->deadline || now < *handshaking->deadline) return;
  if (handshaking->resends == kMaxResends) return end(timed_out());

  const std::size_t queued = bio_.outgoing().size();
  bio_.expire_timer();
  bio_.begin_flight();
  const auto sent = session_->resend();
  bio_.end_flight();
  if (!sent) return end(sent.error());
  // What had to be repeated goes out twice: at 40 % loss a flight and its answer then get through
  // 70 times in a hundred rather than 36, and the waits only grow longer.
  bio_.repeat_from(queued);
  ++counters_.retransmissions;
  ++handshaking->resends;
  handshaking->interval = std::min(handshaking->interval * 2, config_.max_timeout);
  handshaking->deadline = now + handshaking->interval;
}

Closed Connection::Impl::timed_out() const {
  std::string detail = "The peer did not answer in time.";
  if (const auto alert = filter_.plaintext_alert()) {
    detail += fmt::format(
        " An alert {} came in the clear, which anyone could have sent; it may be the reason.",
        alert_name(*alert));
  }
  return {CloseReason::TimedOut, std::move(detail)};
}

void Connection::Impl::end(Closed closed) {
  if (closed.reason == CloseReason::CloseNotify && is_connected()) {
    session_->shut_down();  // RFC 5246 §7.2.1: answered with our own
  }
  if (session_) peer_certificate_ = session_->peer_certificate();
  session_.reset();
  state_ = Ended{};
  events_.push_back(std::move(closed));
}

std::optional<Buffer> Connection::Impl::poll_transmit() {
  auto& outgoing = bio_.outgoing();
  if (outgoing.empty()) return std::nullopt;
  Buffer datagram = std::move(outgoing.front());
  outgoing.pop_front();
  ++counters_.datagrams_sent;
  return datagram;
}

std::optional<Connection::Event> Connection::Impl::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Deadline Connection::Impl::next_timeout() const {
  const auto* const handshaking = std::get_if<Handshaking>(&state_);
  return handshaking ? handshaking->deadline : std::nullopt;
}

std::optional<Buffer> Connection::Impl::export_keying_material(std::string_view label,
                                                               std::size_t size) const {
  if (!is_connected()) return std::nullopt;
  return session_->export_keying_material(label, size);
}

Counters Connection::Impl::counters() const {
  Counters out = counters_;
  out.records_dropped += filter_.dropped();
  return out;
}

// ---- the facade

Connection::Connection(Config config, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), random)) {}
Connection::~Connection() = default;

void Connection::start(Timestamp now) { impl_->start(now); }
Result<> Connection::send(Bytes application_data) { return impl_->send(application_data); }
void Connection::close(Timestamp) { impl_->close(); }
void Connection::handle_datagram(Timestamp now, Bytes datagram) {
  impl_->handle_datagram(now, datagram);
}
void Connection::handle_timeout(Timestamp now) { impl_->handle_timeout(now); }
std::optional<Buffer> Connection::poll_transmit(Timestamp) { return impl_->poll_transmit(); }
std::optional<Connection::Event> Connection::poll_event() { return impl_->poll_event(); }
Deadline Connection::next_timeout() const { return impl_->next_timeout(); }

bool Connection::is_connected() const { return impl_->is_connected(); }
std::optional<Buffer> Connection::export_keying_material(std::string_view label,
                                                         std::size_t size) const {
  return impl_->export_keying_material(label, size);
}
std::optional<std::string> Connection::srtp_profile() const {
  if (impl_->srtp_profile().empty()) return std::nullopt;
  return impl_->srtp_profile();
}
Buffer Connection::peer_certificate() const { return impl_->peer_certificate(); }
std::string Connection::version() const { return impl_->version(); }
std::string Connection::cipher_suite() const { return impl_->cipher_suite(); }
Counters Connection::counters() const { return impl_->counters(); }

}  // namespace specter::dtls
