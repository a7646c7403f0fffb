#include "cli/media/recording.h"

#include "codec/opus/toc.h"

namespace specter::cli::transfer {
namespace {

codec::Frame to_frame(const MediaFrame& frame, Kind kind) {
  codec::Frame out{.bytes = frame.bytes,
                   .timestamp = frame.rtp_timestamp,
                   .is_key_frame = frame.is_key_frame,
                   .follows_loss = frame.follows_loss,
                   .size = {},
                   .picture_id = {},
                   .tl0_picture_index = {},
                   .temporal_id = frame.temporal_id};
  if (frame.width && frame.height) out.size = codec::PictureSize{*frame.width, *frame.height};
  if (kind != Kind::Opus) return out;
  if (const auto toc = codec::opus::Toc::parse(frame.bytes)) out.duration = toc->duration();
  return out;
}

}  // namespace

void Recording::add(const MediaFrame& frame) {
  const auto kind = kind_of(frame.codec);
  const bool can_begin = kind && (kind == Kind::Opus || frame.is_key_frame);
  if (!file_ && can_begin) {
    kind_ = kind;
    file_.emplace(*kind);
  }
  if (!file_ || kind != kind_ || !file_->add(to_frame(frame, *kind))) {
    ++left_out_;
    return;
  }
  target_.append(file_->bytes());
}

void Recording::finish() {
  if (!file_) return;
  file_->finish();
  target_.append(file_->bytes());
  target_.finish(file_->final_beginning());
}

}  // namespace specter::cli::transfer
