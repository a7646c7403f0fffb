// Real sockets on the loopback interface. Nothing sleeps: the loop runs until what is waited for
// has come, ten seconds at most.
#include "io/stream.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/loop_impl.h"
#include "io/testing/stream_server.h"

namespace specter::io {
namespace {

using namespace std::chrono_literals;
using testing::CertificateMaker;
using testing::CertificateWish;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KeyAndCertificate;
using testing::StreamServer;

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

// A file of this test's own, gone with it.
class AuthoritiesFile {
 public:
  explicit AuthoritiesFile(const std::string& pem)
      : path_(std::filesystem::temp_directory_path() /
              ("specter-authorities-" + std::to_string(::getpid()) + "-" +
               std::to_string(++count_))) {
    std::ofstream(path_) << pem;
  }
  ~AuthoritiesFile() { std::filesystem::remove(path_); }
  AuthoritiesFile(const AuthoritiesFile&) = delete;
  std::shared_ptr<TlsTrust> trust() const { return TlsTrust::make(path()).value(); }
  std::string path() const { return path_.string(); }

 private:
  static inline int count_ = 0;
  std::filesystem::path path_;
};

struct World {
  std::shared_ptr<Stream> open(std::uint16_t port, std::optional<std::string> host = {},
                               StreamOptions options = {}) {
    Stream::Target target;
    target.local = kLoopback;
    target.remote = {kLoopback, port};
    target.tls_host = std::move(host);
    return Stream::open(*loop, owner, std::move(target), std::move(options),
                        {[this] { is_open = true; },
                         [this](Bytes bytes) {
                           heard += as_text(bytes);
                           ++pieces;
                           if (on_bytes) on_bytes();
                         },
                         [this](const StreamFault& why) { fault = why; }});
  }
  // Until it holds.
  bool run(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!holds() && std::chrono::steady_clock::now() < end)
      loop->impl().context.run_one_for(100ms);
    return holds();
  }
  bool opens() {
    return run([this] { return is_open || fault.has_value(); }) && is_open;
  }
  bool fails() {
    return run([this] { return fault.has_value(); });
  }

  std::shared_ptr<Loop> loop = std::make_shared<Loop>();
  asio::io_context& context = loop->impl().context;
  std::shared_ptr<int> owner = std::make_shared<int>(0);
  bool is_open = false;
  std::string heard;
  int pieces = 0;
  std::function<void()> on_bytes;
  std::optional<StreamFault> fault;
};

Buffer bytes_of(std::string_view text) { return Buffer(text.begin(), text.end()); }

TEST(Stream, CarriesBytesBothWaysOverTcp) {
  World world;
  StreamServer server(world.context);
  const auto stream = world.open(server.port());
  EXPECT_TRUE(stream->send(bytes_of("before it is open, ")));
  ASSERT_TRUE(world.opens());
  EXPECT_TRUE(stream->send(bytes_of("and after")));
  EXPECT_TRUE(world.run([&] { return world.heard == "before it is open, and after"; }))
      << world.heard;
  EXPECT_EQ(stream->counters().messages_sent, 2u);
  EXPECT_EQ(stream->counters().bytes_received, world.heard.size());
  EXPECT_EQ(stream->queued_bytes(), 0u);
  EXPECT_EQ(server.client().address(), asio::ip::address_v4::loopback());
  EXPECT_FALSE(world.fault);
}

TEST(Stream, CarriesMegabytesInOrderOverEither) {
  const CertificateMaker authority(nullptr, {.is_authority = true, .name = "an authority"});
  const AuthoritiesFile file(authority.pem().certificate);
  const CertificateMaker maker(&authority, {.alternative_names = "DNS:turn.example.org"});
  for (const bool has_tls : {false, true}) {
    World world;
    StreamServer server(world.context, has_tls ? std::optional(maker.pem()) : std::nullopt);
    server.echoes = false;
    StreamOptions options;
    options.trust = file.trust();
    const auto stream = world.open(
        server.port(), has_tls ? std::optional<std::string>("turn.example.org") : std::nullopt,
        options);
    ASSERT_TRUE(world.opens());
    std::string expected;
    for (std::uint32_t i = 0; expected.size() < 4 << 20; ++i) {
      std::string message(1200 + i % 7, static_cast<char>('a' + i % 26));
      while (!stream->send(bytes_of(message)))
        ASSERT_TRUE(world.run([&] { return stream->queued_bytes() < 100'000; }));
      expected += message;
    }
    EXPECT_TRUE(world.run([&] { return server.heard.size() == expected.size(); }));
    EXPECT_EQ(server.heard, expected);
  }
}

TEST(Stream, DropsWholeMessagesThatDoNotFit) {
  World world;
  StreamServer server(world.context);
  server.echoes = false;
  server.reads = false;
  StreamOptions options;
  options.max_queued_bytes = 10'000;
  const auto stream = world.open(server.port(), {}, options);
  ASSERT_TRUE(world.opens());
  std::uint64_t taken = 0;
  while (stream->send(Buffer(1000, 'x')) && taken < 1'000'000) {
    ++taken;
    world.context.poll();
  }
  ASSERT_LT(taken, 1'000'000u);
  EXPECT_LE(stream->queued_bytes(), 10'000u);
  EXPECT_GT(stream->queued_bytes(), 9'000u);
  EXPECT_EQ(stream->counters().messages_dropped, 1u);
  EXPECT_EQ(stream->counters().bytes_dropped, 1000u);
  // What controls the relay goes all the same, up to twice as much.
  for (int i = 0; i < 10; ++i) taken += stream->send(Buffer(1000, 'x'), Stream::Weight::Control);
  EXPECT_FALSE(stream->send(Buffer(1000, 'x'), Stream::Weight::Control));
  EXPECT_LE(stream->queued_bytes(), 20'000u);
  server.go_on();
  EXPECT_TRUE(world.run([&] { return server.heard.size() == taken * 1000; }));
  EXPECT_EQ(server.heard, std::string(taken * 1000, 'x'));
}

TEST(Stream, SaysWhatWaitsBeforeItCloses) {
  World world;
  StreamServer server(world.context);
  auto stream = world.open(server.port());
  ASSERT_TRUE(world.opens());
  for (int i = 0; i < 100; ++i) stream->send(Buffer(1000, 'x'));
  stream->close();
  EXPECT_FALSE(stream->send(Buffer(1)));
  // Nobody holds it any more.
  stream.reset();
  world.heard.clear();
  EXPECT_TRUE(world.run([&] { return server.is_at_end; }));
  EXPECT_EQ(server.heard.size(), 100'000u);
  // What came meanwhile, and the end, is nobody's.
  EXPECT_EQ(world.heard, "");
  EXPECT_FALSE(world.fault);
}

TEST(Stream, IsGoneAfterAGoodbyeThatNobodyReads) {
  World world;
  StreamServer server(world.context);
  server.reads = false;
  StreamOptions options;
  options.goodbye_timeout = 20ms;
  auto stream = world.open(server.port(), {}, options);
  ASSERT_TRUE(world.opens());
  while (stream->send(Buffer(10'000))) world.context.poll();
  stream->close();
  const std::weak_ptr<Stream> weak = stream;
  stream.reset();
  EXPECT_TRUE(world.run([&] { return weak.expired(); }));
}

TEST(Stream, MayBeClosedByWhoHearsOfIt) {
  World world;
  StreamServer server(world.context);
  auto stream = world.open(server.port());
  world.on_bytes = [&] { stream->close(); };
  ASSERT_TRUE(world.opens());
  stream->send(bytes_of("something"));
  EXPECT_TRUE(world.run([&] { return server.is_at_end; }));
  EXPECT_EQ(world.pieces, 1);
}

TEST(Stream, WithoutItsOwnerEndsInSilence) {
  World world;
  StreamServer server(world.context);
  auto stream = world.open(server.port());
  ASSERT_TRUE(world.opens());
  world.owner.reset();
  server.say("something");
  EXPECT_TRUE(world.run([&] { return server.is_at_end; }));
  EXPECT_EQ(world.heard, "");
  EXPECT_FALSE(world.fault);
}

TEST(Stream, TellsThatTheServerIsGone) {
  World world;
  StreamServer server(world.context);
  const auto stream = world.open(server.port());
  ASSERT_TRUE(world.opens());
  stream->send(bytes_of("x"));
  ASSERT_TRUE(world.run([&] { return world.heard == "x"; }));
  server.hang_up();
  ASSERT_TRUE(world.fails());
  EXPECT_EQ(*world.fault, (StreamFault{"The server closed the connection."}));
  EXPECT_FALSE(stream->send(bytes_of("x")));
}

TEST(Stream, TellsThatNobodyListens) {
  World world;
  std::uint16_t port = 0;
  {
    const StreamServer server(world.context);
    port = server.port();
  }
  const auto stream = world.open(port);
  EXPECT_FALSE(world.fault);  // never within the call
  ASSERT_TRUE(world.fails());
  EXPECT_THAT(world.fault->sentence, HasSubstr("refuses TCP connections"));
  EXPECT_FALSE(world.fault->is_final);
}

TEST(Stream, FromAnAddressThatIsNotOursFails) {
  World world;
  StreamServer server(world.context);
  Stream::Target target;
  target.local = IpAddress::v4({203, 0, 113, 1});
  target.remote = {kLoopback, server.port()};
  const auto stream =
      Stream::open(*world.loop, world.owner, target, {},
                   {[] {}, [](Bytes) {}, [&](const StreamFault& why) { world.fault = why; }});
  ASSERT_TRUE(world.fails());
  EXPECT_THAT(world.fault->sentence, HasSubstr("No socket on the local address"));
}

// A listener whose queue is full answers nothing.
TEST(Stream, IsGivenUpWhenNobodyAnswers) {
  World world;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), size);
  }
  StreamOptions options;
  options.connect_timeout = 50ms;
  const auto stream = world.open(ntohs(address.sin_port), {}, options);
  ASSERT_TRUE(world.fails());
  EXPECT_THAT(world.fault->sentence, HasSubstr("does not answer to TCP on this port in time"));
  for (const int filler : fillers) ::close(filler);
  ::close(listener);
}

// ---- TLS

struct Tls : World {
  // With a certificate for these names, and asked as that host.
  void ask(const CertificateWish& wish, const std::string& host, bool knows_authority = true) {
    const CertificateMaker authority(nullptr, {.is_authority = true, .name = "an authority"});
    const CertificateMaker stranger(nullptr, {.is_authority = true, .name = "another"});
    const AuthoritiesFile file((knows_authority ? authority : stranger).pem().certificate);
    server = std::make_unique<StreamServer>(context, CertificateMaker(&authority, wish).pem());
    StreamOptions options;
    options.trust = file.trust();
    stream = open(server->port(), host, options);
    run([this] { return is_open || fault.has_value(); });
  }
  std::unique_ptr<StreamServer> server;
  std::shared_ptr<Stream> stream;
};

TEST(TlsStream, CarriesBytesBothWaysAndNamesTheHost) {
  Tls world;
  world.ask({.alternative_names = "DNS:turn.example.org"}, "turn.example.org");
  ASSERT_TRUE(world.is_open) << world.fault->sentence;
  EXPECT_EQ(world.server->asked_for, "turn.example.org");
  world.stream->send(bytes_of("a secret"));
  EXPECT_TRUE(world.run([&] { return world.heard == "a secret"; }));
}

TEST(TlsStream, IsWithACertificateOfItsHost) {
  const struct {
    const char* names;
    const char* host;
    bool is_right;
  } table[] = {
      {"DNS:turn.example.org", "turn.example.org", true},
      {"DNS:turn.example.org", "TURN.example.org", true},
      {"DNS:*.example.org", "turn.example.org", true},
      {"DNS:turn.example.org", "turn.example.org.", true},
      {"DNS:a.example,DNS:turn.example.org", "turn.example.org", true},
      {"IP:127.0.0.1", "127.0.0.1", true},
      {"DNS:turn.example.org", "turn.example.com", false},
      {"DNS:*.example.org", "a.turn.example.org", false},
      {"DNS:t*.example.org", "turn.example.org", false},
      {"DNS:turn.example.org", "127.0.0.1", false},
      {"IP:127.0.0.2", "127.0.0.1", false},
      {"DNS:127.0.0.1", "127.0.0.1", false},
      {"", "a server", false},  // its subject is so called: that does not count
  };
  for (const auto& row : table) {
    Tls world;
    world.ask({.alternative_names = row.names}, row.host);
    EXPECT_EQ(world.is_open, row.is_right) << row.names << " for " << row.host;
    if (row.is_right || !world.fault) continue;
    EXPECT_EQ(*world.fault,
              (StreamFault{"The server's certificate is not for the host in its URL.", true}));
    EXPECT_THAT(world.server->heard, IsEmpty());
  }
}

// RFC 6066 §3: without the dot that ends a name.
TEST(TlsStream, NamesAHostWithoutItsTrailingDot) {
  Tls world;
  world.ask({.alternative_names = "DNS:turn.example.org"}, "turn.example.org.");
  EXPECT_EQ(world.server->asked_for, "turn.example.org");
}

// RFC 6066 §3: an address is no name.
TEST(TlsStream, DoesNotNameAnAddress) {
  Tls world;
  world.ask({.alternative_names = "IP:127.0.0.1"}, "127.0.0.1");
  ASSERT_TRUE(world.is_open);
  EXPECT_EQ(world.server->asked_for, "");
}

TEST(TlsStream, RefusesWhatNobodyVouchesFor) {
  const struct {
    CertificateWish wish;
    bool knows_authority;
    const char* sentence;
  } table[] = {
      {{.valid_from = -7200, .valid_until = -3600}, true, "has expired"},
      {{.valid_from = 3600, .valid_until = 7200}, true, "not valid yet"},
      {{}, false, "of an authority that is not trusted here"},
  };
  for (auto row : table) {
    row.wish.alternative_names = "DNS:turn.example.org";
    Tls world;
    world.ask(row.wish, "turn.example.org", row.knows_authority);
    EXPECT_FALSE(world.is_open);
    ASSERT_TRUE(world.fault.has_value());
    EXPECT_THAT(world.fault->sentence, HasSubstr(row.sentence));
    EXPECT_TRUE(world.fault->is_final);
  }
}

TEST(TlsStream, RefusesASelfMadeCertificateWithTheSystemsAuthorities) {
  World world;
  StreamServer server(world.context,
                      CertificateMaker(nullptr, {.alternative_names = "DNS:a.example"}).pem());
  StreamOptions options;
  options.trust = TlsTrust::make().value();
  const auto stream = world.open(server.port(), "a.example", options);
  ASSERT_TRUE(world.fails());
  EXPECT_THAT(world.fault->sentence, HasSubstr("not trusted here"));
}

TEST(TlsStream, WithAServerThatSpeaksSomethingElseFails) {
  World world;
  StreamServer server(world.context);
  StreamOptions options;
  options.trust = TlsTrust::make().value();
  const auto stream = world.open(server.port(), "a.example", options);  // our own words come back
  ASSERT_TRUE(world.fails());
  EXPECT_THAT(world.fault->sentence, HasSubstr("is this a port for TLS?"));
  EXPECT_FALSE(world.fault->is_final);
}

TEST(TlsStream, WithASilentServerIsGivenUp) {
  World world;
  StreamServer server(world.context);
  server.echoes = false;
  StreamOptions options;
  options.trust = TlsTrust::make().value();
  options.handshake_timeout = 50ms;
  const auto stream = world.open(server.port(), "a.example", options);
  ASSERT_TRUE(world.fails());
  EXPECT_THAT(world.fault->sentence, HasSubstr("does not speak TLS on this port in time"));
}

TEST(TlsStream, IsNotWithoutAuthoritiesOrAHost) {
  World world;
  StreamServer server(world.context);
  auto stream = world.open(server.port(), "a.example");
  ASSERT_TRUE(world.fails());
  EXPECT_TRUE(world.fault->is_final);
  world.fault.reset();
  StreamOptions options;
  options.trust = TlsTrust::make().value();
  stream = world.open(server.port(), "", options);
  ASSERT_TRUE(world.fails());
  EXPECT_TRUE(world.fault->is_final);
}

TEST(TlsTrust, SaysWhyAFileIsNone) {
  const auto missing = TlsTrust::make("/nowhere/at/all.pem");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error(), HasSubstr("it needs PEM certificates"));
}

std::string pem_of_an_authority() {
  return CertificateMaker(nullptr, {.is_authority = true}).pem().certificate;
}

TEST(TlsTrusts, ReadAFileAgainThatCouldNotBeReadOrIsAnotherNow) {
  TlsTrusts trusts;
  const AuthoritiesFile file("nothing of the kind");
  EXPECT_FALSE(trusts.get(file.path()));
  std::ofstream(file.path()) << pem_of_an_authority();
  const auto first = trusts.get(file.path());
  ASSERT_TRUE(first);
  EXPECT_EQ(trusts.get(file.path()), first);
  // As files are rotated: another takes its name.
  const AuthoritiesFile next(pem_of_an_authority());
  std::filesystem::rename(next.path(), file.path());
  const auto second = trusts.get(file.path());
  ASSERT_TRUE(second);
  EXPECT_NE(second, first);
  EXPECT_EQ(trusts.get(file.path()), second);
}

TEST(TlsTrusts, OfOneFileDoNotWaitForAnother) {
  TlsTrusts trusts;
  const AuthoritiesFile file(pem_of_an_authority());
  const std::string slow = file.path() + "-fifo";
  ASSERT_EQ(::mkfifo(slow.c_str(), 0600), 0);
  auto waiting = std::async(std::launch::async, [&] { return trusts.get(slow); });
  std::ofstream writer(slow);  // open once it is being read
  auto other = std::async(std::launch::async, [&] { return trusts.get(file.path()); });
  EXPECT_EQ(other.wait_for(10s), std::future_status::ready);
  writer << pem_of_an_authority();
  writer.close();
  EXPECT_TRUE(waiting.get());
  EXPECT_TRUE(other.get());
  std::filesystem::remove(slow);
}

}  // namespace
}  // namespace specter::io
