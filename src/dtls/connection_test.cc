#include "dtls/connection.h"

#include <gmock/gmock.h>

#include "testing/pair.h"

namespace specter::dtls {
namespace {
using testing::Pair;
using testing::SeededRandom;
using namespace std::chrono_literals;

TEST(Connection, Smoke) {
  SeededRandom r1(1), r2(2), rc(3);
  auto c1 = crypto::Certificate::generate(rc, 1795000000);
  auto c2 = crypto::Certificate::generate(rc, 1795000000);
  Connection a(
      {.role = Role::Client, .certificate = c1, .remote_fingerprints = {c2->fingerprint()}}, r1);
  Connection b(
      {.role = Role::Server, .certificate = c2, .remote_fingerprints = {c1->fingerprint()}}, r2);
  Pair<Connection> pair(a, b);
  pair.filter = [&](bool from_a, Buffer& p) {
    printf("%s %zu type %d at %ld\n", from_a ? ">" : "<", p.size(), p[0],
           long(pair.now().time_since_epoch().count() / 1000000 - 3600000));
    return true;
  };
  b.start(pair.now());
  a.start(pair.now());
  EXPECT_TRUE(pair.run_until([&] { return a.is_connected() && b.is_connected(); }, 10s));
  printf("%s %s %s\n", a.version().c_str(), a.cipher_suite().c_str(),
         a.srtp_profile().value_or("-").c_str());
  for (auto* v : {&pair.events_a, &pair.events_b})
    for (auto& e : *v)
      if (auto* c = std::get_if<Closed>(&e)) printf("closed %s\n", c->detail.c_str());
  EXPECT_TRUE(a.send(as_bytes("hello")));
  pair.run_for(1s);
  a.close(pair.now());
  pair.run_for(1s);
  for (auto* v : {&pair.events_a, &pair.events_b})
    for (auto& e : *v)
      if (auto* c = std::get_if<Closed>(&e)) printf("closed %s\n", c->detail.c_str());
}
}  // namespace
}  // namespace specter::dtls
