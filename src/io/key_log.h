// A file of secrets for Wireshark, in the format of SSLKEYLOGFILE. Any thread.
#pragma once

#include <memory>
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

}  // namespace specter::io
