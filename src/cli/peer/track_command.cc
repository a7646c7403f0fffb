#include "cli/peer/track_command.h"

#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "cli/peer/command_table.h"
#include "cli/peer/fields.h"

namespace specter::cli {
namespace {

constexpr double kMaxRate = 1000;  // frames a second, and how much smaller a picture is
constexpr std::size_t kMaxEncodings =
    16;  // more rids are refused here, before anything is made of them
constexpr std::size_t kMaxNamedStreams = 64;  // the same

template <class E>
std::optional<E> named(Fields& fields, std::string_view key,
                       std::initializer_list<std::pair<std::string_view, E>> names,
                       std::string_view which) {
  const auto text = fields.optional_text(key);
  if (!text) return std::nullopt;
  for (const auto& [name, value] : names)
    if (name == *text) return value;
  fields.fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" must be {}", key, which));
  return std::nullopt;
}

std::optional<MediaKind> kind_of(Fields& fields) {
  return named<MediaKind>(
      fields, "kind", {{"audio", MediaKind::Audio}, {"video", MediaKind::Video}}, "audio or video");
}

std::optional<RtpTransceiverDirection> direction_of(Fields& fields) {
  using enum RtpTransceiverDirection;
  return named<RtpTransceiverDirection>(fields, "direction",
                                        {{"sendrecv", SendRecv},
                                         {"sendonly", SendOnly},
                                         {"recvonly", RecvOnly},
                                         {"inactive", Inactive}},
                                        "sendrecv, sendonly, recvonly or inactive");
}

TransceiverNumber transceiver_of(Fields& fields) {
  return fields.number("transceiver", std::numeric_limits<std::uint64_t>::max());
}

std::vector<std::string> few_texts(Fields& fields, std::string_view key, std::size_t most) {
  auto texts = fields.optional_texts(key);
  if (texts.size() <= most) return texts;
  fields.fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" has {} at most", key, most));
  return {};
}

command::TrackSource source_of(Fields& fields) {
  command::TrackSource source;
  source.file = fields.optional_text("file").value_or("");
  source.loop = fields.optional_flag("loop").value_or(false);
  source.frames_per_second =
      fields.optional_real("fps", kMaxRate).value_or(source.frames_per_second);
  source.kind = kind_of(fields);
  source.codec = fields.optional_text("codec").value_or("");
  source.id = fields.optional_text("id").value_or("");
  if (!source.file.empty() && (source.kind || !source.codec.empty()))
    fields.fail(ErrorCode::InvalidArgument,
                "a file says its kind and codec itself: leave \"kind\" and \"codec\" out");
  return source;
}

// What names neither a file nor a kind nor a codec is no source.
bool is_none(const command::TrackSource& source) {
  return source.file.empty() && !source.kind && source.codec.empty();
}

Action add_track(Fields& fields) {
  command::AddTrack add{source_of(fields), few_texts(fields, "streams", kMaxNamedStreams)};
  if (is_none(add.source))
    fields.fail(ErrorCode::InvalidArgument,
                "give a \"file\" to send, or the \"kind\" or \"codec\" of what will be sent");
  fields.refuse_others();
  return add;
}

Action add_transceiver(Fields& fields) {
  command::AddTransceiver add;
  const auto kind = kind_of(fields);
  if (!kind) fields.fail(ErrorCode::InvalidArgument, "\"kind\" is missing: audio or video");
  add.kind = kind.value_or(MediaKind::Audio);
  add.init.direction = direction_of(fields).value_or(RtpTransceiverDirection::SendRecv);
  add.init.streams = few_texts(fields, "streams", kMaxNamedStreams);
  for (std::string& rid : few_texts(fields, "rids", kMaxEncodings))
    add.init.send_encodings.push_back({.rid = std::move(rid)});
  fields.refuse_others();
  return add;
}

Action replace_track(Fields& fields) {
  command::ReplaceTrack replace{.transceiver = transceiver_of(fields),
                                .source = source_of(fields),
                                .rid = fields.optional_text("rid").value_or("")};
  if (is_none(*replace.source)) replace.source.reset();
  fields.refuse_others();
  return replace;
}

Action play_file(Fields& fields) {
  command::PlayFile play{.transceiver = transceiver_of(fields),
                         .source = {.file = fields.text("file")},
                         .rid = fields.optional_text("rid").value_or("")};
  play.source.loop = fields.optional_flag("loop").value_or(false);
  play.source.frames_per_second =
      fields.optional_real("fps", kMaxRate).value_or(play.source.frames_per_second);
  fields.refuse_others();
  return play;
}

Action set_direction(Fields& fields) {
  command::SetDirection set{.transceiver = transceiver_of(fields)};
  const auto direction = direction_of(fields);
  if (!direction) fields.fail(ErrorCode::InvalidArgument, "\"direction\" is missing");
  set.direction = direction.value_or(RtpTransceiverDirection::SendRecv);
  fields.refuse_others();
  return set;
}

Action set_streams(Fields& fields) {
  command::SetStreams set{transceiver_of(fields), few_texts(fields, "streams", kMaxNamedStreams)};
  fields.refuse_others();
  return set;
}

Action set_codec_preferences(Fields& fields) {
  command::SetCodecPreferences set{transceiver_of(fields), fields.texts("codecs")};
  fields.refuse_others();
  return set;
}

Action set_send_parameters(Fields& fields) {
  command::SetSendParameters set{
      .transceiver = transceiver_of(fields),
      .rid = fields.optional_text("rid").value_or(""),
      .active = fields.optional_flag("active"),
      .max_bitrate =
          fields.optional_number("max_bitrate", std::numeric_limits<std::uint32_t>::max()),
      .max_framerate = fields.optional_real("max_framerate", kMaxRate),
      .scale_resolution_down_by = fields.optional_real("scale_resolution_down_by", kMaxRate)};
  fields.refuse_others();
  return set;
}

template <class Command>
Action of_transceiver(Fields& fields) {
  const Command command{transceiver_of(fields)};
  fields.refuse_others();
  return command;
}

template <class Command>
Action of_encoding(Fields& fields) {
  Command command{transceiver_of(fields), fields.optional_text("rid").value_or("")};
  fields.refuse_others();
  return command;
}

Action set_bitrate_estimate(Fields& fields) {
  const command::SetBitrateEstimate set{fields.number("bits_per_second", std::uint64_t{1} << 40)};
  fields.refuse_others();
  return set;
}

Action record(Fields& fields) {
  command::Record record{.transceiver = transceiver_of(fields),
                         .file = fields.text("file"),
                         .rid = fields.optional_text("rid").value_or("")};
  fields.refuse_others();
  return record;
}

// An address, and no name: nobody is asked for it.
std::optional<Endpoint> endpoint_of(Fields& fields, std::string_view key) {
  const auto text = fields.optional_text(key);
  if (!text) return std::nullopt;
  const auto endpoint = Endpoint::parse(*text);
  if (!endpoint)
    fields.fail(
        ErrorCode::InvalidArgument,
        fmt::format("\"{}\" must be ADDRESS:PORT, such as 127.0.0.1:5004 or [::1]:5004", key));
  return endpoint;
}

Action rtp_forward(Fields& fields) {
  const command::RtpForward forward{transceiver_of(fields), endpoint_of(fields, "to")};
  if (forward.to && forward.to->port == 0)
    fields.fail(ErrorCode::InvalidArgument, "nobody is at port 0: name another in \"to\"");
  fields.refuse_others();
  return forward;
}

Action rtp_source(Fields& fields) {
  command::RtpSource source{.transceiver = transceiver_of(fields)};
  // What anybody may send from elsewhere is asked for by name.
  source.local = endpoint_of(fields, "listen").value_or(Endpoint{IpAddress::v4({127, 0, 0, 1}), 0});
  fields.refuse_others();
  return source;
}

Action echo_media(Fields& fields) {
  command::EchoMedia echo{transceiver_of(fields), fields.optional_text("codec").value_or("")};
  fields.refuse_others();
  return echo;
}

template <class Command>
Action alone(Fields& fields) {
  fields.refuse_others();
  return Command{};
}

constexpr std::array kTrackCommands = {
    CommandEntry{"add_track", add_track},
    CommandEntry{"add_transceiver", add_transceiver},
    CommandEntry{"remove_track", of_transceiver<command::RemoveTrack>},
    CommandEntry{"replace_track", replace_track},
    CommandEntry{"play_file", play_file},
    CommandEntry{"set_direction", set_direction},
    CommandEntry{"set_streams", set_streams},
    CommandEntry{"set_codec_preferences", set_codec_preferences},
    CommandEntry{"stop_transceiver", of_transceiver<command::StopTransceiver>},
    CommandEntry{"transceivers", alone<command::GetTransceivers>},
    CommandEntry{"send_parameters", of_transceiver<command::GetSendParameters>},
    CommandEntry{"receive_parameters", of_transceiver<command::GetReceiveParameters>},
    CommandEntry{"set_send_parameters", set_send_parameters},
    CommandEntry{"request_key_frame", of_encoding<command::RequestKeyFrame>},
    CommandEntry{"set_bitrate_estimate", set_bitrate_estimate},
    CommandEntry{"record", record},
    CommandEntry{"stop_recording", of_encoding<command::StopRecording>},
    CommandEntry{"rtp_forward", rtp_forward},
    CommandEntry{"rtp_source", rtp_source},
    CommandEntry{"echo_media", echo_media},
    CommandEntry{"frames", alone<command::GetFrames>},
};

}  // namespace

std::span<const CommandEntry> track_commands() { return kTrackCommands; }

}  // namespace specter::cli
