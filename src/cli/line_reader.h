// Lines out of bytes that come in pieces, each line of a bounded length.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace specter::cli {

class LineReader {
 public:
  struct Line {
    std::size_t number = 0;  // from 1
    std::string text;        // without its line end; empty when too_long
    bool too_long = false;
  };

  explicit LineReader(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  void add(std::string_view bytes);
  void end();  // what came after the last line end is a line, too
  std::optional<Line> next();

 private:
  const std::size_t max_line_bytes_;
  std::string bytes_;      // not yet handed out; at most max_line_bytes_ and the last piece added
  std::size_t begin_ = 0;  // where the first of them is
  std::size_t searched_ = 0;  // no line end before this
  bool discarding_ = false;   // the start of this line was too long already
  bool ended_ = false;
  std::size_t number_ = 0;
};

}  // namespace specter::cli
