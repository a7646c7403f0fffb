#include "dtls/record_filter.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace specter::dtls {
namespace {

enum ContentType : std::uint8_t {
  kChangeCipherSpec = 20,
  kAlert = 21,
  kHandshake = 22,
  kApplicationData = 23,
};
constexpr std::uint16_t kDtls10 =
    0xfeff;  // of a ClientHello and a HelloVerifyRequest, RFC 6347 §4.2.1
constexpr std::uint16_t kDtls12 = 0xfefd;
constexpr std::size_t kHeaderSize = 13;
constexpr std::size_t kMaxPlaintext = 16'384;
constexpr std::size_t kMaxExpansion = 2048;  // RFC 5246 §6.2.3
constexpr std::array<std::uint8_t, 1> kChangeCipherSpecPayload{1};

}  // namespace

// Nothing when the rest is no record: what lies behind it can't be found.
std::optional<RecordFilter::Record> RecordFilter::next(Bytes& rest) {
  ByteReader in(rest);
  Record r;
  r.type = in.u8();
  r.version = in.u16();
  r.epoch = in.u16();
  in.u48();
  const std::uint16_t size = in.u16();
  r.payload = in.bytes(size);
  if (!in.ok() || (r.version != kDtls12 && r.version != kDtls10)) return std::nullopt;
  if (size > kMaxPlaintext + (r.epoch == 0 ? 0 : kMaxExpansion)) return std::nullopt;
  r.whole = rest.first(kHeaderSize + size);
  rest = rest.subspan(kHeaderSize + size);
  return r;
}

Bytes RecordFilter::filter(Bytes datagram) {
  if (done_ && passes_whole(datagram)) return datagram;  // the common case: nothing is copied
  out_.clear();
  for (Bytes rest = datagram; !rest.empty();) {
    const auto record = next(rest);
    if (!record) {
      ++dropped_;
      break;
    }
    if (!done_) {
      admit(*record);
    } else if (passes_when_done(*record)) {
      pass(*record);
    } else {
      ++dropped_;
    }
  }
  return out_;
}

void RecordFilter::handshake_done() {
  done_ = true;
  held_ = {};
}

bool RecordFilter::passes_whole(Bytes datagram) const {
  for (Bytes rest = datagram; !rest.empty();) {
    const auto record = next(rest);
    if (!record || !passes_when_done(*record)) return false;
  }
  return true;
}

bool RecordFilter::passes_when_done(const Record& record) const {
  if (record.epoch != 1 || record.version != kDtls12) return false;
  switch (record.type) {
    case kAlert:
    case kApplicationData: return true;
    case kHandshake: return !repeats_refused_;
    default: return false;
  }
}

void RecordFilter::admit(const Record& record) {
  if (record.epoch == 0) return admit_plaintext(record);
  if (record.epoch != 1 || record.version != kDtls12) {
    ++dropped_;
  } else if (!change_cipher_spec_passed_) {
    admit_early(record);
  } else if (record.type == kHandshake || record.type == kAlert ||
             record.type == kApplicationData) {
    pass(record);
  } else {
    ++dropped_;
  }
}

void RecordFilter::admit_plaintext(const Record& record) {
  if (record.type == kHandshake && messages_.accept(record.payload)) {
    while (const auto message = messages_.next()) pass_message(*message);
    release_held();
  } else if (record.type == kChangeCipherSpec &&
             std::ranges::equal(record.payload, kChangeCipherSpecPayload)) {
    change_cipher_spec_came_ = true;
    release_held();
  } else {
    // An alert in the clear proves nothing; to believe it is to let anyone end the handshake.
    if (record.type == kAlert && record.payload.size() == 2) plaintext_alert_ = record.payload[1];
    ++dropped_;
  }
}

void RecordFilter::admit_early(const Record& record) {
  const bool known = std::ranges::any_of(
      held_, [&](const Buffer& held) { return std::ranges::equal(held, record.whole); });
  if ((record.type != kHandshake && record.type != kAlert) || known ||
      record.payload.size() > kMaxHeldBytes || held_.size() == kMaxHeldRecords) {
    ++dropped_;
    return;
  }
  held_.push_back(to_buffer(record.whole));
}

// The turn of the ChangeCipherSpec, and of what followed it, has come when all before it is there.
void RecordFilter::release_held() {
  if (!change_cipher_spec_came_ || change_cipher_spec_passed_ || !messages_.complete()) return;
  change_cipher_spec_passed_ = true;
  pass_plaintext(kChangeCipherSpec, kChangeCipherSpecPayload);
  for (const Buffer& record : held_) out_.insert(out_.end(), record.begin(), record.end());
  held_ = {};
}

void RecordFilter::pass(const Record& record) {
  out_.insert(out_.end(), record.whole.begin(), record.whole.end());
}

// In as few records as can hold it.
void RecordFilter::pass_message(const PeerMessages::Whole& message) {
  const Bytes body = message.body;
  std::size_t at = 0;
  do {
    const Bytes part = body.subspan(at, std::min(body.size() - at, kMaxPlaintext - 12));
    Buffer payload;
    ByteWriter out(payload);
    out.u8(message.type);
    out.u24(static_cast<std::uint32_t>(body.size()));
    out.u16(message.message_seq);
    out.u24(static_cast<std::uint32_t>(at));
    out.u24(static_cast<std::uint32_t>(part.size()));
    out.bytes(part);
    pass_plaintext(kHandshake, payload);
    at += part.size();
  } while (at < body.size());
}

// Epoch 0 has no protection that would cover the number: ours is as good as the peer's.
void RecordFilter::pass_plaintext(std::uint8_t type, Bytes payload) {
  ByteWriter out(out_);
  out.u8(type);
  out.u16(kDtls12);
  out.u16(0);
  out.u48(next_sequence_++);
  out.u16(static_cast<std::uint16_t>(payload.size()));
  out.bytes(payload);
}

}  // namespace specter::dtls
