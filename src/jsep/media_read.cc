// From an m= section to MediaDescription. RFC 9429 §5.8.2, §5.8.3.
#include <algorithm>
#include <array>
#include <bitset>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "jsep/codec_match.h"
#include "jsep/media_description.h"
#include "rtp/extension_map.h"
#include "sdp/line.h"

namespace specter::jsep {
namespace {

// Of the session's attributes, which each section asks again: a description has some ten of them.
constexpr std::size_t kMaxSessionLines = 512;
// Of one a=extmap of these. It has a URI and attributes, each of which has its limit.
constexpr std::size_t kMaxSessionLineBytes = 1'024;

Failure bad(const sdp::Attribute& attribute, std::string_view expected,
            ErrorCode code = ErrorCode::SyntaxError) {
  std::string line = "a=" + attribute.name;
  if (attribute.value) line += ":" + *attribute.value;
  Error error{code, {}, std::nullopt};
  if (attribute.line > 0) {
    error.sdp_line = attribute.line;
    error.message = fmt::format("line {}: ", attribute.line);
  }
  error.message += fmt::format("`{}`: expected {}", sdp::shown(line), expected);
  return fail(std::move(error));
}

// RFC 3551 §6, tables 4 and 5.
struct StaticFormat {
  MediaKind kind;
  std::uint8_t payload_type;
  std::string_view name;
  std::uint32_t clock_rate;
  std::uint16_t channels = 1;
};
constexpr StaticFormat kStaticFormats[] = {
    {MediaKind::Audio, 0, "PCMU", 8'000},      {MediaKind::Audio, 3, "GSM", 8'000},
    {MediaKind::Audio, 4, "G723", 8'000},      {MediaKind::Audio, 5, "DVI4", 8'000},
    {MediaKind::Audio, 6, "DVI4", 16'000},     {MediaKind::Audio, 7, "LPC", 8'000},
    {MediaKind::Audio, 8, "PCMA", 8'000},      {MediaKind::Audio, 9, "G722", 8'000},
    {MediaKind::Audio, 10, "L16", 44'100, 2},  {MediaKind::Audio, 11, "L16", 44'100},
    {MediaKind::Audio, 12, "QCELP", 8'000},    {MediaKind::Audio, 13, "CN", 8'000},
    {MediaKind::Audio, 14, "MPA", 90'000},     {MediaKind::Audio, 15, "G728", 8'000},
    {MediaKind::Audio, 16, "DVI4", 11'025},    {MediaKind::Audio, 17, "DVI4", 22'050},
    {MediaKind::Audio, 18, "G729", 8'000},     {MediaKind::Video, 25, "CelB", 90'000, 0},
    {MediaKind::Video, 26, "JPEG", 90'000, 0}, {MediaKind::Video, 28, "nv", 90'000, 0},
    {MediaKind::Video, 31, "H261", 90'000, 0}, {MediaKind::Video, 32, "MPV", 90'000, 0},
    {MediaKind::Video, 33, "MP2T", 90'000, 0}, {MediaKind::Video, 34, "H263", 90'000, 0},
};

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

// The first field, and what follows it.
std::pair<std::string_view, std::string_view> cut_field(std::string_view text) {
  text = trimmed(text);
  const std::size_t space = std::min(text.find_first_of(" \t"), text.size());
  return {text.substr(0, space), trimmed(text.substr(space))};
}

// With one space between the fields.
std::string spaced(std::string_view text) {
  std::string out;
  for (const std::string_view field : sdp::fields(text)) {
    if (!out.empty()) out += ' ';
    out += field;
  }
  return out;
}

std::optional<sdp::Direction> direction_named(std::string_view name) {
  for (const auto direction : {sdp::Direction::SendRecv, sdp::Direction::SendOnly,
                               sdp::Direction::RecvOnly, sdp::Direction::Inactive}) {
    if (name == sdp::to_string(direction)) return direction;
  }
  return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

// RFC 8851 §10: letters, digits, "-" and "_".
bool is_rid(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

class Reader {
 public:
  explicit Reader(const sdp::Media& media) : media_(media) {}

  Result<MediaDescription> read(const sdp::Session& session);

 private:
  using Attribute = sdp::Attribute;
  static std::string_view text_of(const Attribute& a) {
    return a.value ? std::string_view(*a.value) : std::string_view();
  }

  Result<> read_formats();
  Result<> read_line(const Attribute& a);
  Result<> read_session_line(const Attribute& a);
  Result<> read_rtpmap(const Attribute& a);
  Result<> read_fmtp(const Attribute& a);
  Result<> read_feedback(const Attribute& a);
  Result<> read_extension(const Attribute& a);
  Result<> read_msid(const Attribute& a);
  Result<> read_rid(const Attribute& a);
  Result<> read_simulcast(const Attribute& a);
  Result<std::vector<SimulcastStream>> read_streams(const Attribute& a, std::string_view list);
  Result<> read_source(const Attribute& a);
  void read_source_group(const Attribute& a);
  Result<> read_retransmissions();
  Result<> check_rids(const std::vector<SimulcastStream>& streams, Rid::Direction direction) const;
  Format* format(std::uint64_t payload_type);
  void add_feedback(Format& format, const std::string& feedback) const;

  const sdp::Media& media_;
  MediaDescription out_;
  bool has_direction_ = false;
  std::array<std::size_t, 128> index_{};       // of a payload type's format, and one; 0: none
  std::array<const Attribute*, 128> fmtps_{};  // of a payload type
  std::vector<std::string> for_all_;           // a=rtcp-fb:*
  std::bitset<256> extension_ids_;
  std::size_t own_extensions_ = 0;                       // those that the section itself has
  std::unordered_set<std::string_view> extension_uris_;  // of the section
  const Attribute* simulcast_ = nullptr;
  std::unordered_map<std::uint32_t, std::size_t> sources_;  // index
};

Format* Reader::format(std::uint64_t payload_type) {
  const std::size_t at = payload_type < index_.size() ? index_[payload_type] : 0;
  return at == 0 ? nullptr : &out_.formats[at - 1];
}

Result<> Reader::read_formats() {
  for (const std::string& text : media_.formats) {
    const auto number = sdp::decimal(text, 127);
    if (!number) {
      return fail(Error{ErrorCode::SyntaxError,
                        fmt::format("line {}: `{}`: expected a payload type, 0 to 127", media_.line,
                                    sdp::shown(text)),
                        media_.line});
    }
    if (format(*number)) continue;
    Format added{.payload_type = static_cast<std::uint8_t>(*number)};
    for (const StaticFormat& known : kStaticFormats) {
      if (known.kind != out_.kind || known.payload_type != *number) continue;
      added.name = known.name;
      added.clock_rate = known.clock_rate;
      added.channels = known.channels;
    }
    out_.formats.push_back(std::move(added));
    index_[*number] = out_.formats.size();
  }
  return {};
}

Result<> Reader::read_rtpmap(const Attribute& a) {
  constexpr std::string_view kExpected = "<payload type> <name>/<clock rate>";
  const auto [number, rest] = cut_field(text_of(a));
  const auto payload_type = sdp::decimal(number, 127);
  const auto parts = split(rest, '/');
  if (!payload_type || parts.size() < 2 || parts[0].empty()) return bad(a, kExpected);
  const auto clock_rate = sdp::decimal(trimmed(parts[1]), 0xffff'ffff);
  if (!clock_rate || *clock_rate == 0) return bad(a, kExpected);
  Format* const found = format(*payload_type);
  if (!found) return {};
  found->name = parts[0];
  found->clock_rate = static_cast<std::uint32_t>(*clock_rate);
  if (out_.kind == MediaKind::Video) return {};
  // RFC 8866 §6.6: one, when it is left out.
  const auto channels = parts.size() > 2 ? sdp::decimal(trimmed(parts[2]), 0xffff) : std::nullopt;
  found->channels = static_cast<std::uint16_t>(std::max<std::uint64_t>(channels.value_or(1), 1));
  return {};
}

Result<> Reader::read_fmtp(const Attribute& a) {
  const auto [number, parameters] = cut_field(text_of(a));
  const auto payload_type = sdp::decimal(number, 127);
  if (!payload_type) return bad(a, "<payload type> <parameters>");
  Format* const found = format(*payload_type);
  if (!found || parameters.empty()) return {};
  if (found->fmtp.size() + 1 + parameters.size() > MediaDescription::kMaxParametersBytes) {
    return bad(a, fmt::format("no more than {} bytes of parameters of one format",
                              MediaDescription::kMaxParametersBytes));
  }
  if (!found->fmtp.empty()) found->fmtp += ';';
  found->fmtp += parameters;
  fmtps_[*payload_type] = &a;
  return {};
}

void Reader::add_feedback(Format& format, const std::string& feedback) const {
  if (format.feedback.size() < MediaDescription::kMaxFeedback &&
      std::ranges::find(format.feedback, feedback) == format.feedback.end())
    format.feedback.push_back(feedback);
}

// RFC 4585 §4.2: "*" is every payload type of the section.
Result<> Reader::read_feedback(const Attribute& a) {
  const auto [number, rest] = cut_field(text_of(a));
  const auto payload_type = sdp::decimal(number, 127);
  if (!payload_type && number != "*") return bad(a, "<payload type, or *> <feedback>");
  if (rest.empty() || rest.size() > MediaDescription::kMaxFeedbackBytes) return {};
  const std::string feedback = spaced(rest);
  if (!payload_type) {
    if (for_all_.size() < MediaDescription::kMaxFeedbackOfAll) for_all_.push_back(feedback);
  } else if (Format* const found = format(*payload_type)) {
    add_feedback(*found, feedback);
  }
  return {};
}

// RFC 8285 §5: <id>[/<direction>] <URI> [<attributes>].
Result<> Reader::read_extension(const Attribute& a) {
  const auto [mapping, rest] = cut_field(text_of(a));
  const auto [uri, attributes] = cut_field(rest);
  const std::size_t slash = std::min(mapping.find('/'), mapping.size());
  const auto id = sdp::decimal(mapping.substr(0, slash), 0xffff);
  const auto direction = slash == mapping.size() ? std::optional(sdp::Direction::SendRecv)
                                                 : direction_named(mapping.substr(slash + 1));
  if (!id || !direction || uri.empty()) return bad(a, "<id>[/<direction>] <URI>");
  // RFC 8285 §5: 0 is padding; from 4096 on it has no number yet.
  if (*id == 0 || *id > 255 || uri.size() > rtp::ExtensionMap::kMaxUriSize) return {};
  if (extension_ids_.test(*id)) return {};
  extension_ids_.set(*id);
  extension_uris_.insert(uri);
  const bool is_short = attributes.size() <= MediaDescription::kMaxExtensionAttributesBytes;
  out_.extensions.push_back({.id = static_cast<std::uint8_t>(*id),
                             .uri = std::string(uri),
                             .direction = *direction,
                             .attributes = is_short ? spaced(attributes) : std::string()});
  return {};
}

Result<> Reader::read_msid(const Attribute& a) {
  const auto [stream, rest] = cut_field(text_of(a));
  if (stream.empty()) return bad(a, "<stream> [<track>]");
  Msid msid{std::string(stream), std::string(cut_field(rest).first)};
  if (out_.msids.size() < MediaDescription::kMaxMsids &&
      std::ranges::find(out_.msids, msid) == out_.msids.end())
    out_.msids.push_back(std::move(msid));
  return {};
}

Result<> Reader::read_rid(const Attribute& a) {
  const auto [id, rest] = cut_field(text_of(a));
  const auto [direction, restrictions] = cut_field(rest);
  if (!is_rid(id) || (direction != "send" && direction != "recv"))
    return bad(a, "<rid> send|recv [<restrictions>]");
  const auto way = direction == "send" ? Rid::Direction::Send : Rid::Direction::Receive;
  if (out_.find_rid(id, way)) return {};
  if (restrictions.size() > MediaDescription::kMaxRestrictionBytes)
    return bad(a, fmt::format("no more than {} bytes of restrictions",
                              MediaDescription::kMaxRestrictionBytes));
  if (out_.rids.size() == MediaDescription::kMaxRids)
    return bad(a, fmt::format("no more than {} a=rid lines", MediaDescription::kMaxRids));
  out_.rids.push_back({std::string(id), way, std::string(restrictions)});
  return {};
}

Result<std::vector<SimulcastStream>> Reader::read_streams(const Attribute& a,
                                                          std::string_view list) {
  std::vector<SimulcastStream> streams;
  std::size_t versions = 0;
  for (const std::string_view part : split(list, ';')) {
    SimulcastStream stream;
    for (std::string_view rid : split(part, ',')) {
      const bool is_paused = rid.starts_with('~');
      if (is_paused) rid.remove_prefix(1);
      if (!is_rid(rid)) return bad(a, "rids between ';' and ','");
      if (++versions > MediaDescription::kMaxRids)
        return bad(a, fmt::format("no more than {} rids", MediaDescription::kMaxRids));
      stream.alternatives.push_back({std::string(rid), is_paused});
    }
    streams.push_back(std::move(stream));
  }
  return streams;
}

// RFC 8853 §5.1: send <list> [recv <list>], or the other way round.
Result<> Reader::read_simulcast(const Attribute& a) {
  if (simulcast_) return {};  // RFC 8853 §5.1: there is one
  simulcast_ = &a;
  const auto parts = sdp::fields(text_of(a));
  if (parts.size() != 2 && parts.size() != 4) return bad(a, "send <rids> [recv <rids>]");
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    const bool is_send = parts[i] == "send";
    auto& to = is_send ? out_.simulcast_send : out_.simulcast_receive;
    if ((!is_send && parts[i] != "recv") || !to.empty()) return bad(a, "send <rids> [recv <rids>]");
    auto streams = read_streams(a, parts[i + 1]);
    if (!streams) return fail(streams.error());
    to = *std::move(streams);
  }
  return {};
}

Result<> Reader::read_source(const Attribute& a) {
  const auto [number, attribute] = cut_field(text_of(a));
  const auto ssrc = sdp::decimal(number, 0xffff'ffff);
  if (!ssrc) return bad(a, "<SSRC> <attribute>");
  const auto id = static_cast<std::uint32_t>(*ssrc);
  auto known = sources_.find(id);
  if (known == sources_.end()) {
    if (out_.sources.size() == MediaDescription::kMaxSources) return {};
    out_.sources.push_back({.ssrc = id});
    known = sources_.emplace(id, out_.sources.size() - 1).first;
  }
  Source& source = out_.sources[known->second];
  const std::size_t colon = std::min(attribute.find(':'), attribute.size());
  const std::string_view value = attribute.substr(std::min(colon + 1, attribute.size()));
  const std::string_view name = attribute.substr(0, colon);
  if (name == "cname" && source.cname.empty()) source.cname = trimmed(value);
  if (name == "msid" && !source.msid) {
    const auto [stream, track] = cut_field(value);
    if (!stream.empty())
      source.msid = Msid{std::string(stream), std::string(cut_field(track).first)};
  }
  return {};
}

void Reader::read_source_group(const Attribute& a) {
  const auto parts = sdp::fields(text_of(a));
  if (parts.size() != 3 || parts[0] != "FID") return;
  const auto ssrc = sdp::decimal(parts[1], 0xffff'ffff);
  const auto rtx = sdp::decimal(parts[2], 0xffff'ffff);
  // webrtcbin answers before it knows the SSRC of its media, and calls it 0: that pairs nothing.
  const bool are_known = ssrc && rtx && *ssrc != 0 && *rtx != 0;
  if (are_known && *ssrc != *rtx && out_.flow_pairs.size() < MediaDescription::kMaxSources) {
    out_.flow_pairs.push_back(
        {static_cast<std::uint32_t>(*ssrc), static_cast<std::uint32_t>(*rtx)});
  }
}

Result<> Reader::read_line(const Attribute& a) {
  if (a.name == "rtpmap") return read_rtpmap(a);
  if (a.name == "fmtp") return read_fmtp(a);
  if (a.name == "rtcp-fb") return read_feedback(a);
  if (a.name == "extmap") return read_extension(a);
  if (a.name == "msid") return read_msid(a);
  if (a.name == "rid") return read_rid(a);
  if (a.name == "simulcast") return read_simulcast(a);
  if (a.name == "ssrc") return read_source(a);
  if (a.name == "ssrc-group") read_source_group(a);
  if (a.name == "rtcp-mux" || a.name == "rtcp-mux-only") out_.rtcp_mux = true;
  if (a.name == "rtcp-rsize") out_.rtcp_rsize = true;
  if (a.name == "extmap-allow-mixed") out_.may_mix_extensions = true;
  if (a.name == "cryptex") out_.cryptex = true;
  if (const auto direction = direction_named(a.name); direction && !has_direction_) {
    out_.direction = *direction;
    has_direction_ = true;
  }
  return {};
}

// RFC 9429 §5.3.1: what the session says is said of each section; the section's own word counts.
Result<> Reader::read_session_line(const Attribute& a) {
  if (a.name == "extmap") {
    if (text_of(a).size() > kMaxSessionLineBytes ||
        out_.extensions.size() >= own_extensions_ + MediaDescription::kMaxSessionExtensions)
      return {};
    const auto [mapping, rest] = cut_field(text_of(a));
    return extension_uris_.contains(cut_field(rest).first) ? Result<>() : read_extension(a);
  }
  const bool is_of_both = a.name == "extmap-allow-mixed" || a.name == "cryptex";
  return is_of_both || direction_named(a.name) ? read_line(a) : Result<>();
}

// RFC 9429 §5.10: a retransmission of a payload type that is not there is an error.
Result<> Reader::read_retransmissions() {
  for (Format& format : out_.formats) {
    if (!is_rtx(format.name)) continue;
    format.apt = apt_of(format.fmtp);
    if (!format.apt || out_.find_format(*format.apt)) continue;
    return bad(*fmtps_[format.payload_type], "the payload type of a format in this section",
               ErrorCode::InvalidAccess);
  }
  return {};
}

Result<> Reader::check_rids(const std::vector<SimulcastStream>& streams,
                            Rid::Direction direction) const {
  for (const SimulcastStream& stream : streams) {
    for (const SimulcastVersion& version : stream.alternatives) {
      if (out_.find_rid(version.rid, direction)) continue;
      return bad(*simulcast_, fmt::format("an a=rid line for \"{}\"", sdp::shown(version.rid)),
                 ErrorCode::InvalidAccess);
    }
  }
  return {};
}

Result<MediaDescription> Reader::read(const sdp::Session& session) {
  out_.kind = media_.kind == "video" ? MediaKind::Video : MediaKind::Audio;
  if (auto formats = read_formats(); !formats) return fail(formats.error());
  for (const Attribute& a : media_.attributes.lines) {
    if (auto line = read_line(a); !line) return fail(line.error());
  }
  own_extensions_ = out_.extensions.size();
  std::size_t looked_at = 0;
  for (const Attribute& a : session.attributes.lines) {
    if (++looked_at > kMaxSessionLines) break;
    if (auto line = read_session_line(a); !line) return fail(line.error());
  }
  for (Format& format : out_.formats) {
    // A format that nobody named is no codec of ours; each has its copy.
    if (!format.name.empty()) {
      for (const std::string& feedback : for_all_) add_feedback(format, feedback);
    }
    // RFC 5761 §4.
    if (out_.rtcp_mux && format.payload_type >= 64 && format.payload_type <= 95) {
      return fail(Error{ErrorCode::InvalidAccess,
                        fmt::format("line {}: payload type {}: 64 to 95 can't be told from RTCP",
                                    media_.line, format.payload_type),
                        media_.line});
    }
  }
  if (auto rtx = read_retransmissions(); !rtx) return fail(rtx.error());
  for (const bool is_send : {true, false}) {
    auto rids = check_rids(is_send ? out_.simulcast_send : out_.simulcast_receive,
                           is_send ? Rid::Direction::Send : Rid::Direction::Receive);
    if (!rids) return fail(rids.error());
  }
  return std::move(out_);
}

}  // namespace

Result<MediaDescription> read_media(const sdp::Session& session, const sdp::Media& media) {
  return Reader(media).read(session);
}

}  // namespace specter::jsep
