// For tests of tracks: two sides that exchange texts, and what each was told, as short lines.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jsep/negotiation.h"
#include "jsep/testing/foreign_sdp.h"
#include "simulation/random.h"

namespace specter::jsep::rows {

using enum MediaKind;
using enum RtpTransceiverDirection;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

inline const SessionDescription kRollback{SdpType::Rollback, ""};

inline MediaOptions media_options() {
  MediaOptions out;
  out.codecs = {
      {.kind = Audio,
       .payload_type = 111,
       .mime_type = "audio/opus",
       .clock_rate = 48'000,
       .channels = 2},
      {.kind = Audio,
       .payload_type = 0,
       .mime_type = "audio/PCMU",
       .clock_rate = 8'000,
       .channels = 1},
      {.kind = Video,
       .payload_type = 96,
       .mime_type = "video/VP8",
       .clock_rate = 90'000,
       .rtcp_feedback = {"nack", "nack pli"}},
      {.kind = Video,
       .payload_type = 97,
       .mime_type = "video/rtx",
       .clock_rate = 90'000,
       .sdp_fmtp_line = "apt=96"},
  };
  out.header_extensions = {{Video, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
                           {Video, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"}};
  return out;
}

inline LocalTrack track(MediaKind kind, std::string id) {
  return {.kind = kind, .id = std::move(id)};
}

inline std::string_view word_of(RtpTransceiverDirection direction) {
  switch (direction) {
    case SendRecv: return "sendrecv";
    case SendOnly: return "sendonly";
    case RecvOnly: return "recvonly";
    case Inactive: return "inactive";
    case Stopped: break;
  }
  return "stopped";
}

inline std::string joined(const std::vector<std::string>& streams) {
  std::string out = "[";
  for (const std::string& stream : streams) out += (out.size() > 1 ? " " : "") + stream;
  return out + "]";
}

template <class T>
std::string name_of(const Result<T>& result) {
  return result ? "" : std::string(to_string(result.error().code));
}

class End {
 public:
  explicit End(std::uint64_t seed, MediaOptions media = media_options())
      : random_(seed),
        n({.credentials = {"ufrg" + std::to_string(seed), "0123456789abcdef01234567"},
           .fingerprint = kForeignFingerprint,
           .media = std::move(media)},
          random_) {}

 private:
  simulation::SeededRandom random_;

 public:
  Negotiation n;
  std::vector<std::string> told;  // since the last take()
  Change last{};

  Transceivers& trs() { return n.transceivers(); }

  TransceiverId add_track(MediaKind kind, std::string id, std::vector<std::string> streams = {}) {
    return look(trs().add_track(track(kind, std::move(id)), std::move(streams)).value());
  }
  TransceiverId add(MediaKind kind, RtpTransceiverDirection direction = SendRecv) {
    return look(trs().add_transceiver(kind, {.direction = direction}).value());
  }
  TransceiverId add(MediaKind kind, std::string id, RtpTransceiverDirection direction = SendRecv,
                    std::vector<std::string> streams = {}) {
    return look(trs()
                    .add_transceiver(track(kind, std::move(id)),
                                     {.direction = direction, .streams = std::move(streams)})
                    .value());
  }
  void remove_track(TransceiverId id) { done(trs().remove_track(id)); }
  void replace_track(TransceiverId id, std::optional<LocalTrack> by) {
    done(trs().replace_track(id, std::move(by)));
  }
  void set_direction(TransceiverId id, RtpTransceiverDirection to) {
    done(trs().set_direction(id, to));
  }
  void set_streams(TransceiverId id, std::vector<std::string> to) {
    done(trs().set_streams(id, std::move(to)));
  }
  void stop(TransceiverId id) {
    const auto ended = trs().stop(id);
    ASSERT_TRUE(ended);
    if (*ended) told.push_back(line_of(**ended));
    look(0);
  }
  void want_data() {
    n.want_data();
    look(0);
  }

  SessionDescription offer() { return n.create_offer({}).value(); }
  SessionDescription answer() { return n.create_answer().value(); }
  Result<> set_local(const SessionDescription& description) {
    return take(n.set_local(description));
  }
  Result<> set_local() { return take(n.set_local()); }
  Result<> set_remote(const SessionDescription& description) {
    return take(n.set_remote(description));
  }
  // A local description that is created and set.
  SessionDescription make_offer() {
    auto created = offer();
    EXPECT_EQ(name_of(set_local(created)), "");
    return created;
  }
  SessionDescription make_answer() {
    auto created = answer();
    EXPECT_EQ(name_of(set_local(created)), "");
    return created;
  }

  RtpTransceiver at(std::size_t index) { return trs().all().at(index); }
  RtpTransceiver find(TransceiverId id) { return trs().find(id).value(); }
  // "mid direction current track", "-" where there is none.
  std::vector<std::string> list() {
    std::vector<std::string> out;
    for (const RtpTransceiver& t : trs().all()) {
      out.push_back(t.mid.value_or("-") + " " + std::string(word_of(t.direction)) + " " +
                    (t.current_direction ? std::string(word_of(*t.current_direction)) : "-") + " " +
                    (t.track ? t.track->id : "-"));
    }
    return out;
  }
  std::vector<std::string> take() { return std::exchange(told, {}); }

 private:
  Result<> take(Result<Change> change) {
    if (!change) return fail(std::move(change).error());
    last = *change;
    if (last.rolled_back && n.state() != SignalingState::Stable) told.emplace_back("stable");
    if (last.state_changed) told.emplace_back(to_string(n.state()));
    for (const TrackChange& track : last.tracks) told.push_back(line_of(track));
    if (n.state() != SignalingState::Stable) return {};
    was_needed_ = false;
    look(0);
    return {};
  }

  static std::string line_of(const TrackChange& change) {
    const std::string at = change.mid.empty() ? "-" : change.mid;
    switch (change.kind) {
      case TrackChangeKind::Muted: return "muted " + at;
      case TrackChangeKind::StreamsLeft: return "left " + at + " " + joined(change.streams);
      case TrackChangeKind::StreamsEntered: return "entered " + at + " " + joined(change.streams);
      case TrackChangeKind::Added:
        return std::string(change.media_kind == Audio ? "audio " : "video ") + at + " " +
               joined(change.streams);
      case TrackChangeKind::Ended: break;
    }
    return "ended " + at;
  }

  void done(const Result<>& result) {
    EXPECT_EQ(name_of(result), "");
    look(0);
  }
  // W3C §4.7.3: it fires once, until a description has led to the stable state.
  template <class T>
  T look(T value) {
    if (n.state() == SignalingState::Stable && n.is_needed() && !std::exchange(was_needed_, true))
      told.emplace_back("needed");
    return value;
  }

  bool was_needed_ = false;
};

struct Two {
  End a{1}, b{2};
};

// The whole exchange: what the answer was.
inline SessionDescription negotiate(End& from, End& to) {
  EXPECT_EQ(name_of(to.set_remote(from.make_offer())), "");
  auto answer = to.make_answer();
  EXPECT_EQ(name_of(from.set_remote(answer)), "");
  return answer;
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}
inline SessionDescription with(const SessionDescription& description, const std::string& what,
                               const std::string& by) {
  EXPECT_THAT(description.sdp, HasSubstr(what));
  return {description.type, replaced(description.sdp, what, by)};
}
// Without the lines that begin so.
inline SessionDescription without(SessionDescription description, const std::string& beginning) {
  for (std::size_t at; (at = description.sdp.find(beginning)) != std::string::npos;)
    description.sdp.erase(at, description.sdp.find('\n', at) + 1 - at);
  return description;
}
// "audio 9 0 sendrecv" of each section: its kind, port, mid and direction.
inline std::vector<std::string> sections_of(const SessionDescription& description) {
  std::vector<std::string> out;
  const auto session = sdp::parse(description.sdp).value();
  for (const sdp::Media& media : session.media) {
    std::string line = media.kind + " " + std::to_string(media.port) + " " +
                       std::string(sdp::mid(media).value_or("-"));
    if (media.kind != "application")
      line += " " + std::string(sdp::to_string(sdp::direction(session, media)));
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace specter::jsep::rows
