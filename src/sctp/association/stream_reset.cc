#include "sctp/association/stream_reset.h"

#include <algorithm>
#include <utility>

namespace specter::sctp {

void StreamReset::start(std::vector<StreamId> streams, std::uint32_t last_tsn) {
  asked_ = Asked{};
  asked_->request.request = next_request_++;  // §5.1.2 A2
  asked_->request.last_tsn = last_tsn;        // A3
  asked_->request.response = expected_ - 1;   // A4
  asked_->request.streams = std::move(streams);
}

OutgoingResetRequest StreamReset::take_due(Timestamp now, Duration rto) {
  asked_->due = false;
  // §5.1.1: the RTO, doubled each time; bounded as the RTO's own doubling is.
  const Duration wait = rto * (std::int64_t{1} << std::min(asked_->tries, 8));
  asked_->resend_at = now + std::min(wait, std::max(rto, Rto::kMaxBackoff));
  ++asked_->tries;
  return asked_->request;
}

std::optional<StreamReset::Finished> StreamReset::handle_response(Timestamp now,
                                                                  const ReconfigResponse& response,
                                                                  Duration rto) {
  // §5.2.7 H1: an answer to anything else is none.
  if (!asked_ || response.response != asked_->request.request) return std::nullopt;
  const bool later = response.result == ReconfigResult::InProgress ||
                     response.result == ReconfigResult::RequestInProgress;
  if (later && ++asked_->in_progress <= kMaxInProgress) {  // H2
    asked_->due = false;
    asked_->waiting = true;
    asked_->resend_at = now + rto;
    return std::nullopt;
  }
  Finished finished{std::move(asked_->request.streams),
                    response.result == ReconfigResult::Performed ||
                        response.result == ReconfigResult::NothingToDo};
  asked_.reset();
  return finished;
}

bool StreamReset::handle_timeout(Timestamp now) {
  if (!asked_ || !asked_->resend_at || *asked_->resend_at > now) return false;
  asked_->resend_at.reset();
  asked_->due = true;
  return !std::exchange(asked_->waiting, false);  // §5.2.7 H2: then no error is counted
}

StreamReset::Standing StreamReset::standing(std::uint32_t request) const {
  if (request == expected_) return Standing::New;
  for (int i = 0; i < answered_; ++i)
    if (answers_[static_cast<std::size_t>(i)].request == request) return Standing::Repeated;
  return Standing::OutOfTurn;
}

void StreamReset::answer(std::uint32_t request, ReconfigResult result) {
  ++expected_;
  answers_[1] = answers_[0];
  answers_[0] = {request, result};
  answered_ = std::min(answered_ + 1, 2);
}

ReconfigResult StreamReset::earlier_answer(std::uint32_t request) const {
  return answers_[0].request == request ? answers_[0].result : answers_[1].result;
}

void StreamReset::change_answer(std::uint32_t request, ReconfigResult result) {
  for (Answer& answer : answers_)
    if (answer.request == request) answer.result = result;
}

}  // namespace specter::sctp
