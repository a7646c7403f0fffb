#include "jsep/remote_sections.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "sdp/attributes.h"

namespace specter::jsep {
namespace {

constexpr std::size_t kMaxUfragBytes = 256;

Failure bad_mid(const sdp::Media& media, std::string message) {
  return fail(Error{ErrorCode::InvalidAccess, std::move(message), media.line});
}

// RFC 9429 §5.10, §3.5.2.1: a section without a=mid has one that is made up here.
Result<> read_mids(const sdp::Session& session, RemoteSections& out) {
  std::unordered_set<std::string_view> taken;
  for (const sdp::Media& media : session.media) {
    if (!media.attributes.has("mid")) continue;
    const std::string_view mid = sdp::mid(media).value_or("");
    if (mid.empty())
      return bad_mid(media, "remoteDescription contained media section without mid value");
    if (!taken.insert(mid).second)
      return bad_mid(media, fmt::format("two sections have the mid \"{}\"", mid));
  }
  std::size_t next = 0;
  for (const sdp::Media& media : session.media) {
    const auto mid = sdp::mid(media);
    out.says_mid.push_back(mid.has_value());
    if (mid) {
      out.mids.emplace_back(*mid);
      continue;
    }
    std::string made_up = std::to_string(next++);
    while (taken.contains(made_up)) made_up = std::to_string(next++);
    out.mids.push_back(std::move(made_up));
  }
  return {};
}

// The BUNDLE groups of a description, read once: a peer may write as many mids as it likes. Mids
// that no section has are passed over, and a section is in the first group that names it.
class Groups {
 public:
  Groups(const sdp::Session& session, const std::vector<std::string>& mids) {
    std::unordered_map<std::string_view, std::size_t> index_of;
    for (std::size_t i = 0; i < mids.size(); ++i) index_of.emplace(mids[i], i);
    group_of_.assign(mids.size(), 0);
    for (const auto& group : sdp::bundle_groups(session)) {
      std::vector<std::size_t> members;
      for (const std::string& mid : group) {
        const auto at = index_of.find(mid);
        if (at == index_of.end()) continue;
        members.push_back(at->second);
        group_of_[at->second] = all_.size();
        index_of.erase(at);  // named twice is named once
      }
      if (!members.empty()) all_.push_back(std::move(members));
    }
  }

  // The group that this section is in, by index and in the group's order. Empty: in none.
  const std::vector<std::size_t>& of(std::size_t section) const { return all_[group_of_[section]]; }

 private:
  std::vector<std::vector<std::size_t>> all_{{}};  // the first is none
  std::vector<std::size_t> group_of_;              // of each section
};

// RFC 9143 §9.3: all RTP sections of a group multiplex RTCP. One that doesn't say so leaves it to
// the tagged one (RFC 8859 §5.3 counts the attribute to the identical ones).
bool has_rtcp_mux(const sdp::Media& media, const sdp::Media& tagged) {
  const auto says = [](const sdp::Media& m) {
    return m.attributes.has("rtcp-mux") || m.attributes.has("rtcp-mux-only");
  };
  return says(media) || says(tagged);
}

bool has_credentials(const sdp::Media& media) {
  return media.attributes.has("ice-ufrag") || media.attributes.has("ice-pwd");
}

// What `media` lacks of the transport's attributes. User fragment and password go together.
void add_missing(sdp::Attributes& to, const sdp::Media& media) {
  constexpr std::array<std::string_view, 2> kCredentials = {"ice-ufrag", "ice-pwd"};
  constexpr std::array<std::string_view, 4> kOthers = {"ice-options", "fingerprint", "setup",
                                                       "tls-id"};
  const auto add_all = [&](std::string_view name) {
    for (const sdp::Attribute& line : media.attributes.lines) {
      if (line.name == name) to.lines.push_back(line);
    }
  };
  if (!to.has("ice-ufrag") && !to.has("ice-pwd")) std::ranges::for_each(kCredentials, add_all);
  for (const std::string_view name : kOthers) {
    if (!to.has(name)) add_all(name);
  }
}

void read_ufrags(const sdp::Session& session, RemoteSections& out) {
  auto common = session.attributes.value("ice-ufrag").value_or("");
  // RFC 8839 §5.4. No agent has it, and each section would have a copy.
  if (common.size() > kMaxUfragBytes) common = "";
  for (const sdp::Media& media : session.media) {
    out.ufrags.emplace_back(media.attributes.value("ice-ufrag").value_or(common));
  }
}

// RFC 9143 §7.3.1, §7.4: the tagged section's transport is everybody's; and whose candidates count.
// `members`: the group of `anchor`, or `anchor` alone.
void read_transport(const sdp::Session& session, const std::vector<std::size_t>& members,
                    std::size_t anchor, RemoteSections& out) {
  const sdp::Media& tagged = session.media[*out.tagged];
  sdp::Media transport{.kind = tagged.kind, .protocol = tagged.protocol, .formats = tagged.formats};
  transport.line = tagged.line;
  add_missing(transport.attributes, tagged);
  add_missing(transport.attributes, session.media[anchor]);
  for (const std::size_t member : members) {
    if (is_live(session.media[member])) add_missing(transport.attributes, session.media[member]);
  }
  const auto common = session.attributes.value("ice-ufrag").value_or("");
  out.transport_ufrag = transport.attributes.value("ice-ufrag").value_or(common);
  out.is_on_transport.assign(session.media.size(), false);
  for (const std::size_t member : members) {
    const sdp::Media& media = session.media[member];
    // Those with credentials of their own would have had a transport of their own, unbundled.
    out.is_on_transport[member] =
        !has_credentials(media) || out.ufrags[member] == out.transport_ufrag;
  }
  out.transport = std::move(transport);
}

}  // namespace

std::optional<std::size_t> RemoteSections::index_of(std::string_view mid) const {
  const auto at = std::ranges::find(mids, mid);
  if (at == mids.end()) return std::nullopt;
  return static_cast<std::size_t>(at - mids.begin());
}

bool is_data_section(const sdp::Media& media) {
  // RFC 9429 §5.2.1 writes UDP/DTLS/SCTP; RFC 8841 §3 has TCP/DTLS/SCTP besides, which ICE treats
  // alike.
  return media.kind == "application" &&
         (media.protocol == "UDP/DTLS/SCTP" || media.protocol == "TCP/DTLS/SCTP") &&
         std::ranges::find(media.formats, "webrtc-datachannel") != media.formats.end();
}

bool is_rtp(const sdp::Media& media) { return media.protocol.find("RTP/") != std::string::npos; }

bool is_live(const sdp::Media& media) { return media.port != 0 || sdp::bundle_only(media); }

namespace {

// RFC 8841 §5.2: with a=sctp-port:0 there is no association.
Result<bool> has_association(const sdp::Media& media) {
  const auto port = sdp::sctp_port(media);
  if (!port) return fail(port.error());
  return *port != 0;
}

Result<RemoteSections> begin(const sdp::Session& session) {
  RemoteSections out;
  if (auto good = read_mids(session, out); !good) return fail(std::move(good).error());
  read_ufrags(session, out);
  out.uses.assign(session.media.size(), Use::Rejected);
  out.is_on_transport.assign(session.media.size(), false);
  return out;
}

// The section whose transport is ours. Nothing: there is none.
std::optional<std::size_t> find_anchor(const sdp::Session& session,
                                       const std::function<bool(std::size_t)>& is_kept,
                                       const MediaTaking* taking, const Groups& groups,
                                       const RemoteSections& out) {
  const auto& media = session.media;
  const auto first = [&](const auto& fits) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < media.size(); ++i) {
      if (is_live(media[i]) && fits(i)) return i;
    }
    return std::nullopt;
  };
  std::optional<std::size_t> anchor = out.data;
  if (taking) {
    const auto is_candidate = [&](std::size_t i) {
      if (i == out.data) return true;
      return taking->can_take[i] && is_rtp(media[i]) &&
             (has_rtcp_mux(media[i], media[i]) || !groups.of(i).empty());
    };
    anchor = first([&](std::size_t i) { return taking->is_running[i] && is_candidate(i); });
    // Without a group only one of them can be taken: data need an association of their own.
    if (!anchor) anchor = out.data ? out.data : first(is_candidate);
  }
  if (!anchor) anchor = first([&](std::size_t i) { return is_kept(i) && is_rtp(media[i]); });
  return anchor;
}

// The first data section that has an association.
Result<std::optional<std::size_t>> find_data(const sdp::Session& session) {
  const auto& media = session.media;
  for (std::size_t i = 0; i < media.size(); ++i) {
    if (!is_data_section(media[i]) || !is_live(media[i])) continue;
    const auto has = has_association(media[i]);
    if (!has) return fail(has.error());
    if (*has) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<RemoteSections> sort_offer(const sdp::Session& session,
                                  const std::function<bool(std::size_t)>& is_kept,
                                  const MediaTaking* taking) {
  auto out = begin(session);
  if (!out) return out;
  const auto& media = session.media;
  const auto data = find_data(session);
  if (!data) return fail(data.error());
  out->data = *data;
  const Groups groups(session, out->mids);
  const auto anchor = find_anchor(session, is_kept, taking, groups, *out);
  if (!anchor) return out;

  const auto can_take = [&](std::size_t i) { return taking && taking->can_take[i]; };
  const std::vector<std::size_t>& group = groups.of(*anchor);
  // We have one transport, and the data section may have another.
  if (out->data != anchor && std::ranges::find(group, out->data) == group.end()) out->data.reset();
  // A section that is accepted for the transport's sake alone needs a group.
  if (group.empty() && !out->data && !can_take(*anchor)) return out;
  const auto fits = [&](std::size_t i, std::size_t tagged) {
    if (i == out->data) return true;
    if (!is_live(media[i]) || !is_rtp(media[i]) || !has_rtcp_mux(media[i], media[tagged]))
      return false;
    return !taking || can_take(i) || out->bundle.empty();
  };
  for (const std::size_t i : group) {
    const std::size_t tagged = out->bundle.empty() ? i : out->bundle.front();
    if (!fits(i, tagged)) continue;
    out->bundle.push_back(i);
    out->uses[i] = can_take(i) ? Use::Media : Use::Inactive;
  }
  if (out->data) out->uses[*out->data] = Use::Data;
  if (group.empty() && !out->data) out->uses[*anchor] = Use::Media;
  if (out->bundle.empty() && out->uses[*anchor] == Use::Rejected) return out;
  out->tagged = out->bundle.empty() ? *anchor : out->bundle.front();
  read_transport(session, group.empty() ? std::vector{*anchor} : group, *anchor, *out);
  return out;
}

Result<RemoteSections> sort_answer(const sdp::Session& session, const std::vector<Use>& offered) {
  auto out = begin(session);
  if (!out) return out;
  const auto& media = session.media;
  std::optional<std::size_t> anchor;
  for (std::size_t i = 0; i < std::min(media.size(), offered.size()); ++i) {
    if (offered[i] == Use::Rejected || !is_live(media[i])) continue;
    if (offered[i] == Use::Data) {
      const auto has = has_association(media[i]);
      if (!has) return fail(has.error());
      if (!*has) continue;
      out->data = i;
    }
    out->uses[i] = offered[i];
    if (offered[i] == Use::Outside) continue;
    if (!anchor || out->data == i) anchor = i;
  }
  if (!anchor) return out;

  const Groups groups(session, out->mids);
  const std::vector<std::size_t>& group = groups.of(*anchor);
  for (const std::size_t i : group) {
    if (is_used(out->uses[i])) out->bundle.push_back(i);
  }
  out->tagged = out->bundle.empty() ? *anchor : out->bundle.front();
  for (std::size_t i = 0; i < media.size(); ++i) {
    if (out->uses[i] != Use::Media) continue;
    if (i != anchor && std::ranges::find(group, i) == group.end()) out->uses[i] = Use::Outside;
    if (out->uses[i] == Use::Media && !has_rtcp_mux(media[i], media[*out->tagged]))
      return fail(Error{ErrorCode::InvalidAccess,
                        "the section has no a=rtcp-mux: RTCP must be multiplexed (RFC 9429 §5.8.3)",
                        media[i].line});
  }
  read_transport(session, group.empty() ? std::vector{*anchor} : group, *anchor, *out);
  return out;
}

namespace {

// The payload type that an a=rtpmap or a=fmtp line is of.
std::string_view format_of(const sdp::Attribute& line) {
  const std::string_view value = line.value ? std::string_view(*line.value) : "";
  return value.substr(0, value.find(' '));
}

// "opus" of "111 opus/48000/2".
std::string encoding_of(const sdp::Attribute& rtpmap) {
  std::string_view value = *rtpmap.value;
  value.remove_prefix(std::min(value.find(' '), value.size() - 1) + 1);
  std::string name(value.substr(0, value.find('/')));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return name;
}

bool carries_media(std::string_view encoding) {
  constexpr std::array<std::string_view, 6> kOthers = {
      "rtx", "red", "ulpfec", "flexfec-03", "telephone-event", "cn"};
  return std::ranges::find(kOthers, encoding) == kOthers.end();
}

std::string first_codec(const sdp::Media& media) {
  std::unordered_map<std::string_view, const sdp::Attribute*> rtpmaps;
  for (const sdp::Attribute& line : media.attributes.lines) {
    if (line.name == "rtpmap" && line.value) rtpmaps.emplace(format_of(line), &line);
  }
  for (const std::string& format : media.formats) {
    const auto at = rtpmaps.find(format);
    // RFC 3551 §6: without a=rtpmap it is a static one, of which 13 is comfort noise.
    if (at == rtpmaps.end() ? format != "13" : carries_media(encoding_of(*at->second)))
      return format;
  }
  return media.formats.empty() ? std::string() : media.formats.front();
}

}  // namespace

Formats formats_to_answer(const sdp::Media& media, Use use) {
  Formats out{.formats = media.formats, .lines = {}};
  if (use == Use::Inactive) out.formats = {first_codec(media)};
  const std::unordered_set<std::string_view> kept(out.formats.begin(), out.formats.end());
  for (const sdp::Attribute& line : media.attributes.lines) {
    // RFC 3264 §6 has the formats of a rejected section ignored, but pion and werift look their
    // a=rtpmap up all the same. RFC 6184 §8.2.2: parameters of an accepted one are repeated.
    const bool is_wanted = line.name == "rtpmap" || (use == Use::Inactive && line.name == "fmtp");
    if (is_wanted && kept.contains(format_of(line))) {
      out.lines.push_back({.name = line.name, .value = line.value});
    }
  }
  return out;
}

}  // namespace specter::jsep
