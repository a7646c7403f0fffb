// What our descriptions say of transceivers: their sections in offers and answers. RFC 9429 §5.2.2,
// §5.3.1.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "jsep/media_negotiation.h"
#include "jsep/parts.h"

namespace specter::jsep {

Transceiver* find_transceiver(Session& session, TransceiverId id) {
  const auto at = std::ranges::find(session.wanted.transceivers, id, &Transceiver::id);
  return at == session.wanted.transceivers.end() ? nullptr : &*at;
}
const Transceiver* find_transceiver(const Session& session, TransceiverId id) {
  const auto at = std::ranges::find(session.wanted.transceivers, id, &Transceiver::id);
  return at == session.wanted.transceivers.end() ? nullptr : &*at;
}

const Section* find_section(const std::vector<Section>& sections, TransceiverId id) {
  const auto at = std::ranges::find_if(
      sections, [&](const Section& s) { return s.media && s.media->transceiver == id; });
  return at == sections.end() ? nullptr : &*at;
}

namespace {

std::string free_mid(const std::vector<Section>& taken) {
  std::unordered_set<std::string_view> mids;
  for (const Section& section : taken) mids.insert(section.mid);
  for (std::size_t i = 0;; ++i) {
    std::string mid = std::to_string(i);
    if (!mids.contains(mid)) return mid;
  }
}

LocalMedia local_media(const LocalParameters& local, const Transceiver& transceiver,
                       const MediaDescription* before) {
  return {.kind = transceiver.kind,
          .direction = direction_in_sdp(transceiver.direction),
          .preferences = transceiver.preferences,
          .track_id = transceiver.track ? transceiver.track->id : "",
          .streams = transceiver.streams,
          .encodings = transceiver.encodings,
          .cname = local.cname,
          .before = before};
}

// The formats that the section has should it be rejected or inactive: an m= line needs some.
void keep_formats(Section& section, const MediaDescription& of, Use use) {
  sdp::Media media{.kind = section.kind, .protocol = section.protocol};
  write_media(media, of);
  auto [formats, lines] = formats_to_answer(media, use);
  section.formats = std::move(formats);
  section.format_lines = std::move(lines);
}

class Offered {
 public:
  Offered(const LocalParameters& local, const Session& session, Rare<MediaNumbers>& numbers)
      : local_(local),
        session_(session),
        numbers_(numbers),
        sections_(session.last_stable().sections) {}

  std::vector<Section> sections() {
    for (Section& section : sections_) {
      section.says_mid = true;
      if (section.media) offer_again(section);
    }
    for (const Transceiver& transceiver : session_.wanted.transceivers) {
      if (!transceiver.is_stopping() && !find_section(sections_, transceiver.id))
        offer_new(transceiver);
    }
    if (session_.wanted.data &&
        std::ranges::find(sections_, Use::Data, &Section::use) == sections_.end())
      offer_data();
    return std::move(sections_);
  }

 private:
  MediaDescription describe(const Transceiver& transceiver, const MediaDescription* before) {
    if (!numbers_) numbers_ = MediaNumbers{};
    return offer_media(local_.media, local_media(local_, transceiver, before),
                       numbers_->payload_types, numbers_->extension_ids);
  }

  void offer_again(Section& section) {
    const Transceiver* transceiver = find_transceiver(session_, section.media->transceiver);
    if (!transceiver || transceiver->is_stopping()) {
      section.use = Use::Rejected;
      return;
    }
    const MediaDescription before = std::move(section.media->local);
    section.media->local = describe(*transceiver, &before);
    keep_formats(section, section.media->local, Use::Rejected);
  }

  void offer_new(const Transceiver& transceiver) {
    Section section{.mid = free_mid(sections_),
                    .kind = transceiver.kind == MediaKind::Audio ? "audio" : "video",
                    .protocol = "UDP/TLS/RTP/SAVPF",
                    .use = Use::Media,
                    .media = MediaSection{.transceiver = transceiver.id}};
    section.media->local = describe(transceiver, nullptr);
    // Other sections have all numbers.
    if (section.media->local.formats.empty()) return;
    keep_formats(section, section.media->local, Use::Rejected);
    // RFC 9429 §5.2.2: one that both sides know as rejected is used again, whatever its kind.
    place(std::move(section), [](const Section& s) { return s.use == Use::Rejected && !s.media; });
  }

  void offer_data() {
    Section data{.mid = free_mid(sections_),
                 .kind = "application",
                 .protocol = "UDP/DTLS/SCTP",
                 .formats = {"webrtc-datachannel"},
                 .use = Use::Data};
    // Sections do not become more with each time that the peer says no.
    place(std::move(data), [&](const Section& s) {
      return s.use == Use::Rejected && !s.media && s.kind == "application" &&
             s.protocol == "UDP/DTLS/SCTP" &&
             s.formats == std::vector<std::string>{"webrtc-datachannel"};
    });
  }

  template <class IsFree>
  void place(Section section, const IsFree& is_free) {
    const auto at = std::ranges::find_if(sections_, is_free);
    if (at == sections_.end())
      sections_.push_back(std::move(section));
    else
      *at = std::move(section);
  }

  const LocalParameters& local_;
  const Session& session_;
  Rare<MediaNumbers>& numbers_;
  std::vector<Section> sections_;
};

}  // namespace

std::vector<Section> sections_to_offer(const LocalParameters& local, const Session& session,
                                       Rare<MediaNumbers>& numbers) {
  return Offered(local, session, numbers).sections();
}

namespace {

// RFC 9143 §7.3.3: the group goes on with its tagged section's transport. One that our preferences
// leave no codec is accepted as inactive where others of the group are used.
void keep_tagged(std::vector<Section>& sections, const RemoteSections& remote) {
  if (remote.bundle.empty()) return;
  Section& tagged = sections[remote.bundle.front()];
  const auto is_used = [&](std::size_t i) { return sections[i].is_used(); };
  if (tagged.is_used() || !tagged.media || std::ranges::none_of(remote.bundle, is_used)) return;
  tagged.use = Use::Inactive;
  keep_formats(tagged, tagged.media->remote, Use::Inactive);
}

}  // namespace

std::vector<Section> sections_to_answer(const LocalParameters& local, const Session& session) {
  std::vector<Section> sections = session.now.sections;
  for (Section& section : sections) {
    if (!section.media || section.use != Use::Media) continue;
    const Transceiver* transceiver = find_transceiver(session, section.media->transceiver);
    const Section* stable =
        find_section(session.last_stable().sections, section.media->transceiver);
    std::optional<MediaDescription> said;
    if (transceiver) {
      // RFC 9429 §5.3.1: what stop() has stopped is answered as inactive, and rejected by an offer.
      said = answer_media(
          local.media, local_media(local, *transceiver, stable ? &stable->media->local : nullptr),
          section.media->remote);
    }
    if (said)
      section.media->local = std::move(*said);
    else
      section.use = Use::Rejected;
  }
  keep_tagged(sections, session.now.remote_sections);
  return sections;
}

}  // namespace specter::jsep
