// For tests: two connected ends, and one who knows their keys (from the key log) and so can write
// what either end's implementation never would.
#pragma once

#include <map>
#include <string>

#include "crypto/kdf.h"
#include "dtls/handshake/key_schedule.h"
#include "dtls/record/protection.h"
#include "dtls/testing/ends.h"
#include "dtls/testing/test_cipher.h"
#include "dtls/wire/hello.h"
#include "dtls/wire/messages.h"
#include "testing/hex.h"

namespace specter::dtls {

template <class Message, class... More>
Buffer body_of(const Message& message, More... more) {
  Buffer body;
  ByteWriter out(body);
  message.write(more..., out);
  return body;
}
// A message in one fragment.
inline Buffer whole(HandshakeType type, std::uint16_t message_seq, Bytes body) {
  return fragment(static_cast<std::uint8_t>(type), static_cast<std::uint32_t>(body.size()),
                  message_seq, 0, body);
}

// Calls `see(fragment)` for each whole handshake message in the clear.
template <class See>
void each_message_in_clear(Bytes datagram, const See& see) {
  while (const auto record = next_record(datagram)) {
    if (!record->plain || record->plain->epoch != 0 || record->plain->type != 22) continue;
    for (ByteReader in(record->fragment); in.remaining() > 0;) {
      const auto part = HandshakeFragment::read(in);
      if (!in.ok()) break;
      if (part.body.size() == part.message_size) see(part);
    }
  }
}

class Insider {
 public:
  explicit Insider(Version version, simulation::LinkOptions link = {}, std::uint64_t seed = 1)
      : Insider(logging(Role::Client, version), logging(Role::Server, version), link, seed) {}
  Insider(Connection::Config client, Connection::Config server, simulation::LinkOptions link = {},
          std::uint64_t seed = 1)
      : ends(link, seed, std::move(client), std::move(server)) {
    ends.pair.filter = [this](bool from_a, Buffer& packet) {
      each_message_in_clear(packet, [&](const HandshakeFragment& part) {
        if (HandshakeType{part.type} != HandshakeType::ServerHello) return;
        const auto hello = ServerHello::parse(part.body);
        if (hello) server_hello_ = *hello;
      });
      return !filter || filter(from_a, packet);
    };
  }
  static Connection::Config logging(Role role, Version version) {
    auto out = config_for(role, version);
    out.log_keys = true;
    return out;
  }

  // Until both are connected, and nothing is under way.
  bool connect() {
    if (!ends.connect()) return false;
    ends.pair.run_for(1s);
    return true;
  }

  const SuiteTraits& suite() const { return traits(CipherSuite{server_hello_.cipher_suite}); }
  bool is13() const { return suite().version == Version::Dtls13; }
  std::uint64_t data_epoch() const { return is13() ? 3 : 1; }

  // The keys of what `from` sends. 1.3: epoch 2, of the handshake; 3, of data; more after updates.
  RecordKeys keys(Role from, std::uint64_t epoch) const {
    const bool client = from == Role::Client;
    if (is13()) return record_keys13(suite(), traffic_secret(from, epoch));
    // RFC 5246 §6.3.
    const std::size_t key = crypto::key_size(suite().aead);
    Buffer seed = to_buffer(server_hello_.random);
    const Buffer random = log_entry("CLIENT_RANDOM").first;
    seed.insert(seed.end(), random.begin(), random.end());
    Buffer block(2 * (key + 4));
    crypto::tls12_prf(suite().hash, logged("CLIENT_RANDOM"), "key expansion", seed, block);
    ByteReader in(block);
    if (!client) in.skip(key);
    RecordKeys out{crypto::Secret(in.bytes(key)), {}, {}};
    if (client) in.skip(key);
    if (!client) in.skip(4);
    out.iv = crypto::Secret(in.bytes(4));
    return out;
  }

  crypto::Secret traffic_secret(Role from, std::uint64_t epoch) const {
    const std::string name = from == Role::Client ? "CLIENT_" : "SERVER_";
    crypto::Secret secret(
        logged(name + (epoch == 2 ? "HANDSHAKE_TRAFFIC_SECRET" : "TRAFFIC_SECRET_0")));
    for (std::uint64_t i = 3; i < epoch; ++i) secret = next_traffic(suite().hash, secret);
    return secret;
  }

  // A record as `from` would send it, with a number that it hasn't come to yet.
  Buffer forge(Role from, ContentType type, Bytes payload,
               std::optional<std::uint64_t> epoch = {}) {
    const std::uint64_t which = epoch.value_or(data_epoch());
    Sealer sealer(test_cipher(), suite(), which, keys(from, which));
    sealer.skip_to(100 + next_++);
    const RecordRoom room = sealer.room();
    Buffer out(room.total() + payload.size());
    std::ranges::copy(payload, out.begin() + static_cast<std::ptrdiff_t>(room.before));
    sealer.seal(type, out);
    return out;
  }
  // ... and to the other end with it.
  void send_as(Role from, ContentType type, Bytes payload,
               std::optional<std::uint64_t> epoch = {}) {
    ends.of(other(from)).handle_datagram(ends.pair.now(), forge(from, type, payload, epoch));
    ends.pair.settle();
  }

  // The types of the records in a datagram of `from`, as far as keys of `epoch` open them.
  std::vector<ContentType> types(Role from, std::uint64_t epoch, Bytes datagram) const {
    std::vector<ContentType> out;
    Opener opener(test_cipher(), suite(), epoch, keys(from, epoch));
    while (const auto record = next_record(datagram)) {
      Buffer text(record->fragment.size());
      if (const auto opened = opener.open(*record, text)) out.push_back(opened->type);
    }
    return out;
  }

  Ends ends;
  std::function<bool(bool from_a, Buffer& packet)> filter;

 private:
  // Label, client random, secret. RFC 9850.
  std::pair<Buffer, Buffer> log_entry(const std::string& label) const {
    for (const KeyLogged& logged : only<KeyLogged>(ends.pair.events_a)) {
      if (!logged.line.starts_with(label + " ")) continue;
      const std::string rest = logged.line.substr(label.size() + 1);
      return {testing::hex(rest.substr(0, 64)), testing::hex(rest.substr(65))};
    }
    ADD_FAILURE() << "no " << label << " in the key log";
    return {Buffer(32), Buffer(32)};
  }
  Buffer logged(const std::string& label) const { return log_entry(label).second; }

  ServerHello server_hello_;
  std::uint64_t next_ = 0;
};

}  // namespace specter::dtls
