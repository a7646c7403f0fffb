// The peer's track of one transceiver: its encodings, and what its owner gets of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "media/receive_stream.h"
#include "media/track_output.h"

#include "specter/options.h"
#include "specter/result.h"

namespace specter::media {

class ReceiveTrack {
 public:
  // Packets whose encoding nothing tells yet are kept: so many bytes, for so long. A RID that comes
  // later brings them in.
  static constexpr std::size_t kMaxSoughtBytes = 128 * 1024;
  static constexpr Duration kSoughtLife = std::chrono::milliseconds(500);

  ReceiveTrack(TransceiverId transceiver, MediaKind kind, const MediaOptions& options);
  ReceiveTrack(const ReceiveTrack&) = delete;

  void set(Timestamp now, const rtp::ReceiveParameters& parameters);
  void set_delivery(std::optional<MediaDelivery> delivery);
  void set_round_trip(Duration round_trip);

  TransceiverId transceiver() const { return transceiver_; }
  MediaKind kind() const { return formats_.parameters.kind; }
  const ReceiveFormats& formats() const { return formats_; }
  bool is_active() const { return formats_.parameters.is_active; }
  TrackOutput& output() { return output_; }

  void handle_packet(Timestamp now, const Demux::Route& route, const rtp::Packet& packet,
                     std::size_t size);
  // Nothing tells its encoding. False: there is no room for it.
  bool seek(Timestamp now, std::uint32_t ssrc, Bytes packet);
  void handle_report(Timestamp now, std::size_t encoding, const rtcp::SenderReport& report);
  void forget_source(Timestamp now, std::uint32_t ssrc);
  void handle_bye(std::size_t encoding, std::uint32_t ssrc);
  Result<> request_key_frame(Timestamp now, std::string_view rid);

  std::vector<std::unique_ptr<ReceiveStream>>& streams() { return streams_; }
  const std::vector<std::unique_ptr<ReceiveStream>>& streams() const { return streams_; }

 private:
  struct Sought {
    std::uint32_t ssrc = 0;
    Timestamp at;
    Buffer packet;
  };

  void handle_sought(Timestamp now, const Demux::Route& route, std::uint32_t ssrc);
  void take(Timestamp now, const Demux::Route& route, const rtp::Packet& packet, std::size_t size);

  const TransceiverId transceiver_;
  const Duration jitter_buffer_;
  Duration round_trip_{};
  ReceiveFormats formats_;
  TrackOutput output_;
  std::vector<std::unique_ptr<ReceiveStream>> streams_;  // by the section's rids; one without them
  std::vector<Sought> sought_;
  std::size_t sought_bytes_ = 0;
};

}  // namespace specter::media
