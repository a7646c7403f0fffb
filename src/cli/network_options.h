// The options about the network that the subcommands share.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "specter/specter.h"

namespace specter::cli {

struct NetworkOptions {
  std::string loopback = "fallback";
  std::vector<std::string> ice_servers;
  std::string ice_username, ice_credential;  // of each turn: and turns: server
  std::string dtls = "any";
  std::string certificate = "ecdsa";
  std::string key_log;
  bool log_addresses = false;
  int spin_us = 0;
  std::string cipher = "fastest";
  std::string congestion_control = "cubic";
  bool no_path_mtu = false;
  bool no_snap = false;
  bool no_interleaving = false;
  bool no_sped = false;
  std::vector<std::string> named;  // NAME=VALUE

  void add_to(CLI::App& command);
  Configuration configuration() const;

 private:
  void add_named_options(CLI::App& command);
};

}  // namespace specter::cli
