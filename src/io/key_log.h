// A key log for Wireshark, in the SSLKEYLOGFILE format. Thread: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace specter::io {

class KeyLog {
 public:
  // Opens `path` for appending, readable by its owner only, and logs a warning. Throws
  // std::system_error if it cannot be opened.
  explicit KeyLog(const std::string& path);
  ~KeyLog();
  KeyLog(const KeyLog&) = delete;
  KeyLog& operator=(const KeyLog&) = delete;

  void write(const std::vector<std::string>& lines);

 private:
  const std::string path_;
  int descriptor_;
};

// The open key logs by path: connections with the same path share one. Thread: any.
class KeyLogs {
 public:
  // Null for an empty path. Throws as KeyLog's constructor does.
  std::shared_ptr<KeyLog> open(const std::string& path);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<KeyLog>> open_;
};

}  // namespace specter::io
