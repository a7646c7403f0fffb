// RTCP as both ends of `specter rtp` write it: a report, a CNAME and perhaps one message more, in
// the clear or sealed.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "rtcp/compound.h"
#include "srtp/sealer.h"

#include "specter/bytes.h"
#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::cli::transfer {

inline constexpr Duration kReportInterval = std::chrono::seconds(1);

// The second byte of a packet tells RTP from RTCP on one port. RFC 5761 §4.
constexpr bool is_rtcp(Bytes packet) {
  return packet.size() > 1 && packet[1] >= 192 && packet[1] <= 223;
}

class RtcpWriter {
 public:
  // `sealer` and `batch` outlive it; without a sealer reports are in the clear.
  RtcpWriter(std::uint32_t ssrc, std::string cname, srtp::Sealer* sealer, srtp::SealBatch& batch);

  // The SR or RR, SDES with the CNAME, then `more`: RFC 3550 §6.1.
  Transmit write(const Endpoint& to, const rtcp::Message& report,
                 const std::optional<rtcp::Message>& more = std::nullopt);

 private:
  rtcp::SourceDescription description_;
  srtp::Sealer* const sealer_;
  srtp::SealBatch& batch_;
};

}  // namespace specter::cli::transfer
