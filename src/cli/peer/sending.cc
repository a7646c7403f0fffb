#include "cli/peer/sending.h"

#include <algorithm>

#include <fmt/format.h>

#include "specter/core.h"

namespace specter::cli {
namespace {

constexpr std::size_t kPacketsATurn = 256;  // of a port

bool are_alike(std::string_view a, std::string_view b) {
  const auto lower = [](unsigned char letter) { return std::tolower(letter); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// RFC 8830 §2: a token that is unique; W3C: a UUID. Others' programs have tracks, too.
std::string make_id() {
  core::SystemRandom random;
  return fmt::format("{:016x}{:016x}", random.u64(), random.u64());
}

std::string mime_type_of(transfer::Kind kind) {
  return fmt::format("{}/{}", kind == transfer::Kind::Opus ? "audio" : "video",
                     transfer::traits(kind).encoding_name);
}

bool sends(const Transceiver& transceiver) {
  const auto direction = transceiver.current_direction();
  return direction == RtpTransceiverDirection::SendRecv ||
         direction == RtpTransceiverDirection::SendOnly;
}

template <class Tracks>
auto find_track(Tracks& tracks, const TrackLocal& track) {
  return std::ranges::find_if(tracks, [&](const TrackLocal& each) { return each == track; });
}

}  // namespace

std::optional<RtpCodec> find_codec(const std::vector<RtpCodec>& codecs,
                                   std::string_view mime_type) {
  const auto found = std::ranges::find_if(codecs, [&](const RtpCodec& codec) {
    return are_alike(codec.mime_type, mime_type) && !codec.mime_type.ends_with("/rtx");
  });
  return found == codecs.end() ? std::optional<RtpCodec>() : *found;
}

Result<transfer::LiveFile> Sending::open(const command::TrackSource& source) const {
  using transfer::LiveFile;
  auto file =
      LiveFile::open(source.file, source.loop ? LiveFile::Repeat::Forever : LiveFile::Repeat::Once,
                     source.frames_per_second);
  if (!file) return fail(ErrorCode::NotFound, file.error());
  return std::move(*file);
}

Result<> Sending::add_file(TrackLocalStaticSample track, transfer::LiveFile file,
                           const std::string& path, const std::string& rid) {
  if (files_.size() >= kMaxFiles)
    return fail(ErrorCode::InvalidState,
                fmt::format("{} files are sent at most; remove a track first", kMaxFiles));
  files_.push_back({std::move(track), path, rid, std::move(file)});
  return {};
}

Result<TrackLocal> Sending::make_track(const command::TrackSource& source,
                                       const std::vector<std::string>& streams,
                                       const std::string& rid) {
  const std::string id = source.id.empty() ? make_id() : source.id;
  if (!source.file.empty()) {
    auto file = open(source);
    if (!file) return fail(file.error());
    const std::string mime_type = mime_type_of(file->kind());
    const auto codec = find_codec(codecs_, mime_type);
    if (!codec) return fail(ErrorCode::NotFound, fmt::format("there is no codec {}", mime_type));
    TrackLocalStaticSample track(*codec, id, streams);
    if (auto added = add_file(track, std::move(*file), source.file, rid); !added)
      return fail(added.error());
    return TrackLocal(track);
  }
  const std::string_view kind = source.kind == MediaKind::Audio ? "audio/opus" : "video/VP8";
  const std::string_view mime_type = source.codec.empty() ? kind : std::string_view(source.codec);
  const auto codec = find_codec(codecs_, mime_type);
  if (!codec || (source.kind && codec->kind != *source.kind))
    return fail(ErrorCode::NotFound,
                fmt::format("there is no codec {} of this kind; one is {}", mime_type, kind));
  if (without_file_.size() >= kMaxFiles)
    return fail(ErrorCode::InvalidState,
                fmt::format("{} tracks at most; remove one first", kMaxFiles));
  without_file_.emplace_back(*codec, id, streams);
  return TrackLocal(without_file_.back());
}

Result<> Sending::play(const TrackLocal& track, const command::TrackSource& source,
                       const std::string& rid) {
  const auto first = std::ranges::find_if(files_, [&](const File& f) { return f.track == track; });
  if (first == files_.end())
    return fail(ErrorCode::InvalidState,
                "its track has no file: give it one with add_track or replace_track first");
  auto file = open(source);
  if (!file) return fail(file.error());
  if (file->kind() != first->file.kind())
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the track's codec is {}, and the file's {}",
                            mime_type_of(first->file.kind()), mime_type_of(file->kind())));
  std::erase_if(files_,
                [&](const File& f) { return f.track == track && f.rid == rid && &f != &*first; });
  if (first->rid == rid) {
    TrackLocalStaticSample same = first->track;
    files_.erase(first);
    return add_file(std::move(same), std::move(*file), source.file, rid);
  }
  return add_file(first->track, std::move(*file), source.file, rid);
}

Result<Endpoint> Sending::listen(const TrackLocal& track, const Endpoint& local) {
  const auto found = find_track(without_file_, track);
  if (found == without_file_.end())
    return fail(ErrorCode::InvalidState,
                "its track is sent from a file, or it has none: add one by \"kind\" or \"codec\"");
  if (ports_.size() >= kMaxPorts)
    return fail(ErrorCode::InvalidState, fmt::format("{} ports at most", kMaxPorts));
  auto socket = io::UdpSocket::open(local);
  if (!socket)
    return fail(
        ErrorCode::OperationFailed,
        fmt::format("can't listen at {}: {}; name an address of this machine and a free port",
                    local.to_string(), socket.error().message()));
  const Endpoint bound = socket->local();
  ports_.push_back({*found, std::move(*socket)});
  return bound;
}

void Sending::forget(const TrackLocal& track) {
  std::erase_if(files_, [&](const File& file) { return file.track == track; });
  std::erase_if(ports_, [&](const Port& port) { return port.track == track; });
  std::erase_if(without_file_, [&](const TrackLocal& each) { return each == track; });
}

void Sending::end(File& file, std::optional<std::string> error) {
  file.is_over = true;
  if (error) {
    answers_.error({.op = "add_track"}, ErrorCode::OperationFailed, *std::move(error));
    return;
  }
  answers_.print({{"event", "file_ended"},
                  {"track", file.track.id()},
                  {"rid", file.rid},
                  {"file", file.path},
                  {"frames", file.file.samples()}});
}

void Sending::jump_to_key_frame(const TrackLocal& track, std::string_view rid) {
  for (File& file : files_) {
    if (file.track != track || file.is_over || (!rid.empty() && file.rid != rid)) continue;
    if (const auto jumped = file.file.jump_to_key_frame(); !jumped) end(file, jumped.error());
  }
}

// Before that a file does not begin: what nobody gets is lost.
bool Sending::reaches_the_peer(const TrackLocal& track) const {
  if (connection_.connection_state() != ConnectionState::Connected) return false;
  return std::ranges::any_of(connection_.transceivers(), [&](const Transceiver& each) {
    return each.track() == track && sends(each);
  });
}

void Sending::send_due(Timestamp now, File& file) {
  if (file.is_over) return;
  if (!file.is_sent) file.is_sent = reaches_the_peer(file.track);
  for (int i = 0; i < kMaxSamplesATurn && file.is_sent; ++i) {
    const auto sample = file.file.poll(now);
    if (!sample) return end(file, sample.error());
    if (!*sample) {
      if (file.file.is_over()) end(file, std::nullopt);
      return;
    }
    const auto written = file.track.write_sample({.bytes = (*sample)->bytes,
                                                  .duration = (*sample)->duration,
                                                  .rid = file.rid,
                                                  .captured_at = (*sample)->due});
    if (!written)
      return end(file, fmt::format("{} can't be sent: {}", file.path, written.error().message));
  }
}

void Sending::handle_timeout(Timestamp now) {
  for (File& file : files_) send_due(now, file);
  for (Port& port : ports_)
    port.socket.receive(buffers_, kPacketsATurn, [&](std::span<const Datagram> datagrams) {
      for (const Datagram& datagram : datagrams)
        ++(port.track.write_rtp(datagram.bytes) ? port.packets : port.refused);
    });
}

Deadline Sending::next_timeout() const {
  Deadline out;
  for (const File& file : files_)
    if (file.is_sent && !file.is_over) out = soonest(out, file.file.next_timeout());
  return out;
}

std::vector<int> Sending::descriptors() const {
  std::vector<int> out;
  for (const Port& port : ports_) out.push_back(port.socket.native_handle());
  return out;
}

void Sending::finish() {
  files_.clear();
  ports_.clear();
  without_file_.clear();
}

Json Sending::counts() const {
  Json out = Json::array();
  for (const File& file : files_)
    out.push_back({{"track", file.track.id()},
                   {"rid", file.rid},
                   {"file", file.path},
                   {"frames", file.file.samples()},
                   {"is_over", file.is_over},
                   {"dropped", file.track.dropped()}});
  for (const Port& port : ports_)
    out.push_back({{"track", port.track.id()},
                   {"rid", ""},
                   {"listen", port.socket.local().to_string()},
                   {"packets", port.packets},
                   {"refused", port.refused},
                   {"dropped", port.track.dropped()}});
  return out;
}

}  // namespace specter::cli
