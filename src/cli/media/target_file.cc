#include "cli/media/target_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace specter::cli::transfer {

std::optional<std::string> why_not_writable(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path + " is a folder; name a file";
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string asked = std::filesystem::exists(path, error) ? path
                            : parent.empty()                     ? std::string(".")
                                                                 : parent.string();
  if (::access(asked.c_str(), W_OK) == 0) return std::nullopt;
  return fmt::format("can't write {}: {}", path, std::strerror(errno));
}

void TargetFile::append(Buffer& bytes) {
  if (bytes.empty()) return;
  if (!file_.is_open()) file_.open(path_, std::ios::binary | std::ios::trunc);
  file_ << as_text(bytes);
  bytes.clear();
}

void TargetFile::finish(const Buffer& beginning) {
  if (!file_.is_open()) return;
  if (!beginning.empty()) file_.seekp(0) << as_text(beginning);
  file_.close();
}

}  // namespace specter::cli::transfer
