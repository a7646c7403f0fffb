// What a handshake comes to: all that an open association lives from.
#pragma once

#include <optional>
#include <vector>

#include "dtls/connection.h"
#include "dtls/handshake/flight.h"
#include "dtls/handshake/key_schedule.h"

namespace specter::dtls {

struct Agreement {
  Role role{};
  SuiteTraits suite{};
  crypto::Group group{};
  std::optional<SrtpProfile> srtp_profile;
  Buffer peer_certificate;      // DER; its fingerprint fits
  RecordWriter writer;          // the keys of application data are its current ones
  std::vector<Opener> openers;  // by epoch; the last is of application data

  // Exporters. 1.2: the master secret and the randoms; 1.3: the exporter master secret.
  crypto::Secret exporter;
  BothWays<HelloRandom> randoms;
  std::optional<BothWays<crypto::Secret>> traffic;  // 1.3: for key updates

  Flight last_flight;  // what the peer may not have seen yet; empty when it has
  // 1.3: runs for a client's last flight, which is acknowledged. 1.2: never.
  ResendTimer timer;
  std::vector<RecordNumber> to_acknowledge;               // 1.3: records of the peer's last flight
  std::uint16_t next_send_seq = 0, next_receive_seq = 0;  // of handshake messages
};

}  // namespace specter::dtls
