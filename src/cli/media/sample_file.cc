#include "cli/media/sample_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "codec/opus/toc.h"

namespace specter::cli::transfer {
namespace {

constexpr std::int64_t kVideoClock = 90'000;  // Hz
constexpr std::size_t kMagicBytes = 16;
constexpr std::string_view kWhatThereIs =
    "H.264 in Annex B, VP8 in IVF and Opus in Ogg can be sent";

Buffer read_beginning(std::ifstream& file) {
  Buffer out(kMagicBytes);
  file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(file.gcount()));
  return out;
}

}  // namespace

IvfTimes::IvfTimes(const container::IvfHeader& header, std::int64_t first_ticks)
    : numerator_(header.numerator), denominator_(header.denominator), base_ticks_(first_ticks) {
  // Of the first frame nobody knows a distance: one unit, if it can be one.
  distance_ = std::clamp<std::int64_t>(to_ticks(1), kVideoClock / 1000, kVideoClock);
}

std::int64_t IvfTimes::to_ticks(std::uint64_t units) const {
  const long double ticks =
      static_cast<long double>(units) * numerator_ * kVideoClock / denominator_;
  constexpr long double kMost = 1LL << 60;
  return std::llround(std::min(ticks, kMost));
}

std::int64_t IvfTimes::next(std::uint64_t timestamp) {
  constexpr std::int64_t kMaxGapTicks =
      std::chrono::duration_cast<std::chrono::seconds>(kMaxGap).count() * kVideoClock;
  if (!base_) {
    base_ = timestamp;
    return last_ticks_ = base_ticks_;
  }
  const std::int64_t ticks = timestamp < *base_ ? -1 : base_ticks_ + to_ticks(timestamp - *base_);
  if (ticks > last_ticks_ && ticks - last_ticks_ <= kMaxGapTicks) {
    distance_ = ticks - last_ticks_;
    return last_ticks_ = ticks;
  }
  base_ = timestamp;
  last_ticks_ += distance_;
  return base_ticks_ = last_ticks_;
}

std::expected<SampleFile, std::string> SampleFile::open(const std::string& path,
                                                        std::optional<Kind> kind,
                                                        double frames_per_second) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return std::unexpected(fmt::format("{} is a folder; name a file", path));
  // A device may have no end, and a pipe can't be read again.
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
    return std::unexpected(fmt::format("{} is no ordinary file; name one", path));
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  const Buffer beginning = read_beginning(file);
  if (beginning.empty()) return std::unexpected(fmt::format("{} is empty", path));
  if (!kind) kind = kind_of_file(beginning, path);
  if (!kind)
    return std::unexpected(
        fmt::format("{} is of an unknown kind: {}. If it is one of these, name its "
                    "codec with --codec",
                    path, kWhatThereIs));
  SampleFile out(path, *kind, frames_per_second);
  if (!out.rewind()) return std::unexpected(fmt::format("can't read {} from its beginning", path));
  return out;
}

SampleFile::SampleFile(std::string path, Kind kind, double frames_per_second)
    : path_(std::move(path)),
      kind_(kind),
      frames_per_second_(frames_per_second),
      chunk_(kChunkBytes) {}

bool SampleFile::rewind() {
  file_ = std::make_unique<std::ifstream>(path_, std::ios::binary);
  begin();
  return file_->is_open();
}

void SampleFile::begin() {
  if (kind_ == Kind::H264) reader_.emplace<container::AccessUnitReader>();
  if (kind_ == Kind::Vp8) reader_.emplace<container::IvfReader>();
  if (kind_ == Kind::Opus) reader_.emplace<container::OggOpusReader>();
  ivf_times_.reset();
  begin_ticks_ = next_ticks_;
  samples_of_reading_ = 0;
  is_over_ = false;
}

bool SampleFile::read_chunk() {
  file_->read(reinterpret_cast<char*>(chunk_.data()), static_cast<std::streamsize>(chunk_.size()));
  const auto size = static_cast<std::size_t>(file_->gcount());
  std::visit([&](auto& reader) { reader.append(Bytes(chunk_).first(size)); }, reader_);
  return size > 0;
}

std::expected<std::optional<TimedSample>, std::string> SampleFile::next() {
  while (true) {
    auto sample = poll();
    if (!sample) return std::unexpected(sentence(sample.error()));
    if (*sample) {
      if ((*sample)->bytes.empty()) continue;
      ++samples_;
      ++samples_of_reading_;
      return *sample;
    }
    if (is_over_) break;
    if (read_chunk()) continue;
    is_over_ = true;
    if (auto* annex_b = std::get_if<container::AccessUnitReader>(&reader_)) annex_b->finish();
  }
  if (const auto* ivf = std::get_if<container::IvfReader>(&reader_))
    is_cut_ = is_cut_ || ivf->is_truncated();
  if (samples_of_reading_ == 0)
    return std::unexpected(fmt::format("{} has nothing to send: no {} of {} is in it", path_,
                                       kind_ == Kind::Opus ? "packet" : "picture",
                                       traits(kind_).file_format));
  return std::nullopt;
}

std::expected<std::optional<TimedSample>, ParseError> SampleFile::poll() {
  return std::visit([this](auto& reader) { return poll(reader); }, reader_);
}

std::expected<std::optional<TimedSample>, ParseError> SampleFile::poll(
    container::AccessUnitReader& reader) {
  const auto unit = reader.poll();
  if (!unit) return std::unexpected(unit.error());
  if (!*unit) return std::nullopt;
  access_unit_.clear();
  for (const Bytes nal : (*unit)->nals) container::write_nal(access_unit_, nal);
  const auto ticks_after = [&](std::uint64_t pictures) {
    return begin_ticks_ +
           std::llround(static_cast<double>(pictures) * kVideoClock / frames_per_second_);
  };
  next_ticks_ = ticks_after(samples_of_reading_ + 1);
  return TimedSample{access_unit_, ticks_after(samples_of_reading_)};
}

std::expected<std::optional<TimedSample>, ParseError> SampleFile::poll(
    container::IvfReader& reader) {
  const auto frame = reader.poll();
  if (!frame) return std::unexpected(frame.error());
  if (!*frame) return std::nullopt;
  if (!ivf_times_) ivf_times_.emplace(*reader.header(), begin_ticks_);
  const std::int64_t ticks = ivf_times_->next((*frame)->timestamp);
  next_ticks_ = ticks + ivf_times_->distance();
  return TimedSample{(*frame)->bytes, ticks};
}

std::expected<std::optional<TimedSample>, ParseError> SampleFile::poll(
    container::OggOpusReader& reader) {
  const auto packet = reader.poll();
  if (!packet) return std::unexpected(packet.error());
  if (!*packet) return std::nullopt;
  const auto toc = codec::opus::Toc::parse((*packet)->bytes);
  if (!toc) {
    ++unreadable_;
    return TimedSample{};
  }
  const std::int64_t ticks = next_ticks_;
  next_ticks_ += toc->duration();
  return TimedSample{(*packet)->bytes, ticks};
}

std::string SampleFile::sentence(ParseError error) const {
  const std::string_view format = traits(kind_).file_format;
  if (samples_of_reading_ == 0)
    return fmt::format("{} is no {} file ({}); {}", path_, format, to_string(error), kWhatThereIs);
  return fmt::format("{} is damaged behind sample {} ({})", path_, samples_of_reading_,
                     to_string(error));
}

}  // namespace specter::cli::transfer
