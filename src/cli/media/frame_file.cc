#include "cli/media/frame_file.h"

#include "codec/opus/concealment.h"
#include "codec/opus/toc.h"

namespace specter::cli::transfer {
namespace {

constexpr std::uint32_t kSerial = 1;  // of the one stream that an Ogg file has

}  // namespace

void FrameFile::begin(const codec::Frame& frame) {
  unwrap_.emplace(frame.timestamp);
  first_timestamp_ = (*unwrap_)(frame.timestamp);
  if (kind_ == Kind::Vp8) {
    const codec::PictureSize size = frame.size.value_or(codec::PictureSize{});
    ivf_ = {.width = size.width,
            .height = size.height,
            .denominator = traits(kind_).clock_rate,
            .numerator = 1};
    ivf_.write(bytes_);
  }
  if (kind_ == Kind::Opus) {
    const auto toc = codec::opus::Toc::parse(frame.bytes);
    const container::OpusHead head{.channels =
                                       static_cast<std::uint8_t>(toc && !toc->is_stereo ? 1 : 2)};
    ogg_.emplace(kSerial, head, container::OpusTags{"specter", {}}, bytes_);
  }
}

bool FrameFile::add(const codec::Frame& frame) {
  if (!unwrap_) begin(frame);
  bool is_taken = true;
  if (kind_ == Kind::H264) {
    bytes_.insert(bytes_.end(), frame.bytes.begin(), frame.bytes.end());
  } else if (kind_ == Kind::Vp8) {
    const std::int64_t since = (*unwrap_)(frame.timestamp) - first_timestamp_;
    is_taken = since >= 0 &&
               container::write_ivf_frame(bytes_, {static_cast<std::uint64_t>(since), frame.bytes});
  } else {
    is_taken = add_opus(frame);
  }
  if (is_taken) ++frames_;
  return is_taken;
}

// An Ogg file has no other time than the sum of its packets' durations, so a gap in the stream is
// filled. What is left of one, less than 2.5 ms, is told with the next.
bool FrameFile::add_opus(const codec::Frame& frame) {
  const std::int64_t begins = (*unwrap_)(frame.timestamp);
  const bool is_new = !opus_end_ || begins < *opus_end_ || begins > *opus_end_ + kMaxGap;
  if (is_new) opus_end_ = begins;
  while (const auto missing = codec::opus::conceal(opus_toc_, begins - *opus_end_)) {
    ogg_->write(missing->bytes(), missing->duration, bytes_);
    *opus_end_ += missing->duration;
  }
  if (!ogg_->write(frame.bytes, frame.duration, bytes_)) return false;
  *opus_end_ += frame.duration;
  opus_toc_ = frame.bytes.front();
  return true;
}

void FrameFile::finish() {
  if (ogg_) ogg_->finish(0, bytes_);
}

Buffer FrameFile::final_beginning() const {
  Buffer out;
  if (kind_ != Kind::Vp8 || frames_ == 0) return out;
  container::IvfHeader header = ivf_;
  header.frames = static_cast<std::uint32_t>(frames_);
  header.write(out);
  return out;
}

}  // namespace specter::cli::transfer
