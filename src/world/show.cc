#include "world/show.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/bytes.h"
#include "simulation/random.h"

namespace specter::world {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kVp8Header = 10, kVp8InterHeader = 3;  // RFC 6386 §9.1
constexpr std::uint8_t kToc = 0xfc;                          // RFC 6716 §3.1: CELT, 20 ms, stereo
constexpr std::size_t kMostSoundBytes = 1275;                // RFC 6716 §3.2.1

std::size_t header_bytes(MediaKind kind, bool is_key) {
  if (kind == MediaKind::Audio) return 1;
  return is_key ? kVp8Header : kVp8InterHeader;
}

Duration frame_time(MediaKind kind) { return kind == MediaKind::Audio ? 20ms : 33ms; }

std::string stream_of(std::size_t number) { return fmt::format("track{}", number); }

}  // namespace

MediaOptions media_options() {
  MediaOptions out;
  out.codecs = {
      {MediaKind::Audio, 111, "audio/opus", 48'000, 2, "", {"transport-cc"}},
      {MediaKind::Video,
       96,
       "video/VP8",
       90'000,
       0,
       "",
       {"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"}},
      {MediaKind::Video, 97, "video/rtx", 90'000, 0, "apt=96", {}},
  };
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video}) {
    out.header_extensions.push_back(
        {kind, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"});
  }
  return out;
}

void Show::fail(Side side, std::string_view what) {
  journal_.fail(Verdict::Content, fmt::format("{} {}", side == Side::A ? "a" : "b", what));
}

void Show::begin(Side side, core::PeerConnection& connection, const Step& step, std::size_t key) {
  const auto kind = step.c == 0 ? MediaKind::Video : MediaKind::Audio;
  const std::size_t number = tracks_.size();
  Track track{.from = side, .key = key, .kind = kind, .bytes = static_cast<std::size_t>(step.b)};
  const LocalTrack local{kind, fmt::format("t{}", number),
                         media_options().codecs[kind == MediaKind::Video ? 1 : 0]};
  const auto sender = connection.add_track(local, {stream_of(number)});
  if (!sender) return;  // it is closed, or failed
  track.sender = *sender;
  tracks_.push_back(std::move(track));
}

// Its number is in front of what is made from it.
Buffer Show::frame(const Track& track, std::uint32_t number, bool is_key) const {
  simulation::SeededRandom random(seed_ * 1'000'003 + track.key * 7919 + number);
  const bool is_sound = track.kind == MediaKind::Audio;
  const std::size_t head = header_bytes(track.kind, is_key);
  const std::size_t most = is_sound ? std::min(track.bytes, kMostSoundBytes) : track.bytes;
  const std::size_t size = head + kNumberBytes + random.below(static_cast<std::uint32_t>(most) + 1);
  Buffer out(size);
  random.fill(MutableBytes(out).subspan(head + kNumberBytes));
  for (std::size_t i = 0; i < kNumberBytes; ++i)
    out[head + i] = static_cast<std::uint8_t>(number >> (8 * (kNumberBytes - 1 - i)));
  if (is_sound) {
    out[0] = kToc;
    return out;
  }
  // Shown; the first partition is one byte.
  out[0] = static_cast<std::uint8_t>(1 << 5 | 1 << 4 | (is_key ? 0 : 1));
  if (is_key) {
    constexpr std::array<std::uint8_t, 7> kStart = {0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00};
    std::ranges::copy(kStart, out.begin() + kVp8InterHeader);
  }
  return out;
}

void Show::write(Timestamp now, Track& track, core::PeerConnection& connection) {
  const auto number = static_cast<std::uint32_t>(track.is_key.size());
  const bool is_key = track.kind == MediaKind::Audio || track.wants_key_frame;
  const Buffer bytes = frame(track, number, is_key);
  track.is_key.push_back(is_key);
  track.wants_key_frame = false;
  const auto written = connection.write_sample(
      now, track.sender, {.bytes = bytes, .duration = frame_time(track.kind)});
  if (!written && connection.connection_state() == ConnectionState::Connected)
    fail(track.from, fmt::format("could not write a frame: {}", written.error().message));
}

void Show::play(Timestamp now, Side side, core::PeerConnection& connection, std::size_t key) {
  for (Track& track : tracks_) {
    if (track.from == side && track.key == key) write(now, track, connection);
  }
}

void Show::handle(Side side, const core::Event& event) {
  if (const auto* const told = std::get_if<core::Track>(&event)) {
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      if (tracks_[i].from != side && told->streams == std::vector{stream_of(i)} &&
          told->kind == tracks_[i].kind)
        tracks_[i].receiver = told->transceiver;
    }
  } else if (const auto* const wanted = std::get_if<core::KeyFrameWanted>(&event)) {
    for (Track& track : tracks_) {
      if (track.from == side && track.sender == wanted->transceiver) track.wants_key_frame = true;
    }
  } else if (const auto* const frame = std::get_if<core::Frame>(&event)) {
    receive(side, *frame);
  }
}

void Show::receive(Side side, const core::Frame& event) {
  ++received_;
  const auto track = std::ranges::find_if(tracks_, [&](const Track& each) {
    return each.from != side && each.receiver == event.transceiver;
  });
  if (track == tracks_.end()) return fail(side, "has a frame of a track that it was not told of");
  const bool is_key = event.frame.is_key_frame;
  const std::size_t head = header_bytes(track->kind, is_key);
  if (event.frame.bytes.size() < head + kNumberBytes) return fail(side, "has half a frame");
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) number = number << 8 | event.frame.bytes[head + i];
  if (number >= track->is_key.size() || track->is_key[number] != is_key ||
      frame(*track, number, is_key) != event.frame.bytes)
    return fail(side, fmt::format("has a frame that was not sent: {}", number));
  if (track->last && number <= *track->last)
    return fail(side, fmt::format("has frame {} after frame {}", number, *track->last));
  const bool is_next = track->last && number == *track->last + 1;
  if (track->kind == MediaKind::Video && !is_key && !is_next)
    return fail(side, fmt::format("has frame {}, which nothing before it lets be decoded", number));
  track->last = number;
}

// ---- life

bool Show::flows(const Track& track, const core::PeerConnection& connection) const {
  if (!track.receiver) return false;
  for (const RtpTransceiver& each : connection.transceivers()) {
    if (each.id != track.sender || !each.current_direction) continue;
    return *each.current_direction == RtpTransceiverDirection::SendRecv ||
           *each.current_direction == RtpTransceiverDirection::SendOnly;
  }
  return false;
}

void Show::ask(Timestamp now, std::array<core::PeerConnection*, 2> connections) {
  for (Track& track : tracks_) {
    core::PeerConnection& connection = *connections[index(track.from)];
    if (!flows(track, connection)) continue;
    if (!track.asked_at) track.asked_at = track.is_key.size();
    write(now, track, connection);
  }
}

std::string Show::unseen(std::array<core::PeerConnection*, 2> connections) const {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    const Track& track = tracks_[i];
    if (!track.asked_at || !flows(track, *connections[index(track.from)])) continue;
    if (!track.last || *track.last < *track.asked_at)
      return fmt::format("of track {}, which {} sends, no frame has come", i,
                         track.from == Side::A ? "a" : "b");
  }
  return {};
}

}  // namespace specter::world
