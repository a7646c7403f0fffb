#include "io/tls_trust.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "io/tls_trust_impl.h"

namespace specter::io {

TlsTrust::TlsTrust() : impl_(std::make_unique<Impl>()) {}
TlsTrust::~TlsTrust() = default;

std::expected<std::shared_ptr<TlsTrust>, std::string> TlsTrust::make(
    const std::string& authorities_file) {
  try {
    std::shared_ptr<TlsTrust> trust(new TlsTrust());
    asio::ssl::context& context = trust->impl_->context;
    context.set_verify_mode(asio::ssl::verify_peer);
    // RFC 8996: nothing older.
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    if (authorities_file.empty()) {
      context.set_default_verify_paths();
    } else {
      context.load_verify_file(authorities_file);
    }
    return trust;
  } catch (const std::system_error& e) {
    if (authorities_file.empty())
      return std::unexpected(
          fmt::format("The system's certificate authorities can not be read: {}", e.what()));
    return std::unexpected(fmt::format(
        "The file of certificate authorities can not be read; it needs PEM certificates: {}",
        e.what()));
  }
}

// The same for the system's authorities, and for a file that is not there.
TlsTrusts::Version TlsTrusts::version_of(const std::string& authorities_file) {
  struct stat is{};
  if (authorities_file.empty() || ::stat(authorities_file.c_str(), &is) != 0) return {};
  return {.seconds = is.st_mtim.tv_sec,
          .nanoseconds = is.st_mtim.tv_nsec,
          .inode = is.st_ino,
          .bytes = is.st_size};
}

std::expected<std::shared_ptr<TlsTrust>, std::string> TlsTrusts::get(
    const std::string& authorities_file) {
  const Version version = version_of(authorities_file);
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(authorities_file);
    if (known != known_.end() && known->second.version == version) return known->second.trust;
  }
  auto trust = TlsTrust::make(authorities_file);
  if (!trust) return trust;
  const std::lock_guard lock(mutex_);
  known_[authorities_file] = {version, *trust};
  return trust;
}

}  // namespace specter::io
