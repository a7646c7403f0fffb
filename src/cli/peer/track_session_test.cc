// Tracks of a session, and of a connection of the test's own at its other side.
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "cli/media/sample_file.h"
#include "cli/peer/more_codecs.h"
#include "cli/peer/testing/running_session.h"
#include "cli/testing/written_file.h"

namespace specter::cli {
namespace {

using namespace std::chrono_literals;

const std::string kVideo = SPECTER_TEST_DATA "/media/libvpx.ivf";
constexpr std::string_view kAsPackets = "video/VP9";  // nobody depacketizes it
const std::string kSound = SPECTER_TEST_DATA "/media/libopus.ogg";

std::size_t samples_of(const std::string& path) {
  auto file = transfer::SampleFile::open(path, std::nullopt, 30).value();
  std::size_t count = 0;
  while (*file.next()) ++count;
  return count;
}

Api make_api(const Specter& specter) {
  auto engine = MediaEngine::with_default_codecs();
  add_codec(engine, kAsPackets);
  auto registry = Registry::with_default_interceptors(engine);
  return specter.new_api(std::move(engine), std::move(registry));
}

// Ours and a session.
class TrackSession : public ::testing::Test {
 protected:
  // Waits for one of the session's events after a command.
  Json ask(Json command, std::string_view event) {
    session.command(command);
    return session.event(event);
  }
  Json received_by_session() { return ask({{"op", "frames"}}, "frames")["received"]; }

  RunningSession session{{std::string(kAsPackets)}};
  Mailbox inbox;
  Specter specter{on_loopback()};
  Api api = make_api(specter);
  PeerConnection connection = api.new_peer_connection(inbox);
};

TEST_F(TrackSession, SendsEachFrameOfAFile) {
  connection.add_transceiver(MediaKind::Video).value();
  connection.add_transceiver(MediaKind::Audio).value();
  ask({{"op", "add_track"}, {"file", kVideo}, {"id", "picture"}}, "track_added");
  ask({{"op", "add_track"}, {"file", kSound}, {"id", "sound"}}, "track_added");
  negotiate(connection, inbox, session);

  std::size_t pictures = 0, sounds = 0;
  const std::size_t expected = samples_of(kVideo);
  while (pictures < expected) {
    const auto frame = inbox.receive<event::Frame>(connection, kPatience).value();
    ++(frame.transceiver.kind() == MediaKind::Video ? pictures : sounds);
    if (pictures == 1 && frame.transceiver.kind() == MediaKind::Video) {
      EXPECT_TRUE(frame.frame.is_key_frame);
    }
  }
  EXPECT_GT(sounds, 0u);
  // The sound is shorter or longer: both end.
  std::set<std::string> ended{session.event("file_ended")["track"],
                              session.event("file_ended")["track"]};
  EXPECT_EQ(ended, (std::set<std::string>{"picture", "sound"}));
  EXPECT_TRUE(session.finish());
}

TEST_F(TrackSession, RecordsWhatComes) {
  const WrittenFile recording(".ivf", "");
  auto file = transfer::SampleFile::open(kVideo, std::nullopt, 30).value();
  const TrackLocalStaticSample track(find_codec(api.codecs(), "video/VP8").value(), "ours",
                                     {"stream"});
  connection.add_track(track).value();
  negotiate(connection, inbox, session, [&] {
    ask({{"op", "record"}, {"transceiver", 1}, {"file", recording.path()}, {"ref", 1}}, "done");
  });
  inbox
      .receive_if<event::ConnectionStateChange>(
          [](const auto& e) { return e.state == ConnectionState::Connected; }, kPatience)
      .value();
  std::size_t written = 0;
  while (const auto sample = *file.next()) {
    track.write_sample(sample->bytes, 33ms).value();
    ++written;
  }
  while (true) {
    const Json received = received_by_session();
    if (!received.empty() && received[0]["frames"] == written) break;
  }
  const Json told = ask({{"op", "stop_recording"}, {"transceiver", 1}}, "recorded");
  EXPECT_EQ(told["frames"], written);
  EXPECT_EQ(samples_of(recording.path()), written);
  EXPECT_TRUE(session.finish());
}

TEST_F(TrackSession, SendsPacketsBack) {
  const TrackLocalStaticRtp track(find_codec(api.codecs(), kAsPackets).value(), "ours");
  connection.add_track(track).value();
  negotiate(connection, inbox, session, [&] {
    ask({{"op", "echo_media"}, {"transceiver", 1}, {"codec", kAsPackets}, {"ref", 1}}, "done");
  });
  inbox
      .receive_if<event::ConnectionStateChange>(
          [](const auto& e) { return e.state == ConnectionState::Connected; }, kPatience)
      .value();
  // An RTP packet of one byte of payload: nobody depacketizes it.
  std::uint8_t sequence = 0;
  while (true) {
    track.write_rtp(Buffer{0x80, 0x80, 0, ++sequence, 0, 0, 0, 1, 0, 0, 0, 0, 42}).value();
    const auto back = inbox.receive<event::RtpPackets>(connection, 100ms);
    if (!back) continue;
    EXPECT_EQ(back->packets.front().back(), 42);
    break;
  }
  EXPECT_TRUE(session.finish());
}

TEST_F(TrackSession, AFileThatIsNotThereIsAnErrorAndNoTrack) {
  const Json error = ask({{"op", "add_track"}, {"file", "/nowhere/a.ivf"}, {"ref", 7}}, "error");
  EXPECT_EQ(error["ref"], 7);
  EXPECT_EQ(error["name"], "NotFound");
  EXPECT_EQ(ask({{"op", "transceivers"}}, "transceivers")["transceivers"], Json::array());
  EXPECT_TRUE(session.finish());
}

TEST_F(TrackSession, PreferredCodecsAreTheOnesThatAreOffered) {
  const Json added = ask({{"op", "add_track"}, {"file", kVideo}}, "track_added");
  const auto offered = [&](const Json& codecs) {
    ask({{"op", "set_codec_preferences"},
         {"transceiver", added["transceiver"]},
         {"codecs", codecs},
         {"ref", 1}},
        "done");
    return ask({{"op", "create_offer"}}, "offer")["sdp"].get<std::string>();
  };
  for (const Json& codecs : {Json::array({"video/VP8"}), Json::array({"video/VP8", "video/rtx"})}) {
    const std::string sdp = offered(codecs);
    EXPECT_NE(sdp.find("rtx/90000"), std::string::npos) << sdp;
    EXPECT_EQ(sdp.find("H264/90000"), std::string::npos) << sdp;
  }
  EXPECT_NE(offered(Json::array()).find("H264/90000"), std::string::npos);
  const Json error = ask({{"op", "set_codec_preferences"},
                          {"transceiver", added["transceiver"]},
                          {"codecs", Json::array({"video/rtx"})}},
                         "error");
  EXPECT_EQ(error["message"],
            "there is no codec video/rtx; there are audio/opus, video/VP8, video/H264, video/VP9");
  EXPECT_TRUE(session.finish());
}

TEST_F(TrackSession, ATrackIsEitherRecordedOrPackets) {
  ask({{"op", "add_transceiver"}, {"kind", "video"}}, "transceiver_added");
  const WrittenFile file(".ivf", "");
  const Json record{{"op", "record"}, {"transceiver", 1}, {"file", file.path()}, {"ref", 1}};
  const Json forward{{"op", "rtp_forward"}, {"transceiver", 1}, {"to", "127.0.0.1:9"}, {"ref", 2}};
  ask(record, "done");
  EXPECT_EQ(ask(record, "error")["name"], "InvalidStateError");
  EXPECT_EQ(ask(forward, "error")["name"], "InvalidStateError");
  ask({{"op", "stop_recording"}, {"transceiver", 1}}, "recorded");
  EXPECT_EQ(ask({{"op", "stop_recording"}, {"transceiver", 1}}, "error")["name"], "NotFound");
  ask(forward, "done");
  EXPECT_EQ(ask(record, "error")["name"], "InvalidStateError");
  EXPECT_TRUE(session.finish());
}

// Sending::kMaxFiles and kMaxPorts.
TEST_F(TrackSession, HasALimitOfFilesAndPorts) {
  for (std::size_t i = 0; i < Sending::kMaxFiles; ++i)
    ask({{"op", "add_track"}, {"file", kSound}}, "track_added");
  EXPECT_EQ(ask({{"op", "add_track"}, {"file", kSound}}, "error")["name"], "InvalidStateError");
  const Json number = ask({{"op", "add_track"}, {"kind", "audio"}}, "track_added")["transceiver"];
  const Json listen{{"op", "rtp_source"}, {"transceiver", number}};
  for (std::size_t i = 0; i < Sending::kMaxPorts; ++i) ask(listen, "rtp_source");
  EXPECT_EQ(ask(listen, "error")["name"], "InvalidStateError");
  EXPECT_TRUE(session.finish());
}

}  // namespace
}  // namespace specter::cli
