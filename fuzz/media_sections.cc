// Sections of audio and video: what is read is written and read the same; what is answered was
// offered; what is offered after it keeps its numbers, and what both sides come to is theirs.
#include "jsep/testing/media_sections.h"

#include <algorithm>
#include <bitset>

#include "jsep/codec_match.h"
#include "jsep/encodings.h"
#include "jsep/media_negotiation.h"
#include "sdp/session.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::jsep;

constexpr std::size_t kMaxSections = 8;  // of one input

// The same through text.
void check_text(const MediaDescription& description) {
  const auto again = read(written(description));
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == description);
}

// What holds of each section of ours.
void check_ours(const MediaDescription& ours) {
  std::bitset<128> types;
  for (const Format& format : ours.formats) {
    SPECTER_CHECK(format.payload_type < 64 || format.payload_type > 95);
    SPECTER_CHECK(!types[format.payload_type]);
    types.set(format.payload_type);
    if (is_rtx(format.name)) SPECTER_CHECK(ours.find_format(format.apt.value()) != nullptr);
  }
  std::bitset<256> ids;
  for (const Extension& extension : ours.extensions) {
    SPECTER_CHECK(extension.id != 0 && !ids[extension.id]);
    ids.set(extension.id);
  }
  for (const SimulcastStream& stream : ours.simulcast_send) {
    for (const SimulcastVersion& version : stream.alternatives)
      SPECTER_CHECK(!version.is_paused && ours.find_rid(version.rid, Rid::Direction::Send));
  }
  SPECTER_CHECK(sends(ours.direction) || (ours.msids.empty() && ours.sources.empty()));
}

// RFC 3264 §6.1: nothing that was not offered.
void check_answer(const MediaDescription& answer, const MediaDescription& offer) {
  check_ours(answer);
  SPECTER_CHECK(!sends(answer.direction) || receives(offer.direction));
  SPECTER_CHECK(!receives(answer.direction) || sends(offer.direction));
  for (const Format& format : answer.formats) {
    const Format* const offered = offer.find_format(format.payload_type);
    SPECTER_CHECK(offered != nullptr);
    SPECTER_CHECK(is_rtx(format.name) || is_same_codec(*offered, format));
    for (const std::string& feedback : format.feedback)
      SPECTER_CHECK(std::ranges::find(offered->feedback, feedback) != offered->feedback.end());
  }
  for (const Extension& extension : answer.extensions) {
    const auto is_this = [&](const Extension& offered) {
      return offered.id == extension.id && offered.uri == extension.uri;
    };
    SPECTER_CHECK(std::ranges::any_of(offer.extensions, is_this));
  }
  for (const Rid& rid : answer.rids) {
    const bool is_send = rid.direction == Rid::Direction::Send;
    SPECTER_CHECK(offer.find_rid(rid.id, is_send ? Rid::Direction::Receive : Rid::Direction::Send));
  }
}

void check_next_offer(const MediaDescription& offer, const MediaDescription& before) {
  check_ours(offer);
  for (const Format& format : offer.formats) {
    const Format* const known = before.find_format(format.payload_type);
    SPECTER_CHECK(!known || is_rtx(format.name) || is_same_codec(*known, format));
  }
  for (const Extension& extension : offer.extensions) {
    const Extension* const known = before.find_extension(extension.uri);
    SPECTER_CHECK(known ? known->id == extension.id : extension.id <= 14);
  }
}

void negotiate(const MediaOptions& options, const MediaDescription& offer, PayloadTypes& types,
               ExtensionIds& ids) {
  LocalMedia local = local_media(offer.kind);
  local.encodings = encodings_of_offer(offer.kind, local.encodings, offer);
  SPECTER_CHECK(!local.encodings.empty() && local.encodings.size() <= kMaxEncodings);
  const auto answer = answer_media(options, local, offer);
  types.adopt(offer, options.codecs);
  ids.adopt(offer);
  if (!answer) return;
  check_answer(*answer, offer);
  check_text(*answer);

  const AgreedMedia agreed{"0", *answer, offer, Side::Local};
  const auto send = make_send_parameters(options, agreed, std::nullopt, local.encodings, "c");
  for (const rtp::NegotiatedCodec& codec : send.codecs) {
    SPECTER_CHECK(offer.find_format(codec.codec.payload_type) != nullptr);
    SPECTER_CHECK(answer->find_format(codec.codec.payload_type) != nullptr);
    SPECTER_CHECK(!codec.rtx_payload_type || answer->find_format(*codec.rtx_payload_type));
  }
  const auto receive = make_receive_parameters(agreed);
  SPECTER_CHECK(!receive.codecs.empty());
  SPECTER_CHECK(receive.sources.size() <= 2 * MediaDescription::kMaxSources);

  local.before = &*answer;
  const auto next = offer_media(options, local, types, ids);
  check_next_offer(next, *answer);
  check_text(next);
}

}  // namespace

void run(Bytes input) {
  const auto session = sdp::parse(as_text(input));
  if (!session) return;
  static const MediaOptions options = media_options();
  PayloadTypes types;
  ExtensionIds ids;
  std::size_t sections = 0;
  for (const sdp::Media& media : session->media) {
    if (media.kind != "audio" && media.kind != "video") continue;
    if (++sections > kMaxSections) return;
    const auto offer = read_media(*session, media);
    if (!offer) {
      SPECTER_CHECK(offer.error().code == ErrorCode::SyntaxError ||
                    offer.error().code == ErrorCode::InvalidAccess);
      SPECTER_CHECK(offer.error().sdp_line.has_value() && !offer.error().message.empty());
      continue;
    }
    check_text(*offer);
    negotiate(options, *offer, types, ids);
  }
}

}  // namespace specter::fuzz
