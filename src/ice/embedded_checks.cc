// DTLS datagrams in Binding messages: what the peer's carry, what ours carry, and the checks that
// are sent for their sake. draft-hancke-webrtc-sped; which datagram it is stands in embedding.h.
#include <algorithm>

#include "ice/check_session.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {

namespace {

using namespace std::chrono_literals;

// RFC 8445 §14.2: never less between two checks. The datagrams of a new flight follow each other so
// closely, once; afterwards they come Ta apart.
constexpr Duration kFirstRound = 5ms;

// 576 bytes of IPv4 (RFC 791 §3.1), less its headers and UDP's.
constexpr std::size_t kSmallestMessage = 548;
// How long a flight is unanswered until its messages are small each second time.
constexpr Duration kSmallAfter = 300ms;

constexpr std::size_t kAttributeHeader = 4;
constexpr std::size_t kSealBytes = kAttributeHeader + stun::kIntegritySize + kAttributeHeader + 4;

constexpr std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

// Of pairs, which is the better to carry a datagram; less is better.
int rank(const Pair& pair) {
  if (pair.is_valid) return 0;
  if (pair.requests_received > 0) return 1;  // one direction works for sure
  return pair.state == PairState::Failed ? 3 : 2;
}

}  // namespace

// ---- what the owner tells

void CheckSession::set_remote_embedding(bool knows_it) {
  embedding_.set_remote(knows_it);
  shared_.is_stale = true;
}

void CheckSession::set_flight(std::uint32_t generation, std::span<const Buffer> datagrams) {
  if (!embedding_.set_flight(generation, datagrams)) return;
  flight_is_new_ = true;
  flight_size_ = embedding_.unacknowledged();
  flight_messages_ = 0;
  flight_turns_ = 0;
  extra_checks_ = 0;
  shared_.is_stale = true;
}

void CheckSession::note_dtls_received(Bytes datagram) {
  if (embedding_.state() != EmbeddingState::Pending) embedding_.received(datagram);
}

void CheckSession::handshake_done(bool we_sent_the_last_flight) {
  embedding_.handshake_done(we_sent_the_last_flight);
  shared_.is_stale = true;
}

// draft-hancke-webrtc-sped §3.3.3; a request with all that any request has is the largest.
std::size_t CheckSession::max_embedded_bytes() const {
  constexpr std::size_t kUnknownUfrag = 32;
  const std::size_t username =
      local_.ufrag.size() + 1 + (remote_ ? remote_->ufrag.size() : kUnknownUfrag);
  constexpr std::size_t kPriority = 8, kRole = 12, kUseCandidate = 4;
  const std::size_t taken = stun::kHeaderSize + kAttributeHeader + padded(username) + kPriority +
                            kRole + kUseCandidate + kAttributeHeader + 4 * Embedding::kMaxAcks +
                            kAttributeHeader + kSealBytes;
  return taken < shared_.config.max_message_bytes
             ? (shared_.config.max_message_bytes - taken) / 4 * 4
             : 0;
}

// ---- what a message of the peer's carries; its integrity was right

void CheckSession::handle_embedded(const Received& datagram, const stun::Message& message) {
  std::optional<stun::DtlsInStunAck> acks;
  if (message.has(stun::AttributeType::DtlsInStunAck)) {
    acks = message.get<stun::DtlsInStunAck>();
    if (!acks) acks.emplace();  // malformed: it acknowledges nothing, but it is there
  }
  std::optional<std::span<const std::uint32_t>> checksums;
  if (acks) checksums = acks->checksums;
  const auto data =
      embedding_.handle_message(message.raw(stun::AttributeType::DtlsInStunData), checksums);
  if (embedding_.state() == EmbeddingState::Confirmed) shared_.counters.embedding_used = true;
  if (!data) return;
  if (shared_.queued_dtls == kMaxQueuedDtls) {
    ++shared_.counters.dropped_unexpected;
    return;
  }
  embedding_.received(*data);
  ++shared_.counters.embedded_received;
  ++shared_.queued_dtls;
  shared_.events.push_back(DtlsReceived{datagram.path, Buffer(data->begin(), data->end())});
}

// ---- what ours carry

// The ACK as long as this goes on, be it empty: a message with neither attribute would say that we
// know nothing of them. The other is never empty.
void CheckSession::embed(Timestamp now, stun::MessageWriter& writer, Carries carries) {
  if (!embedding_.is_active()) return;
  const auto acks = embedding_.acks();
  writer.add(stun::DtlsInStunAck{{acks.begin(), acks.end()}});
  const std::size_t taken = writer.size() + kAttributeHeader + kSealBytes;
  // Nothing of the flight was acknowledged for a while, though each of its datagrams went out
  // twice: perhaps the path has no room for such messages, and no check would ever be answered.
  // Every second one goes without what makes it large; once a path is known, DTLS cuts its flights
  // to it.
  if (flight_turns_ == 0) flight_since_ = now;
  const bool is_small = carries == Carries::Datagram && flight_turns_++ >= 2 * flight_size_ &&
                        now >= flight_since_ + kSmallAfter && flight_turns_ % 2 == 0;
  const std::size_t most = is_small ? std::min(shared_.config.max_message_bytes, kSmallestMessage)
                                    : shared_.config.max_message_bytes;
  const std::size_t room = taken < most ? (most - taken) / 4 * 4 : 0;
  std::optional<Bytes> datagram;
  if (carries == Carries::Datagram) datagram = embedding_.next(room);
  if (!datagram) return;
  writer.raw(stun::AttributeType::DtlsInStunData, *datagram);
  ++shared_.counters.embedded_sent;
  ++flight_messages_;
  const bool is_first_round = flight_messages_ < flight_size_;
  next_extra_ = now + (is_first_round ? kFirstRound : shared_.config.options.check_interval);
}

bool CheckSession::is_among_best(const Pair& pair) const {
  std::size_t better = 0;
  bool is_before = true;
  for (const auto& other : checklist_.pairs()) {
    if (other.get() == &pair) {
      is_before = false;
    } else if (rank(*other) < rank(pair) || (is_before && rank(*other) == rank(pair))) {
      ++better;
    }
  }
  return better < kMaxEmbeddingPairs;
}

// ---- checks that are sent because a flight waits

bool CheckSession::has_waiting_flight() const {
  return embedding_.is_active() && embedding_.has_waiting(max_embedded_bytes()) &&
         extra_checks_ < kMaxExtraChecks && state_ != IceConnectionState::Failed &&
         may_send_checks();
}

// On the path in use when there is one; else where the peer's checks come from; else where checks
// of ours are under way.
std::vector<Pair*> CheckSession::pairs_for_extra_checks() const {
  if (!has_waiting_flight()) return {};
  std::vector<Pair*> found;
  if (current_) {
    if (!current_->is_triggered) found.push_back(current_);
    return found;
  }
  const auto add = [&](auto fits) {
    for (const auto& pair : checklist_.pairs()) {
      if (found.size() == kMaxEmbeddingPairs) return;
      if (!pair->is_triggered && fits(*pair) && is_among_best(*pair)) found.push_back(pair.get());
    }
  };
  add([](const Pair& pair) { return rank(pair) == 1; });
  if (found.empty()) {
    add([](const Pair& pair) { return rank(pair) == 2 && pair.state == PairState::InProgress; });
  }
  return found;
}

std::optional<Transmit> CheckSession::poll_extra_check(Timestamp now) {
  if (now < next_extra_) return std::nullopt;
  const auto pairs = pairs_for_extra_checks();
  if (pairs.empty()) return std::nullopt;
  Pair& pair = *pairs[extra_turn_++ % pairs.size()];
  ++extra_checks_;
  ++shared_.counters.extra_checks_sent;
  shared_.pacer.take(now);
  next_extra_ = now + shared_.config.options.check_interval;
  // A check of a valid pair has nothing to find out; only its nomination is repeated till answered.
  return send_check(now, pair, pair.is_valid && !pair.nominate ? Repeat::No : Repeat::Yes);
}

Deadline CheckSession::extra_check_deadline() const {
  if (pairs_for_extra_checks().empty()) return std::nullopt;
  const Timestamp due = flight_is_new_ ? Timestamp{} : next_extra_;
  return std::max(due, shared_.pacer.ready_at());
}

}  // namespace specter::ice
