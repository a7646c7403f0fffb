// Whose certificates TLS connections to servers believe. One is shared by all streams of a process:
// it reads files when it is made.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace specter::io {

class TlsTrust {
 public:
  // The system's store of authorities, or those in a file of PEM certificates and no other. Blocks
  // while it reads some hundred certificates: not on a loop.
  // Error: a sentence.
  static std::expected<std::shared_ptr<TlsTrust>, std::string> make(
      const std::string& authorities_file = {});
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;

  struct Impl;  // tls_trust_impl.h, for src/io alone
  Impl& impl() { return *impl_; }

 private:
  TlsTrust();
  std::unique_ptr<Impl> impl_;
};

// Those of a process. A file is read again when it is another one than before, or has changed; the
// system's authorities are read once. What could not be read is tried again. Any thread.
class TlsTrusts {
 public:
  // Blocks while it reads, and makes nobody else wait.
  std::expected<std::shared_ptr<TlsTrust>, std::string> get(const std::string& authorities_file);

 private:
  // Of a file as it was before it was read.
  struct Version {
    std::int64_t seconds = 0, nanoseconds = 0;  // of its last change
    std::uint64_t inode = 0;
    std::int64_t bytes = 0;

    bool operator==(const Version&) const = default;
  };
  struct Known {
    Version version;
    std::shared_ptr<TlsTrust> trust;
  };
  static Version version_of(const std::string& authorities_file);

  std::mutex mutex_;
  std::map<std::string, Known> known_;  // by file
};

}  // namespace specter::io
