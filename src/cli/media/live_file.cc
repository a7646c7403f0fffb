#include "cli/media/live_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "codec/h264/nal.h"
#include "codec/vp8/frame_header.h"

namespace specter::cli::transfer {
namespace {

Duration to_duration(std::int64_t ticks, Kind kind) {
  const std::int64_t rate = traits(kind).clock_rate;
  return std::chrono::seconds(ticks / rate) +
         std::chrono::nanoseconds(ticks % rate * 1'000'000'000 / rate);
}

}  // namespace

bool is_key_frame(Kind kind, Bytes sample) {
  if (kind == Kind::Opus) return true;
  if (kind == Kind::Vp8) {
    const auto header = codec::vp8::FrameHeader::parse(sample);
    return header && header->is_key_frame();
  }
  using codec::h264::NalType;
  std::vector<Bytes> nals;
  codec::h264::split_annex_b(sample, nals);
  return std::ranges::any_of(nals, [](Bytes nal) {
    const NalType type = codec::h264::type_of(nal);
    return type == NalType::IdrSlice ||
           (type == NalType::Sei && codec::h264::has_recovery_point(nal));
  });
}

std::expected<LiveFile, std::string> LiveFile::open(const std::string& path, Repeat repeat,
                                                    double frames_per_second) {
  auto file = SampleFile::open(path, std::nullopt, frames_per_second);
  if (!file) return std::unexpected(file.error());
  LiveFile out(std::move(*file), repeat);
  if (auto read = out.read(); !read) return std::unexpected(read.error());
  return out;
}

std::expected<void, std::string> LiveFile::begin_anew() {
  if (file_.rewind()) return {};
  return std::unexpected("the file can't be read from its beginning once more");
}

std::expected<void, std::string> LiveFile::read() {
  auto sample = file_.next();
  if (sample && !*sample && repeat_ == Repeat::Forever) {
    if (auto begun = begin_anew(); !begun) return begun;
    sample = file_.next();
  }
  if (!sample) return std::unexpected(sample.error());
  if (!*sample) {
    next_.reset();
    return {};
  }
  if (!next_) next_ = Next{};
  next_->bytes.assign((*sample)->bytes.begin(), (*sample)->bytes.end());
  next_->ticks = (*sample)->ticks;
  return {};
}

Timestamp LiveFile::due(std::int64_t ticks) const {
  return *begun_ + to_duration(ticks - skipped_, kind());
}

Deadline LiveFile::next_timeout() const {
  if (!next_ || !begun_) return std::nullopt;
  return due(next_->ticks);
}

std::expected<std::optional<LiveFile::DueSample>, std::string> LiveFile::poll(Timestamp now) {
  if (!next_) return std::nullopt;
  if (!begun_) begun_ = now - to_duration(next_->ticks - skipped_, kind());
  const std::int64_t ticks = next_->ticks;
  if (now < due(ticks)) return std::nullopt;
  if (now - due(ticks) > kMaxLate) *begun_ += now - due(ticks);
  const Timestamp at = due(ticks);
  std::swap(given_, next_->bytes);
  if (auto more = read(); !more) return std::unexpected(more.error());
  const std::int64_t end = next_ ? next_->ticks : file_.end_ticks();
  ++samples_;
  return DueSample{.bytes = given_, .duration = to_duration(end - ticks, kind()), .due = at};
}

std::expected<void, std::string> LiveFile::jump_to_key_frame() {
  if (!next_) return {};
  const std::int64_t from = next_->ticks;
  for (int i = 0; i < kMaxSkipped && next_ && !is_key_frame(kind(), next_->bytes); ++i)
    if (auto more = read(); !more) return more;
  if (!next_ || !is_key_frame(kind(), next_->bytes)) {
    if (auto begun = begin_anew(); !begun) return begun;
    if (auto more = read(); !more) return more;
  }
  // What was left out takes no time: the key frame comes when the sample in its place was due.
  if (next_) skipped_ += next_->ticks - from;
  return {};
}

}  // namespace specter::cli::transfer
