// A file that is written as its bytes come.
#pragma once

#include <fstream>
#include <optional>
#include <string>

#include "specter/bytes.h"

namespace specter::cli::transfer {

// Nothing: it can be written, or so it looks. Asked before a stream is waited for.
std::optional<std::string> why_not_writable(const std::string& path);

// Made when there is something to write: what stood there stays as long as nothing comes.
class TargetFile {
 public:
  explicit TargetFile(std::string path) : path_(std::move(path)) {}

  void append(Buffer& bytes);
  void finish(const Buffer& beginning);
  bool is_broken() const { return file_.fail(); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace specter::cli::transfer
