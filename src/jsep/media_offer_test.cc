// Offers of ours, one after the other. RFC 9429 §5.2.
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "jsep/codec_match.h"
#include "jsep/encodings.h"
#include "jsep/media_negotiation.h"
#include "jsep/testing/media_sections.h"
#include "simulation/random.h"

namespace specter::jsep {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// What a connection keeps.
struct Numbers {
  PayloadTypes payload_types;
  ExtensionIds extension_ids;

  MediaDescription offer(const LocalMedia& local, const MediaOptions& options = media_options()) {
    return offer_media(options, local, payload_types, extension_ids);
  }
  void adopt(const MediaDescription& offer, const MediaOptions& options = media_options()) {
    payload_types.adopt(offer, options.codecs);
    extension_ids.adopt(offer);
  }
};

std::vector<int> payload_types(const MediaDescription& description) {
  std::vector<int> out;
  for (const Format& format : description.formats) out.push_back(format.payload_type);
  return out;
}

TEST(MediaOffer, OfAudioIsWhatTheRfcSays) {
  Numbers numbers;
  EXPECT_EQ(written(numbers.offer(local_media(MediaKind::Audio))),
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\n"
            "a=sendrecv\n"
            "a=rtpmap:111 opus/48000/2\n"
            "a=fmtp:111 minptime=10;useinbandfec=1\n"
            "a=extmap-allow-mixed\n"
            "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
            "a=extmap:3 http://www.ietf.org/id/"
            "draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n"
            "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
            "a=rtcp-fb:111 transport-cc\n"
            "a=msid:stream track\n"
            "a=rtcp-mux\n"
            "a=rtcp-rsize\n"
            "a=cryptex\n"
            "a=ssrc:1001 cname:cname\n"
            "a=ssrc:1001 msid:stream track\n");
}

// Media rows S4, G45, O13, O14; one id space for both kinds.
TEST(MediaOffer, HasOneIdForOneExtensionInAllSections) {
  Numbers numbers;
  const auto audio = numbers.offer(local_media(MediaKind::Audio));
  const auto video = numbers.offer(local_media(MediaKind::Video, sdp::Direction::RecvOnly));
  std::map<int, std::string> uris;
  for (const auto* description : {&audio, &video}) {
    for (const Extension& extension : description->extensions) {
      EXPECT_TRUE(extension.id >= 1 && extension.id <= 14);
      EXPECT_EQ(uris.try_emplace(extension.id, extension.uri).first->second, extension.uri);
    }
    EXPECT_NE(description->find_extension(kMid), nullptr);
  }
  EXPECT_EQ(audio.find_extension(kMid)->id, video.find_extension(kMid)->id);
  EXPECT_NE(audio.find_extension(kAudioLevel), nullptr);
  for (const auto uri : {kOrientation, kRidUri, kRepairedRid})
    EXPECT_NE(video.find_extension(uri), nullptr) << uri;
  for (const Format& format : video.formats) {
    EXPECT_TRUE(format.payload_type < 64 || format.payload_type > 95);
    if (is_rtx(format.name)) {
      EXPECT_NE(video.find_format(format.apt.value()), nullptr);
    }
    if (format.name == "H264") {
      EXPECT_THAT(format.fmtp, HasSubstr("profile-level-id="));
    }
  }
  EXPECT_THAT(video.sources, IsEmpty());
  EXPECT_THAT(video.msids, IsEmpty());
}

// Chromium refuses other ids than those of an offer that it rolled back: glare, interop.tracks.
TEST(MediaOffer, HasTheIdsOfChromiumsOffers) {
  using enum MediaKind;
  const std::string_view content_type =
      "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type";
  const std::string_view offset = "urn:ietf:params:rtp-hdrext:toffset";
  struct Case {
    std::vector<MediaKind> sections;
    std::vector<std::pair<std::string_view, int>> ids;
  };
  // Captured from Chromium 156: tests/data/sdp/chromium156-audio-video-data-offer.sdp and
  // chromium156-simulcast-offer.sdp, whose first section is video.
  const Case cases[] = {
      {{Audio, Video},
       {{kAudioLevel, 1},
        {kTransportCc, 3},
        {kMid, 4},
        {content_type, 6},
        {kRidUri, 10},
        {kRepairedRid, 11},
        {kOrientation, 13},
        {offset, 14}}},
      {{Video},
       {{offset, 1},
        {kOrientation, 3},
        {kTransportCc, 4},
        {content_type, 6},
        {kMid, 9},
        {kRidUri, 10},
        {kRepairedRid, 11}}},
  };
  for (const auto& [sections, expected] : cases) {
    Numbers numbers;
    for (const MediaKind kind : sections) {
      for (const Extension& extension : numbers.offer(local_media(kind)).extensions) {
        const auto known =
            std::ranges::find(expected, extension.uri, &std::pair<std::string_view, int>::first);
        if (known == expected.end()) continue;
        EXPECT_EQ(extension.id, known->second) << extension.uri;
      }
    }
    for (const auto& [uri, id] : expected)
      EXPECT_EQ(numbers.extension_ids.id_of(sections.back(), uri), id) << uri;
  }
}

// The peer's offer came first: its ids stand.
TEST(MediaOffer, KeepsThePeersIdsBesideChromiums) {
  Numbers numbers;
  numbers.adopt(read("m=audio 9 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n"
                     "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap:1 urn:unknown\n")
                    .value());
  const auto offer = numbers.offer(local_media(MediaKind::Audio));
  EXPECT_EQ(offer.find_extension(kMid)->id, 3);
  EXPECT_EQ(offer.find_extension(kAudioLevel)->id, 14);
  EXPECT_EQ(offer.find_extension(kTransportCc)->id, 13);
}

// Media rows O3, O4.
TEST(MediaOffer, ListsThePreferences) {
  Numbers numbers;
  const auto codecs = media_options().codecs;
  LocalMedia local = local_media(MediaKind::Video);
  local.preferences = {codecs[7], codecs[1], {MediaKind::Video, 0, "video/rtx", 90'000, 0, "", {}}};
  EXPECT_EQ(payload_types(numbers.offer(local)), (std::vector{102, 103, 96, 97}));
  local.preferences = {codecs[1]};
  EXPECT_EQ(payload_types(numbers.offer(local)), std::vector{96});
}

// Media row S3; RFC 8830 §2. Firefox and servers pair retransmissions by the FID group.
TEST(MediaOffer, TellsStreamsAndSources) {
  Numbers numbers;
  LocalMedia local = local_media(MediaKind::Video);
  const auto offer = numbers.offer(local);
  EXPECT_THAT(offer.sources, ElementsAre(Source{1001, "cname", Msid{"stream", "track"}},
                                         Source{1002, "cname", Msid{"stream", "track"}}));
  EXPECT_THAT(offer.flow_pairs, ElementsAre(FlowPair{1001, 1002}));
  local.streams = {};
  EXPECT_THAT(numbers.offer(local).msids, ElementsAre(Msid{"-", "track"}));
  local.streams = {"a", "b", "a"};
  EXPECT_THAT(numbers.offer(local).msids, ElementsAre(Msid{"a", "track"}, Msid{"b", "track"}));
  local.track_id = "";
  local.streams = {};
  EXPECT_THAT(written(numbers.offer(local)), HasSubstr("\na=msid:-\n"));
  // Without retransmission there is no source of it.
  local.preferences = {media_options().codecs[1]};
  EXPECT_THAT(numbers.offer(local).sources, SizeIs(1));
  EXPECT_THAT(numbers.offer(local).flow_pairs, IsEmpty());
}

// Media rows Q1, Q4: nothing is paused, whatever is active.
TEST(MediaOffer, OfSimulcastHasRidsAndNoSources) {
  Numbers numbers;
  LocalMedia local = local_media(MediaKind::Video);
  local.encodings = encodings({"foo", "bar", "baz"});
  for (auto& encoding : local.encodings) encoding.parameters.active = false;
  const std::string text = written(numbers.offer(local));
  EXPECT_THAT(text, HasSubstr("a=msid:stream track\na=rid:foo send\na=rid:bar send\n"
                              "a=rid:baz send\na=simulcast:send foo;bar;baz\na=rtcp-mux\n"));
  EXPECT_THAT(text, Not(HasSubstr("a=ssrc")));

  local.direction = sdp::Direction::RecvOnly;
  EXPECT_THAT(numbers.offer(local).rids, IsEmpty());
  // RFC 9429 §5.2.1: one rid is no simulcast.
  local.direction = sdp::Direction::SendOnly;
  local.encodings.resize(1);
  const auto one = numbers.offer(local);
  EXPECT_THAT(one.rids, ElementsAre(Rid{"foo", Rid::Direction::Send, ""}));
  EXPECT_THAT(one.simulcast_send, IsEmpty());
  EXPECT_THAT(one.flow_pairs, SizeIs(1));
  // Without the extension no receiver could tell them apart.
  MediaOptions options = media_options();
  std::vector<RtpHeaderExtension> extensions = options.header_extensions;
  std::erase_if(extensions, [](const auto& e) { return e.uri == kRidUri; });
  options.header_extensions = extensions;
  EXPECT_THAT(Numbers().offer(local, options).rids, IsEmpty());
}

TEST(MediaOffer, HasTransportFeedbackOnlyWithItsNumbers) {
  MediaOptions options = media_options();
  options.header_extensions = {};
  const auto offer = Numbers().offer(local_media(MediaKind::Video), options);
  EXPECT_THAT(offer.formats[0].feedback, ElementsAre("goog-remb", "ccm fir", "nack", "nack pli"));
  EXPECT_THAT(offer.extensions, SizeIs(1));
  options.cryptex = false;
  EXPECT_FALSE(Numbers().offer(local_media(MediaKind::Video), options).cryptex);
}

const std::string kTheirs =
    "m=video 9 UDP/TLS/RTP/SAVPF 120 124 111 126\na=rtpmap:120 VP8/90000\n"
    "a=rtpmap:124 rtx/90000\na=fmtp:124 apt=120\na=rtpmap:111 AV1/90000\n"
    "a=rtpmap:126 H264/90000\na=fmtp:126 profile-level-id=42e01f;packetization-mode=1\n"
    "a=extmap:7 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap:1 urn:unknown\n";

TEST(MediaOffer, TakesThePeersNumbers) {
  Numbers numbers;
  numbers.adopt(read(kTheirs).value());
  const auto video = numbers.offer(local_media(MediaKind::Video));
  EXPECT_EQ(video.formats[0].payload_type, 120);
  EXPECT_EQ(video.formats[1], (Format{124, "rtx", 90'000, 0, "apt=120", {}, 120}));
  EXPECT_EQ(video.formats[2].payload_type, 126);
  EXPECT_EQ(video.find_extension(kMid)->id, 7);
  // 111 is theirs, and so is the extension 1.
  const auto audio = numbers.offer(local_media(MediaKind::Audio));
  EXPECT_NE(audio.formats[0].payload_type, 111);
  for (const Extension& extension : audio.extensions) EXPECT_NE(extension.id, 1);
}

TEST(MediaOffer, KeepsItsOwnNumbers) {
  Numbers numbers;
  const auto first = numbers.offer(local_media(MediaKind::Video));
  const auto theirs = read(kTheirs).value();
  numbers.adopt(theirs);
  // In a new section, as before; in theirs, as they have it.
  EXPECT_EQ(numbers.offer(local_media(MediaKind::Video)).formats, first.formats);
  LocalMedia local = local_media(MediaKind::Video);
  const auto answer = answer_media(media_options(), local, theirs).value();
  local.before = &answer;
  const auto second = numbers.offer(local);
  EXPECT_EQ(second.formats[0].payload_type, 120);
  EXPECT_EQ(second.formats[1].payload_type, 124);
  EXPECT_EQ(second.find_extension(kMid)->id, 7);
  EXPECT_EQ(second.formats[0].feedback.size(), 5u) << "an offer has all of ours";
}

// An offer of ours that met theirs: their number for something else counts.
TEST(MediaOffer, GivesUpANumberThatThePeerUses) {
  Numbers numbers;
  EXPECT_EQ(numbers.offer(local_media(MediaKind::Video)).formats[0].payload_type, 96);
  numbers.adopt(read("m=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus/48000/2\n"
                     "a=extmap:1 urn:unknown\n")
                    .value());
  EXPECT_EQ(numbers.offer(local_media(MediaKind::Audio)).formats[0].payload_type, 96);
  const auto video = numbers.offer(local_media(MediaKind::Video));
  EXPECT_THAT(payload_types(video), Not(Contains(96)));
  EXPECT_EQ(video.formats[0].name, "VP8");
  EXPECT_NE(video.find_extension(kMid)->id, 1);
}

TEST(Numbers, AreAllTakenAtTheEnd) {
  PayloadTypes types;
  std::set<int> seen;
  for (int i = 0; i < 200; ++i) {
    RtpCodec codec = video_codec(80, "X" + std::to_string(i));
    const auto number = types.number_of(codec);
    ASSERT_EQ(number.has_value(), i < 32 + 29) << i;
    if (!number) continue;
    EXPECT_TRUE(seen.insert(*number).second);
    EXPECT_EQ(types.number_of(codec), number);
  }
  EXPECT_THAT(seen, Each(::testing::AnyOf(::testing::Ge(96), ::testing::Le(63))));
  ExtensionIds ids;
  std::set<int> seen_ids;
  for (int i = 1; i <= 20; ++i) {
    const auto kind = i % 2 == 0 ? MediaKind::Audio : MediaKind::Video;
    const auto id = ids.id_of(kind, "urn:" + std::to_string(i));
    ASSERT_EQ(id.has_value(), i <= 14);
    if (!id) continue;
    EXPECT_TRUE(*id >= 1 && *id <= 14 && seen_ids.insert(*id).second) << int{*id};
    EXPECT_EQ(ids.id_of(kind, "urn:" + std::to_string(i)), id);
  }
  EXPECT_EQ(ExtensionIds().id_of(MediaKind::Audio, std::string(256, 'x')), std::nullopt);
  // What has no number is not offered.
  Numbers numbers{types, ids};
  const auto offer = numbers.offer(local_media(MediaKind::Video));
  EXPECT_THAT(offer.formats, IsEmpty());
  EXPECT_THAT(offer.extensions, IsEmpty());
}

// ---- many negotiations

// A peer with tables of its own, which offers new sections by them.
MediaOptions other_options(simulation::SeededRandom& random) {
  MediaOptions options;
  std::vector<std::uint8_t> types;
  for (int i = 96; i < 128; ++i) types.push_back(static_cast<std::uint8_t>(i));
  const auto draw = [&] {
    const std::size_t at = random.below(types.size());
    const std::uint8_t drawn = types[at];
    types.erase(types.begin() + static_cast<std::ptrdiff_t>(at));
    return drawn;
  };
  for (RtpCodec codec : media_options().codecs) {
    if (is_rtx(name_of(codec))) continue;
    codec.payload_type = draw();
    options.codecs.push_back(codec);
    if (codec.kind == MediaKind::Video) options.codecs.push_back(rtx(draw(), codec.payload_type));
  }
  options.codecs.push_back(video_codec(draw(), "AV1"));
  std::vector<RtpHeaderExtension> extensions = media_options().header_extensions;
  extensions.insert(extensions.begin(), {MediaKind::Audio, "urn:theirs"});
  options.header_extensions = extensions;
  return options;
}

struct Side {
  MediaOptions options;
  Numbers numbers;
  std::vector<MediaDescription> sections;  // of the latest local description
};

// All of a description's numbers mean one thing, and in each section what they meant before.
void check(const Side& side, const std::vector<MediaDescription>& now) {
  std::map<int, std::string> codecs, uris;
  for (std::size_t i = 0; i < now.size(); ++i) {
    for (const Format& format : now[i].formats) {
      EXPECT_TRUE(format.payload_type < 64 || format.payload_type > 95);
      const std::string meaning = format.name + " " + format.fmtp;
      EXPECT_EQ(codecs.try_emplace(format.payload_type, meaning).first->second, meaning);
      if (i >= side.sections.size()) continue;
      const Format* before = side.sections[i].find_format(format.payload_type);
      EXPECT_EQ(before ? before->name + " " + before->fmtp : meaning, meaning);
    }
    for (const Extension& extension : now[i].extensions) {
      EXPECT_EQ(uris.try_emplace(extension.id, extension.uri).first->second, extension.uri);
      EXPECT_LE(extension.id, 14);
      if (i >= side.sections.size()) continue;
      const Extension* before = side.sections[i].find_extension(extension.uri);
      EXPECT_EQ(before ? before->id : extension.id, extension.id);
    }
  }
}

// Sections come and change in random order, offered by either side.
TEST(MediaOffer, KeepsNumbersThroughTwentyNegotiations) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    simulation::SeededRandom random(seed);
    Side ours{.options = media_options(), .numbers = {}, .sections = {}};
    Side theirs{.options = other_options(random), .numbers = {}, .sections = {}};
    std::vector<MediaKind> kinds;
    for (int round = 0; round < 20; ++round) {
      Side& offerer = random.below(2) == 0 ? ours : theirs;
      Side& answerer = &offerer == &ours ? theirs : ours;
      if (kinds.size() < 12 && random.below(2) == 0)
        kinds.push_back(random.below(2) == 0 ? MediaKind::Audio : MediaKind::Video);
      std::vector<MediaDescription> offers, answers;
      for (std::size_t i = 0; i < kinds.size(); ++i) {
        LocalMedia local = local_media(kinds[i]);
        if (i < offerer.sections.size()) local.before = &offerer.sections[i];
        if (kinds[i] == MediaKind::Video && random.below(3) == 0)
          local.preferences = {offerer.options.codecs[1]};
        offers.push_back(offerer.numbers.offer(local, offerer.options));
      }
      check(offerer, offers);
      // Some meet an offer of the other side's, and are rolled back.
      const auto fate = random.below(4);
      if (fate == 0) continue;
      for (const MediaDescription& offer : offers) answerer.numbers.adopt(offer, answerer.options);
      if (fate == 1) continue;
      for (std::size_t i = 0; i < kinds.size(); ++i) {
        const auto answer = answer_media(answerer.options, local_media(kinds[i]), offers[i]);
        ASSERT_TRUE(answer);
        answers.push_back(*answer);
      }
      check(answerer, answers);
      offerer.sections = offers;
      answerer.sections = answers;
    }
  }
}

}  // namespace
}  // namespace specter::jsep
