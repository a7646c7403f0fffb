// One line about how far we are, for somebody who looks at a terminal.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace specter::cli::bench {

// On stderr; nothing when that is no terminal. The line is gone at the end.
class Progress {
 public:
  static constexpr std::chrono::milliseconds kPause{100};

  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // True when the next show() would be seen: for who must work for the text.
  bool is_due() const;
  void show(std::string_view text);
  void clear();

 private:
  const bool is_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};

// "[#########---------------------]  31 %".
std::string progress_bar(double share);

}  // namespace specter::cli::bench
