#include "codec/vp8/descriptor.h"

namespace specter::codec::vp8 {
namespace {

constexpr std::uint8_t kExtended = 0x80;
constexpr std::uint8_t kNonReference = 0x20;
constexpr std::uint8_t kStart = 0x10;

constexpr std::uint8_t kHasPictureId = 0x80;
constexpr std::uint8_t kHasTl0PictureIndex = 0x40;
constexpr std::uint8_t kHasTemporalId = 0x20;
constexpr std::uint8_t kHasKeyIndex = 0x10;

constexpr std::uint8_t kIsLong = 0x80;
constexpr std::uint8_t kLayerSync = 0x20;

PictureId read_picture_id(ByteReader& in) {
  const std::uint8_t first = in.u8();
  if ((first & kIsLong) == 0) return {first, PictureIdBits::Seven};
  return {static_cast<std::uint16_t>((first & 0x7f) << 8 | in.u8()), PictureIdBits::Fifteen};
}

}  // namespace

std::expected<Descriptor, ParseError> Descriptor::parse(ByteReader& in) {
  Descriptor d;
  const std::uint8_t first = in.u8();
  d.is_non_reference = (first & kNonReference) != 0;
  d.starts_partition = (first & kStart) != 0;
  d.partition = first & 0x07;
  const std::uint8_t has = (first & kExtended) != 0 ? in.u8() : 0;
  if ((has & kHasPictureId) != 0) d.picture_id = read_picture_id(in);
  if ((has & kHasTl0PictureIndex) != 0) d.tl0_picture_index = in.u8();
  if ((has & (kHasTemporalId | kHasKeyIndex)) != 0) {
    const std::uint8_t last = in.u8();
    if ((has & kHasTemporalId) != 0) {
      d.temporal_id = static_cast<std::uint8_t>(last >> 6);
      d.is_layer_sync = (last & kLayerSync) != 0;
    }
    if ((has & kHasKeyIndex) != 0) d.key_index = last & 0x1f;
  }
  if (!in.ok()) return std::unexpected(ParseError::Truncated);
  return d;
}

void Descriptor::write(InlineBytes<24>& out) const {
  const auto flag = [](bool is_set, std::uint8_t bit) { return is_set ? bit : std::uint8_t{0}; };
  const auto byte = [&out](int value) { out.push_back(static_cast<std::uint8_t>(value)); };
  const int has = flag(picture_id.has_value(), kHasPictureId) |
                  flag(tl0_picture_index.has_value(), kHasTl0PictureIndex) |
                  flag(temporal_id.has_value(), kHasTemporalId) |
                  flag(key_index.has_value(), kHasKeyIndex);
  byte(flag(has != 0, kExtended) | flag(is_non_reference, kNonReference) |
       flag(starts_partition, kStart) | (partition & 0x07));
  if (has == 0) return;
  byte(has);
  if (picture_id && picture_id->bits == PictureIdBits::Seven) byte(picture_id->value & 0x7f);
  if (picture_id && picture_id->bits == PictureIdBits::Fifteen) {
    byte(kIsLong | (picture_id->value >> 8 & 0x7f));
    byte(picture_id->value & 0xff);
  }
  if (tl0_picture_index) byte(*tl0_picture_index);
  if (temporal_id || key_index)
    byte((temporal_id.value_or(0) & 3) << 6 | flag(temporal_id && is_layer_sync, kLayerSync) |
         (key_index.value_or(0) & 0x1f));
}

}  // namespace specter::codec::vp8
