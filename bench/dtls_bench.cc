// What a record costs: ours in place, OpenSSL's DTLS 1.2, and the bare AEAD beneath both. Payloads
// of 1150 bytes, which DTLS 1.2 makes a record of 1187 of.
//
//     build/release/bench/dtls_bench --benchmark_repetitions=5
//     --benchmark_enable_random_interleaving=true
#include <array>
#include <memory>
#include <optional>

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include "crypto/packet_cipher.h"
#include "dtls/connection.h"
#include "dtls/testing/openssl_bio.h"
#include "simulation/random.h"

namespace specter::dtls {
namespace {

constexpr std::size_t kPayload = 1150;
constexpr Timestamp kNow{};

std::shared_ptr<const crypto::Certificate> certificate() {
  static const auto made = [] {
    simulation::SeededRandom random(1);
    return crypto::Certificate::generate(random, 1'790'000'000);
  }();
  return made;
}

// Two of ours, connected.
struct Ours {
  Ours(Version version, CipherSuite suite)
      : random(7),
        client(config(Role::Client, version, suite), random, cipher),
        server(config(Role::Server, version, suite), random, cipher) {
    server.start(kNow);
    client.start(kNow);
    for (bool busy = true; busy;) {
      busy = false;
      while (auto datagram = client.poll_transmit(kNow))
        server.handle_datagram(kNow, *datagram), busy = true;
      while (auto datagram = server.poll_transmit(kNow))
        client.handle_datagram(kNow, *datagram), busy = true;
    }
    while (client.poll_event()) {
    }
    while (server.poll_event()) {
    }
  }
  static Connection::Config config(Role role, Version version, CipherSuite suite) {
    Connection::Config out;
    out.role = role;
    out.certificate = certificate();
    out.remote_fingerprints = {certificate()->fingerprint()};
    out.versions = {version};
    out.cipher_suites = {suite};
    return out;
  }

  simulation::SeededRandom random;
  crypto::PacketCipher cipher;
  Connection client, server;
};

void seal(benchmark::State& state, Version version, CipherSuite suite) {
  Ours ours(version, suite);
  const auto room = ours.client.record_room();
  Buffer record(kPayload + room.total(), 0x42);
  for (auto _ : state) {
    ours.client.seal(record, record.size());
    benchmark::DoNotOptimize(record.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kPayload));
}

// Opening needs a new record each time: the cost of sealing is measured beside and shown apart.
void seal_and_open(benchmark::State& state, Version version, CipherSuite suite) {
  Ours ours(version, suite);
  const auto room = ours.client.record_room();
  Buffer record(kPayload + room.total(), 0x42);
  for (auto _ : state) {
    ours.client.seal(record, record.size());
    MutableBytes datagram = record;
    const auto opened = ours.server.open(kNow, datagram);
    if (!opened || opened->size() != kPayload) state.SkipWithError("not opened");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kPayload));
}

// Two of OpenSSL's.
struct Theirs {
  Theirs() : context(SSL_CTX_new(DTLS_method())), client_bio(1400), server_bio(1400) {
    EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    X509* const self = X509_new();
    X509_set_version(self, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(self), 1);
    ASN1_TIME_set(X509_getm_notBefore(self), 0);
    ASN1_TIME_set(X509_getm_notAfter(self), 1000);
    X509_set_pubkey(self, key);
    X509_sign(self, key, EVP_sha256());
    SSL_CTX_use_certificate(context, self);
    SSL_CTX_use_PrivateKey(context, key);
    SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256");
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    client = make(client_bio, true);
    server = make(server_bio, false);
    for (int i = 0; i < 20; ++i) {
      step(client, client_bio, server_bio);
      step(server, server_bio, client_bio);
    }
  }
  SSL* make(DatagramBio& datagrams, bool is_client) const {
    SSL* const ssl = SSL_new(context);
    SSL_set_mtu(ssl, 1400);
    BIO* const bio = datagrams.make();
    SSL_set_bio(ssl, bio, bio);
    is_client ? SSL_set_connect_state(ssl) : SSL_set_accept_state(ssl);
    return ssl;
  }
  static void step(SSL* ssl, DatagramBio& own, DatagramBio& other) {
    if (other.outgoing().empty()) {
      SSL_do_handshake(ssl);
      return;
    }
    while (!other.outgoing().empty()) {
      const Buffer datagram = other.outgoing().front();
      other.outgoing().pop_front();
      own.offer(datagram);
      SSL_do_handshake(ssl);
      own.withdraw();
    }
  }

  SSL_CTX* context;
  DatagramBio client_bio, server_bio;
  SSL *client, *server;
};

void openssl_seal(benchmark::State& state) {
  Theirs theirs;
  const Buffer payload(kPayload, 0x42);
  for (auto _ : state) {
    if (SSL_write(theirs.client, payload.data(), static_cast<int>(payload.size())) !=
        static_cast<int>(kPayload))
      state.SkipWithError("not sealed");
    theirs.client_bio.outgoing().clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kPayload));
}

void openssl_seal_and_open(benchmark::State& state) {
  Theirs theirs;
  const Buffer payload(kPayload, 0x42);
  std::array<std::uint8_t, 2048> out;
  for (auto _ : state) {
    SSL_write(theirs.client, payload.data(), static_cast<int>(payload.size()));
    theirs.server_bio.offer(theirs.client_bio.outgoing().front());
    if (SSL_read(theirs.server, out.data(), static_cast<int>(out.size())) !=
        static_cast<int>(kPayload))
      state.SkipWithError("not opened");
    theirs.server_bio.withdraw();
    theirs.client_bio.outgoing().clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kPayload));
}

void bare_seal(benchmark::State& state, crypto::PacketAlgorithm algorithm) {
  crypto::PacketCipher cipher;
  const auto key =
      cipher.make_key(algorithm, crypto::Direction::Seal, Buffer(crypto::key_size(algorithm), 1));
  Buffer packet(kPayload + crypto::kAeadTagBytes, 0x42);
  const MutableBytes text = MutableBytes(packet).first(kPayload);
  const Buffer additional(13, 2);
  crypto::SealJob job{key.get(), {},   additional,
                      text,      text, MutableBytes(packet).subspan(kPayload)};
  for (auto _ : state) {
    ++job.nonce[11];
    cipher.seal(std::span(&job, 1));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kPayload));
}

// A whole handshake, both ends.
void handshake(benchmark::State& state, Version version, CipherSuite suite) {
  for (auto _ : state) {
    Ours ours(version, suite);
    if (!ours.client.is_connected() || !ours.server.is_connected())
      state.SkipWithError("not connected");
  }
}

constexpr auto k13 = CipherSuite::Aes128GcmSha256;
constexpr auto k13ChaCha = CipherSuite::ChaCha20Poly1305Sha256;
constexpr auto k12 = CipherSuite::EcdheEcdsaAes128GcmSha256;

BENCHMARK_CAPTURE(bare_seal, aes128gcm, crypto::PacketAlgorithm::Aes128Gcm);
BENCHMARK_CAPTURE(bare_seal, chacha20, crypto::PacketAlgorithm::ChaCha20Poly1305);
BENCHMARK_CAPTURE(seal, dtls12, Version::Dtls12, k12);
BENCHMARK_CAPTURE(seal, dtls13, Version::Dtls13, k13);
BENCHMARK_CAPTURE(seal, dtls13_chacha20, Version::Dtls13, k13ChaCha);
BENCHMARK(openssl_seal);
BENCHMARK_CAPTURE(seal_and_open, dtls12, Version::Dtls12, k12);
BENCHMARK_CAPTURE(seal_and_open, dtls13, Version::Dtls13, k13);
BENCHMARK(openssl_seal_and_open);
BENCHMARK_CAPTURE(handshake, dtls12, Version::Dtls12, k12)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(handshake, dtls13, Version::Dtls13, k13)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace specter::dtls
