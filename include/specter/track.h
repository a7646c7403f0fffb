/// @file
/// Tracks that are sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "specter/bytes.h"
#include "specter/export.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/time.h"

namespace specter {

namespace api {
class LocalTrackState;
}

/// A handle of a track that is sent: a TrackLocalStaticSample or a TrackLocalStaticRtp.
///
/// A track belongs to no connection. PeerConnection::add_track(), any number of times, has
/// connections send it: each of them gets what is written. A copy of the handle is the same track.
///
/// Thread: any, also inside event callbacks.
class SPECTER_EXPORT TrackLocal {
 public:
  /// A handle without a track.
  TrackLocal() = default;

  /// Its id. Empty for a handle without a track.
  std::string id() const;
  /// Audio or video: what the codec's MIME type begins with.
  MediaKind kind() const;
  /// The codec of what is written.
  RtpCodec codec() const;
  /// The ids of the streams that it belongs to.
  std::vector<std::string> streams() const;
  /// How many senders it has: 0 until event::TrackAdded.
  std::size_t senders() const;
  /// Samples or packets that were dropped, because a connection's event loop was too slow to take
  /// them.
  std::uint64_t dropped() const;

  /// Whether it is a handle of a track.
  explicit operator bool() const { return state_ != nullptr; }
  /// Whether both are handles of the same track.
  friend bool operator==(const TrackLocal& a, const TrackLocal& b) { return a.state_ == b.state_; }

  /// For the library itself.
  explicit TrackLocal(std::shared_ptr<api::LocalTrackState> state);
  /// For the library itself.
  const std::shared_ptr<api::LocalTrackState>& state() const { return state_; }

 private:
  std::shared_ptr<api::LocalTrackState> state_;
};

/// A track of samples: video frames or audio packets, as an encoder makes them or a file has them.
/// The library makes RTP packets of them.
class SPECTER_EXPORT TrackLocalStaticSample : public TrackLocal {
 public:
  /// `codec` says what the samples are: MIME type and clock rate, for audio the channels, and
  /// a=fmtp where codecs differ by it; its payload type does not matter. `id` has 1 to 64
  /// characters of RFC 8830's token and is unique among the tracks of the program; add_track()
  /// checks it.
  TrackLocalStaticSample(RtpCodec codec, std::string id, std::vector<std::string> streams = {});

  /// Sends a sample by each sender of the track. The bytes are copied, once for all of them.
  ///
  /// What cannot be sent at the moment (no sender yet, no connection, a direction that does not
  /// send, an inactive encoding) is dropped, without an error. It never blocks: if an event loop is
  /// so slow that more than 16 MiB or 4,096 samples of one connection wait for it, the oldest of
  /// them are dropped and counted, and event::KeyFrameWanted asks for a new beginning of video.
  ///
  /// MediaSample::captured_at is by std::chrono::steady_clock, as a duration since its epoch.
  /// Samples without it follow each other by their durations, or are of now after a pause.
  ///
  /// Errors: InvalidArgument for an empty sample or one of more than 16 MiB, a negative duration, a
  /// temporal layer above 3, an audio level above 127, a rotation that is no quarter turn, or a rid
  /// of other than letters and digits. An error that is found
  /// later, on an event loop, is delivered to the owner of that connection as
  /// event::OperationFailed with Operation::WriteSample, once until something is negotiated.
  Result<> write_sample(const MediaSample& sample) const;
  /// The same, of the track's only encoding, captured where the sample before ended.
  Result<> write_sample(Bytes bytes, Duration duration) const {
    return write_sample(MediaSample{.bytes = bytes, .duration = duration});
  }
};

/// A track of RTP packets, for programs that packetize or forward.
class SPECTER_EXPORT TrackLocalStaticRtp : public TrackLocal {
 public:
  /// The arguments are those of TrackLocalStaticSample.
  TrackLocalStaticRtp(RtpCodec codec, std::string id, std::vector<std::string> streams = {});

  /// Sends an RTP packet by each sender of the track: SSRC, payload type and header extensions are
  /// replaced by each; sequence number, timestamp and marker are kept. `rid`: of simulcast, the
  /// encoding. The bytes are copied, once for all senders. What write_sample() says of dropping and
  /// of errors holds here too; errors of the call: InvalidArgument for what is no RTP packet. A
  /// packet of more than 1432 bytes, with our header extensions, or of more than the path is known
  /// to carry is an error on the loop.
  Result<> write_rtp(Bytes packet, std::string_view rid = {}) const;

  /// Says what the numbers of the packets' header extensions mean, from the next write_rtp() on.
  /// Those that describe the media are then sent on, where they were negotiated: audio levels,
  /// orientation, capture time, playout delay, layers. The others are each sender's own. Who
  /// forwards passes RtpReceiveParameters::header_extensions of the transceiver that the packets
  /// come by; without them a phone's picture may arrive lying on its side. No effect on a handle
  /// without a track.
  void set_header_extensions(std::vector<RtpHeaderExtensionParameters> header_extensions) const;
};

}  // namespace specter
