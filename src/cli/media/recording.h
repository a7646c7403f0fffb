// The frames of a track as a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/media/frame_file.h"
#include "cli/media/target_file.h"

#include "specter/rtp.h"

namespace specter::cli::transfer {

class Recording {
 public:
  explicit Recording(std::string path) : target_(std::move(path)) {}

  // Video begins with a key frame; what comes before is left out. A frame of another codec than the
  // first is, too.
  void add(const MediaFrame& frame);
  void finish();

  bool is_broken() const { return target_.is_broken(); }
  const std::string& path() const { return target_.path(); }
  std::uint64_t frames() const { return file_ ? file_->frames() : 0; }
  std::uint64_t left_out() const { return left_out_; }

 private:
  TargetFile target_;
  std::optional<Kind> kind_{};
  std::optional<FrameFile> file_{};  // from the first frame on
  std::uint64_t left_out_ = 0;
};

}  // namespace specter::cli::transfer
