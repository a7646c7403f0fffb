// The calls for tracks: what negotiation knows of them and what media does with them, brought
// together. core.h says what each call does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsep/negotiation.h"
#include "peer/events.h"
#include "peer/media_link.h"
#include "peer/negotiation_needed.h"

#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/time.h"

namespace specter::peer {

class Tracks {
 public:
  // All of them outlive it.
  Tracks(jsep::Negotiation& negotiation, MediaLink& media, NegotiationNeededFlag& needed,
         Events& events)
      : negotiation_(negotiation), media_(media), needed_(needed), events_(events) {}
  Tracks(const Tracks&) = delete;

  Result<TransceiverId> add_track(Timestamp now, LocalTrack track,
                                  std::vector<std::string> streams);
  Result<TransceiverId> add_transceiver(MediaKind kind, RtpTransceiverInit init);
  Result<TransceiverId> add_transceiver(LocalTrack track, RtpTransceiverInit init);
  Result<> remove_track(Timestamp now, TransceiverId transceiver);
  Result<> replace_track(Timestamp now, TransceiverId transceiver, std::optional<LocalTrack> track);
  Result<> set_direction(TransceiverId transceiver, RtpTransceiverDirection direction);
  Result<> set_streams(TransceiverId transceiver, std::vector<std::string> streams);
  Result<> set_codec_preferences(TransceiverId transceiver, std::vector<RtpCodec> codecs);
  Result<> stop(Timestamp now, TransceiverId transceiver);
  Result<> set_send_parameters(Timestamp now, TransceiverId transceiver,
                               const RtpSendParameters& parameters);

  Result<> write_sample(Timestamp now, TransceiverId transceiver, const MediaSample& sample);
  Result<> write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet, std::string_view rid,
                     std::span<const RtpHeaderExtensionParameters> header_extensions);
  Result<> set_delivery(TransceiverId transceiver, MediaDelivery delivery);
  Result<> request_key_frame(Timestamp now, TransceiverId transceiver, std::string_view rid);
  void set_bitrate_estimate(Timestamp now, std::uint64_t bits_per_second);

  // A description was taken: what it says of tracks is told, and media does it.
  void apply(Timestamp now, const jsep::Change& change);
  // Tells what media has to tell, one event at most; false: nothing.
  bool tell_next();

 private:
  jsep::Transceivers& all() { return negotiation_.transceivers(); }
  Result<> check(TransceiverId transceiver) const;
  Result<> check_track(TransceiverId transceiver) const;
  void update_media(Timestamp now, TransceiverId transceiver);
  void tell(const jsep::TrackChange& change);

  jsep::Negotiation& negotiation_;
  MediaLink& media_;
  NegotiationNeededFlag& needed_;
  Events& events_;
};

}  // namespace specter::peer
