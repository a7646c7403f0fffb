#include "cli/rtp/rtcp_writer.h"

namespace specter::cli::transfer {
namespace {

constexpr std::size_t kMaxBytes = 1200;  // a report, a CNAME of 255 bytes and BYE are far below

}  // namespace

RtcpWriter::RtcpWriter(std::uint32_t ssrc, std::string cname, srtp::Sealer* sealer,
                       srtp::SealBatch& batch)
    : description_{{{ssrc, {{rtcp::ItemType::Cname, std::move(cname)}}}}},
      sealer_(sealer),
      batch_(batch) {}

Transmit RtcpWriter::write(const Endpoint& to, const rtcp::Message& report,
                           const std::optional<rtcp::Message>& more) {
  Transmit out;
  out.path.remote = to;
  rtcp::CompoundWriter writer(out.bytes, kMaxBytes);
  writer.add(report);
  writer.add(description_);
  if (more) writer.add(*more);
  if (sealer_) {
    const std::size_t size = out.bytes.size();
    out.bytes.resize(size + srtp::kMaxGrowth);
    const auto sealed = batch_.add_rtcp(*sealer_, Bytes(out.bytes).first(size), out.bytes);
    batch_.run();
    out.bytes.resize(sealed.value_or(0));
  }
  out.segment_size = out.bytes.size();
  return out;
}

}  // namespace specter::cli::transfer
