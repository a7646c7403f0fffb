// A file as somebody sends it who has a camera or a microphone: each sample when it is due, and a
// key frame when one is wanted.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "cli/media/sample_file.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::cli::transfer {

// Whether decoding may begin with the sample. Sound: always.
bool is_key_frame(Kind kind, Bytes sample);

// It knows no clock. It begins with the first handle_timeout(); times go on when the file begins
// anew.
class LiveFile {
 public:
  // A file that is looked through for its next key frame without one for so many samples begins
  // anew.
  static constexpr int kMaxSkipped = 10'000;
  // Who is asked later than this goes on from there, and does not send what was missed at once.
  static constexpr Duration kMaxLate = std::chrono::seconds(1);

  enum class Repeat : std::uint8_t { Once, Forever };

  struct DueSample {
    Bytes bytes;  // valid until the next is polled
    Duration duration{};
    Timestamp due{};
  };

  // Reads the first sample. The errors of all of these are sentences.
  static std::expected<LiveFile, std::string> open(const std::string& path, Repeat repeat,
                                                   double frames_per_second);

  // A sample that is due. Nothing: none yet, or the file is over.
  std::expected<std::optional<DueSample>, std::string> poll(Timestamp now);
  // The next sample is a key frame: the one that follows in the file or, where none follows, its
  // first.
  std::expected<void, std::string> jump_to_key_frame();

  Kind kind() const { return file_.kind(); }
  bool is_over() const { return !next_; }
  Deadline next_timeout() const;                      // nothing before the first poll()
  std::uint64_t samples() const { return samples_; }  // given

 private:
  struct Next {
    Buffer bytes;
    std::int64_t ticks = 0;  // of the file
  };

  LiveFile(SampleFile file, Repeat repeat) : file_(std::move(file)), repeat_(repeat) {}
  // Into next_, which is empty where the file is over.
  std::expected<void, std::string> read();
  std::expected<void, std::string> begin_anew();
  Timestamp due(std::int64_t ticks) const;

  SampleFile file_;
  Repeat repeat_;
  std::optional<Next> next_{};
  Buffer given_{};
  std::optional<Timestamp> begun_{};  // of the tick 0
  std::int64_t skipped_ = 0;          // ticks of the file that were left out
  std::uint64_t samples_ = 0;
};

}  // namespace specter::cli::transfer
