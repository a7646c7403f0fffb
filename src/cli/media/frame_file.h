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
  // A longer pause of Opus is a jump of the sender's timestamps, and is not filled: in units of
  // 1/48000 s, ten minutes.
  static constexpr std::int64_t kMaxGap = std::int64_t{600} * 48'000;

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
  bool add_opus(const codec::Frame& frame);

  const Kind kind_;
  Buffer bytes_;
  std::uint64_t frames_ = 0;
  std::optional<Unwrapper<std::uint32_t>> unwrap_;
  std::int64_t first_timestamp_ = 0;
  container::IvfHeader ivf_;
  std::optional<container::OggOpusWriter> ogg_;
  std::optional<std::int64_t> opus_end_;  // the timestamp at which what was written ends
  std::uint8_t opus_toc_ = 0;             // the first byte of the last packet
};

}  // namespace specter::cli::transfer
