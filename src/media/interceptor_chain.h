// The interceptors of one connection, in the Registry's order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "specter/interceptor.h"
#include "specter/time.h"

namespace specter::media {

// Packets that are sent pass from first to last, received ones from last to first. Without
// interceptors all calls are cheap, and `empty()` lets callers prepare nothing.
class InterceptorChain {
 public:
  InterceptorChain() = default;
  explicit InterceptorChain(std::span<const InterceptorFactory> factories);
  explicit InterceptorChain(std::vector<std::unique_ptr<Interceptor>> interceptors);

  bool empty() const { return interceptors_.empty(); }

  void bind(const StreamInfo& stream);
  void unbind(std::uint32_t ssrc);
  // All are shown to each: `dropped` tells what an earlier one has decided.
  void handle_received(Timestamp now, std::span<IncomingPacket> packets);
  void handle_sending(Timestamp now, std::span<OutgoingPacket> packets);
  void handle_sent(Timestamp now, const OutgoingPacket& packet);
  void handle_rtcp(Timestamp now, Bytes compound);
  // Appends to `out`, which has the reports already, at most `room` bytes.
  void write_rtcp(Timestamp now, Buffer& out, std::size_t room);
  void handle_sent_rtcp(Timestamp now, Bytes compound);
  WakeUp next_timeout() const;

 private:
  std::vector<std::unique_ptr<Interceptor>> interceptors_;
};

}  // namespace specter::media
