// What answers and rollbacks make of transceivers, and what is told of it. W3C §4.4.1.5; RFC 9429
// §5.7, §5.11.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/stable_sort.h"
#include "jsep/codec_match.h"
#include "jsep/encodings.h"
#include "jsep/media_negotiation.h"
#include "jsep/parts.h"

namespace specter::jsep {
namespace {

void stop(Session& session, TransceiverId id) {
  Transceiver* transceiver = find_transceiver(session, id);
  if (!transceiver) return;
  transceiver->direction = RtpTransceiverDirection::Stopped;
  transceiver->is_stopped = true;
}

// The answer has accepted it where we have no transport for it. RFC 9429 §5.3.1, §5.2.2: it is as
// if stop() were called, so our next offer says port 0, and negotiation is needed until then.
void stop_by_next_offer(Session& session, MediaSection& media) {
  media.current = sdp::Direction::Inactive;
  if (Transceiver* transceiver = find_transceiver(session, media.transceiver))
    transceiver->direction = RtpTransceiverDirection::Stopped;
}

void forget_track(MediaSection& media) {
  media.is_told = false;
  media.streams.clear();
}

// One that carries media by itself.
bool have_a_common_codec(const MediaDescription& one, const MediaDescription& other) {
  return std::ranges::any_of(one.formats, [&](const Format& format) {
    return !is_auxiliary(format.name) && std::ranges::any_of(other.formats, [&](const Format& f) {
      return is_same_codec(format, f);
    });
  });
}

}  // namespace

Result<> check_answered_media(const Negotiated& now, const sdp::Session& answer,
                              const std::vector<std::optional<MediaDescription>>& said) {
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (!said[i]) continue;
    // RFC 3264 §6.1.
    const MediaDescription& local = now.sections[i].media->local;
    const sdp::Direction offered = local.direction;
    const sdp::Direction answered = said[i]->direction;
    if ((sends(answered) && !receives(offered)) || (receives(answered) && !sends(offered))) {
      return fail(Error{ErrorCode::InvalidAccess,
                        fmt::format("section {} is answered as {}, but it was offered as {}", i,
                                    sdp::to_string(answered), sdp::to_string(offered)),
                        answer.media[i].line});
    }
    // RFC 3264 §6: else it is rejected. One that carries nothing needs none: some peers answer so
    // what they know no codec for.
    if (answered != sdp::Direction::Inactive && !have_a_common_codec(local, *said[i])) {
      return fail(Error{ErrorCode::InvalidAccess,
                        fmt::format("section {} is accepted without any codec that was offered", i),
                        answer.media[i].line});
    }
  }
  return {};
}

void tell_streams(Session& session, MediaSection& media, Random& random) {
  media.streams.clear();
  if (!media.is_told) return;
  media.streams = streams_of(media.remote);
  const bool is_said =
      !media.remote.msids.empty() ||
      std::ranges::any_of(media.remote.sources, [](const Source& s) { return s.msid.has_value(); });
  if (is_said) return;
  if (!session.default_stream)
    session.default_stream = fmt::format("{:016x}{:016x}", random.u64(), random.u64());
  media.streams = {*session.default_stream};
}

void take_answered_media(Session& session, std::vector<std::optional<MediaDescription>> said,
                         Random& random) {
  for (std::size_t i = 0; i < said.size(); ++i) {
    Section& section = session.now.sections[i];
    if (!section.media) continue;
    MediaSection& media = *section.media;
    if (said[i]) media.remote = std::move(*said[i]);
    media.is_told = said[i] && sends(media.remote.direction);
    tell_streams(session, media, random);
  }
}

void take_our_answer(Session& session, const Draft& draft) {
  auto& sections = session.now.sections;
  // An answer to the same text as an offer, whose transceivers may have been made anew since.
  for (std::size_t i = 0; i < std::min(sections.size(), draft.sections.size()); ++i) {
    if (!sections[i].media || !draft.sections[i].media) continue;
    sections[i].use = draft.sections[i].use;
    sections[i].formats = draft.sections[i].formats;
    sections[i].format_lines = draft.sections[i].format_lines;
    sections[i].media->local = draft.sections[i].media->local;
  }
}

void agree_on_media(const LocalParameters& local, Session& session, Side answerer) {
  for (Section& section : session.now.sections) {
    if (!section.media) continue;
    MediaSection& media = *section.media;
    if (section.use != Use::Media) {
      if (section.use == Use::Outside)
        stop_by_next_offer(session, media);
      else
        stop(session, media.transceiver);
      forget_track(media);
      media.sending.reset();
      media.receiving.reset();
      continue;
    }
    media.current =
        answerer == Side::Local ? media.local.direction : reversed(media.remote.direction);
    if (!receives(*media.current)) forget_track(media);
    const AgreedMedia agreed{section.mid, media.local, media.remote, answerer};
    media.sending = make_send_parameters(local.media, agreed, std::nullopt, {}, local.cname);
    media.receiving = make_receive_parameters(agreed);
    Transceiver* transceiver = find_transceiver(session, media.transceiver);
    if (!transceiver) continue;
    if (sends(*media.current)) transceiver->has_sent = true;
    auto& encodings = transceiver->encodings;
    if (encodings.size() > 1) encodings = narrowed(std::move(encodings), media.remote);
    if (answerer == Side::Local)
      encodings = narrowed_by_answer(std::move(encodings), media.local, media.remote);
    drop_lost_codecs(encodings, media.sending->codecs);
    ++transceiver->transaction;
  }
}

void settle_transceivers(Session& session) {
  std::vector<Transceiver>& all = session.wanted.transceivers;
  if (all.empty()) return;
  // W3C §4.4.1.5: a stopped one whose section both sides know as rejected is no more. One that was
  // stopped before any section had it has nothing to be agreed on.
  std::unordered_map<TransceiverId, bool> is_rejected;
  for (Section& section : session.now.sections) {
    if (!section.media) continue;
    const bool is_agreed = section.use == Use::Media || section.use == Use::Outside;
    is_rejected[section.media->transceiver] = !is_agreed;
    if (!is_agreed) section.media.reset();
  }
  std::erase_if(all, [&](const Transceiver& t) {
    const auto at = is_rejected.find(t.id);
    return at == is_rejected.end() ? t.is_stopping() : at->second;
  });
  for (Transceiver& transceiver : all) {
    transceiver.is_pending = false;
    transceiver.stable_encodings.reset();
  }
}

// RFC 9429 §5.7: those that the offer made go, unless add_track() has taken them since.
void roll_back_transceivers(Session& session) {
  std::vector<Transceiver>& all = session.wanted.transceivers;
  std::erase_if(all, [](const Transceiver& t) { return t.is_pending && !t.is_add_tracks; });
  for (Transceiver& transceiver : all) {
    transceiver.is_pending = false;
    if (transceiver.stable_encodings)
      transceiver.encodings = *std::exchange(transceiver.stable_encodings, std::nullopt);
  }
}

namespace {

// What is told of a transceiver at one moment.
struct Told {
  const Transceiver* transceiver = nullptr;
  const Section* section = nullptr;

  // The track that was told, if any: a stopped one has ended.
  const MediaSection* track() const {
    if (!transceiver || transceiver->is_stopped || !section || !section->media->is_told)
      return nullptr;
    return &*section->media;
  }
};

std::unordered_map<TransceiverId, Told> told_in(const Session& session) {
  std::unordered_map<TransceiverId, Told> out;
  for (const Transceiver& t : session.wanted.transceivers) out[t.id].transceiver = &t;
  for (const Section& section : session.now.sections) {
    if (!section.media) continue;
    const auto at = out.find(section.media->transceiver);
    if (at != out.end()) at->second.section = &section;
  }
  return out;
}

bool lacks_any(const std::vector<std::string>& of, const std::vector<std::string>& in) {
  return std::ranges::any_of(
      of, [&](const std::string& s) { return std::ranges::find(in, s) == in.end(); });
}

class TrackChanges {
 public:
  void compare(const Told& before, const Told& after) {
    const MediaSection *was = before.track(), *is = after.track();
    if (was && !is) add(TrackChangeKind::Muted, before, after);
    if (was && lacks_any(was->streams, is ? is->streams : kNone))
      add(TrackChangeKind::StreamsLeft, before, after);
    const bool has_entered = is && lacks_any(is->streams, was ? was->streams : kNone);
    if (was && has_entered) add(TrackChangeKind::StreamsEntered, before, after);
    if (is && (!was || has_entered)) add(TrackChangeKind::Added, before, after);
    // What stop() has stopped was told to be ended then.
    if (before.transceiver && !before.transceiver->is_stopping() &&
        (!after.transceiver || after.transceiver->is_stopping()))
      add(TrackChangeKind::Ended, before, after);
  }

  std::vector<TrackChange> in_order() {
    stable_sort(all_, &TrackChange::kind);
    return std::move(all_);
  }

 private:
  void add(TrackChangeKind kind, const Told& before, const Told& after) {
    const Transceiver& transceiver = after.transceiver ? *after.transceiver : *before.transceiver;
    const MediaSection* track = after.track();
    all_.push_back({.kind = kind,
                    .transceiver = transceiver.id,
                    .media_kind = transceiver.kind,
                    .mid = after.section ? after.section->mid : "",
                    .streams = track ? track->streams : kNone});
  }

  static inline const std::vector<std::string> kNone{};
  std::vector<TrackChange> all_;
};

}  // namespace

void note_media_changes(const Session& before, Outcome& out) {
  const Session& after = out.session;
  if (before.wanted.transceivers.empty() && after.wanted.transceivers.empty()) return;
  const auto were = told_in(before), are = told_in(after);
  const auto of = [](const auto& all, TransceiverId id) {
    const auto at = all.find(id);
    return at == all.end() ? Told{} : at->second;
  };
  TrackChanges tracks;
  std::unordered_set<TransceiverId> noted;
  const auto note = [&](TransceiverId id) {
    if (!noted.insert(id).second) return;
    const Told was = of(were, id), is = of(are, id);
    tracks.compare(was, is);
    if (!is.transceiver) out.change.gone.push_back(id);
    if (sending(was.transceiver, was.section) != sending(is.transceiver, is.section) ||
        receiving(was.transceiver, was.section) != receiving(is.transceiver, is.section))
      out.change.media.push_back(id);
  };
  // W3C §4.4.1.5: in the order of their sections.
  for (const Session* session : {&after, &before}) {
    for (const Section& section : session->now.sections) {
      const bool is_there = section.media && (were.contains(section.media->transceiver) ||
                                              are.contains(section.media->transceiver));
      if (is_there) note(section.media->transceiver);
    }
  }
  for (const Session* session : {&after, &before}) {
    for (const Transceiver& transceiver : session->wanted.transceivers) note(transceiver.id);
  }
  out.change.tracks = tracks.in_order();
}

}  // namespace specter::jsep
