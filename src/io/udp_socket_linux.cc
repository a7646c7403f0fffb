// Opening and receiving. udp_send_linux.cc has the other half.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/udp.h>
#include <unistd.h>

#include "io/sockaddr.h"
#include "io/udp_socket.h"

namespace specter::io {

namespace {

constexpr int kSocketBufferBytes = 4 << 20;  // one bulk stream fills 208 KiB, the usual, at once
constexpr std::size_t kSlotBytes = 65536;    // the longest there can be, coalesced or not
constexpr std::size_t kMaxSlots = 32;        // messages a call
constexpr std::size_t kCoalescedSlots = 8;   // the same when each may be 64 KiB: half an L2
constexpr std::size_t kReceiveControlBytes = 64;  // room for UDP_GRO's int

std::unexpected<std::error_code> last_error() {
  return std::unexpected(std::error_code(errno, std::system_category()));
}

template <class T>
bool set_option(int descriptor, int level, int name, T value) {
  return ::setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

// As much as we may have; less is no failure.
void ask_for_buffer(int descriptor, int forced, int ordinary) {
  if (!set_option(descriptor, SOL_SOCKET, forced, kSocketBufferBytes))
    set_option(descriptor, SOL_SOCKET, ordinary, kSocketBufferBytes);
}

}  // namespace

struct ReceiveBuffers::Impl {
  // Not initialised: pages that no datagram touches cost nothing.
  std::unique_ptr<std::uint8_t[]> bytes =
      std::make_unique_for_overwrite<std::uint8_t[]>(kMaxSlots * kSlotBytes);
  std::array<mmsghdr, kMaxSlots> messages{};
  std::array<iovec, kMaxSlots> vectors{};
  std::array<SocketAddress, kMaxSlots> sources{};
  alignas(cmsghdr) std::array<std::array<std::uint8_t, kReceiveControlBytes>, kMaxSlots> controls{};
  std::vector<Datagram> datagrams{};  // of the messages of one receive

  void prepare(std::size_t slot) {
    vectors[slot] = {bytes.get() + slot * kSlotBytes, kSlotBytes};
    msghdr& header = messages[slot].msg_hdr;
    header.msg_name = &sources[slot];
    header.msg_namelen = sizeof(SocketAddress);
    header.msg_iov = &vectors[slot];
    header.msg_iovlen = 1;
    header.msg_control = controls[slot].data();
    header.msg_controllen = kReceiveControlBytes;
    header.msg_flags = 0;
    messages[slot].msg_len = 0;
  }

  // The length of each of the datagrams that the kernel put together; 0 when it is one alone.
  std::size_t segment_size(std::size_t slot) {
    msghdr& header = messages[slot].msg_hdr;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control;
         control = CMSG_NXTHDR(&header, control)) {
      if (control->cmsg_level != IPPROTO_UDP || control->cmsg_type != UDP_GRO) continue;
      int size = 0;
      std::memcpy(&size, CMSG_DATA(control), sizeof size);
      return size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    return 0;
  }
};

ReceiveBuffers::ReceiveBuffers() : impl_(std::make_unique<Impl>()) {}
ReceiveBuffers::~ReceiveBuffers() = default;

std::expected<UdpSocket, std::error_code> UdpSocket::open(const Endpoint& local,
                                                          UdpFeatures features, BufferPool* sent,
                                                          std::uint32_t zone) {
  const int family = local.address.is_v4() ? AF_INET : AF_INET6;
  const int descriptor = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
  if (descriptor < 0) return last_error();
  UdpSocket socket(descriptor, local, features);
  socket.sent_ = sent;

  if (family == AF_INET6) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  SocketAddress address;
  socklen_t length = to_socket_address(local, address, zone);
  if (::bind(descriptor, &address.any, length) < 0) return last_error();
  length = sizeof address;
  if (::getsockname(descriptor, &address.any, &length) < 0) return last_error();
  const auto bound = from_socket_address(address, length);
  if (!bound) return std::unexpected(std::make_error_code(std::errc::address_family_not_supported));
  socket.local_ = *bound;

  ask_for_buffer(descriptor, SO_RCVBUFFORCE, SO_RCVBUF);
  ask_for_buffer(descriptor, SO_SNDBUFFORCE, SO_SNDBUF);
  if (features.coalescing)
    socket.features_.coalescing = set_option(descriptor, IPPROTO_UDP, UDP_GRO, 1);
  if (features.segmentation)  // a default of 0 changes nothing and tells whether it is known
    socket.features_.segmentation = set_option(descriptor, IPPROTO_UDP, UDP_SEGMENT, 0);
  if (features.whole_only) {
    socket.features_.whole_only =
        family == AF_INET
            ? set_option(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
            : set_option(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  }
  return socket;
}

UdpSocket::~UdpSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : fault_for_tests(std::move(other.fault_for_tests)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      local_(other.local_),
      features_(other.features_),
      counters_(other.counters_),
      queue_(std::move(other.queue_)),
      head_(other.head_),
      head_offset_(other.head_offset_),
      queued_bytes_(other.queued_bytes_),
      unsegmented_bytes_(other.unsegmented_bytes_),
      is_whole_only_(other.is_whole_only_),
      too_large_(std::move(other.too_large_)),
      sent_(other.sent_) {}

// Of what is sent from now on. Linux knows no such control message for IPv4.
void UdpSocket::set_whole_only(bool whole) {
  if (!features_.whole_only || is_whole_only_ == whole) return;
  const bool done = local_.address.is_v4()
                        ? set_option(descriptor_, IPPROTO_IP, IP_MTU_DISCOVER,
                                     whole ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT)
                        : set_option(descriptor_, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                                     whole ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT);
  if (done) is_whole_only_ = whole;
}

// How many messages came; 0 when none waits, negative for an error.
int UdpSocket::receive_some(ReceiveBuffers::Impl& buffers, std::size_t slots) {
  for (std::size_t i = 0; i < slots; ++i) buffers.prepare(i);
  ++counters_.receive_calls;
  if (fault_for_tests) {
    errno = fault_for_tests();
    if (errno != 0) return -1;
  }
  if (features_.batches) {
    const int got = ::recvmmsg(descriptor_, buffers.messages.data(),
                               static_cast<unsigned int>(slots), MSG_DONTWAIT, nullptr);
    if (got >= 0 || !may_be_forbidden(errno)) return got;
    features_.batches = false;
  }
  const ssize_t got = ::recvmsg(descriptor_, &buffers.messages[0].msg_hdr, MSG_DONTWAIT);
  if (got < 0) return -1;
  buffers.messages[0].msg_len = static_cast<unsigned int>(got);
  return 1;
}

bool UdpSocket::receive(ReceiveBuffers& buffers, std::size_t budget,
                        const std::function<void(std::span<const Datagram>)>& handle) {
  std::size_t handed = 0;
  has_failed_to_receive_ = false;
  for (int failures = 0; handed < budget;) {
    // A message of several datagrams has some 50 of them.
    std::size_t slots = features_.coalescing
                            ? std::clamp<std::size_t>((budget - handed) / 32, 1, kCoalescedSlots)
                            : kMaxSlots;
    if (!features_.batches) slots = 1;
    const int got = receive_some(*buffers.impl_, slots);
    if (got < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      // An ICMP error that some datagram of ours brought about: reading it clears it. It says
      // nothing of the socket, nor of other destinations.
      if (errno != EINTR) ++counters_.unreachable;
      if (++failures > 8) {
        has_failed_to_receive_ = handed == 0;
        return true;
      }
      continue;
    }
    buffers.impl_->datagrams.clear();
    for (std::size_t slot = 0; slot < static_cast<std::size_t>(got); ++slot)
      handed += collect(*buffers.impl_, slot);
    if (!buffers.impl_->datagrams.empty()) handle(buffers.impl_->datagrams);
    if (features_.batches && static_cast<std::size_t>(got) < slots) return false;
  }
  return true;
}

// Adds the datagrams of one message; answers how many there were, dropped ones too, so that a flood
// of those ends a turn like any other.
std::size_t UdpSocket::collect(ReceiveBuffers::Impl& buffers, std::size_t slot) {
  const mmsghdr& message = buffers.messages[slot];
  const auto remote = from_socket_address(buffers.sources[slot], message.msg_hdr.msg_namelen);
  if (message.msg_hdr.msg_flags & MSG_TRUNC) {
    ++counters_.dropped_truncated;
    return 1;
  }
  if (message.msg_len == 0 || !remote) {
    ++counters_.dropped_empty;
    return 1;
  }
  MutableBytes bytes(buffers.bytes.get() + slot * kSlotBytes, message.msg_len);
  std::size_t step = buffers.segment_size(slot);
  if (step == 0) step = bytes.size();
  std::size_t count = 0;
  while (!bytes.empty()) {
    const MutableBytes datagram = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(datagram.size());
    ++count;
    ++counters_.datagrams_received;
    buffers.datagrams.push_back({{local_, *remote}, datagram});
  }
  return count;
}

}  // namespace specter::io
