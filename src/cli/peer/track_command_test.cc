#include "cli/peer/track_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/peer/command.h"

namespace specter::cli {
namespace {

using ::testing::HasSubstr;

Result<Action> read(std::string text) {
  return read_command({.number = 1, .text = std::move(text)}).value().action;
}

template <class T>
T read_as(std::string text) {
  auto action = read(std::move(text));
  if (!action) throw std::runtime_error(action.error().message);
  return std::get<T>(action.value());
}

TEST(TrackCommand, AddsATrackOfAFile) {
  const auto add = read_as<command::AddTrack>(
      R"({"op":"add_track","file":"a.h264","loop":true,"fps":29.97,"id":"cam","streams":["s"]})");
  EXPECT_EQ(add.source.file, "a.h264");
  EXPECT_TRUE(add.source.loop);
  EXPECT_EQ(add.source.frames_per_second, 29.97);
  EXPECT_EQ(add.source.id, "cam");
  EXPECT_EQ(add.streams, std::vector<std::string>{"s"});
}

TEST(TrackCommand, AddsATrackOfAKindOrACodec) {
  EXPECT_EQ(read_as<command::AddTrack>(R"({"op":"add_track","kind":"audio"})").source.kind,
            MediaKind::Audio);
  EXPECT_EQ(read_as<command::AddTrack>(R"({"op":"add_track","codec":"video/AV1"})").source.codec,
            "video/AV1");
}

TEST(TrackCommand, AddsATransceiverWithItsEncodings) {
  const auto add = read_as<command::AddTransceiver>(
      R"({"op":"add_transceiver","kind":"video","direction":"sendonly","rids":["q","h"]})");
  EXPECT_EQ(add.kind, MediaKind::Video);
  EXPECT_EQ(add.init.direction, RtpTransceiverDirection::SendOnly);
  ASSERT_EQ(add.init.send_encodings.size(), 2u);
  EXPECT_EQ(add.init.send_encodings[1].rid, "h");
}

TEST(TrackCommand, ReplacesATrackByNoneWhereNoSourceIsNamed) {
  EXPECT_FALSE(read_as<command::ReplaceTrack>(R"({"op":"replace_track","transceiver":1})").source);
  EXPECT_TRUE(read_as<command::ReplaceTrack>(
                  R"({"op":"replace_track","transceiver":1,"file":"a.ivf","rid":"q"})")
                  .source);
}

TEST(TrackCommand, ForwardsToAnAddressAndListensOnLoopbackUnlessToldOtherwise) {
  EXPECT_EQ(
      read_as<command::RtpForward>(R"({"op":"rtp_forward","transceiver":1,"to":"192.0.2.1:5004"})")
          .to,
      Endpoint::parse("192.0.2.1:5004"));
  EXPECT_FALSE(read_as<command::RtpForward>(R"({"op":"rtp_forward","transceiver":1})").to);
  EXPECT_EQ(read_as<command::RtpSource>(R"({"op":"rtp_source","transceiver":1})").local,
            Endpoint::parse("127.0.0.1:0"));
  EXPECT_EQ(
      read_as<command::RtpSource>(R"({"op":"rtp_source","transceiver":1,"listen":"[::]:5006"})")
          .local,
      Endpoint::parse("[::]:5006"));
}

TEST(TrackCommand, ChangesWhatIsNamedOfAnEncoding) {
  const auto set = read_as<command::SetSendParameters>(
      R"({"op":"set_send_parameters","transceiver":2,"rid":"h","active":false,"max_bitrate":0})");
  EXPECT_EQ(set.transceiver, 2u);
  EXPECT_EQ(set.rid, "h");
  EXPECT_EQ(set.active, false);
  EXPECT_EQ(set.max_bitrate, 0u);
  EXPECT_FALSE(set.max_framerate);
}

// Each with the word that tells what is wrong.
TEST(TrackCommand, RefusesNonsense) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"op":"add_track"})", "file"},
      {R"({"op":"add_track","kind":"text"})", "audio or video"},
      {R"({"op":"add_track","file":"a.ivf","kind":"video"})", "leave"},
      {R"({"op":"add_track","kind":"audio","fps":0})", "fps"},
      {R"({"op":"add_track","kind":"audio","rid":"q"})", "rid"},
      {R"({"op":"add_transceiver"})", "kind"},
      {R"({"op":"add_transceiver","kind":"video","direction":"stopped"})", "recvonly"},
      {R"({"op":"add_transceiver","kind":"video","rids":[1]})", "rids"},
      {R"({"op":"remove_track"})", "transceiver"},
      {R"({"op":"set_direction","transceiver":1})", "direction"},
      {R"({"op":"play_file","transceiver":1})", "file"},
      {R"({"op":"record","transceiver":1})", "file"},
      {R"({"op":"rtp_forward","transceiver":1,"to":"example.org:5004"})", "ADDRESS:PORT"},
      {R"({"op":"rtp_forward","transceiver":1,"to":"127.0.0.1:0"})", "port 0"},
      {R"({"op":"rtp_source","transceiver":1,"listen":"5004"})", "ADDRESS:PORT"},
      {R"({"op":"set_codec_preferences","transceiver":1})", "codecs"},
      {R"({"op":"set_bitrate_estimate","bits_per_second":-1})", "bits_per_second"},
      {R"({"op":"frames","transceiver":1})", "transceiver"},
  };
  for (const auto& [line, word] : cases) {
    const auto action = read(std::string(line));
    ASSERT_FALSE(action) << line;
    EXPECT_EQ(action.error().code, ErrorCode::InvalidArgument) << line;
    EXPECT_THAT(action.error().message, HasSubstr(word)) << line;
  }
}

// So many rids and streams, and no more.
TEST(TrackCommand, HasALimitOfNames) {
  Json line{{"op", "add_transceiver"}, {"kind", "video"}, {"rids", Json::array()}};
  for (int i = 0; i < 16; ++i) line["rids"].push_back(std::to_string(i));
  EXPECT_TRUE(read(to_line(line)));
  line["rids"].push_back("16");
  EXPECT_THAT(read(to_line(line)).error().message, HasSubstr("16 at most"));
  Json streams{{"op", "add_track"}, {"kind", "video"}, {"streams", Json::array()}};
  for (int i = 0; i < 65; ++i) streams["streams"].push_back(std::to_string(i));
  EXPECT_THAT(read(to_line(streams)).error().message, HasSubstr("64 at most"));
}

}  // namespace
}  // namespace specter::cli
