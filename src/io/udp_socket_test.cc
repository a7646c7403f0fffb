// Real sockets on the loopback interface; whoever waits does it with poll().
#include "io/udp_socket.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "simulation/random.h"

namespace specter::io {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});
const IpAddress kLoopback6 = IpAddress::parse("::1").value();

UdpSocket open_socket(UdpFeatures features = {}, IpAddress address = kLoopback) {
  auto socket = UdpSocket::open({address, 0}, features);
  EXPECT_TRUE(socket.has_value()) << socket.error().message();
  return std::move(*socket);
}

bool wait_for(const UdpSocket& socket, short events) {
  pollfd waiting{socket.native_handle(), events, 0};
  return ::poll(&waiting, 1, 10'000) == 1;
}

Buffer pattern(std::size_t size, std::uint64_t seed) {
  Buffer bytes(size);
  ::specter::simulation::SeededRandom(seed).fill(bytes);
  return bytes;
}

struct Came {
  Endpoint remote;
  Buffer bytes;
  bool operator==(const Came&) const = default;
};

// Receives until `count` datagrams are there.
std::vector<Came> receive(UdpSocket& socket, std::size_t count) {
  static ReceiveBuffers buffers;
  std::vector<Came> came;
  while (came.size() < count && wait_for(socket, POLLIN)) {
    socket.receive(buffers, 1000, [&](std::span<const Datagram> datagrams) {
      for (const Datagram& datagram : datagrams) {
        EXPECT_EQ(datagram.path.local, socket.local());
        came.push_back(
            {datagram.path.remote, Buffer(datagram.bytes.begin(), datagram.bytes.end())});
      }
    });
  }
  return came;
}

TEST(UdpSocket, IsBoundToAFreePortAndClosedOnExec) {
  const UdpSocket socket = open_socket();
  EXPECT_EQ(socket.local().address, kLoopback);
  EXPECT_NE(socket.local().port, 0);
  EXPECT_NE(::fcntl(socket.native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(socket.native_handle(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(UdpSocket, SaysWhyItCantBeOpened) {
  const UdpSocket first = open_socket();
  const auto second = UdpSocket::open(first.local());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), std::errc::address_in_use);
  const auto foreign = UdpSocket::open({IpAddress::v4({203, 0, 113, 1}), 0});
  ASSERT_FALSE(foreign.has_value());
  EXPECT_EQ(foreign.error(), std::errc::address_not_available);
}

// Each way of sending against each way of receiving.
class UdpWays : public ::testing::TestWithParam<std::tuple<UdpFeatures, UdpFeatures>> {};

TEST_P(UdpWays, DeliverEveryDatagramOfABatchByteForByte) {
  const auto& [sending, receiving] = GetParam();
  UdpSocket a = open_socket(sending);
  UdpSocket b = open_socket(receiving);
  std::vector<Came> expected;
  for (std::uint64_t round = 0; round < 10; ++round) {
    // One alone; several of one size; several with a shorter one at the end.
    for (const std::size_t size :
         {std::size_t{7}, std::size_t{10 * 1200}, std::size_t{3 * 1200 + 5}}) {
      Transmit transmit{{a.local(), b.local()},
                        pattern(size, round * 10 + size % 7),
                        std::min<std::size_t>(size, 1200)};
      for (std::size_t at = 0; at < size; at += transmit.segment_size) {
        const auto part = Bytes(transmit.bytes).subspan(at, std::min<std::size_t>(1200, size - at));
        expected.push_back({a.local(), Buffer(part.begin(), part.end())});
      }
      a.send(std::move(transmit));
    }
    while (!a.flush()) ASSERT_TRUE(wait_for(a, POLLOUT));
  }
  EXPECT_THAT(receive(b, expected.size()), ElementsAreArray(expected));
  EXPECT_EQ(a.counters().datagrams_sent, expected.size());
  EXPECT_EQ(b.counters().datagrams_received, expected.size());
}

constexpr UdpFeatures kAll{};
constexpr UdpFeatures kBatches{false, false, true};
constexpr UdpFeatures kPlain{false, false, false};

INSTANTIATE_TEST_SUITE_P(All, UdpWays,
                         ::testing::Combine(::testing::Values(kAll, kBatches, kPlain),
                                            ::testing::Values(kAll, kBatches, kPlain)));

TEST(UdpSocket, SendsManyDatagramsInOneCallWhereTheKernelCan) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  a.send({{a.local(), b.local()}, pattern(48 * 1200, 1), 1200});
  ASSERT_TRUE(a.flush());
  EXPECT_EQ(a.counters().send_calls, a.features().segmentation ? 1U : 3U);
  EXPECT_EQ(a.counters().datagrams_sent, 48U);
  EXPECT_EQ(receive(b, 48).size(), 48U);
}

TEST(UdpSocket, CutsWhatIsTooLargeForOneCall) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  a.send({{a.local(), b.local()}, pattern(200 * 1200 + 1, 1), 1200});  // past 64 KiB
  a.send({{a.local(), b.local()}, pattern(300 * 100, 2), 100});        // past 64 segments
  while (!a.flush()) ASSERT_TRUE(wait_for(a, POLLOUT));
  const auto came = receive(b, 501);
  ASSERT_EQ(came.size(), 501U);
  Buffer together;
  for (const Came& one : came) together.insert(together.end(), one.bytes.begin(), one.bytes.end());
  Buffer sent = pattern(200 * 1200 + 1, 1);
  const Buffer second = pattern(300 * 100, 2);
  sent.insert(sent.end(), second.begin(), second.end());
  EXPECT_EQ(together, sent);
}

// What drivers and paths that can't cut a batch answer.
TEST(UdpSocket, DoesWithoutSegmentationWhenItIsRefused) {
  for (const int error : {EINVAL, EIO, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP}) {
    UdpSocket a = open_socket();
    UdpSocket b = open_socket();
    ASSERT_TRUE(a.features().segmentation) << "every Linux since 4.18 has it";
    int calls = 0;
    a.fault_for_tests = [&] { return calls++ == 0 ? error : 0; };
    a.send({{a.local(), b.local()}, pattern(3 * 1000, 1), 1000});
    ASSERT_TRUE(a.flush());
    EXPECT_FALSE(a.features().segmentation);
    EXPECT_EQ(receive(b, 3).size(), 3U);
    EXPECT_EQ(a.counters().unreachable, 0U);
  }
}

// The batch is split first: if not even one of its datagrams goes, it is their size, and not the
// way that they were sent.
TEST(UdpSocket, ADatagramThatIsTooLargeIsToldAndSaysNothingOfSegmentation) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  ASSERT_TRUE(a.features().segmentation);
  // The batch; each of its three datagrams twice.
  int calls = 0;
  a.fault_for_tests = [&] { return calls++ < 7 ? EMSGSIZE : 0; };
  a.send({{a.local(), b.local()}, pattern(3 * 1000, 1), 1000});
  a.send({{a.local(), b.local()}, pattern(3 * 500, 2), 500});
  ASSERT_TRUE(a.flush());
  EXPECT_TRUE(a.features().segmentation);
  EXPECT_EQ(a.counters().too_large, 3U);
  EXPECT_EQ(receive(b, 3).size(), 3U) << "the smaller ones";
  const auto told = a.take_too_large();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].remote, b.local());
  EXPECT_EQ(told[0].most, 999U);
  EXPECT_TRUE(a.take_too_large().empty());
}

TEST(UdpSocket, OfWhatIsTooLargeEightDestinationsAreTold) {
  UdpSocket a = open_socket();
  a.fault_for_tests = [] { return EMSGSIZE; };
  for (std::uint16_t port = 1000; port < 1020; ++port)
    a.send({{a.local(), {a.local().address, port}}, Buffer(100), 100});
  ASSERT_TRUE(a.flush());
  EXPECT_EQ(a.take_too_large().size(), 8U);
}

// What may be fragmented goes between others as all do, and "don't fragment" is back afterwards.
TEST(UdpSocket, ADatagramThatMayBeFragmentedGoesAlone) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  const auto discovery = [&] {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(a.native_handle(), IPPROTO_IP, IP_MTU_DISCOVER, &value, &size), 0);
    return value;
  };
  a.send({{a.local(), b.local()}, pattern(2000, 1), 1000});
  a.send({{a.local(), b.local()}, pattern(2000, 2), 1000, true});
  ASSERT_TRUE(a.flush());
  EXPECT_EQ(discovery(), IP_PMTUDISC_DONT);
  a.send({{a.local(), b.local()}, pattern(2000, 3), 1000});
  ASSERT_TRUE(a.flush());
  EXPECT_EQ(discovery(), IP_PMTUDISC_PROBE);
  EXPECT_EQ(receive(b, 6).size(), 6U);
}

TEST(UdpSocket, DoesWithoutBatchesWhenTheyAreNoSystemCall) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  // The seam stands before either call, so this is the sandbox that forbids the newer one: the
  // error of a plain call, too, is dropped like any other.
  a.fault_for_tests = [] { return ENOSYS; };
  a.send({{a.local(), b.local()}, {1}, 1});
  EXPECT_TRUE(a.flush());
  EXPECT_EQ(a.counters().unreachable, 1U);
  a.fault_for_tests = nullptr;
  a.send({{a.local(), b.local()}, {2}, 1});
  EXPECT_TRUE(a.flush());
  EXPECT_THAT(receive(b, 1), ElementsAre(Came{a.local(), {2}}));
}

TEST(UdpSocket, GoesOnAfterEveryErrorOfASend) {
  struct Row {
    int error;
    std::uint64_t unreachable, refused;
  };
  const Row table[] = {
      {ECONNREFUSED, 1, 0},  {EHOSTUNREACH, 1, 0}, {ENETUNREACH, 1, 0}, {ENETDOWN, 1, 0},
      {EADDRNOTAVAIL, 1, 0}, {EMSGSIZE, 1, 0},     {EINVAL, 1, 0},      {EPERM, 0, 1},
      {EACCES, 0, 1},        {ENOBUFS, 0, 1},      {ENOMEM, 0, 1},
  };
  for (const Row& row : table) {
    UdpSocket a = open_socket();
    UdpSocket b = open_socket();
    int calls = 0;
    // Once might be an earlier datagram's ICMP error; twice is this one's.
    a.fault_for_tests = [&] { return calls++ < 2 ? row.error : 0; };
    for (const std::uint8_t byte : {1, 2, 3}) a.send({{a.local(), b.local()}, {byte}, 1});
    ASSERT_TRUE(a.flush());
    EXPECT_THAT(receive(b, 2), ElementsAre(Came{a.local(), {2}}, Came{a.local(), {3}}));
    EXPECT_EQ(a.counters().unreachable, row.unreachable) << row.error;
    EXPECT_EQ(a.counters().refused, row.refused) << row.error;
  }
}

TEST(UdpSocket, TriesOnceMoreWhatFailedForAnEarlierDatagram) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  int calls = 0;
  a.fault_for_tests = [&] { return calls++ == 0 ? ECONNREFUSED : 0; };
  a.send({{a.local(), b.local()}, {1}, 1});
  ASSERT_TRUE(a.flush());
  EXPECT_THAT(receive(b, 1), ElementsAre(Came{a.local(), {1}}));
}

TEST(UdpSocket, GoesOnAfterErrorsOfAReceive) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  a.send({{a.local(), b.local()}, {1}, 1});
  ASSERT_TRUE(a.flush());
  int calls = 0;
  b.fault_for_tests = [&] {
    return std::array{EINTR, ECONNREFUSED, ENOBUFS, 0}[std::min(calls++, 3)];
  };
  EXPECT_THAT(receive(b, 1), ElementsAre(Came{a.local(), {1}}));
  EXPECT_EQ(b.counters().unreachable, 2U);
}

TEST(UdpSocket, GivesUpForNowWhenReceivingFailsForever) {
  UdpSocket socket = open_socket();
  socket.fault_for_tests = [] { return EIO; };
  ReceiveBuffers buffers;
  EXPECT_TRUE(socket.receive(buffers, 10, [](std::span<const Datagram>) { FAIL(); }));
  EXPECT_LT(socket.counters().receive_calls, 20U);
}

TEST(UdpSocket, ReachesIpv6) {
  UdpSocket a = open_socket({}, kLoopback6);
  UdpSocket b = open_socket({}, kLoopback6);
  a.send({{a.local(), b.local()}, {1, 2, 3}, 3});
  ASSERT_TRUE(a.flush());
  EXPECT_THAT(receive(b, 1), ElementsAre(Came{a.local(), {1, 2, 3}}));
}

TEST(UdpSocket, DropsDatagramsOfNoByte) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  UdpSocket c = open_socket();
  // b sends one by hand: the machines above never do.
  const sockaddr* to = nullptr;
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ASSERT_EQ(::getsockname(a.native_handle(), reinterpret_cast<sockaddr*>(&storage), &length), 0);
  to = reinterpret_cast<const sockaddr*>(&storage);
  ASSERT_EQ(::sendto(b.native_handle(), "", 0, 0, to, length), 0);
  c.send({{c.local(), a.local()}, {9}, 1});
  ASSERT_TRUE(c.flush());
  EXPECT_THAT(receive(a, 1), ElementsAre(Came{c.local(), {9}}));
  EXPECT_EQ(a.counters().dropped_empty, 1U);
}

TEST(UdpSocket, TakesTheLongestDatagramThereIs) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  const Buffer bytes = pattern(65507, 3);
  a.send({{a.local(), b.local()}, bytes, bytes.size()});
  ASSERT_TRUE(a.flush());
  EXPECT_THAT(receive(b, 1), ElementsAre(Came{a.local(), bytes}));
}

// docs/failures.md row 20: what one destination does is nobody else's affair.
TEST(UdpSocket, GoesOnAfterADestinationThatIsNotThere) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  Endpoint gone;
  {
    const UdpSocket closed = open_socket();
    gone = closed.local();
  }
  for (int i = 0; i < 10; ++i) {
    a.send({{a.local(), gone}, {1}, 1});
    a.send({{a.local(), {IpAddress::v4({127, 0, 0, 1}), 0}}, {1}, 1});            // no such port
    a.send({{a.local(), {IpAddress::parse("2001:db8::1").value(), 1}}, {1}, 1});  // another family
    a.send({{a.local(), b.local()}, {2}, 1});
    ASSERT_TRUE(a.flush());
  }
  EXPECT_EQ(receive(b, 10).size(), 10U);
  EXPECT_EQ(a.counters().unreachable, 20U);
}

TEST(UdpSocket, HandsOverABoundedNumberAtATime) {
  UdpSocket a = open_socket(kPlain);
  UdpSocket b = open_socket(kPlain);
  for (int i = 0; i < 30; ++i) a.send({{a.local(), b.local()}, {1}, 1});
  ASSERT_TRUE(a.flush());
  ReceiveBuffers buffers;
  std::size_t came = 0;
  const auto count = [&](std::span<const Datagram> datagrams) { came += datagrams.size(); };
  EXPECT_TRUE(b.receive(buffers, 10, count)) << "more may wait";
  EXPECT_EQ(came, 10U);
  EXPECT_FALSE(b.receive(buffers, 100, count));
  EXPECT_EQ(came, 30U);
}

TEST(UdpSocket, WaitsWithWhatTheKernelDoesNotTake) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  a.fault_for_tests = [] { return EAGAIN; };
  for (const std::uint8_t byte : {1, 2, 3}) a.send({{a.local(), b.local()}, {byte}, 1});
  EXPECT_FALSE(a.flush());
  EXPECT_EQ(a.queued_bytes(), 3U);
  a.fault_for_tests = nullptr;
  EXPECT_TRUE(a.flush());
  EXPECT_EQ(a.queued_bytes(), 0U);
  EXPECT_THAT(receive(b, 3),
              ElementsAre(Came{a.local(), {1}}, Came{a.local(), {2}}, Came{a.local(), {3}}));
}

TEST(UdpSocket, DropsTheOldestWhenTheKernelTakesNothingForTooLong) {
  UdpSocket a = open_socket();
  UdpSocket b = open_socket();
  a.fault_for_tests = [] { return EAGAIN; };
  constexpr std::size_t kCount = 5 * UdpSocket::kMaxQueuedBytes / 10'000;
  for (std::size_t i = 0; i < kCount; ++i) {
    a.send({{a.local(), b.local()}, Buffer(10'000, static_cast<std::uint8_t>(i)), 10'000});
    ASSERT_LE(a.queued_bytes(), UdpSocket::kMaxQueuedBytes);
  }
  EXPECT_GT(a.queued_bytes(), UdpSocket::kMaxQueuedBytes / 2);
  EXPECT_EQ(a.counters().dropped_queue_full, kCount - a.queued_bytes() / 10'000);
  a.fault_for_tests = nullptr;
  while (!a.flush()) ASSERT_TRUE(wait_for(a, POLLOUT));
  const auto came = receive(b, 1);
  ASSERT_FALSE(came.empty());
  EXPECT_EQ(came[0].bytes[0], static_cast<std::uint8_t>(a.counters().dropped_queue_full));
}

}  // namespace
}  // namespace specter::io
