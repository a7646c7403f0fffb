// What all handshake code of one connection shares.
#pragma once

#include <string>
#include <string_view>

#include "base/log.h"
#include "dtls/connection.h"
#include "dtls/handshake/flight.h"
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
  const Log log;
  Duration first_timeout;    // of a flight: Config's, or from a measured round trip
  bool timers_held = false;  // somebody else brings flights again (SPED)

  // A record, or a part of one, that is not used.
  void drop(std::string_view cause) const {
    ++counters.records_dropped;
    log.drop(cause);
  }
  // One that was just sent.
  void tell(const Flight& flight) const;
  void log_key(std::string_view label, const HelloRandom& client_random, Bytes secret);
};

}  // namespace specter::dtls
