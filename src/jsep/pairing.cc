// What a remote offer makes of transceivers: which section is whose, and which are new. RFC 9429
// §5.10; W3C §4.4.1.5.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "jsep/encodings.h"
#include "jsep/parts.h"
#include "rtp/extension_map.h"

namespace specter::jsep {
namespace {

class Pairing {
 public:
  Pairing(const LocalParameters& local, Session& session, std::vector<Section> sections,
          std::vector<std::optional<MediaDescription>> said, Random& random)
      : local_(local),
        session_(session),
        random_(random),
        sections_(std::move(sections)),
        said_(std::move(said)) {}

  Result<> pair() {
    if (auto kept = keep_pairs(); !kept) return kept;
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      if (sections_[i].use != Use::Media) continue;
      if (!sections_[i].media) {
        if (auto found = find_pair(i); !found) return found;
      }
      read(i);
    }
    drop_what_is_offered_no_more();
    session_.now.sections = std::move(sections_);
    return {};
  }

 private:
  // A section that has a transceiver keeps it until it is rejected.
  Result<> keep_pairs() {
    const std::vector<Section>& before = session_.now.sections;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!before[i].media) continue;
      const TransceiverId transceiver = before[i].media->transceiver;
      const bool fits = i < sections_.size() && before[i].mid == sections_[i].mid &&
                        before[i].kind == sections_[i].kind;
      if (fits) {
        keep_pair(i, *before[i].media);
      } else if (find_section(session_.last_stable().sections, transceiver)) {
        return fail(
            ErrorCode::InvalidAccess,
            fmt::format("section {} is in use as {} with mid \"{}\": the offer must have it "
                        "in its place",
                        i, before[i].kind, before[i].mid));
      }
    }
    return {};
  }

  void keep_pair(std::size_t i, const MediaSection& before) {
    sections_[i].media = before;
    pair_of_[before.transceiver] = i;
    if (sections_[i].use == Use::Media) return;
    MediaSection& media = *sections_[i].media;
    media.is_told = false;
    media.streams.clear();
    Transceiver* transceiver = find_transceiver(session_, before.transceiver);
    // W3C §4.4.1.5: with a rejected section its transceiver is stopped, and stays until the answer.
    // Where we have no codec for it, our answer rejects it.
    if (said_[i] || !transceiver) return;
    transceiver->direction = RtpTransceiverDirection::Stopped;
    transceiver->is_stopped = true;
  }

  Result<> find_pair(std::size_t i) {
    const MediaDescription& said = *said_[i];
    const auto fits = [&](const Transceiver& t) {
      return t.kind == said.kind && t.is_add_tracks && !t.is_stopping() && !pair_of_.contains(t.id);
    };
    auto& all = session_.wanted.transceivers;
    auto found = all.end();
    if (receives(said.direction)) found = std::ranges::find_if(all, fits);
    if (found == all.end()) {
      auto encodings = check_encodings(said.kind, {}, local_.media.codecs);
      if (!encodings) return fail(std::move(encodings).error());
      auto made = make_transceiver(session_, said.kind, std::move(*encodings), random_);
      if (!made) return fail(std::move(made).error());
      (*made)->direction = RtpTransceiverDirection::RecvOnly;
      (*made)->is_pending = true;
      found = all.end() - 1;
    }
    pair_of_[found->id] = i;
    sections_[i].media = MediaSection{.transceiver = found->id};
    return {};
  }

  void read(std::size_t i) {
    MediaSection& media = *sections_[i].media;
    media.remote = std::move(*said_[i]);
    media.is_told = sends(media.remote.direction);
    tell_streams(session_, media, random_);
    Transceiver* transceiver = find_transceiver(session_, media.transceiver);
    // A sender that has one encoding becomes one of simulcast where the peer asks for it. What it
    // asks for no more goes with the answer.
    if (!transceiver || transceiver->is_stopping()) return;
    const auto& encodings = transceiver->encodings;
    if (!knows_rids(media.remote)) return;
    if (encodings.size() != 1 || !encodings.front().parameters.rid.empty()) return;
    auto asked = encodings_of_offer(transceiver->kind, encodings, media.remote);
    if (asked == encodings) return;
    if (!transceiver->stable_encodings) transceiver->stable_encodings = encodings;
    transceiver->encodings = std::move(asked);
    draw_sources(session_, transceiver->encodings, random_);
  }

  // Without the header extension our answer can't agree to simulcast (media_negotiation.cc), and
  // the one encoding stays as it is.
  bool knows_rids(const MediaDescription& remote) const {
    const std::string_view uri = uri_of(rtp::ExtensionKind::Rid);
    return remote.find_extension(uri) &&
           std::ranges::any_of(local_.media.header_extensions, [&](const auto& extension) {
             return extension.kind == remote.kind && extension.uri == uri;
           });
  }

  // What an offer made that this one takes the place of.
  void drop_what_is_offered_no_more() {
    std::erase_if(session_.wanted.transceivers, [&](const Transceiver& t) {
      return t.is_pending && !t.is_add_tracks && !pair_of_.contains(t.id);
    });
  }

  const LocalParameters& local_;
  Session& session_;
  Random& random_;
  std::vector<Section> sections_;
  std::vector<std::optional<MediaDescription>> said_;
  std::unordered_map<TransceiverId, std::size_t> pair_of_;
};

}  // namespace

Result<> pair_sections(const LocalParameters& local, Session& session,
                       std::vector<Section> sections,
                       std::vector<std::optional<MediaDescription>> said, Random& random) {
  return Pairing(local, session, std::move(sections), std::move(said), random).pair();
}

}  // namespace specter::jsep
