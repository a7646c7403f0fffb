// For tests: a file of the test's own, which is gone at its end. Tests run beside each other, each
// in a process of its own, so the name has the process's number.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace specter::cli {

class WrittenFile {
 public:
  // `ending`: with its dot, such as ".ivf".
  WrittenFile(std::string_view ending, std::string_view bytes)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("specter-{}-{}{}", ::getpid(), ++made_, ending)) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~WrittenFile() { std::filesystem::remove(path_); }
  WrittenFile(const WrittenFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  static inline int made_ = 0;
  std::filesystem::path path_;
};

}  // namespace specter::cli
