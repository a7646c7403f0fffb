#include "cli/peer/track_commands.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/peer/track_json.h"

namespace specter::cli {

std::optional<Transceiver> TrackCommands::find(const Command& command, TransceiverNumber number) {
  auto transceiver = parts_.transceivers.find(number);
  if (!transceiver)
    parts_.answers.error(command, ErrorCode::NotFound,
                         fmt::format("there is no transceiver {}: it was never announced", number));
  return transceiver;
}

std::optional<TrackLocal> TrackCommands::track_of(const Command& command,
                                                  const Transceiver& transceiver) {
  auto track = transceiver.track();
  if (!track)
    parts_.answers.error(command, ErrorCode::InvalidState,
                         "it sends no track: give it one with replace_track or add_track");
  return track;
}

void TrackCommands::perform(const Command& command, const command::AddTrack& add) {
  const auto track = parts_.sending.make_track(add.source, add.streams, "");
  if (!track) return parts_.answers.error(command, track.error());
  if (!parts_.answers.called(command, parts_.connection.add_track(*track, add.streams)))
    parts_.sending.forget(*track);
}

void TrackCommands::perform(const Command& command, const command::AddTransceiver& add) {
  parts_.answers.called(command, parts_.connection.add_transceiver(add.kind, add.init));
}

void TrackCommands::perform(const Command& command, const command::RemoveTrack& remove) {
  const auto transceiver = find(command, remove.transceiver);
  if (!transceiver) return;
  const auto before = transceiver->track();
  if (parts_.answers.told(command, parts_.connection.remove_track(*transceiver)) && before)
    parts_.sending.forget(*before);
}

void TrackCommands::perform(const Command& command, const command::ReplaceTrack& replace) {
  const auto transceiver = find(command, replace.transceiver);
  if (!transceiver) return;
  const auto before = transceiver->track();
  std::optional<TrackLocal> after;
  if (replace.source) {
    auto made = parts_.sending.make_track(*replace.source, {}, replace.rid);
    if (!made) return parts_.answers.error(command, made.error());
    after = *std::move(made);
  }
  const bool is_called = parts_.answers.called(command, transceiver->replace_track(after));
  if (const auto& unused = is_called ? before : after) parts_.sending.forget(*unused);
}

void TrackCommands::perform(const Command& command, const command::PlayFile& play) {
  const auto transceiver = find(command, play.transceiver);
  if (!transceiver) return;
  if (const auto track = track_of(command, *transceiver))
    parts_.answers.told(command, parts_.sending.play(*track, play.source, play.rid));
}

void TrackCommands::perform(const Command& command, const command::SetDirection& set) {
  if (const auto transceiver = find(command, set.transceiver))
    parts_.answers.told(command, transceiver->set_direction(set.direction));
}

void TrackCommands::perform(const Command& command, const command::SetStreams& set) {
  if (const auto transceiver = find(command, set.transceiver))
    parts_.answers.told(command, transceiver->set_streams(set.streams));
}

std::optional<std::vector<RtpCodec>> TrackCommands::codecs_of(
    const Command& command, const std::vector<std::string>& names) {
  std::vector<RtpCodec> out;
  const std::vector<RtpCodec>& known = parts_.sending.codecs();
  const auto is_rtx = [](std::string_view mime_type) { return mime_type.ends_with("/rtx"); };
  for (const std::string& name : names) {
    if (is_rtx(name) && names.size() > 1) continue;  // it goes with the others
    const auto first = find_codec(known, name);
    if (!first) {
      std::vector<std::string_view> all;
      for (const RtpCodec& codec : known) {
        const bool is_told = std::ranges::find(all, codec.mime_type) != all.end();
        if (!is_told && !is_rtx(codec.mime_type)) all.push_back(codec.mime_type);
      }
      parts_.answers.error(
          command, ErrorCode::NotFound,
          fmt::format("there is no codec {}; there are {}", name, fmt::join(all, ", ")));
      return std::nullopt;
    }
    for (const RtpCodec& codec : known)
      if (codec.mime_type == first->mime_type) out.push_back(codec);
  }
  // RFC 4588: retransmissions go with what they repeat.
  if (!out.empty())
    for (const RtpCodec& codec : known)
      if (codec.kind == out.front().kind && is_rtx(codec.mime_type)) out.push_back(codec);
  return out;
}

void TrackCommands::perform(const Command& command, const command::SetCodecPreferences& set) {
  const auto transceiver = find(command, set.transceiver);
  if (!transceiver) return;
  if (auto codecs = codecs_of(command, set.codecs))
    parts_.answers.told(command, transceiver->set_codec_preferences(*std::move(codecs)));
}

void TrackCommands::perform(const Command& command, const command::StopTransceiver& stop) {
  const auto transceiver = find(command, stop.transceiver);
  if (!transceiver) return;
  const auto before = transceiver->track();
  if (parts_.answers.told(command, transceiver->stop()) && before) parts_.sending.forget(*before);
}

void TrackCommands::perform(const Command& command, const command::GetTransceivers&) {
  Json all = Json::array();
  for (const Transceiver& each : parts_.connection.transceivers())
    all.push_back(to_json(parts_.transceivers.number_of(each), each));
  parts_.answers.reply(command, {{"event", "transceivers"}, {"transceivers", std::move(all)}});
}

void TrackCommands::perform(const Command& command, const command::GetSendParameters& get) {
  if (const auto transceiver = find(command, get.transceiver))
    parts_.answers.reply(command, {{"event", "send_parameters"},
                                   {"transceiver", get.transceiver},
                                   {"parameters", to_json(transceiver->send_parameters())}});
}

void TrackCommands::perform(const Command& command, const command::GetReceiveParameters& get) {
  if (const auto transceiver = find(command, get.transceiver))
    parts_.answers.reply(command, {{"event", "receive_parameters"},
                                   {"transceiver", get.transceiver},
                                   {"parameters", to_json(transceiver->receive_parameters())}});
}

void TrackCommands::perform(const Command& command, const command::SetSendParameters& set) {
  const auto transceiver = find(command, set.transceiver);
  if (!transceiver) return;
  RtpSendParameters parameters = transceiver->send_parameters();
  const auto encoding =
      std::ranges::find(parameters.encodings, set.rid, &RtpEncodingParameters::rid);
  if (encoding == parameters.encodings.end())
    return parts_.answers.error(
        command, ErrorCode::NotFound,
        fmt::format("it has no encoding \"{}\"; send_parameters tells its rids", set.rid));
  if (set.active) encoding->active = *set.active;
  if (set.max_bitrate) encoding->max_bitrate.reset();
  if (set.max_bitrate.value_or(0) > 0) encoding->max_bitrate = set.max_bitrate;
  if (set.max_framerate) encoding->max_framerate = set.max_framerate;
  if (set.scale_resolution_down_by)
    encoding->scale_resolution_down_by = set.scale_resolution_down_by;
  parts_.answers.called(command, transceiver->set_send_parameters(std::move(parameters)));
}

void TrackCommands::perform(const Command& command, const command::RequestKeyFrame& request) {
  if (const auto transceiver = find(command, request.transceiver))
    parts_.answers.told(command, transceiver->request_key_frame(request.rid));
}

void TrackCommands::perform(const Command& command, const command::SetBitrateEstimate& set) {
  parts_.answers.told(command, parts_.connection.set_bitrate_estimate(set.bits_per_second));
}

void TrackCommands::perform(const Command& command, const command::Record& record) {
  if (const auto transceiver = find(command, record.transceiver))
    parts_.answers.told(command, parts_.receiving.record(record.transceiver, *transceiver,
                                                         record.file, record.rid));
}

void TrackCommands::perform(const Command& command, const command::StopRecording& stop) {
  const auto recorded = parts_.receiving.stop_recording(stop.transceiver, stop.rid);
  if (!recorded) return parts_.answers.error(command, recorded.error());
  parts_.answers.reply(command, *recorded);
}

void TrackCommands::perform(const Command& command, const command::RtpForward& forward) {
  if (const auto transceiver = find(command, forward.transceiver))
    parts_.answers.told(command,
                        parts_.receiving.forward(forward.transceiver, *transceiver, forward.to));
}

void TrackCommands::perform(const Command& command, const command::RtpSource& source) {
  const auto transceiver = find(command, source.transceiver);
  if (!transceiver) return;
  const auto track = track_of(command, *transceiver);
  if (!track) return;
  const auto bound = parts_.sending.listen(*track, source.local);
  if (!bound) return parts_.answers.error(command, bound.error());
  parts_.answers.reply(command, {{"event", "rtp_source"},
                                 {"transceiver", source.transceiver},
                                 {"listen", bound->to_string()}});
}

void TrackCommands::perform(const Command& command, const command::EchoMedia& echo) {
  const auto transceiver = find(command, echo.transceiver);
  if (!transceiver) return;
  const std::string_view usual =
      transceiver->kind() == MediaKind::Audio ? "audio/opus" : "video/VP8";
  const std::string_view name = echo.codec.empty() ? usual : std::string_view(echo.codec);
  const auto codec = find_codec(parts_.sending.codecs(), name);
  if (!codec || codec->kind != transceiver->kind())
    return parts_.answers.error(command, ErrorCode::NotFound,
                                fmt::format("there is no codec {} of its kind", name));
  const auto before = transceiver->track();
  if (parts_.answers.told(command, parts_.receiving.echo(echo.transceiver, *transceiver, *codec)) &&
      before)
    parts_.sending.forget(*before);
}

void TrackCommands::perform(const Command& command, const command::GetFrames&) {
  parts_.answers.reply(command, {{"event", "frames"},
                                 {"received", parts_.receiving.counts()},
                                 {"sent", parts_.sending.counts()}});
}

}  // namespace specter::cli
