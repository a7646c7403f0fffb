// A UDP socket bound to one local address. It never waits; datagrams come and go in batches, in the
// best way that the kernel at hand knows.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "io/buffer_pool.h"

#include "specter/endpoint.h"

namespace specter::io {

// What to try. What the kernel refuses is turned off when it does.
struct UdpFeatures {
  bool segmentation = true;  // UDP_SEGMENT: many datagrams to one destination in one send
  bool coalescing = true;    // UDP_GRO: many datagrams of one source in one receive
  bool batches = true;       // sendmmsg, recvmmsg: several sends or receives in one call
  // Neither we nor a router cuts a datagram in pieces: what is too large is lost, which path MTU
  // discovery (RFC 8899 §3) lives on.
  bool whole_only = true;
};

// A call that this kernel has not, or that a sandbox does not know: some answer EPERM to those.
inline bool may_be_forbidden(int error) { return error == ENOSYS || error == EPERM; }

struct UdpCounters {
  std::uint64_t datagrams_sent = 0, send_calls = 0;
  std::uint64_t datagrams_received = 0, receive_calls = 0;
  std::uint64_t dropped_empty = 0;       // of no byte, or from no address
  std::uint64_t dropped_truncated = 0;   // longer than a receive buffer
  std::uint64_t dropped_queue_full = 0;  // the kernel took nothing for too long: the oldest went
  std::uint64_t unreachable = 0;         // an ICMP error, or no route: the destination's affair
  std::uint64_t refused = 0;             // by a firewall of this machine, or for want of buffers
  std::uint64_t too_large = 0;           // for the interface or the path, and not to be cut
};

// Where received datagrams lie while they are looked at. One serves all sockets of a thread.
class ReceiveBuffers {
 public:
  ReceiveBuffers();
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;

 private:
  friend class UdpSocket;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class UdpSocket {
 public:
  // Past it the oldest go: what waits long on a path is worth little to the protocols above.
  static constexpr std::size_t kMaxQueuedBytes = 1 << 20;

  // Port 0: one that is free. What was sent is given to `sent`, which outlives the socket. An IPv6
  // link-local address needs its zone; all that such a socket sends and receives is of that link.
  static std::expected<UdpSocket, std::error_code> open(const Endpoint& local,
                                                        UdpFeatures features = {},
                                                        BufferPool* sent = nullptr,
                                                        std::uint32_t zone = 0);
  ~UdpSocket();
  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&&) = delete;

  // Hands what has arrived to `handle`, what one call of the kernel brought at once, until nothing
  // waits or about `budget` datagrams were
  // handed over. True when more may wait, or when there was nothing but errors.
  bool receive(ReceiveBuffers& buffers, std::size_t budget,
               const std::function<void(std::span<const Datagram>)>& handle);

  bool has_failed_to_receive() const { return has_failed_to_receive_; }  // by nothing but errors

  // Gathers; flush() sends. `transmit.path.local` is not looked at.
  void send(Transmit&& transmit);
  // False when the kernel takes no more now: call it again when the socket is writable.
  bool flush();

  // Datagrams that were refused for their size since the last call: where to, and the largest size
  // that may still go. One a destination, eight in all.
  struct TooLarge {
    Endpoint remote;
    std::size_t most;
  };
  std::vector<TooLarge> take_too_large() { return std::exchange(too_large_, {}); }

  // For tests: what the next system call that sends or receives fails with; 0: it is made.
  std::function<int()> fault_for_tests{};

  const Endpoint& local() const { return local_; }
  int native_handle() const { return descriptor_; }
  const UdpFeatures& features() const { return features_; }
  const UdpCounters& counters() const { return counters_; }
  std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  struct Outgoing;
  struct Piece;

  UdpSocket(int descriptor, const Endpoint& local, UdpFeatures features)
      : descriptor_(descriptor), local_(local), features_(features) {}

  int receive_some(ReceiveBuffers::Impl& buffers, std::size_t slots);
  std::size_t collect(ReceiveBuffers::Impl& buffers, std::size_t slot);
  std::size_t gather(Outgoing& out) const;
  Piece next_piece(std::size_t index, std::size_t offset) const;
  int send_some(Outgoing& out, std::size_t count);
  void advance(std::size_t bytes);
  bool handle_segmentation_error(int error, const Piece& piece);
  void note_too_large(const Piece& piece);
  void set_whole_only(bool whole);
  void count_failure(int error);
  void drop_oldest();

  int descriptor_;
  Endpoint local_;
  UdpFeatures features_;
  UdpCounters counters_{};
  // queue_[head_] from head_offset_ on is what goes out next.
  std::vector<Transmit> queue_{};
  std::size_t head_ = 0;
  std::size_t head_offset_ = 0;
  std::size_t queued_bytes_ = 0;
  bool has_failed_to_receive_ = false;
  // So many bytes at the head of the queue go one by one, to learn whether segmentation is at
  // fault.
  std::size_t unsegmented_bytes_ = 0;
  bool is_whole_only_ = true;  // as the socket is set now, where features_.whole_only
  std::vector<TooLarge> too_large_{};
  BufferPool* sent_ = nullptr;
};

}  // namespace specter::io
