#include "dtls/peer_messages.h"

namespace specter::dtls {
namespace {

// RFC 5246 §7.4, RFC 6347 §4.3.2.
enum HandshakeType : std::uint8_t {
  kClientHello = 1,
  kServerHello = 2,
  kHelloVerifyRequest = 3,
  kCertificate = 11,
  kServerKeyExchange = 12,
  kCertificateRequest = 13,
  kServerHelloDone = 14,
  kCertificateVerify = 15,
  kClientKeyExchange = 16,
};

// Generous, but nowhere near the 16 MiB that the field can say.
std::uint32_t max_size(std::uint8_t type) {
  switch (type) {
    case kClientHello: return 16 * 1024;
    case kServerHello: return 4096;
    case kHelloVerifyRequest: return 2 + 1 + 255;
    case kCertificate: return PeerMessages::kMaxCertificateBytes;
    case kServerKeyExchange: return 4096;
    case kCertificateRequest: return 16 * 1024;
    case kCertificateVerify: return 4096;
    case kClientKeyExchange: return 1024;
    default: return 0;  // ServerHelloDone
  }
}

}  // namespace

bool PeerMessages::accept(Bytes payload) {
  std::array<Fragment, kMaxFragments> fragments;
  std::size_t count = 0;
  ByteReader in(payload);
  do {
    const auto fragment = read(in);
    if (!fragment || count == kMaxFragments || !fits(*fragment)) return false;
    fragments[count++] = *fragment;
  } while (in.remaining() > 0);
  for (std::size_t i = 0; i < count; ++i) {
    // A second look: one fragment of a record may contradict another.
    if (!fits(fragments[i])) return false;
    note(fragments[i]);
  }
  return true;
}

std::optional<PeerMessages::Fragment> PeerMessages::read(ByteReader& in) {
  Fragment f;
  f.type = in.u8();
  f.message_size = in.u24();
  f.message_seq = in.u16();
  f.offset = in.u24();
  f.size = in.u24();
  in.skip(f.size);
  if (!in.ok()) return std::nullopt;
  return f;
}

bool PeerMessages::fits(const Fragment& f) const {
  if (f.message_seq >= kMaxMessages || !is_due(f.type, f.message_seq)) return false;
  if (f.message_size > max_size(f.type) || f.offset + f.size > f.message_size) return false;
  if (f.size == 0 && f.message_size > 0) return false;  // says nothing; has hung others
  const auto& known = messages_[f.message_seq];
  return !known || (known->type == f.type && known->size == f.message_size);
}

std::size_t PeerMessages::first() const {
  // RFC 6347 §4.2.2: after a HelloVerifyRequest, which is number 0, the ServerHello is number 1.
  return messages_[0] && messages_[0]->type == kHelloVerifyRequest ? 1 : 0;
}

bool PeerMessages::is_due(std::uint8_t type, std::uint16_t message_seq) const {
  if (our_role_ == Role::Server) {
    constexpr std::uint8_t kOrder[] = {kClientHello, kCertificate, kClientKeyExchange,
                                       kCertificateVerify};
    return message_seq < std::size(kOrder) && kOrder[message_seq] == type;
  }
  if (type == kHelloVerifyRequest) return message_seq == 0;
  if (message_seq < first()) return false;
  switch (message_seq - first()) {
    case 0: return type == kServerHello;
    case 1: return type == kCertificate;
    case 2: return type == kServerKeyExchange;
    case 3: return type == kCertificateRequest || type == kServerHelloDone;
    case 4: return type == kServerHelloDone;
    default: return false;
  }
}

void PeerMessages::note(const Fragment& f) {
  auto& message = messages_[f.message_seq];
  if (!message) {
    message = Message{f.type, f.message_size, f.message_size, std::vector<bool>(f.message_size)};
  }
  if (message->missing == 0) return;
  for (std::uint32_t i = f.offset; i < f.offset + f.size; ++i) {
    if (message->received[i]) continue;
    message->received[i] = true;
    --message->missing;
  }
  if (message->missing == 0) message->received = {};
}

bool PeerMessages::has(std::size_t message_seq) const {
  return message_seq < kMaxMessages && messages_[message_seq] &&
         messages_[message_seq]->missing == 0;
}

bool PeerMessages::complete() const {
  const std::size_t last = first() + 3;
  for (std::size_t seq = first(); seq <= last; ++seq) {
    if (!has(seq)) return false;
  }
  return our_role_ == Role::Server || messages_[last]->type == kServerHelloDone || has(last + 1);
}

}  // namespace specter::dtls
