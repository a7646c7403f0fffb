#include "io/key_log.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "io/log.h"

namespace specter::io {

KeyLog::KeyLog(const std::string& path)
    : path_(path),
      descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(), "The key log can't be opened: " + path);
  log().warn(
      "The secrets of connections are written to {}. Whoever has that file can read everything "
      "that is sent. This is for debugging alone.",
      path_);
}

KeyLog::~KeyLog() { close(descriptor_); }

void KeyLog::write(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  // One write appends as a whole, whichever thread it comes from.
  if (::write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    log().error("The key log {} could not be written.", path_);
}

std::shared_ptr<KeyLog> KeyLogs::open(const std::string& path) {
  if (path.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [](const auto& file) { return file.second.expired(); });
  auto file = open_[path].lock();
  if (!file) {
    file = std::make_shared<KeyLog>(path);
    open_[path] = file;
  }
  return file;
}

}  // namespace specter::io
