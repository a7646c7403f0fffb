// User data in both directions, and the reset of streams. RFC 9260 §6, RFC 3758, RFC 6525 §5.
#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include "sctp/association/impl.h"

namespace specter::sctp {
namespace {

std::uint32_t number_of(const DataChunk& data) { return data.ssn; }
std::uint32_t number_of(const IDataChunk& data) { return data.mid; }

}  // namespace

template <class Chunk>
void Association::Impl::handle_data(Timestamp now, const Chunk& data) {
  // RFC 9260 §6: nowhere else. After the peer's SHUTDOWN it has no more to say.
  if (state_ != State::Established && state_ != State::ShutdownPending &&
      state_ != State::ShutdownSent)
    return;
  // RFC 8260 §2.2.3: one or the other, as was negotiated.
  constexpr bool is_idata = std::is_same_v<Chunk, IDataChunk>;
  if (is_idata != peer_.interleaving) {
    return violate(
        now, CauseCode::ProtocolViolation,
        is_idata ? "I-DATA, which was not negotiated" : "DATA, where I-DATA was negotiated");
  }
  if (data.payload.empty()) {  // §6.2
    Buffer tsn;
    ByteWriter(tsn).u32(data.tsn);
    const ErrorChunk abort_chunk{
        ErrorChunk::Kind::Abort, false, {{CauseCode::NoUserData, std::move(tsn)}}};
    queue_alone(peer_.tag, abort_chunk);
    return end(CloseReason::ProtocolViolation, "the peer sent a DATA chunk without user data");
  }
  if (state_ == State::ShutdownSent) {  // §9.2: at once, and T2 starts again
    shutdown_due_ = true;
    t2_.start(now, sender_->rto().value());
  }
  if (std::to_underlying(data.stream) >= peer_.incoming_streams) {  // §6.5
    receiver_->handle_unwanted(data.tsn);
    log_.drop("data on a stream past the number agreed on");
    Buffer info;
    ByteWriter w(info);
    w.u16(std::to_underlying(data.stream));
    w.u16(0);
    return report(CauseCode::InvalidStreamIdentifier, std::move(info));
  }
  switch (receiver_->handle_data(data)) {
    case Reassembly::Result::Ok: return;
    case Reassembly::Result::MessageTooLarge:
      return violate(now, CauseCode::ProtocolViolation,
                     fmt::format("a message is larger than the {} bytes that we take",
                                 config_.data.max_message_bytes));
    case Reassembly::Result::Contradiction:
      return violate(now, CauseCode::ProtocolViolation,
                     fmt::format("fragments of message {} on stream {} contradict each other",
                                 number_of(data), std::to_underlying(data.stream)));
  }
}

template void Association::Impl::handle_data(Timestamp, const DataChunk&);
template void Association::Impl::handle_data(Timestamp, const IDataChunk&);

void Association::Impl::emit_messages() {
  if (receiver_) emit(receiver_->take_messages());
}

void Association::Impl::emit(std::vector<ReassembledMessage> messages) {
  for (ReassembledMessage& message : messages) {
    events_.push_back(MessageReceived{message.stream, message.ppid, message.unordered,
                                      std::move(message.bytes), message.begins, message.ends,
                                      message.is_cut_off});
  }
}

// Between what came of the old numbers and what comes of the new ones.
void Association::Impl::emit_reset(std::vector<StreamId> streams) {
  emit(receiver_->take_before_reset());
  events_.push_back(IncomingStreamsReset{std::move(streams)});
  ++untaken_resets_;
  emit_messages();
}

void Association::Impl::emit_low() {
  for (const StreamId stream : sender_->queue().take_low())
    events_.push_back(BufferedAmountLow{stream});
}

void Association::Impl::handle_sack(Timestamp now, const SackChunk& sack) {
  if (!exchanges_data() || state_ == State::ShutdownSent) return;
  const std::int64_t acknowledged = sender_->outstanding().cumulative();
  switch (sender_->handle_sack(now, sack)) {
    case Sender::SackResult::Ok: errors_ = 0; break;  // RFC 9260 §8.1
    case Sender::SackResult::Stale: break;
    case Sender::SackResult::NeverSent:
      violate(now, CauseCode::ProtocolViolation, "the peer acknowledged what was never sent");
      return;
  }
  // A closed window is no fault (RFC 9260 §6.1 A), and what waits for it holds a reset up.
  if (sender_->outstanding().cumulative() != acknowledged || sender_->window_closed())
    reset_->note_progress();
  look_into_path();
  if (!sender_->is_silent()) {
    narrow_since_.reset();
    small_since_ = small_until_ = std::nullopt;
  }
  emit_low();
}

template <class Chunk>
void Association::Impl::handle_forward_tsn(Timestamp now, const Chunk& forward) {
  if (!exchanges_data() || state_ == State::ShutdownReceived) return;
  // RFC 8260 §2.3.1: each goes with its kind of data, and with no other.
  constexpr bool is_interleaved = std::is_same_v<Chunk, IForwardTsnChunk>;
  if (is_interleaved != peer_.interleaving || (is_interleaved && !peer_.forward_tsn)) {
    return violate(now, CauseCode::ProtocolViolation,
                   is_interleaved ? "I-FORWARD-TSN, which was not negotiated"
                                  : "FORWARD TSN, where I-DATA was negotiated");
  }
  if (!peer_.forward_tsn) return;  // RFC 3758 §3.6: only where both said that they can
  // One per stream is enough; none of a stream that does not exist.
  const auto exists = [&](const typename Chunk::Skipped& entry) {
    return std::to_underlying(entry.stream) < peer_.incoming_streams;
  };
  if (!std::ranges::all_of(forward.skipped, exists) || !receiver_->handle_forward_tsn(forward))
    return drop("a FORWARD TSN of streams that are not there, or of nothing new");
  if (state_ == State::ShutdownSent) {
    shutdown_due_ = true;
    t2_.start(now, sender_->rto().value());
  }
}

template void Association::Impl::handle_forward_tsn(Timestamp, const ForwardTsnChunk&);
template void Association::Impl::handle_forward_tsn(Timestamp, const IForwardTsnChunk&);

// RFC 6525 §5.2.1.
void Association::Impl::handle_reconfig(Timestamp now, const ReConfigChunk& reconfig) {
  if (!exchanges_data() || !peer_.reconfig) return;
  emit_messages();
  ReConfigChunk answer;
  for (const ReconfigParameter& parameter : reconfig.parameters) {
    if (const auto* outgoing = std::get_if<OutgoingResetRequest>(&parameter)) {
      answer.parameters.push_back(
          ReconfigResponse{outgoing->request, handle_outgoing_reset(*outgoing)});
    } else if (const auto* incoming = std::get_if<IncomingResetRequest>(&parameter)) {
      answer.parameters.push_back(ReconfigResponse{incoming->request, refuse(incoming->request)});
    } else if (const auto* other = std::get_if<OtherReconfigRequest>(&parameter)) {
      answer.parameters.push_back(ReconfigResponse{other->request, refuse(other->request)});
    } else if (const auto* response = std::get_if<ReconfigResponse>(&parameter)) {
      handle_reset_response(now, *response);
    }
  }
  if (answer.parameters.empty()) return;
  queue_control(answer);
  receiver_->request_sack();  // §5.2.1: helps a sender whose data we still miss
}

// What we don't do: data channels have no use for it (RFC 8831 §6.7 closes by outgoing resets), and
// a peer that could make us reset our streams could cut our messages.
ReconfigResult Association::Impl::refuse(std::uint32_t request) {
  switch (reset_->standing(request)) {
    case StreamReset::Standing::New: reset_->answer(request, ReconfigResult::Denied); break;
    case StreamReset::Standing::Repeated: break;
    case StreamReset::Standing::OutOfTurn: return ReconfigResult::BadSequenceNumber;
  }
  return reset_->earlier_answer(request);
}

// §5.2.2.
ReconfigResult Association::Impl::handle_outgoing_reset(const OutgoingResetRequest& request) {
  switch (reset_->standing(request.request)) {
    case StreamReset::Standing::Repeated: return reset_->earlier_answer(request.request);
    case StreamReset::Standing::OutOfTurn: return ReconfigResult::BadSequenceNumber;
    case StreamReset::Standing::New: break;
  }
  // One that waits for its data is all we keep, and a number that waits for the owner; the peer may
  // come again.
  if (deferred_reset_ || untaken_resets_ == kMaxUntakenResets)
    return ReconfigResult::RequestInProgress;
  const auto exists = [&](StreamId stream) {
    return std::to_underlying(stream) < peer_.incoming_streams;
  };
  if (!std::ranges::all_of(request.streams, exists)) {
    reset_->answer(request.request, ReconfigResult::WrongSsn);
    return ReconfigResult::WrongSsn;
  }
  reset_->answer(request.request, ReconfigResult::InProgress);
  receiver_->begin_reset(request.last_tsn, request.streams);
  deferred_reset_ = request.request;
  // Done at once, or it waits for what is under way (E2).
  auto streams = receiver_->finish_reset();
  if (!streams) return ReconfigResult::InProgress;
  deferred_reset_.reset();
  reset_->change_answer(request.request, ReconfigResult::Performed);
  emit_reset(std::move(*streams));
  return ReconfigResult::Performed;
}

// The cumulative point may have reached what a reset waited for; by DATA or by FORWARD TSN, so that
// neither can keep it waiting (docs/failures.md row 90).
void Association::Impl::finish_incoming_reset() {
  if (!deferred_reset_) return;
  auto streams = receiver_->finish_reset();
  if (!streams) return;
  const std::uint32_t request = *std::exchange(deferred_reset_, std::nullopt);
  reset_->change_answer(request, ReconfigResult::Performed);
  emit_reset(std::move(*streams));
  ReConfigChunk answer;  // E5, unasked for: the peer need not come again
  answer.parameters.push_back(ReconfigResponse{request, ReconfigResult::Performed});
  queue_control(answer);
}

void Association::Impl::start_outgoing_reset() {
  SendQueue& queue = sender_->queue();
  if (!exchanges_data() || state_ == State::ShutdownSent || reset_->busy() ||
      !queue.has_due_resets())
    return;
  const std::size_t room = segment_bytes_ - kChunkHeaderBytes - OutgoingResetRequest::kFixedBytes;
  std::vector<StreamId> streams = queue.take_due_resets(room / 2);
  if (!peer_.reconfig) return finish_outgoing_reset({std::move(streams), false});
  reset_->start(std::move(streams), sender_->last_assigned_tsn());
}

void Association::Impl::handle_reset_response(Timestamp now, const ReconfigResponse& response) {
  if (const auto finished = reset_->handle_response(now, response, sender_->rto().value())) {
    errors_ = 0;
    finish_outgoing_reset(*finished);
  }
}

void Association::Impl::finish_outgoing_reset(const StreamReset::Finished& finished) {
  for (const StreamId stream : finished.streams)
    sender_->queue().finish_reset(stream, finished.done);
  if (finished.done)
    events_.push_back(OutgoingStreamsReset{finished.streams});
  else
    events_.push_back(OutgoingResetFailed{finished.streams});
}

}  // namespace specter::sctp
