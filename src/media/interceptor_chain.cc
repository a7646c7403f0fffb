#include "media/interceptor_chain.h"

#include <ranges>

#include "base/bytes.h"
#include "base/check.h"
#include "rtcp/packet.h"

namespace specter {

void OutgoingPacket::add_extension(std::uint8_t id, Bytes value) {
  constexpr std::size_t kMaxValue = 255;
  if (id == 0 || value.size() > kMaxValue) return;
  ByteWriter out(extensions_);
  out.u8(id);
  out.u8(static_cast<std::uint8_t>(value.size()));
  out.bytes(value);
}

bool RtcpSink::add(Bytes packets) {
  if (packets.empty() || packets.size() > room_) return false;
  for (Bytes rest = packets; !rest.empty();) {
    const auto packet = rtcp::RawPacket::parse(rest);
    const auto size = rtcp::packet_size(rest);
    if (!packet || !size) return false;
    // RFC 5761 §4: the types that are told from RTP.
    constexpr std::uint8_t kFirstType = 192, kLastType = 223;
    const auto type = static_cast<std::uint8_t>(packet->type);
    if (type < kFirstType || type > kLastType) return false;
    if (packet->is(rtcp::PacketType::SenderReport) ||
        packet->is(rtcp::PacketType::ReceiverReport) || packet->is(rtcp::PacketType::Bye))
      return false;
    rest = rest.subspan(*size);
  }
  out_.insert(out_.end(), packets.begin(), packets.end());
  room_ -= packets.size();
  return true;
}

namespace media {

InterceptorChain::InterceptorChain(std::span<const InterceptorFactory> factories) {
  for (const InterceptorFactory& make : factories)
    if (auto interceptor = make()) interceptors_.push_back(std::move(interceptor));
}

InterceptorChain::InterceptorChain(std::vector<std::unique_ptr<Interceptor>> interceptors)
    : interceptors_(std::move(interceptors)) {
  for (const auto& each : interceptors_) SPECTER_CHECK(each);
}

void InterceptorChain::bind(const StreamInfo& stream) {
  for (const auto& each : interceptors_) each->bind(stream);
}

void InterceptorChain::unbind(std::uint32_t ssrc) {
  for (const auto& each : interceptors_) each->unbind(ssrc);
}

void InterceptorChain::handle_received(Timestamp now, std::span<IncomingPacket> packets) {
  if (empty()) return;
  for (const auto& each : interceptors_ | std::views::reverse) {
    each->handle_received(now, packets);
  }
}

void InterceptorChain::handle_sending(Timestamp now, std::span<OutgoingPacket> packets) {
  for (const auto& each : interceptors_) each->handle_sending(now, packets);
}

void InterceptorChain::handle_sent(Timestamp now, const OutgoingPacket& packet) {
  for (const auto& each : interceptors_) each->handle_sent(now, packet);
}

void InterceptorChain::handle_rtcp(Timestamp now, Bytes compound) {
  for (const auto& each : interceptors_ | std::views::reverse) each->handle_rtcp(now, compound);
}

void InterceptorChain::write_rtcp(Timestamp now, Buffer& out, std::size_t room) {
  RtcpSink sink(out, room);
  for (const auto& each : interceptors_) each->write_rtcp(now, sink);
}

void InterceptorChain::handle_sent_rtcp(Timestamp now, Bytes compound) {
  for (const auto& each : interceptors_) each->handle_sent_rtcp(now, compound);
}

WakeUp InterceptorChain::next_timeout() const {
  WakeUp out;
  for (const auto& each : interceptors_)
    out = soonest(out, WakeUp{each->next_timeout(), "media interceptor"});
  return out;
}

}  // namespace media
}  // namespace specter
