#include "container/opus_head.h"

#include <algorithm>

#include "container/little_endian.h"

namespace specter::container {
namespace {

constexpr std::string_view kHead = "OpusHead";
constexpr std::string_view kTags = "OpusTags";

bool is_possible(const OpusHead& head) {
  if (head.channels == 0 || head.version >> 4 != 0) return false;
  if (head.mapping_family == 0) return head.channels <= 2;
  const int decoded = head.streams + head.coupled_streams;
  return head.streams > 0 && head.coupled_streams <= head.streams && decoded <= 255 &&
         std::ranges::all_of(head.mapping, [&](std::uint8_t index) {
           return index == 255 || index < decoded;  // 255: silence
         });
}

void write_text(Buffer& out, std::string_view text) {
  write_little(out, static_cast<std::uint32_t>(text.size()));
  ByteWriter(out).text(text);
}

std::string read_text(ByteReader& in) { return in.text(read_little<std::uint32_t>(in)); }

}  // namespace

std::expected<OpusHead, ParseError> OpusHead::parse(Bytes packet) {
  ByteReader in(packet);
  if (in.text(kHead.size()) != kHead) return std::unexpected(ParseError::WrongType);
  OpusHead head;
  head.version = in.u8();
  head.channels = in.u8();
  head.pre_skip = read_little<std::uint16_t>(in);
  head.input_sample_rate = read_little<std::uint32_t>(in);
  head.output_gain = static_cast<std::int16_t>(read_little<std::uint16_t>(in));
  head.mapping_family = in.u8();
  if (head.mapping_family != 0) {
    head.streams = in.u8();
    head.coupled_streams = in.u8();
    const Bytes mapping = in.bytes(head.channels);
    head.mapping.assign(mapping.begin(), mapping.end());
  }
  if (!in.ok()) return std::unexpected(ParseError::Truncated);
  if (!is_possible(head)) return std::unexpected(ParseError::BadValue);
  return head;
}

void OpusHead::write(Buffer& out) const {
  ByteWriter w(out);
  w.text(kHead);
  w.u8(version);
  w.u8(channels);
  write_little(out, pre_skip);
  write_little(out, input_sample_rate);
  write_little(out, static_cast<std::uint16_t>(output_gain));
  w.u8(mapping_family);
  if (mapping_family == 0) return;
  w.u8(streams);
  w.u8(coupled_streams);
  w.bytes(mapping);
}

std::expected<OpusTags, ParseError> OpusTags::parse(Bytes packet) {
  ByteReader in(packet);
  if (in.text(kTags.size()) != kTags) return std::unexpected(ParseError::WrongType);
  OpusTags tags;
  tags.vendor = read_text(in);
  const auto count = read_little<std::uint32_t>(in);
  if (count > kMaxComments) return std::unexpected(ParseError::TooMany);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) tags.comments.push_back(read_text(in));
  if (!in.ok()) return std::unexpected(ParseError::Truncated);
  return tags;
}

void OpusTags::write(Buffer& out) const {
  ByteWriter(out).text(kTags);
  write_text(out, vendor);
  write_little(out, static_cast<std::uint32_t>(comments.size()));
  for (const std::string& comment : comments) write_text(out, comment);
}

}  // namespace specter::container
