// Whose certificates TLS connections to servers believe. One is shared by all streams of a process:
// it reads files when it is made.
#pragma once

#include <expected>
#include <memory>
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

}  // namespace specter::io
