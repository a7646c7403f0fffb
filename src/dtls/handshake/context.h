// What all handshake code of one connection shares.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "dtls/connection.h"
#include "dtls/record/outbox.h"

#include "specter/random.h"

namespace specter::dtls {

struct Context {
  const Connection::Config& config;
  Random& random;
  crypto::PacketCipher& cipher;
  Outbox& outbox;
  Counters& counters;
  std::vector<std::string>& key_log;  // lines for Wireshark, when config.log_keys says so
  Duration first_timeout;             // of a flight: Config's, or from a measured round trip
  bool timers_held = false;           // somebody else brings flights again (SPED)

  void log_key(std::string_view label, const HelloRandom& client_random, Bytes secret);
};

}  // namespace specter::dtls
