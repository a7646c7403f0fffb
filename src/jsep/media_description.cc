#include "jsep/media_description.h"

#include <algorithm>

namespace specter::jsep {

const Format* MediaDescription::find_format(std::uint8_t payload_type) const {
  const auto found = std::ranges::find(formats, payload_type, &Format::payload_type);
  return found == formats.end() ? nullptr : &*found;
}

const Extension* MediaDescription::find_extension(std::string_view uri) const {
  const auto found = std::ranges::find(extensions, uri, &Extension::uri);
  return found == extensions.end() ? nullptr : &*found;
}

const Rid* MediaDescription::find_rid(std::string_view id, Rid::Direction of) const {
  const auto found =
      std::ranges::find_if(rids, [&](const Rid& r) { return r.id == id && r.direction == of; });
  return found == rids.end() ? nullptr : &*found;
}

bool sends(sdp::Direction direction) {
  return direction == sdp::Direction::SendRecv || direction == sdp::Direction::SendOnly;
}

bool receives(sdp::Direction direction) {
  return direction == sdp::Direction::SendRecv || direction == sdp::Direction::RecvOnly;
}

sdp::Direction direction_of(bool sends, bool receives) {
  if (sends) return receives ? sdp::Direction::SendRecv : sdp::Direction::SendOnly;
  return receives ? sdp::Direction::RecvOnly : sdp::Direction::Inactive;
}

sdp::Direction reversed(sdp::Direction direction) {
  return direction_of(receives(direction), sends(direction));
}

sdp::Direction answered(sdp::Direction offered, sdp::Direction wanted) {
  return direction_of(receives(offered) && sends(wanted), sends(offered) && receives(wanted));
}

std::vector<std::string> streams_of(const MediaDescription& remote) {
  std::vector<std::string> streams;
  const auto add = [&](const Msid& msid) {
    // RFC 8830 §2: "-" is no stream.
    if (msid.stream != "-" && std::ranges::find(streams, msid.stream) == streams.end())
      streams.push_back(msid.stream);
  };
  for (const Msid& msid : remote.msids) add(msid);
  if (!remote.msids.empty()) return streams;
  for (const Source& source : remote.sources) {
    if (source.msid) add(*source.msid);
  }
  return streams;
}

std::string track_id_of(const MediaDescription& remote) {
  for (const Msid& msid : remote.msids) {
    if (!msid.track.empty()) return msid.track;
  }
  for (const Source& source : remote.sources) {
    if (source.msid && !source.msid->track.empty()) return source.msid->track;
  }
  return {};
}

}  // namespace specter::jsep
