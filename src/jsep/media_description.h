// What one audio or video section of a description says, of either side. RFC 9429 §5.2.1 lists what
// we write, §5.8.2 what is read. The transport's attributes, the mid and the port are not here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdp/attributes.h"
#include "sdp/session.h"

#include "specter/result.h"
#include "specter/rtp.h"

namespace specter::jsep {

// One format of the m= line, with its a=rtpmap, a=fmtp and a=rtcp-fb. RFC 8866 §6.6, RFC 4585 §4.2.
struct Format {
  std::uint8_t payload_type = 0;
  std::string
      name{};  // "VP8"; empty: it has no a=rtpmap, and its number says nothing (RFC 3551 §6)
  std::uint32_t clock_rate = 0;
  std::uint16_t channels = 0;           // audio: 1 where a=rtpmap does not say; video: 0
  std::string fmtp{};                   // as written; several lines are joined by ';'
  std::vector<std::string> feedback{};  // each once; those of '*' are here too
  std::optional<std::uint8_t> apt{};    // of a retransmission: RFC 4588 §8.6, from fmtp

  bool operator==(const Format&) const = default;
};

// a=extmap, RFC 8285 §5.
struct Extension {
  std::uint8_t id = 0;  // 1 to 255
  std::string uri{};
  sdp::Direction direction = sdp::Direction::SendRecv;
  std::string attributes{};  // what follows the URI

  bool operator==(const Extension&) const = default;
};

// a=msid, RFC 8830 §2.
struct Msid {
  std::string stream{};  // "-": the track is in no stream
  std::string track{};

  bool operator==(const Msid&) const = default;
};

// a=rid, RFC 8851 §10.
struct Rid {
  enum class Direction : std::uint8_t { Send, Receive };

  std::string id{};
  Direction direction = Direction::Send;
  std::string restrictions{};  // "pt=96;max-fps=15"

  bool operator==(const Rid&) const = default;
};

// a=simulcast, RFC 8853 §5.1.
struct SimulcastVersion {
  std::string rid{};
  bool is_paused = false;  // "~"

  bool operator==(const SimulcastVersion&) const = default;
};
struct SimulcastStream {
  std::vector<SimulcastVersion> alternatives{};  // "a,b": one of them, the best one first

  bool operator==(const SimulcastStream&) const = default;
};

// a=ssrc, RFC 5576 §4.1.
struct Source {
  std::uint32_t ssrc = 0;
  std::string cname{};
  std::optional<Msid> msid{};  // of older endpoints

  bool operator==(const Source&) const = default;
};

// a=ssrc-group:FID, RFC 5576 §4.2: the second has the retransmissions of the first.
struct FlowPair {
  std::uint32_t ssrc = 0, rtx_ssrc = 0;

  bool operator==(const FlowPair&) const = default;
};

struct MediaDescription {
  // Past these it is an error of the description, or, where that says nothing wrong, what comes
  // first is kept.
  static constexpr std::size_t kMaxFeedback = 32;       // of one format
  static constexpr std::size_t kMaxFeedbackBytes = 64;  // of each
  static constexpr std::size_t kMaxFeedbackOfAll = 16;  // a=rtcp-fb:*, of which each has its copy
  static constexpr std::size_t kMaxRestrictionBytes = 1'024;  // of a rid; error
  // Of one format, error: half of them may say nothing without the other half. The longest that
  // peers write are parameter sets of H.264 and H.265 in base64, some hundred bytes.
  static constexpr std::size_t kMaxParametersBytes = 4'096;
  static constexpr std::size_t kMaxMsids = 64;
  static constexpr std::size_t kMaxRids = 64;  // error
  static constexpr std::size_t kMaxSources = 128;
  // Each section has its copy of what the session says: some ten extensions, without attributes.
  static constexpr std::size_t kMaxSessionExtensions = 32;
  // Longer ones are left out. None that we know has any.
  static constexpr std::size_t kMaxExtensionAttributesBytes = 256;

  MediaKind kind = MediaKind::Audio;
  sdp::Direction direction = sdp::Direction::SendRecv;
  std::vector<Format> formats{};  // in the order of the m= line
  std::vector<Extension> extensions{};
  bool may_mix_extensions = false;  // a=extmap-allow-mixed, RFC 8285 §6
  std::vector<Msid> msids{};
  std::vector<Rid> rids{};
  std::vector<SimulcastStream> simulcast_send{}, simulcast_receive{};
  std::vector<Source> sources{};
  std::vector<FlowPair> flow_pairs{};
  bool rtcp_mux = false;    // RFC 5761
  bool rtcp_rsize = false;  // RFC 5506
  bool cryptex = false;     // RFC 9335

  const Format* find_format(std::uint8_t payload_type) const;
  const Extension* find_extension(std::string_view uri) const;
  const Rid* find_rid(std::string_view id, Rid::Direction direction) const;
  bool operator==(const MediaDescription&) const = default;
};

// A section of kind audio or video that is not rejected, in linear time. What the section does not
// say of a=extmap, a=extmap-allow-mixed, a=cryptex and the direction is the session's. Errors, with
// the line: SyntaxError for a format that is no number up to 127, and for an attribute of these
// that can't be read; InvalidAccess for a payload type of 64 to 95 with a=rtcp-mux (RFC 5761 §4),
// for a retransmission of a payload type that is not there (RFC 9429 §5.10), and for a rid of
// a=simulcast without its a=rid (§5.8.3).
Result<MediaDescription> read_media(const sdp::Session& session, const sdp::Media& media);

// Adds formats and attributes, in the order of RFC 9429 §5.2.1: what `media` has already stands
// before them. read_media() of it gives the same.
void write_media(sdp::Media& media, const MediaDescription& description);

// What is sent, and received, by this direction.
bool sends(sdp::Direction direction);
bool receives(sdp::Direction direction);
sdp::Direction direction_of(bool sends, bool receives);
// The same, as the other side sees it.
sdp::Direction reversed(sdp::Direction direction);
// The direction of an answer: what both sides want. RFC 3264 §6.1.
sdp::Direction answered(sdp::Direction offered, sdp::Direction wanted);

// The streams that the peer's track is in: of a=msid, else of its sources. "-" is none.
std::vector<std::string> streams_of(const MediaDescription& remote);
// The track's id, where it is said; else empty.
std::string track_id_of(const MediaDescription& remote);

}  // namespace specter::jsep
