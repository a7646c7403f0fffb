#include "container/ivf.h"

#include <algorithm>

#include "container/little_endian.h"

namespace specter::container {
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 12;
constexpr std::string_view kMagic = "DKIF";

}  // namespace

void IvfHeader::write(Buffer& out) const {
  ByteWriter(out).text(kMagic);
  write_little<std::uint16_t>(out, 0);
  write_little<std::uint16_t>(out, kHeaderBytes);
  ByteWriter(out).text({fourcc.data(), fourcc.size()});
  write_little(out, width);
  write_little(out, height);
  write_little(out, denominator);
  write_little(out, numerator);
  write_little(out, frames);
  write_little<std::uint32_t>(out, 0);
}

bool write_ivf_frame(Buffer& out, const IvfFrame& frame) {
  if (frame.bytes.size() > IvfReader::kMaxFrameBytes) return false;
  write_little(out, static_cast<std::uint32_t>(frame.bytes.size()));
  write_little(out, frame.timestamp);
  ByteWriter(out).bytes(frame.bytes);
  return true;
}

void IvfReader::append(Bytes more) {
  if (!error_) input_.append(more);
}

std::expected<bool, ParseError> IvfReader::read_header() {
  ByteReader in(input_.rest());
  if (in.remaining() < kHeaderBytes) return false;
  if (in.text(kMagic.size()) != kMagic) return std::unexpected(ParseError::WrongType);
  const auto version = read_little<std::uint16_t>(in);
  const auto size = read_little<std::uint16_t>(in);
  IvfHeader header;
  std::ranges::copy(in.text(header.fourcc.size()), header.fourcc.begin());
  header.width = read_little<std::uint16_t>(in);
  header.height = read_little<std::uint16_t>(in);
  header.denominator = read_little<std::uint32_t>(in);
  header.numerator = read_little<std::uint32_t>(in);
  header.frames = read_little<std::uint32_t>(in);
  if (version != 0 || header.denominator == 0 || header.numerator == 0)
    return std::unexpected(ParseError::BadValue);
  if (size < kHeaderBytes) return std::unexpected(ParseError::BadLength);
  input_.take(kHeaderBytes);
  skip_ = size - kHeaderBytes;
  header_ = header;
  return true;
}

std::expected<std::optional<IvfFrame>, ParseError> IvfReader::poll() {
  if (error_) return std::unexpected(*error_);
  const auto fail = [this](ParseError error) {
    error_ = error;
    input_.drop();
    return std::unexpected(error);
  };
  if (!header_) {
    const auto has_header = read_header();
    if (!has_header) return fail(has_header.error());
    if (!*has_header) return std::nullopt;
  }
  if (skip_ > 0) {
    const std::size_t skipped = std::min(skip_, input_.rest().size());
    input_.take(skipped);
    skip_ -= skipped;
  }
  ByteReader in(input_.rest());
  if (in.remaining() < kFrameHeaderBytes || skip_ > 0) return std::nullopt;
  const std::size_t size = read_little<std::uint32_t>(in);
  IvfFrame frame;
  frame.timestamp = read_little<std::uint64_t>(in);
  if (size > kMaxFrameBytes) return fail(ParseError::TooMany);
  if (size > in.remaining()) return std::nullopt;
  frame.bytes = in.bytes(size);
  input_.take(kFrameHeaderBytes + size);
  return frame;
}

bool IvfReader::is_truncated() const {
  return !error_ && (!header_ || skip_ > 0 || !input_.rest().empty());
}

}  // namespace specter::container
