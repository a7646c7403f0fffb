// For the tests of this folder: two ends of an association on a simulated path.
#pragma once

#include <utility>

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "dtls/connection.h"
#include "dtls/testing/test_cipher.h"
#include "dtls/wire/record.h"
#include "testing/pair.h"

namespace specter::dtls {

using namespace std::chrono_literals;

using Certificate = std::shared_ptr<const crypto::Certificate>;

inline Certificate make_certificate(std::uint64_t seed) {
  simulation::SeededRandom random(seed);
  return crypto::Certificate::generate(random, 1'795'000'000);
}
inline const Certificate& client_certificate() {
  static const Certificate certificate = make_certificate(101);
  return certificate;
}
inline const Certificate& server_certificate() {
  static const Certificate certificate = make_certificate(102);
  return certificate;
}
inline const Certificate& certificate_of(Role role) {
  return role == Role::Client ? client_certificate() : server_certificate();
}
inline Role other(Role role) { return role == Role::Client ? Role::Server : Role::Client; }

// Without a version: both, as by default.
inline Connection::Config config_for(Role role, std::optional<Version> version = {}) {
  Connection::Config config;
  config.role = role;
  if (version) config.versions = {*version};
  config.certificate = certificate_of(role);
  config.remote_fingerprints = {certificate_of(other(role))->fingerprint()};
  return config;
}

using Closes = std::vector<CloseReason>;

// a is the client, b the server.
struct Ends {
  explicit Ends(simulation::LinkOptions link = {}, std::uint64_t seed = 1,
                Connection::Config client_config = config_for(Role::Client),
                Connection::Config server_config = config_for(Role::Server))
      : client_random(seed),
        server_random(seed + 1'000'000),
        client(std::move(client_config), client_random, test_cipher()),
        server(std::move(server_config), server_random, test_cipher()),
        pair(client, server, link) {}
  // Both ends with this version alone.
  explicit Ends(Version version, simulation::LinkOptions link = {}, std::uint64_t seed = 1)
      : Ends(link, seed, config_for(Role::Client, version), config_for(Role::Server, version)) {}

  void start() {
    server.start(pair.now());
    client.start(pair.now());
  }
  bool connect(Duration limit = 30s) {
    start();
    return pair.run_until([this] { return client.is_connected() && server.is_connected(); }, limit);
  }
  Connection& of(Role role) { return role == Role::Client ? client : server; }
  std::vector<Connection::Event>& events_of(Role role) {
    return role == Role::Client ? pair.events_a : pair.events_b;
  }

  simulation::SeededRandom client_random, server_random;
  Connection client, server;
  testing::Pair<Connection> pair;
};

// For stories that both versions share.
class EachVersion : public ::testing::TestWithParam<Version> {
 public:
  static bool is13() { return GetParam() == Version::Dtls13; }
  // Who sends the handshake's last flight, and is connected before the other.
  static Role finisher() { return is13() ? Role::Client : Role::Server; }
};
inline const auto kBothVersions = ::testing::Values(Version::Dtls13, Version::Dtls12);
inline std::string version_name(const ::testing::TestParamInfo<Version>& parameter) {
  return parameter.param == Version::Dtls13 ? "Dtls13" : "Dtls12";
}

template <class Wanted>
std::vector<Wanted> only(const std::vector<Connection::Event>& events) {
  std::vector<Wanted> out;
  for (const auto& event : events) {
    if (const auto* wanted = std::get_if<Wanted>(&event)) out.push_back(*wanted);
  }
  return out;
}
inline std::vector<std::string> texts(const std::vector<Connection::Event>& events) {
  std::vector<std::string> out;
  for (const auto& record : only<DataReceived>(events)) out.emplace_back(as_text(record.bytes));
  return out;
}
inline Closes closes(const std::vector<Connection::Event>& events) {
  Closes out;
  for (const auto& closed : only<Closed>(events)) out.push_back(closed.reason);
  return out;
}
inline std::string detail(const std::vector<Connection::Event>& events) {
  const auto closed = only<Closed>(events);
  return closed.empty() ? "" : closed.front().detail;
}

// ---- records made by hand

inline Buffer record(std::uint8_t type, Bytes payload, std::uint64_t sequence = 0,
                     std::uint16_t epoch = 0, std::uint16_t version = 0xfefd) {
  Buffer bytes;
  ByteWriter out(bytes);
  out.u8(type);
  out.u16(version);
  out.u16(epoch);
  out.u48(sequence);
  out.u16(static_cast<std::uint16_t>(payload.size()));
  out.bytes(payload);
  return bytes;
}

// One fragment of a handshake message.
inline Buffer fragment(std::uint8_t type, std::uint32_t message_size, std::uint16_t message_seq,
                       std::uint32_t offset, Bytes body) {
  Buffer bytes;
  ByteWriter out(bytes);
  out.u8(type);
  out.u24(message_size);
  out.u16(message_seq);
  out.u24(offset);
  out.u24(static_cast<std::uint32_t>(body.size()));
  out.bytes(body);
  return bytes;
}
inline Buffer message(std::uint8_t type, std::uint16_t message_seq, std::size_t size) {
  return fragment(type, static_cast<std::uint32_t>(size), message_seq, 0, Buffer(size, 0x5a));
}

// The same handshake with its plaintext messages cut to fragments of at most `size` bytes, each in
// a datagram of its own; what else there is stays in one.
inline std::vector<Buffer> refragment(Bytes datagram, std::size_t size, std::uint64_t& sequence) {
  std::vector<Buffer> out;
  Buffer others;
  while (const auto had = next_record(datagram)) {
    const bool in_clear = had->plain && had->plain->epoch == 0;
    if (!in_clear || had->plain->type != 22) {
      Buffer whole = to_buffer(had->header);
      whole.insert(whole.end(), had->fragment.begin(), had->fragment.end());
      if (in_clear) whole = record(had->plain->type, had->fragment, sequence++);
      others.insert(others.end(), whole.begin(), whole.end());
      continue;
    }
    ByteReader fragments(had->fragment);
    do {
      const auto part = HandshakeFragment::read(fragments);
      std::size_t at = 0;
      do {
        const Bytes body = part.body.subspan(at, std::min(size, part.body.size() - at));
        out.push_back(record(22,
                             fragment(part.type, part.message_size, part.message_seq,
                                      part.offset + static_cast<std::uint32_t>(at), body),
                             sequence++, 0, had->plain->version));
        at += body.size();
      } while (at < part.body.size());
    } while (fragments.remaining() > 0);
  }
  if (!others.empty()) out.push_back(others);
  return out;
}

}  // namespace specter::dtls
