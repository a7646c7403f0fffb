#include "sctp/association/impl.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace specter::sctp {
namespace {

// Below these an association could not work: one fragment of a byte besides what RFC 9260 §3.3.2
// asks of a window.
constexpr std::size_t kMinPacketBytes = 256;
constexpr std::size_t kMaxPacketBytes = 65532;
constexpr std::size_t kMinReceiveBuffer = 4096;

Association::Config sane(Association::Config config) {
  config.max_packet_bytes =
      std::clamp(config.max_packet_bytes, kMinPacketBytes, kMaxPacketBytes) & ~std::size_t{3};
  config.data.receive_buffer_bytes = std::max(config.data.receive_buffer_bytes, kMinReceiveBuffer);
  // A message that does not fit into the buffer could never be completed in it.
  if (config.data.max_message_bytes == 0 ||
      config.data.max_message_bytes > config.data.receive_buffer_bytes)
    config.data.max_message_bytes = config.data.receive_buffer_bytes;
  config.max_outgoing_streams = std::max<std::uint16_t>(config.max_outgoing_streams, 1);
  config.max_incoming_streams = std::max<std::uint16_t>(config.max_incoming_streams, 1);
  return config;
}

std::string_view to_string(State state) {
  using enum State;
  switch (state) {
    case Closed: return "CLOSED";
    case CookieWait: return "COOKIE-WAIT";
    case CookieEchoed: return "COOKIE-ECHOED";
    case Established: return "ESTABLISHED";
    case ShutdownPending: return "SHUTDOWN-PENDING";
    case ShutdownSent: return "SHUTDOWN-SENT";
    case ShutdownReceived: return "SHUTDOWN-RECEIVED";
    case ShutdownAckSent: return "SHUTDOWN-ACK-SENT";
    case Ended: return "over";
  }
  return "?";
}

}  // namespace

Association::Impl::Impl(const Config& config, Random& random, Log log)
    : config_(sane(config)),
      random_(random),
      log_(log),
      segment_bytes_(config_.max_packet_bytes - kCommonHeaderBytes),
      cookies_(random),
      path_mtu_(config_.max_packet_bytes, log),
      local_tag_(random_tag()),
      local_tsn_(config_.initial_tsn ? *config_.initial_tsn : random.u32()),
      local_init_(written_init()),
      seed_(config_.data.congestion_control == CongestionControl::Bbr ? random.u64() : 0),
      outgoing_streams_(config_.max_outgoing_streams) {
  make_sender(local_tsn_);
}

ToldState& ToldState::operator=(State state) {
  if (state_ != state) log_.debug("the association is {}", to_string(state));
  state_ = state;
  return *this;
}

void Association::Impl::make_sender(std::uint32_t initial_tsn) {
  sender_.emplace(Sender::Config{segment_bytes_,
                                 config_.data.send_buffer_bytes,
                                 {config_.initial_rto, config_.min_rto, config_.max_rto},
                                 config_.data.congestion_control,
                                 seed_},
                  initial_tsn);
  use_path_mtu();
}

std::uint32_t Association::Impl::random_tag() {
  for (;;) {  // RFC 9260 §5.3.1: any but 0
    if (const std::uint32_t tag = random_.u32(); tag != 0) return tag;
  }
}

void Association::Impl::set_path(std::vector<std::size_t> packet_sizes) {
  for (std::size_t& bytes : packet_sizes)
    bytes = std::min(bytes, kMaxPacketBytes) & ~std::size_t{3};
  path_mtu_.set_path(std::move(packet_sizes));
  use_path_mtu();
}

void Association::Impl::limit_path(Timestamp now, std::size_t packet_bytes) {
  if (path_mtu_.limit(now, packet_bytes)) use_path_mtu();
}

void Association::Impl::use_path_mtu() {
  sender_->set_packet_bytes(path_mtu_.packet_bytes() - kCommonHeaderBytes);
}

void Association::Impl::connect(Timestamp now) {
  if (state_ != State::Closed) return;  // the peer was faster, or it is over
  state_ = State::CookieWait;
  send_init(now);
}

Result<> Association::Impl::check_sendable(StreamId stream, std::size_t bytes) const {
  switch (state_) {
    case State::Closed:
    case State::CookieWait:
    case State::CookieEchoed:
    case State::Established: break;
    default:
      return fail(ErrorCode::Closed, "the association is closing or closed: nothing more is sent");
  }
  if (std::to_underlying(stream) >= outgoing_streams_) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("stream {} is past the {} agreed with the peer",
                            std::to_underlying(stream), outgoing_streams_));
  }
  if (bytes > config_.data.send_buffer_bytes) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("a message of {} bytes is larger than the whole send buffer of {}",
                            bytes, config_.data.send_buffer_bytes));
  }
  if (!sender_->has_room_for(bytes))
    return fail(ErrorCode::WouldBlock, "the send buffer is full: wait for buffered_amount to fall");
  return {};
}

Result<> Association::Impl::send(Timestamp now, StreamId stream, Ppid ppid, Payload message,
                                 const SendOptions& options) {
  if (message.empty()) {  // RFC 9260 §3.3.1
    return fail(ErrorCode::InvalidArgument,
                "an SCTP message can't be empty: send at least one byte");
  }
  if (auto checked = check_sendable(stream, message.size()); !checked) return checked;
  if (sender_->queue().is_message_open(stream)) {
    return fail(ErrorCode::InvalidState,
                "a message that is sent in parts is not ended: send its last part first");
  }

  OutgoingMessage outgoing;
  outgoing.bytes = message.take();
  outgoing.stream = stream;
  outgoing.ppid = ppid;
  outgoing.unordered = options.unordered;
  outgoing.max_retransmits = options.max_retransmits;
  outgoing.priority = std::max<std::uint16_t>(options.priority, 1);
  if (options.lifetime) outgoing.expires = now + *options.lifetime;
  sender_->send(std::move(outgoing));
  return {};
}

Result<> Association::Impl::send_part(Timestamp now, StreamId stream, Ppid ppid, Payload part,
                                      bool last, const SendOptions& options) {
  SendQueue& queue = sender_->queue();
  const bool continues = queue.is_message_open(stream);
  if (!continues && last) return send(now, stream, ppid, part, options);
  if (auto checked = check_sendable(stream, part.size()); !checked) return checked;
  if (options.max_retransmits || options.lifetime) {
    return fail(ErrorCode::InvalidArgument,
                "a message in parts can't have a limit on retransmissions or its lifetime");
  }
  if (part.empty()) {
    if (!continues || !last) {
      return fail(ErrorCode::InvalidArgument,
                  "only the last part of a message, when it is not the first, can be empty");
    }
    queue.end_message(stream);
    return {};
  }
  OutgoingMessage outgoing;
  outgoing.bytes = part.take();
  outgoing.stream = stream;
  outgoing.ppid = ppid;
  outgoing.unordered = options.unordered;
  outgoing.priority = std::max<std::uint16_t>(options.priority, 1);
  outgoing.continues = continues;
  outgoing.goes_on = !last;
  sender_->send(std::move(outgoing));
  return {};
}

void Association::Impl::cut_message(StreamId stream) {
  if (state_ == State::Ended) return;
  sender_->cut_message(stream);
  emit_low();
}

void Association::Impl::receive_in_parts(StreamId stream) {
  in_parts_.insert(std::to_underlying(stream));
}

void Association::Impl::reset_streams(Timestamp, std::span<const StreamId> streams) {
  if (state_ == State::Ended) return;
  std::vector<StreamId> unknown;
  for (const StreamId stream : streams) {
    if (std::to_underlying(stream) < outgoing_streams_) {
      cut_message(stream);
      sender_->queue().push_reset(stream);
    } else {
      unknown.push_back(stream);
    }
  }
  if (!unknown.empty()) events_.push_back(OutgoingResetFailed{std::move(unknown)});
  start_outgoing_reset();
}

void Association::Impl::set_buffered_amount_low_threshold(StreamId stream, std::size_t bytes) {
  sender_->queue().set_threshold(stream, bytes);
}

std::optional<Association::Event> Association::Impl::poll_event() {
  // What has come of messages that are told in parts, once a turn.
  if (events_.empty() && is_receiving_ && receiver_ && receiver_->hand_out_parts()) emit_messages();
  std::optional<Event> event;
  if (is_receiving_ || held_.may_take(config_.control_ppid)) event = held_.take();
  while (!event && !events_.empty()) {
    event = events_.take_front();
    if (!is_receiving_ && held_.must_wait(*event, config_.control_ppid)) {
      held_.hold(std::move(*event));
      event.reset();
    }
  }
  if (!event) return std::nullopt;
  if (const auto* message = std::get_if<MessageReceived>(&*event); message && receiver_)
    receiver_->release(message->bytes.size());
  if (std::holds_alternative<IncomingStreamsReset>(*event)) --untaken_resets_;
  return event;
}

bool Association::Impl::is_established() const {
  switch (state_) {
    case State::Established:
    case State::ShutdownPending:
    case State::ShutdownSent:
    case State::ShutdownReceived:
    case State::ShutdownAckSent: return true;
    default: return false;
  }
}

Counters Association::Impl::counters() const {
  Counters counters = counters_;
  counters.retransmissions = sender_->retransmissions();
  counters.messages_abandoned = sender_->abandoned();
  counters.receive_buffered_bytes = receiver_ ? receiver_->buffered_bytes() : 0;
  counters.send_buffered_bytes = sender_->queue().held_bytes();
  counters.congestion_window_bytes = sender_->congestion_window_bytes();
  counters.flight_bytes = sender_->flight_bytes();
  counters.peer_window_bytes = sender_->peer_window_bytes();
  counters.packet_bytes = path_mtu_.packet_bytes();
  counters.smoothed_round_trip_time = sender_->rto().smoothed();
  return counters;
}

}  // namespace specter::sctp
