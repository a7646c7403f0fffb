#include "io/log.h"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace specter::io {

namespace {

std::shared_ptr<spdlog::logger> make_logger() {
  if (auto theirs = spdlog::get("specter")) return theirs;
  auto ours = std::make_shared<spdlog::logger>("specter",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>());
  ours->set_level(spdlog::level::warn);
  return ours;
}

constexpr std::string_view kHidden = "(address hidden)";

}  // namespace

spdlog::logger& log() {
  // Never destroyed: a thread of a resolver may outlive main().
  static auto* const logger = new std::shared_ptr<spdlog::logger>(make_logger());
  return **logger;
}

std::string shown(const Endpoint& endpoint, Addresses addresses) {
  return addresses == Addresses::Show ? endpoint.to_string() : std::string(kHidden);
}

std::string shown(const IpAddress& address, Addresses addresses) {
  return addresses == Addresses::Show ? address.to_string() : std::string(kHidden);
}

std::string shown(std::string_view host, Addresses addresses) {
  return std::string(addresses == Addresses::Show ? host : kHidden);
}

}  // namespace specter::io
