// Whose certificates TLS connections to servers believe. One is shared by all streams of a process:
// it reads files when it is made.
#pragma once

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

// Those of a process, each read once. Any thread.
class TlsTrusts {
 public:
  // Blocks the first time; the same error each time.
  std::expected<std::shared_ptr<TlsTrust>, std::string> get(const std::string& authorities_file);

 private:
  std::mutex mutex_;
  std::map<std::string, std::expected<std::shared_ptr<TlsTrust>, std::string>> known_;
};

}  // namespace specter::io
