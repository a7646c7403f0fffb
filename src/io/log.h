// The library's log: one spdlog logger named "specter", which says little unless asked. Not for the
// packet path.
#pragma once

#include <string>
#include <string_view>

#include <spdlog/logger.h>

#include "specter/endpoint.h"

namespace specter::io {

// The program's own logger "specter" if it registered one before the library first spoke; else
// ours, to standard error, from warnings up. The default logger of spdlog stays the program's.
spdlog::logger& log();

// What a log may say of an address or a host: nothing, unless the user asked for it.
enum class Addresses { Hide, Show };
std::string shown(const Endpoint& endpoint, Addresses addresses);
std::string shown(const IpAddress& address, Addresses addresses);
std::string shown(std::string_view host, Addresses addresses);

}  // namespace specter::io
