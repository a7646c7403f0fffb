// Frames as the bytes of a file: Annex B, IVF or Ogg/Opus.
#pragma once

#include <cstdint>
#include <optional>

#include "base/sequence.h"
#include "cli/media/kind.h"
#include "codec/frame.h"
#include "container/ivf.h"
#include "container/ogg_opus.h"

#include "specter/bytes.h"

namespace specter::cli::transfer {

class FrameFile {
 public:
  explicit FrameFile(Kind kind) : kind_(kind) {}

  // False: the container does not take it.
  bool add(const codec::Frame& frame);
  // Nothing follows.
  void finish();

  // What is to be appended to the file; who has done so clears it.
  Buffer& bytes() { return bytes_; }
  // What is to stand at the beginning of the file once all frames are known. Empty: it may stay.
  Buffer final_beginning() const;

  std::uint64_t frames() const { return frames_; }

 private:
  void begin(const codec::Frame& frame);

  const Kind kind_;
  Buffer bytes_;
  std::uint64_t frames_ = 0;
  std::optional<Unwrapper<std::uint32_t>> unwrap_;
  std::int64_t first_timestamp_ = 0;
  container::IvfHeader ivf_;
  std::optional<container::OggOpusWriter> ogg_;
};

}  // namespace specter::cli::transfer
