#include "rtp/header_extension.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint16_t kTwoByteMask = 0xfff0;
constexpr std::uint8_t kReservedId = 15;  // of the one-byte form

bool fits_one_byte(const ExtensionElement& element) {
  return element.id <= kMaxOneByteId && !element.value.empty() &&
         element.value.size() <= kMaxOneByteValue;
}

ExtensionReader reader_of(const Buffer& elements) {
  return ExtensionReader(ExtensionBlock{kTwoByteProfile, elements});
}

}  // namespace

std::optional<ExtensionForm> form_of(std::uint16_t profile) {
  if (profile == kOneByteProfile) return ExtensionForm::OneByte;
  if ((profile & kTwoByteMask) == kTwoByteProfile) return ExtensionForm::TwoByte;
  return std::nullopt;
}

ExtensionReader::ExtensionReader(const ExtensionBlock& block)
    : rest_(block.body), form_(form_of(block.profile)), is_cut_(!form_) {
  if (is_cut_) rest_ = {};
}

std::optional<ExtensionElement> ExtensionReader::next() {
  if (!advance()) return std::nullopt;
  return ExtensionElement{id_, value_};
}

// Each element of each packet comes by here: no ByteReader.
bool ExtensionReader::advance() {
  std::size_t at = 0;
  while (at < rest_.size() && rest_[at] == 0) ++at;  // padding
  if (at == rest_.size()) return false;
  std::size_t size;
  if (form_ == ExtensionForm::OneByte) {
    id_ = rest_[at] >> 4;
    size = (rest_[at] & 0x0f) + std::size_t{1};
    ++at;
    // RFC 8285 §4.2: both end the reading, and their lengths mean nothing.
    if (id_ == 0 || id_ == kReservedId) return cut();
  } else {
    if (rest_.size() - at < 2) return cut();
    id_ = rest_[at];
    size = rest_[at + 1];
    at += 2;
  }
  if (size > rest_.size() - at) return cut();
  value_ = rest_.subspan(at, size);
  rest_ = rest_.subspan(at + size);
  return true;
}

bool ExtensionReader::cut() {
  is_cut_ = true;
  rest_ = {};
  return false;
}

std::optional<Bytes> find(const ExtensionBlock& block, std::uint8_t id) {
  ExtensionReader reader(block);
  while (reader.advance())
    if (reader.id_ == id) return reader.value_;
  return std::nullopt;
}

void Extensions::add(std::uint8_t id, Bytes value) {
  const std::size_t at = open(id);
  ByteWriter(elements_).bytes(value);
  close(at);
}

std::size_t Extensions::open(std::uint8_t id) {
  SPECTER_CHECK(id != 0);
  elements_.push_back(id);
  elements_.push_back(0);
  return elements_.size();
}

void Extensions::close(std::size_t at) {
  const std::size_t size = elements_.size() - at;
  SPECTER_CHECK(size <= kMaxTwoByteValue);
  elements_[at - 1] = static_cast<std::uint8_t>(size);
}

ExtensionForm Extensions::form() const {
  if (is_two_byte_) return ExtensionForm::TwoByte;
  ExtensionReader reader = reader_of(elements_);
  while (const auto element = reader.next())
    if (!fits_one_byte(*element)) return ExtensionForm::TwoByte;
  return ExtensionForm::OneByte;
}

std::size_t Extensions::keep_one_byte() {
  std::size_t dropped = 0;
  for (std::size_t at = 0; at < elements_.size();) {
    const std::size_t size = elements_[at + 1];
    const ExtensionElement element{elements_[at], Bytes(elements_).subspan(at + 2, size)};
    if (fits_one_byte(element)) {
      at += 2 + size;
      continue;
    }
    const auto begin = elements_.begin() + static_cast<std::ptrdiff_t>(at);
    elements_.erase(begin, begin + static_cast<std::ptrdiff_t>(2 + size));
    ++dropped;
  }
  return dropped;
}

std::size_t Extensions::size() const {
  if (empty()) return 0;
  std::size_t body = elements_.size();
  if (form() == ExtensionForm::OneByte) {
    ExtensionReader reader = reader_of(elements_);
    while (reader.next()) --body;
  }
  return ExtensionBlock::kHeaderSize + (body + 3) / 4 * 4;
}

void Extensions::write(ByteWriter& out) const {
  if (empty()) return;
  const std::size_t start = out.size();
  const ExtensionForm form = this->form();
  out.u16(form == ExtensionForm::OneByte ? kOneByteProfile : kTwoByteProfile);
  out.u16(0);
  if (form == ExtensionForm::TwoByte) {
    out.bytes(elements_);
  } else {
    ExtensionReader reader = reader_of(elements_);
    while (const auto element = reader.next()) {
      out.u8(static_cast<std::uint8_t>(element->id << 4 | (element->value.size() - 1)));
      out.bytes(element->value);
    }
  }
  out.pad(4, start);
  const std::size_t body = out.size() - start - ExtensionBlock::kHeaderSize;
  SPECTER_CHECK(body <= ExtensionBlock::kMaxBodySize);
  out.set_u16(start + 2, static_cast<std::uint16_t>(body / 4));
}

}  // namespace specter::rtp
