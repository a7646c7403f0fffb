// The samples of a file with their times, as somebody sends them who has no decoder.
#pragma once

#include <cstdint>
#include <expected>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "cli/media/kind.h"
#include "container/annex_b.h"
#include "container/ivf.h"
#include "container/ogg_opus.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::cli::transfer {

struct TimedSample {
  Bytes bytes;             // valid until the next is asked for
  std::int64_t ticks = 0;  // since the first sample of all, in units of the kind's clock rate
};

// Ticks of a frame of IVF, whose timestamps may be nonsense. In units of 1/90000 s.
class IvfTimes {
 public:
  // A timestamp that goes back, or ahead by more than this, is taken for a new beginning, one
  // distance after the frame before.
  static constexpr Duration kMaxGap = std::chrono::seconds(10);

  explicit IvfTimes(const container::IvfHeader& header, std::int64_t first_ticks);
  std::int64_t next(std::uint64_t timestamp);
  std::int64_t distance() const { return distance_; }  // of the last two frames

 private:
  std::int64_t to_ticks(std::uint64_t units) const;

  std::uint32_t numerator_, denominator_;
  std::optional<std::uint64_t> base_{};  // the timestamp that base_ticks_ belongs to
  std::int64_t base_ticks_;
  std::int64_t last_ticks_ = 0;
  std::int64_t distance_;
};

// A file is read in pieces, so its size does not matter. It may be read several times in one go;
// times go on.
class SampleFile {
 public:
  static constexpr std::size_t kChunkBytes = 64 * 1024;

  // `kind`: nothing for that of the file. The errors of all of these are sentences.
  static std::expected<SampleFile, std::string> open(const std::string& path,
                                                     std::optional<Kind> kind,
                                                     double frames_per_second);

  Kind kind() const { return kind_; }
  // Nothing: the file is over. Samples of no byte, of which IVF may have some, are passed over.
  std::expected<std::optional<TimedSample>, std::string> next();
  // From the beginning once more. False: the system could not.
  bool rewind();

  std::int64_t end_ticks() const { return next_ticks_; }    // where the last sample ends
  std::uint64_t samples() const { return samples_; }        // that were given
  std::uint64_t unreadable() const { return unreadable_; }  // packets that are no Opus
  bool is_cut() const { return is_cut_; }  // the file ended in the middle of a frame

 private:
  using Reader =
      std::variant<container::AccessUnitReader, container::IvfReader, container::OggOpusReader>;

  SampleFile(std::string path, Kind kind, double frames_per_second);
  void begin();
  // Whether there was more.
  bool read_chunk();
  std::expected<std::optional<TimedSample>, ParseError> poll();
  std::expected<std::optional<TimedSample>, ParseError> poll(container::AccessUnitReader& reader);
  std::expected<std::optional<TimedSample>, ParseError> poll(container::IvfReader& reader);
  std::expected<std::optional<TimedSample>, ParseError> poll(container::OggOpusReader& reader);
  std::string sentence(ParseError error) const;

  std::string path_;
  Kind kind_;
  double frames_per_second_;
  std::unique_ptr<std::ifstream> file_;
  Reader reader_;
  std::optional<IvfTimes> ivf_times_{};
  Buffer chunk_;
  Buffer access_unit_{};          // of Annex B: its units behind start codes again
  std::int64_t begin_ticks_ = 0;  // of this reading of the file
  std::int64_t next_ticks_ = 0;
  std::uint64_t samples_of_reading_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t unreadable_ = 0;
  bool is_over_ = false;
  bool is_cut_ = false;
};

}  // namespace specter::cli::transfer
