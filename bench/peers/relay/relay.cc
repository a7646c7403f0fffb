// A path in userspace between two peers on one machine. Each peer is told the relay's port in the
// place of the other's:
//
//      A  <---->  socket B' ... path ... socket A'  <---->  B
//
// What A sends to B' leaves for B from A', after the path's delay and losses, and the other way
// round. The first line of output names both ports; the peers' own addresses come in as lines
// "a ADDRESS PORT" and "b ADDRESS PORT"; "count" is answered by a line of counts; the end of input
// is the end.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "path.h"

namespace relay {
namespace {

constexpr std::size_t kDatagramBytes = 65536;
constexpr int kSocketBufferBytes = 8 << 20;
constexpr int kReceivesInARow = 32;           // from one socket before the others have their turn
constexpr std::size_t kSegmentsOfACall = 60;  // the kernel takes 64
constexpr std::size_t kBytesOfACall = 60000;
constexpr auto kShortestSleep = std::chrono::microseconds(50);

// A descriptor, closed at its end.
class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    if (descriptor_ < 0) throw std::runtime_error("relay: no socket");
    const int on = 1;
    for (const int buffer : {SO_RCVBUF, SO_SNDBUF}) {
      // Past the limit for everyone where that is allowed.
      const int force = buffer == SO_RCVBUF ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
      if (set(SOL_SOCKET, force, kSocketBufferBytes) != 0) {
        set(SOL_SOCKET, buffer, kSocketBufferBytes);
      }
    }
    set(SOL_UDP, UDP_GRO, on);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) {
      throw std::runtime_error("relay: no port");
    }
  }
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }
  int port() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size);
    return ntohs(own.sin_port);
  }

 private:
  int set(int level, int name, int value) {
    return ::setsockopt(descriptor_, level, name, &value, sizeof value);
  }

  int descriptor_;
};

// A peer, the socket that stands for the other one before it, and the path of what it sends.
struct End {
  explicit End(const PathOptions& options) : path(options) {}

  sockaddr_in address{};  // port 0: not known yet
  Socket socket;
  Path path;
};

void receive(End& from, Clock::time_point now) {
  static std::array<std::uint8_t, kDatagramBytes> bytes;
  for (int i = 0; i < kReceivesInARow; ++i) {
    sockaddr_in source{};
    iovec piece{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(from.socket.descriptor(), &message, 0);
    if (size < 0) return;
    // One address of the peer is known; what its other candidates send has no way on.
    if (from.address.sin_port == 0 || source.sin_port != from.address.sin_port) continue;
    from.address = source;
    auto segment = static_cast<std::size_t>(size);
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
      int told = 0;
      std::memcpy(&told, CMSG_DATA(c), sizeof told);
      if (told > 0) segment = static_cast<std::size_t>(told);
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(size); at += segment) {
      const std::size_t rest = static_cast<std::size_t>(size) - at;
      from.path.push(now, bytes.data() + at, std::min(segment, rest));
    }
  }
}

// Sends what is due, packets of one size in one call.
void send(Path& path, End& to, Clock::time_point now) {
  while (const auto* first = path.front(now)) {
    std::array<iovec, kSegmentsOfACall> pieces;
    std::size_t count = 0, total = 0;
    while (count < pieces.size()) {
      const auto* next = path.at(count, now);
      if (!next || next->size() > first->size() || total + next->size() > kBytesOfACall) break;
      pieces[count++] = {const_cast<std::uint8_t*>(next->data()), next->size()};
      total += next->size();
      if (next->size() < first->size()) break;  // only the last may be shorter
    }
    if (to.address.sin_port != 0) {
      msghdr message{};
      message.msg_name = &to.address;
      message.msg_namelen = sizeof to.address;
      message.msg_iov = pieces.data();
      message.msg_iovlen = count;
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
      if (count > 1) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto segment = static_cast<std::uint16_t>(first->size());
        std::memcpy(CMSG_DATA(c), &segment, sizeof segment);
      }
      if (::sendmsg(to.socket.descriptor(), &message, 0) < 0 && errno == EAGAIN) return;
    }
    path.pop(count);
  }
}

class Relay {
 public:
  Relay(const PathOptions& there, const PathOptions& back) : a_(there), b_(back) {}

  void run() {
    std::printf("{\"a\": %d, \"b\": %d}\n", b_.socket.port(), a_.socket.port());
    std::fflush(stdout);
    while (true) {
      std::array<pollfd, 3> ready{pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{a_.socket.descriptor(), POLLIN, 0},
                                  pollfd{b_.socket.descriptor(), POLLIN, 0}};
      wait(ready);
      const auto now = Clock::now();
      if (ready[0].revents != 0 && !read_commands()) return;
      if (ready[1].revents != 0) receive(a_, now);
      if (ready[2].revents != 0) receive(b_, now);
      send(a_.path, b_, Clock::now());
      send(b_.path, a_, Clock::now());
    }
  }

 private:
  void wait(std::array<pollfd, 3>& ready) {
    timespec time{};
    const timespec* timeout = nullptr;
    auto next = a_.path.next();
    if (const auto other = b_.path.next(); other && (!next || *other < *next)) next = other;
    if (next) {
      const Clock::duration least = kShortestSleep;
      const auto wait = std::max(least, *next - Clock::now());
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
      time.tv_sec = seconds.count();
      time.tv_nsec = std::chrono::nanoseconds(wait - seconds).count();
      timeout = &time;
    }
    ::ppoll(ready.data(), ready.size(), timeout, nullptr);
  }

  bool read_commands() {
    std::array<char, 4096> piece;
    const ssize_t size = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (size <= 0) return false;
    commands_.append(piece.data(), static_cast<std::size_t>(size));
    for (std::size_t end; (end = commands_.find('\n')) != std::string::npos;) {
      command(commands_.substr(0, end));
      commands_.erase(0, end + 1);
    }
    return true;
  }

  void command(const std::string& line) {
    std::array<char, 64> address{};
    unsigned port = 0;
    char who = 0;
    if (line == "count") {
      print("there", a_.path.counts(), "{");
      print("back", b_.path.counts(), ", ");
      std::printf("}\n");
      std::fflush(stdout);
    } else if (std::sscanf(line.c_str(), "%c %63s %u", &who, address.data(), &port) == 3) {
      sockaddr_in& known = (who == 'a' ? a_ : b_).address;
      known.sin_family = AF_INET;
      known.sin_port = htons(static_cast<std::uint16_t>(port));
      ::inet_pton(AF_INET, address.data(), &known.sin_addr);
    }
  }

  static void print(const char* name, const PathCounts& counts, const char* before) {
    std::printf(
        "%s\"%s\": {\"forwarded\": %llu, \"lost\": %llu, \"dropped\": %llu, "
        "\"most_queued_bytes\": %zu}",
        before, name, static_cast<unsigned long long>(counts.forwarded),
        static_cast<unsigned long long>(counts.lost),
        static_cast<unsigned long long>(counts.dropped), counts.most_queued_bytes);
  }

  End a_, b_;
  std::string commands_;
};

PathOptions options(int argc, char** argv) {
  PathOptions options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const double value = std::atof(argv[i + 1]);
    if (name == "--delay-ms") {
      options.delay = std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double, std::milli>(value));
    } else if (name == "--loss") {
      options.loss = value;
    } else if (name == "--rate-mbit") {
      options.bits_per_second = value * 1e6;
    } else if (name == "--queue-bytes") {
      options.queue_bytes = static_cast<std::size_t>(value);
    } else if (name == "--seed") {
      options.seed = static_cast<std::uint64_t>(value);
    } else {
      throw std::runtime_error(
          "relay: --delay-ms, --loss (0 to 1, each way), --rate-mbit, "
          "--queue-bytes, --seed, each with a number");
    }
  }
  return options;
}

}  // namespace
}  // namespace relay

int main(int argc, char** argv) try {
  ::prctl(PR_SET_TIMERSLACK, 1);
  relay::PathOptions there = relay::options(argc, argv);
  relay::PathOptions back = there;
  back.seed = there.seed + 1;
  auto relay = std::make_unique<relay::Relay>(there, back);
  relay->run();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
