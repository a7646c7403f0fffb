#include "dtls/connection.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/queue.h"
#include "dtls/association.h"
#include "dtls/handshake/negotiation.h"

namespace specter::dtls {
namespace {

constexpr std::size_t kMaxEarlyDatagrams = 8;
constexpr std::size_t kMaxEarlyBytes = 16'384;  // of these together
constexpr std::size_t kMaxQueuedEvents = 4096;
constexpr std::size_t kMinMtu = 256;

// ---- the states, with what exists only in each

struct Idle {
  std::vector<Buffer> early;  // came before start()
  std::size_t early_bytes = 0;
};
struct Ended {};
using Handshaking = std::unique_ptr<Negotiation>;
using Open = std::unique_ptr<Association>;

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

void Context::tell(const Flight& flight) const {
  if (!log.wants(LogLevel::Debug)) return;
  log.debug("flight {}: {}", flight.sent() == 1 ? "sent" : "sent again", flight.words());
}

void Context::log_key(std::string_view label, const HelloRandom& client_random, Bytes secret) {
  if (!config.log_keys) return;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line(label);
  for (const Bytes part : {Bytes(client_random), secret}) {
    line += ' ';
    for (const std::uint8_t byte : part) {
      line += kDigits[byte >> 4];
      line += kDigits[byte & 15];
    }
  }
  key_log.push_back(std::move(line));
}

class Connection::Impl {
 public:
  Impl(Config config, Random& random, crypto::PacketCipher& cipher, Log log)
      : config_(std::move(config)),
        outbox_(config_.mtu),
        context_{config_,   random,   cipher, outbox_,
                 counters_, key_log_, log,    config_.first_timeout} {
    SPECTER_CHECK(config_.certificate && config_.first_timeout > Duration::zero());
    SPECTER_CHECK(config_.mtu >= kMinMtu && !config_.versions.empty() &&
                  !config_.cipher_suites.empty() && !config_.groups.empty());
    config_.max_timeout = std::max(config_.max_timeout, config_.first_timeout);
  }

  void start(Timestamp now);
  Result<> send(Bytes data);
  void close();
  void give_time(Timestamp now);
  void handle_datagram(Timestamp now, Bytes datagram);
  std::optional<MutableBytes> open(Timestamp now, MutableBytes& datagram);
  void handle_timeout(Timestamp now);
  std::optional<Buffer> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  Association* association() const {
    const auto* const open = std::get_if<Open>(&state_);
    return open ? open->get() : nullptr;
  }
  const Agreement* agreement() const {
    const auto* const it = association();
    return it ? &it->agreement() : nullptr;
  }
  Buffer peer_certificate() const;

  Config config_;
  Outbox outbox_;
  Counters counters_;
  std::vector<std::string> key_log_;
  Context context_;
  // What stays to be asked after the end.
  std::string_view version_, cipher_suite_, group_;  // names, which are there for ever

 private:
  void handle_records(Timestamp now, Bytes datagram);
  std::optional<MutableBytes> next_data(Timestamp now, MutableBytes& datagram);
  void advance(Timestamp now);
  void become_open(Timestamp now, Negotiation& negotiation, std::unique_ptr<Attempt> winner);
  void forget_offers();
  void push(Event event);
  void end(Closed closed);

  std::variant<Idle, Handshaking, Open, Ended> state_;
  RareQueue<Event> events_;
  Buffer peer_certificate_;
};

void Connection::Impl::start(Timestamp now) {
  auto* const idle = std::get_if<Idle>(&state_);
  if (!idle) return;
  const std::vector<Buffer> early = std::move(idle->early);
  context_.log.info("the handshake begins, as the {}",
                    config_.role == Role::Client ? "client" : "server");
  Handshaking negotiation;
  if (config_.role == Role::Client) {
    negotiation = std::make_unique<ClientNegotiation>(context_);
  } else {
    negotiation = std::make_unique<ServerNegotiation>(context_);
  }
  state_ = std::move(negotiation);
  std::get<Handshaking>(state_)->start(now);
  for (const Buffer& datagram : early) handle_records(now, datagram);
}

Result<> Connection::Impl::send(Bytes data) {
  if (std::holds_alternative<Ended>(state_))
    return fail(ErrorCode::Closed, "the DTLS association is closed");
  Association* const open = association();
  if (!open) return fail(ErrorCode::InvalidState, "the DTLS association is not connected yet");
  if (data.empty() || data.size() > kMaxPlaintext)
    return fail(ErrorCode::InvalidArgument, "a DTLS record carries 1 to 16384 bytes");
  if (outbox_.full())
    return fail(ErrorCode::WouldBlock, "datagrams are waiting: call poll_transmit() first");
  open->send(data);
  return {};
}

void Connection::Impl::close() {
  if (std::holds_alternative<Ended>(state_)) return;
  if (Association* const open = association())
    open->send_alert(false, AlertDescription::CloseNotify);
  end({CloseReason::LocalClose, "the association was closed on this side"});
}

void Connection::Impl::give_time(Timestamp now) {
  if (auto* const handshaking = std::get_if<Handshaking>(&state_)) (*handshaking)->give_time(now);
  if (Association* const open = association()) open->give_time(now);
}

void Connection::Impl::handle_datagram(Timestamp now, Bytes datagram) {
  if (std::holds_alternative<Ended>(state_)) return;
  auto* const idle = std::get_if<Idle>(&state_);
  if (!idle) return handle_records(now, datagram);
  if (idle->early.size() == kMaxEarlyDatagrams ||
      idle->early_bytes + datagram.size() > kMaxEarlyBytes)
    return context_.drop("more than is kept of what comes before the handshake begins");
  idle->early_bytes += datagram.size();
  idle->early.push_back(to_buffer(datagram));
}

void Connection::Impl::handle_records(Timestamp now, Bytes datagram) {
  Buffer copy = to_buffer(datagram);
  MutableBytes rest = copy;
  while (const auto data = next_data(now, rest)) {
    if (events_.size() < kMaxQueuedEvents) {
      push(DataReceived{to_buffer(*data)});
    } else {
      context_.drop("data that nobody takes");
    }
  }
}

std::optional<MutableBytes> Connection::Impl::open(Timestamp now, MutableBytes& datagram) {
  if (std::holds_alternative<Idle>(state_)) {
    handle_datagram(now, std::exchange(datagram, {}));
    return std::nullopt;
  }
  return next_data(now, datagram);
}

std::optional<MutableBytes> Connection::Impl::next_data(Timestamp now, MutableBytes& datagram) {
  while (!datagram.empty()) {
    Bytes rest = datagram;
    const auto record = next_record(rest);
    if (!record) {
      datagram = {};
      context_.drop("no DTLS record");
      break;
    }
    const std::size_t read = datagram.size() - rest.size();
    const MutableBytes place =
        datagram.subspan(read - record->fragment.size(), record->fragment.size());
    datagram = datagram.subspan(read);
    if (Association* const open = association()) {
      const auto data = open->handle_record(now, *record, place);
      if (data) return data;
    } else if (auto* const handshaking = std::get_if<Handshaking>(&state_)) {
      (*handshaking)->handle_record(now, *record);
    }
    advance(now);
  }
  return std::nullopt;
}

// What came of an input.
void Connection::Impl::advance(Timestamp now) {
  if (auto* const handshaking = std::get_if<Handshaking>(&state_)) {
    if (auto winner = (*handshaking)->take_winner()) {
      const Handshaking negotiation = std::move(*handshaking);
      become_open(now, *negotiation, std::move(winner));
    } else if (auto failure = (*handshaking)->take_failure()) {
      end(std::move(*failure));
    }
  }
  if (Association* const open = association()) {
    if (auto closed = open->take_end()) end(std::move(*closed));
  }
  for (std::string& line : std::exchange(key_log_, {})) push(KeyLogged{std::move(line)});
}

void Connection::Impl::become_open(Timestamp now, Negotiation& negotiation,
                                   std::unique_ptr<Attempt> winner) {
  state_ = std::make_unique<Association>(now, context_, winner->agreement());
  winner.reset();
  const Agreement& agreed = *agreement();
  version_ = to_string(agreed.suite.version);
  cipher_suite_ = agreed.suite.name;
  group_ = crypto::to_string(agreed.group);
  const std::string_view srtp = agreed.srtp_profile ? to_string(*agreed.srtp_profile) : "no SRTP";
  context_.log.info("connected: {}, {}, {}, {}", version_, cipher_suite_, group_, srtp);
  push(Connected{});
  forget_offers();
  for (const Buffer& early : negotiation.take_early()) handle_records(now, early);
}

// What the handshake alone needed, and its memory, which an assignment of {} would keep.
void Connection::Impl::forget_offers() {
  std::exchange(config_.certificate, {});
  std::exchange(config_.remote_fingerprints, {});
  std::exchange(config_.versions, {});
  std::exchange(config_.cipher_suites, {});
  std::exchange(config_.groups, {});
  std::exchange(config_.srtp_profiles, {});
}

void Connection::Impl::handle_timeout(Timestamp now) {
  if (auto* const handshaking = std::get_if<Handshaking>(&state_)) {
    (*handshaking)->handle_timeout(now);
  } else if (Association* const open = association()) {
    open->handle_timeout(now);
  }
  advance(now);
}

void Connection::Impl::push(Event event) { events_.push_back(std::move(event)); }

void Connection::Impl::end(Closed closed) {
  context_.log.info("closed, {}: {}", to_string(closed.reason), closed.detail);
  peer_certificate_ = peer_certificate();
  state_ = Ended{};
  outbox_.forget_flight();
  push(std::move(closed));
}

std::optional<Buffer> Connection::Impl::poll_transmit(Timestamp now) {
  if (Association* const open = association()) open->prepare(now);
  auto datagram = outbox_.poll();
  if (datagram) ++counters_.datagrams_sent;
  return datagram;
}

std::optional<Connection::Event> Connection::Impl::poll_event() {
  if (events_.empty()) return std::nullopt;
  return events_.take_front();
}

WakeUp Connection::Impl::next_timeout() const {
  if (const auto* const handshaking = std::get_if<Handshaking>(&state_))
    return (*handshaking)->next_timeout();
  const Association* const open = association();
  return open ? open->next_timeout() : WakeUp{};
}

Buffer Connection::Impl::peer_certificate() const {
  if (const Agreement* const agreed = agreement()) return agreed->peer_certificate;
  if (const auto* const handshaking = std::get_if<Handshaking>(&state_))
    return (*handshaking)->peer_certificate();
  return peer_certificate_;
}

// ---- the facade

Connection::Connection(Config config, Random& random, crypto::PacketCipher& cipher, Log log)
    : impl_(std::make_unique<Impl>(std::move(config), random, cipher, log)) {}
Connection::~Connection() = default;

void Connection::start(Timestamp now) { impl_->start(now); }
Result<> Connection::send(Bytes application_data) { return impl_->send(application_data); }
void Connection::close(Timestamp) { impl_->close(); }
RecordRoom Connection::record_room() const {
  const Association* const open = impl_->association();
  SPECTER_CHECK(open);
  return open->record_room();
}
void Connection::seal(MutableBytes records, std::size_t record_bytes) {
  Association* const open = impl_->association();
  SPECTER_CHECK(open);
  open->seal(records, record_bytes);
}
void Connection::handle_datagram(Timestamp now, Bytes datagram) {
  impl_->handle_datagram(now, datagram);
}
std::optional<MutableBytes> Connection::open(Timestamp now, MutableBytes& datagram) {
  return impl_->open(now, datagram);
}
void Connection::handle_timeout(Timestamp now) { impl_->handle_timeout(now); }
std::optional<Buffer> Connection::poll_transmit(Timestamp now) { return impl_->poll_transmit(now); }
std::optional<Connection::Event> Connection::poll_event() { return impl_->poll_event(); }
WakeUp Connection::next_timeout() const { return impl_->next_timeout(); }

bool Connection::is_connected() const { return impl_->association() != nullptr; }
std::optional<Buffer> Connection::export_keying_material(std::string_view label,
                                                         std::size_t size) const {
  const Association* const open = impl_->association();
  if (!open) return std::nullopt;
  return open->export_keying_material(label, size);
}
std::optional<SrtpProfile> Connection::srtp_profile() const {
  const Agreement* const agreed = impl_->agreement();
  return agreed ? agreed->srtp_profile : std::nullopt;
}
Buffer Connection::peer_certificate() const { return impl_->peer_certificate(); }
std::string Connection::version() const { return std::string(impl_->version_); }
std::string Connection::cipher_suite() const { return std::string(impl_->cipher_suite_); }
crypto::CipherLibrary Connection::cipher_library() const {
  const Association* const open = impl_->association();
  return open ? open->cipher_library() : crypto::CipherLibrary::OpenSsl;
}
std::string Connection::group() const { return std::string(impl_->group_); }
Counters Connection::counters() const { return impl_->counters_; }

void Connection::keep_flights() { impl_->outbox_.keep_flights(true); }
std::span<const Buffer> Connection::flight() const { return impl_->outbox_.flight(); }
std::uint32_t Connection::flight_generation() const { return impl_->outbox_.flight_generation(); }
bool Connection::is_handshake_confirmed() const {
  const Association* const open = impl_->association();
  return open && open->is_handshake_confirmed();
}
void Connection::limit_datagrams(std::size_t bytes) { impl_->outbox_.limit(bytes); }
void Connection::hold_timers(Timestamp, bool held) { impl_->context_.timers_held = held; }
void Connection::give_time(Timestamp now) { impl_->give_time(now); }
void Connection::set_first_timeout(Duration timeout) {
  SPECTER_CHECK(timeout > Duration::zero());
  impl_->context_.first_timeout = timeout;
}

}  // namespace specter::dtls
