#include "cli/network_options.h"

namespace specter::cli {

void NetworkOptions::add_to(CLI::App& command) {
  command
      .add_option("--loopback", loopback,
                  "Whether 127.0.0.1 and ::1 are used: beside the other addresses (include), alone "
                  "(only), or on a machine that has no other (fallback)")
      ->check(CLI::IsMember({"fallback", "include", "only"}))
      ->capture_default_str();
  command
      .add_option("--ice-server", ice_servers,
                  "A server that tells our address as others see it, such as "
                  "stun:stun.l.google.com:19302; may be given several times")
      ->type_name("URL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Configuration NetworkOptions::configuration() const {
  Configuration configuration;
  for (const std::string& url : ice_servers) configuration.ice_servers.push_back({.urls = {url}});
  if (loopback == "include") configuration.loopback = LoopbackPolicy::Include;
  if (loopback == "only") configuration.loopback = LoopbackPolicy::Only;
  configuration.loops = 1;  // a connection or two; more threads would be idle
  return configuration;
}

}  // namespace specter::cli
