#include "dtls/peer_messages.h"

#include <algorithm>

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
    case kCertificateRequest: return 4096;
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
  for (std::size_t i = 0; i < count; ++i) take(fragments[i]);
  return true;
}

std::optional<PeerMessages::Fragment> PeerMessages::read(ByteReader& in) {
  Fragment f;
  f.type = in.u8();
  f.message_size = in.u24();
  f.message_seq = in.u16();
  f.offset = in.u24();
  f.body = in.bytes(in.u24());
  if (!in.ok()) return std::nullopt;
  return f;
}

bool PeerMessages::fits(const Fragment& f) const {
  if (f.message_seq >= kMaxMessages || !is_due(f.type, f.message_seq)) return false;
  if (f.message_size > max_size(f.type) || f.offset + f.body.size() > f.message_size) return false;
  return !f.body.empty() || f.message_size == 0;  // an empty part of something has hung others
}

std::size_t PeerMessages::first() const {
  // RFC 6347 §4.2.2: after a HelloVerifyRequest, which is number 0, the ServerHello is number 1.
  return has(0, kHelloVerifyRequest) ? 1 : 0;
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

void PeerMessages::take(const Fragment& f) {
  Message& message = messages_[f.message_seq];
  if (message.whole) return;  // RFC 6347 §4.2.2: a retransmission
  auto variant = std::ranges::find_if(message.variants, [&](const Variant& known) {
    return known.type == f.type && known.body.size() == f.message_size;
  });
  if (variant == message.variants.end()) {
    if (message.variants.size() == kMaxVariants) return;
    message.variants.push_back(
        {f.type, Buffer(f.message_size), f.message_size, std::vector<bool>(f.message_size)});
    variant = message.variants.end() - 1;
  }
  for (std::size_t i = 0; i < f.body.size(); ++i) {
    const std::size_t at = f.offset + i;
    if (variant->received[at]) continue;
    variant->received[at] = true;
    variant->body[at] = f.body[i];
    --variant->missing;
  }
  if (variant->missing > 0) return;
  message.whole = true;
  message.type = variant->type;
  Variant whole = std::move(*variant);
  message.variants.clear();
  message.variants.push_back(std::move(whole));
}

std::optional<PeerMessages::Whole> PeerMessages::next() {
  if (next_ == kMaxMessages || !messages_[next_].whole) return std::nullopt;
  Message& message = messages_[next_];
  Whole out{message.type, next_, std::move(message.variants.front().body)};
  message.variants = {};
  ++next_;
  return out;
}

bool PeerMessages::has(std::size_t message_seq, std::uint8_t type) const {
  return message_seq < next_ && messages_[message_seq].type == type;
}

bool PeerMessages::complete() const {
  if (our_role_ == Role::Server) return has(3, kCertificateVerify);
  return has(first() + 3, kServerHelloDone) || has(first() + 4, kServerHelloDone);
}

}  // namespace specter::dtls
