// A file of secrets for Wireshark, in the format of SSLKEYLOGFILE. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace specter::io {

class KeyLog {
 public:
  // Appends to `path`, which only its owner may read. Throws std::system_error when it can't be
  // opened. Warns in the log.
  explicit KeyLog(const std::string& path);
  ~KeyLog();
  KeyLog(const KeyLog&) = delete;
  KeyLog& operator=(const KeyLog&) = delete;

  void write(const std::vector<std::string>& lines);

 private:
  const std::string path_;
  int descriptor_;
};

// The files that are open, by their path: connections that name the same one share it. Any thread.
class KeyLogs {
 public:
  // Nothing for an empty path. Throws as KeyLog's constructor does.
  std::shared_ptr<KeyLog> open(const std::string& path);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<KeyLog>> open_;
};

}  // namespace specter::io
