// The verbs of transceivers. W3C §5.1.2, §5.2.2, §5.4.
#include "jsep/transceivers.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "jsep/codec_match.h"
#include "jsep/encodings.h"
#include "jsep/media_negotiation.h"
#include "jsep/parts.h"

namespace specter::jsep {

sdp::Direction direction_in_sdp(RtpTransceiverDirection direction) {
  switch (direction) {
    case RtpTransceiverDirection::SendRecv: return sdp::Direction::SendRecv;
    case RtpTransceiverDirection::SendOnly: return sdp::Direction::SendOnly;
    case RtpTransceiverDirection::RecvOnly: return sdp::Direction::RecvOnly;
    case RtpTransceiverDirection::Inactive:
    case RtpTransceiverDirection::Stopped: break;
  }
  return sdp::Direction::Inactive;
}

RtpTransceiverDirection transceiver_direction(sdp::Direction direction) {
  switch (direction) {
    case sdp::Direction::SendRecv: return RtpTransceiverDirection::SendRecv;
    case sdp::Direction::SendOnly: return RtpTransceiverDirection::SendOnly;
    case sdp::Direction::RecvOnly: return RtpTransceiverDirection::RecvOnly;
    case sdp::Direction::Inactive: break;
  }
  return RtpTransceiverDirection::Inactive;
}

void draw_sources(Session& session, std::vector<rtp::SendEncoding>& encodings, Random& random) {
  const auto has = [](const std::vector<rtp::SendEncoding>& of, std::uint32_t ssrc) {
    return std::ranges::any_of(of, [&](const rtp::SendEncoding& encoding) {
      return encoding.ssrc == ssrc || encoding.rtx_ssrc == ssrc;
    });
  };
  const auto is_taken = [&](std::uint32_t ssrc) {
    return has(encodings, ssrc) ||
           std::ranges::any_of(session.wanted.transceivers, [&](const Transceiver& t) {
             return has(t.encodings, ssrc) ||
                    (t.stable_encodings && has(*t.stable_encodings, ssrc));
           });
  };
  // RFC 3550 §8.1.
  const auto draw = [&](std::uint32_t& ssrc) {
    while (ssrc == 0) {
      const std::uint32_t drawn = random.u32();
      if (!is_taken(drawn)) ssrc = drawn;
    }
  };
  for (rtp::SendEncoding& encoding : encodings) {
    draw(encoding.ssrc);
    draw(encoding.rtx_ssrc);
  }
}

Result<Transceiver*> make_transceiver(Session& session, MediaKind kind,
                                      std::vector<RtpEncodingParameters> encodings,
                                      Random& random) {
  auto& all = session.wanted.transceivers;
  if (all.size() >= kMaxTransceivers) {
    return fail(ErrorCode::OperationFailed,
                fmt::format("there are {} transceivers: that is the most", kMaxTransceivers));
  }
  Transceiver made{.id = TransceiverId{++session.transceivers_made}, .kind = kind};
  for (RtpEncodingParameters& parameters : encodings)
    made.encodings.push_back({.parameters = std::move(parameters)});
  draw_sources(session, made.encodings, random);
  all.push_back(std::move(made));
  return &all.back();
}

std::optional<rtp::SendParameters> sending(const Transceiver* transceiver, const Section* section) {
  if (!transceiver || !section || !section->media->sending) return std::nullopt;
  rtp::SendParameters out = *section->media->sending;
  out.track = transceiver->track;
  // What a remote offer asks for counts from our answer on.
  out.encodings = transceiver->stable_encodings.value_or(transceiver->encodings);
  if (transceiver->is_stopping()) out.is_active = false;
  return out;
}

std::optional<rtp::ReceiveParameters> receiving(const Transceiver* transceiver,
                                                const Section* section) {
  if (!transceiver || !section || !section->media->receiving) return std::nullopt;
  rtp::ReceiveParameters out = *section->media->receiving;
  if (transceiver->is_stopping()) out.is_active = false;
  return out;
}

std::optional<rtp::SendParameters> sending(const Session& session, TransceiverId id) {
  return sending(find_transceiver(session, id), find_section(session.now.sections, id));
}
std::optional<rtp::ReceiveParameters> receiving(const Session& session, TransceiverId id) {
  return receiving(find_transceiver(session, id), find_section(session.now.sections, id));
}

namespace {

// RFC 8830 §2: 1 to 64 characters of RFC 8866's token.
bool is_msid_part(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`{|}~";
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.contains(c);
  });
}

// Each once. "-" says that there is none.
Result<std::vector<std::string>> checked_streams(std::vector<std::string> streams) {
  std::vector<std::string> out;
  for (std::string& stream : streams) {
    if (!is_msid_part(stream) || stream == "-") {
      return fail(
          ErrorCode::InvalidArgument,
          fmt::format("the stream's id \"{}\" is not 1 to 64 characters of RFC 8830's token",
                      stream.substr(0, 80)));
    }
    if (std::ranges::find(out, stream) == out.end()) out.push_back(std::move(stream));
  }
  if (out.size() > kMaxStreams) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("a track is in {} streams at most", kMaxStreams));
  }
  return out;
}

Result<> check_track(const LocalTrack& track) {
  if (is_msid_part(track.id)) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("the track's id \"{}\" is not 1 to 64 characters of RFC 8830's token",
                          track.id.substr(0, 80)));
}

Failure no_transceiver() {
  return fail(ErrorCode::InvalidAccess, "no transceiver of this connection has this id");
}

std::string transaction_of(const Transceiver& transceiver, std::uint32_t number) {
  return fmt::format("{}.{}", static_cast<std::uint64_t>(transceiver.id), number);
}

bool is_of_before(const Transceiver& transceiver, const std::string& transaction) {
  const std::string own = fmt::format("{}.", static_cast<std::uint64_t>(transceiver.id));
  return transaction.starts_with(own);
}

RtpTransceiver shown(const Session& session, const Transceiver& transceiver,
                     const Section* section) {
  RtpTransceiver out{.id = transceiver.id,
                     .kind = transceiver.kind,
                     .direction = transceiver.direction,
                     .track = transceiver.track,
                     .streams = transceiver.streams};
  if (section) {
    out.mid = section->mid;
    if (section->media->current)
      out.current_direction = transceiver_direction(*section->media->current);
    out.remote_streams = section->media->streams;
  }
  if (transceiver.is_stopped) out.current_direction = RtpTransceiverDirection::Stopped;
  // W3C §4.4.2, close().
  if (session.now.state == SignalingState::Closed)
    out.direction = *(out.current_direction = RtpTransceiverDirection::Stopped);
  return out;
}

RtpSendParameters send_parameters_of(const LocalParameters& local, const Transceiver& t,
                                     const Section* section) {
  RtpSendParameters out{.transaction_id = transaction_of(t, t.transaction),
                        .rtcp = {.cname = local.cname}};
  for (const rtp::SendEncoding& encoding : t.encodings)
    out.encodings.push_back(encoding.parameters);
  if (section && section->media->sending) {
    const rtp::SendParameters& agreed = *section->media->sending;
    out.codecs = listed(agreed.codecs);
    out.header_extensions = listed(agreed.extensions);
    out.rtcp.reduced_size = agreed.reduced_size;
  }
  return out;
}

RtpReceiveParameters receive_parameters_of(const Section* section) {
  RtpReceiveParameters out;
  if (section && section->media->receiving) {
    const rtp::ReceiveParameters& agreed = *section->media->receiving;
    out.codecs = listed(agreed.codecs);
    out.header_extensions = listed(agreed.extensions);
    out.rtcp.reduced_size = agreed.reduced_size;
  }
  return out;
}

TransceiverSnapshot snapshot_of(const LocalParameters& local, const Session& session,
                                const Transceiver& transceiver, const Section* section) {
  TransceiverSnapshot out{.transceiver = shown(session, transceiver, section)};
  if (session.now.state == SignalingState::Closed) return out;
  out.send = send_parameters_of(local, transceiver, section);
  out.receive = receive_parameters_of(section);
  return out;
}

}  // namespace

Result<> Transceivers::check_open() const {
  if (session_.now.state != SignalingState::Closed) return {};
  return fail(ErrorCode::InvalidState, "connection closed");
}

Result<Transceiver*> Transceivers::get(TransceiverId id) {
  if (auto open = check_open(); !open) return fail(std::move(open).error());
  if (Transceiver* transceiver = find_transceiver(session_, id)) return transceiver;
  return no_transceiver();
}
Result<const Transceiver*> Transceivers::get(TransceiverId id) const {
  if (auto open = check_open(); !open) return fail(std::move(open).error());
  if (const Transceiver* transceiver = find_transceiver(std::as_const(session_), id))
    return transceiver;
  return no_transceiver();
}

namespace {

Result<Transceiver*> not_stopped(Result<Transceiver*> found) {
  if (found && (*found)->is_stopping())
    return fail(ErrorCode::InvalidState, "the transceiver is stopped");
  return found;
}

}  // namespace

Result<TransceiverId> Transceivers::add_track(LocalTrack track, std::vector<std::string> streams) {
  if (auto open = check_open(); !open) return fail(std::move(open).error());
  if (auto good = check_track(track); !good) return fail(std::move(good).error());
  auto checked = checked_streams(std::move(streams));
  if (!checked) return fail(std::move(checked).error());
  auto& all = session_.wanted.transceivers;
  for (const Transceiver& t : all) {
    if (!t.is_stopped && t.track && t.track->id == track.id)
      return fail(ErrorCode::InvalidAccess, "the track is sent already");
  }
  // W3C §5.1.2: one that never sent.
  const auto at = std::ranges::find_if(all, [&](const Transceiver& t) {
    return t.kind == track.kind && !t.track && !t.is_stopping() && !t.has_sent;
  });
  if (at == all.end()) {
    auto made = add(track.kind, track, {.streams = std::move(*checked)});
    if (made) find_transceiver(session_, *made)->is_add_tracks = true;
    return made;
  }
  at->track = std::move(track);
  at->streams = std::move(*checked);
  at->is_add_tracks = true;
  if (at->direction == RtpTransceiverDirection::RecvOnly)
    at->direction = RtpTransceiverDirection::SendRecv;
  else if (at->direction == RtpTransceiverDirection::Inactive)
    at->direction = RtpTransceiverDirection::SendOnly;
  return at->id;
}

Result<TransceiverId> Transceivers::add_transceiver(MediaKind kind, RtpTransceiverInit init) {
  return add(kind, std::nullopt, std::move(init));
}
Result<TransceiverId> Transceivers::add_transceiver(LocalTrack track, RtpTransceiverInit init) {
  if (auto open = check_open(); !open) return fail(std::move(open).error());
  if (auto good = check_track(track); !good) return fail(std::move(good).error());
  const MediaKind kind = track.kind;
  return add(kind, std::move(track), std::move(init));
}

Result<TransceiverId> Transceivers::add(MediaKind kind, std::optional<LocalTrack> track,
                                        RtpTransceiverInit init) {
  if (auto open = check_open(); !open) return fail(std::move(open).error());
  if (init.direction == RtpTransceiverDirection::Stopped)
    return fail(ErrorCode::InvalidArgument, "a transceiver can't be made stopped");
  auto streams = checked_streams(std::move(init.streams));
  if (!streams) return fail(std::move(streams).error());
  const auto& codecs = local_.media.codecs;
  auto encodings = check_encodings(kind, std::move(init.send_encodings), codecs);
  if (!encodings) return fail(std::move(encodings).error());
  if (std::ranges::find(codecs, kind, &RtpCodec::kind) == codecs.end()) {
    return fail(ErrorCode::OperationFailed,
                fmt::format("MediaOptions::codecs has none of {}",
                            kind == MediaKind::Audio ? "audio" : "video"));
  }
  auto made = make_transceiver(session_, kind, std::move(*encodings), random_);
  if (!made) return fail(std::move(made).error());
  (*made)->direction = init.direction;
  (*made)->track = std::move(track);
  (*made)->streams = std::move(*streams);
  return (*made)->id;
}

Result<> Transceivers::remove_track(TransceiverId id) {
  const auto found = get(id);
  if (!found) return fail(found.error());
  Transceiver& t = **found;
  if (t.is_stopping() || !t.track) return {};
  t.track.reset();
  if (t.direction == RtpTransceiverDirection::SendRecv)
    t.direction = RtpTransceiverDirection::RecvOnly;
  else if (t.direction == RtpTransceiverDirection::SendOnly)
    t.direction = RtpTransceiverDirection::Inactive;
  return {};
}

Result<> Transceivers::replace_track(TransceiverId id, std::optional<LocalTrack> track) {
  // W3C §5.2.2: the kind is looked at before anything else.
  Transceiver* transceiver = find_transceiver(session_, id);
  if (track && transceiver && track->kind != transceiver->kind)
    return fail(ErrorCode::InvalidArgument, "the track is of another kind than the transceiver");
  const auto found = not_stopped(get(id));
  if (!found) return fail(found.error());
  if (!track) {
    transceiver->track.reset();
    return {};
  }
  if (auto good = check_track(*track); !good) return good;
  const auto negotiated = sending(id);
  if (negotiated && !track->codec.mime_type.empty()) {
    const Format wanted = format_of(track->codec);
    const bool is_there = std::ranges::any_of(
        negotiated->codecs,
        [&](const rtp::NegotiatedCodec& n) { return is_same_codec(format_of(n.codec), wanted); });
    if (!is_there) {
      return fail(ErrorCode::InvalidModification,
                  fmt::format("{} was not negotiated", track->codec.mime_type));
    }
  }
  transceiver->track = std::move(track);
  return {};
}

Result<> Transceivers::set_direction(TransceiverId id, RtpTransceiverDirection direction) {
  if (direction == RtpTransceiverDirection::Stopped)
    return fail(ErrorCode::InvalidArgument, "stop_transceiver() stops a transceiver");
  const auto found = not_stopped(get(id));
  if (!found) return fail(found.error());
  (*found)->direction = direction;
  return {};
}

Result<> Transceivers::set_streams(TransceiverId id, std::vector<std::string> streams) {
  const auto found = get(id);
  if (!found) return fail(found.error());
  auto checked = checked_streams(std::move(streams));
  if (!checked) return fail(std::move(checked).error());
  (*found)->streams = std::move(*checked);
  return {};
}

Result<> Transceivers::set_codec_preferences(TransceiverId id, std::vector<RtpCodec> codecs) {
  const auto found = get(id);
  if (!found) return fail(found.error());
  auto checked = check_codec_preferences((*found)->kind, codecs, local_.media.codecs);
  if (!checked) return fail(std::move(checked).error());
  (*found)->preferences = std::move(*checked);
  return {};
}

Result<std::optional<TrackChange>> Transceivers::stop(TransceiverId id) {
  const auto found = get(id);
  if (!found) return fail(found.error());
  Transceiver& t = **found;
  if (t.is_stopping()) return std::nullopt;
  t.direction = RtpTransceiverDirection::Stopped;
  const Section* section = find_section(session_.now.sections, id);
  return TrackChange{.kind = TrackChangeKind::Ended,
                     .transceiver = id,
                     .media_kind = t.kind,
                     .mid = section ? section->mid : "",
                     .streams = section ? section->media->streams : std::vector<std::string>{}};
}

Result<RtpSendParameters> Transceivers::send_parameters(TransceiverId id) const {
  const auto found = get(id);
  if (!found) return fail(found.error());
  return send_parameters_of(local_, **found, find_section(session_.now.sections, id));
}

Result<> Transceivers::set_send_parameters(TransceiverId id, const RtpSendParameters& parameters) {
  const auto found = not_stopped(get(id));
  if (!found) return fail(found.error());
  Transceiver& t = **found;
  const auto last = send_parameters(id);
  if (!last) return fail(last.error());
  if (parameters.transaction_id != last->transaction_id) {
    if (is_of_before(t, parameters.transaction_id))
      return fail(ErrorCode::InvalidState, "the parameters are out of date: read them anew");
    return fail(ErrorCode::InvalidModification, "the transaction id has changed");
  }
  auto checked = check_parameters(t.kind, *last, parameters, local_.media.codecs);
  if (!checked) return fail(std::move(checked).error());
  for (std::size_t i = 0; i < t.encodings.size(); ++i)
    t.encodings[i].parameters = std::move((*checked)[i]);
  ++t.transaction;
  // W3C §4.4.1.5: of those that a rollback brings back, what was set on them stays.
  if (!t.stable_encodings) return {};
  for (rtp::SendEncoding& stable : *t.stable_encodings) {
    for (const rtp::SendEncoding& encoding : t.encodings) {
      if (!stable.parameters.rid.empty() && stable.parameters.rid == encoding.parameters.rid)
        stable.parameters = encoding.parameters;
    }
  }
  return {};
}

Result<RtpReceiveParameters> Transceivers::receive_parameters(TransceiverId id) const {
  const auto found = get(id);
  if (!found) return fail(found.error());
  return receive_parameters_of(find_section(session_.now.sections, id));
}

bool Transceivers::has(TransceiverId id) const {
  return find_transceiver(std::as_const(session_), id) != nullptr;
}
bool Transceivers::has_track(TransceiverId id) const {
  const Transceiver* t = find_transceiver(std::as_const(session_), id);
  return t && t->track;
}
bool Transceivers::is_sending_agreed(TransceiverId id) const {
  const Section* section = find_section(session_.now.sections, id);
  return section && section->media->sending && has(id);
}

std::vector<RtpTransceiver> Transceivers::all() const {
  std::vector<RtpTransceiver> out;
  out.reserve(session_.wanted.transceivers.size());
  for (const Transceiver& t : session_.wanted.transceivers)
    out.push_back(shown(session_, t, find_section(session_.now.sections, t.id)));
  return out;
}

std::optional<RtpTransceiver> Transceivers::find(TransceiverId id) const {
  const Transceiver* t = find_transceiver(std::as_const(session_), id);
  if (!t) return std::nullopt;
  return shown(session_, *t, find_section(session_.now.sections, id));
}

std::vector<TransceiverSnapshot> Transceivers::snapshots() const {
  std::unordered_map<TransceiverId, const Section*> sections;
  for (const Section& section : session_.now.sections) {
    if (section.media) sections.emplace(section.media->transceiver, &section);
  }
  std::vector<TransceiverSnapshot> out;
  out.reserve(session_.wanted.transceivers.size());
  for (const Transceiver& t : session_.wanted.transceivers) {
    const auto section = sections.find(t.id);
    out.push_back(
        snapshot_of(local_, session_, t, section == sections.end() ? nullptr : section->second));
  }
  return out;
}

std::optional<TransceiverSnapshot> Transceivers::snapshot(TransceiverId id) const {
  const Transceiver* t = find_transceiver(std::as_const(session_), id);
  if (!t) return std::nullopt;
  return snapshot_of(local_, session_, *t, find_section(session_.now.sections, id));
}

}  // namespace specter::jsep
