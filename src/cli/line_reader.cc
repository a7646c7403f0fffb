#include "cli/line_reader.h"

namespace specter::cli {

void LineReader::add(std::string_view bytes) {
  bytes_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  bytes_ += bytes;
}

void LineReader::end() {
  if (ended_) return;
  ended_ = true;
  if (discarding_ || begin_ < bytes_.size()) bytes_ += '\n';
}

std::optional<LineReader::Line> LineReader::next() {
  const std::size_t end = bytes_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = bytes_.size();
    if (bytes_.size() - begin_ > max_line_bytes_) {
      // Its end is still to come; nothing of it is kept until then.
      discarding_ = true;
      bytes_.clear();
      begin_ = searched_ = 0;
    }
    return std::nullopt;
  }
  Line line{.number = ++number_, .text = {}, .too_long = false};
  line.too_long = discarding_ || end - begin_ > max_line_bytes_;
  if (!line.too_long) line.text = bytes_.substr(begin_, end - begin_);
  discarding_ = false;
  begin_ = searched_ = end + 1;
  return line;
}

}  // namespace specter::cli
