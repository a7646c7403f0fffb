// The m= sections of a remote description, sorted: which of them we take, which of them share our
// one transport, and what speaks for that. RFC 9143, RFC 9429 §5.3.1, §5.10. Pure functions.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/rare.h"
#include "sdp/session.h"

#include "specter/result.h"

namespace specter::jsep {

// What a section is to us. Media: it has a transceiver. Inactive: we have no codec for it, but the
// section is of the group whose transport we use. Rejecting it would break up the group (RFC 9143
// §7.3.3), or be more than some peers understand, so it is accepted and nothing is sent. Outside:
// media that an answer accepts outside of the group whose transport we use. The peer takes it for
// accepted until an offer of ours rejects it.
enum class Use { Rejected, Inactive, Data, Media, Outside };

inline bool is_used(Use use) { return use != Use::Rejected && use != Use::Outside; }

struct RemoteSections {
  // All of these have one entry for each section.
  std::vector<std::string> mids;  // as written, or made up: RFC 9429 §5.10
  std::vector<bool> says_mid;
  std::vector<Use> uses;
  std::vector<std::string> ufrags;    // its own or the session's; empty: it has none
  std::vector<bool> is_on_transport;  // its candidates are our transport's: RFC 9143 §7.4

  std::optional<std::size_t> data;
  // Those that we take of the group that our transport is of, in the group's order; the first is
  // the tagged one. Empty without such a group.
  std::vector<std::size_t> bundle;
  // The section that candidates stand in: the tagged one, or the one that we take alone.
  std::optional<std::size_t> tagged;
  // Its attributes, and what it lacks of them from the others of the group: bundle-only sections
  // need none of their own (RFC 9143 §6), tagged ones have them all.
  Rare<sdp::Media> transport;
  std::string transport_ufrag;  // empty: we take none

  std::optional<std::size_t> index_of(std::string_view mid) const;
  bool operator==(const RemoteSections&) const = default;
};

// Whether this m= section is a data channel section that we can take. RFC 8841 §3.
bool is_data_section(const sdp::Media& media);

// Audio, video, and whatever else RTP carries.
bool is_rtp(const sdp::Media& media);

// RFC 9143 §6: a section with port 0 that is bundle-only is not a rejected one.
bool is_live(const sdp::Media& media);

// What we have codecs for. Without any, this is left out.
struct MediaTaking {
  std::vector<bool> can_take;    // of each section: it is audio or video, with a codec in common
  std::vector<bool> is_running;  // our transport is this section's
};

// An offer: `is_kept` tells of the sections, by index, that we have accepted before. They hold the
// transport together when the offer has no data section that we can take. Errors: two sections of
// one mid, an empty mid, an attribute of a data section that can't be read.
//
// With media, whatever runs holds the transport together, else what comes first of data and media;
// and of the others in the group only the first is accepted as inactive. A section that no group
// has is taken alone: we have one transport.
Result<RemoteSections> sort_offer(const sdp::Session& session,
                                  const std::function<bool(std::size_t)>& is_kept,
                                  const MediaTaking* taking = nullptr);

// An answer to an offer with these uses, one for each section: what the answer says of each. Media
// that is outside of the group has no transport, and stays so after a provisional answer that had
// it there. Error: InvalidAccess for media
// whose RTCP is not multiplexed (RFC 9429 §5.8.3).
Result<RemoteSections> sort_answer(const sdp::Session& session, const std::vector<Use>& offered);

// The formats of a section with the a=rtpmap and a=fmtp lines that belong to them. Inactive: one
// format, whose codec carries media by itself (no retransmission, redundancy or tones).
struct Formats {
  std::vector<std::string> formats;
  std::vector<sdp::Attribute> lines;
};
Formats formats_to_answer(const sdp::Media& media, Use use);

}  // namespace specter::jsep
