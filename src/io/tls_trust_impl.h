// For stream.cc: TLS as Asio has it, over libssl.
#pragma once

#include <asio/ssl/context.hpp>

#include "io/tls_trust.h"

namespace specter::io {

struct TlsTrust::Impl {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

}  // namespace specter::io
