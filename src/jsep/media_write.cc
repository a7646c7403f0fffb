// From MediaDescription to an m= section. RFC 9429 §5.2.1.
#include <fmt/format.h>

#include "jsep/media_description.h"

namespace specter::jsep {
namespace {

void write_formats(sdp::Media& media, const MediaDescription& description) {
  for (const Format& format : description.formats) {
    media.formats.push_back(std::to_string(format.payload_type));
    if (!format.name.empty()) {
      std::string map =
          fmt::format("{} {}/{}", format.payload_type, format.name, format.clock_rate);
      if (format.channels > 1) map += fmt::format("/{}", format.channels);
      media.attributes.add("rtpmap", std::move(map));
    }
    if (!format.fmtp.empty())
      media.attributes.add("fmtp", fmt::format("{} {}", format.payload_type, format.fmtp));
  }
}

void write_extensions(sdp::Media& media, const MediaDescription& description) {
  if (description.may_mix_extensions) media.attributes.add("extmap-allow-mixed");
  for (const Extension& extension : description.extensions) {
    std::string map = std::to_string(extension.id);
    if (extension.direction != sdp::Direction::SendRecv)
      map += fmt::format("/{}", sdp::to_string(extension.direction));
    map += " " + extension.uri;
    if (!extension.attributes.empty()) map += " " + extension.attributes;
    media.attributes.add("extmap", std::move(map));
  }
}

std::string text_of(const Msid& msid) {
  return msid.track.empty() ? msid.stream : msid.stream + " " + msid.track;
}

std::string text_of(const std::vector<SimulcastStream>& streams) {
  std::string text;
  for (const SimulcastStream& stream : streams) {
    if (!text.empty()) text += ';';
    bool is_first = true;
    for (const SimulcastVersion& version : stream.alternatives) {
      if (!is_first) text += ',';
      is_first = false;
      if (version.is_paused) text += '~';
      text += version.rid;
    }
  }
  return text;
}

void write_simulcast(sdp::Attributes& a, const MediaDescription& description) {
  for (const Rid& rid : description.rids) {
    std::string text = rid.id + (rid.direction == Rid::Direction::Send ? " send" : " recv");
    if (!rid.restrictions.empty()) text += " " + rid.restrictions;
    a.add("rid", std::move(text));
  }
  std::string text;
  if (!description.simulcast_send.empty()) text += "send " + text_of(description.simulcast_send);
  if (!description.simulcast_receive.empty())
    text += (text.empty() ? "recv " : " recv ") + text_of(description.simulcast_receive);
  if (!text.empty()) a.add("simulcast", std::move(text));
}

void write_sources(sdp::Attributes& a, const MediaDescription& description) {
  for (const FlowPair& pair : description.flow_pairs)
    a.add("ssrc-group", fmt::format("FID {} {}", pair.ssrc, pair.rtx_ssrc));
  for (const Source& source : description.sources) {
    a.add("ssrc", fmt::format("{} cname:{}", source.ssrc, source.cname));
    if (source.msid) a.add("ssrc", fmt::format("{} msid:{}", source.ssrc, text_of(*source.msid)));
  }
}

}  // namespace

void write_media(sdp::Media& media, const MediaDescription& description) {
  sdp::Attributes& a = media.attributes;
  a.add(std::string(sdp::to_string(description.direction)));
  write_formats(media, description);
  write_extensions(media, description);
  for (const Format& format : description.formats) {
    for (const std::string& feedback : format.feedback)
      a.add("rtcp-fb", fmt::format("{} {}", format.payload_type, feedback));
  }
  for (const Msid& msid : description.msids) a.add("msid", text_of(msid));
  write_simulcast(a, description);
  if (description.rtcp_mux) a.add("rtcp-mux");
  if (description.rtcp_rsize) a.add("rtcp-rsize");
  if (description.cryptex) a.add("cryptex");
  write_sources(a, description);
}

}  // namespace specter::jsep
