// Sending: the queue of a socket, in as few calls as the kernel allows.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/udp.h>

#include "base/queue.h"
#include "io/sockaddr.h"
#include "io/udp_socket.h"

namespace specter::io {

namespace {

constexpr int kMostInterrupts = 8;             // in a row, of one call
constexpr std::size_t kMaxPieces = 16;         // messages a call
constexpr std::size_t kMaxSegments = 64;       // UDP_MAX_SEGMENTS of the older kernels
constexpr std::size_t kLargestUsual = 1472;    // a datagram in a packet of 1500 bytes
constexpr std::size_t kMaxPieceBytes = 65507;  // an IPv4 datagram's payload at most
// What waits for flush() at most: transmits and bytes.
constexpr std::size_t kGatherAtMost = 64;
constexpr std::size_t kGatherBytesAtMost = 256 << 10;
constexpr std::size_t kMaxTooLarge = 8;  // destinations to tell of

}  // namespace

// What one message of a call carries: a datagram, or several when `segment_size` isn't 0.
struct UdpSocket::Piece {
  std::size_t index = 0;  // in queue_
  std::size_t offset = 0;
  std::size_t size = 0;
  std::size_t segment_size = 0;
  bool may_fragment = false;

  std::size_t datagrams() const {
    return segment_size ? (size + segment_size - 1) / segment_size : 1;
  }
};

struct UdpSocket::Outgoing {
  std::array<Piece, kMaxPieces> pieces;
  std::array<mmsghdr, kMaxPieces> messages;
  std::array<iovec, kMaxPieces> vectors;
  std::array<SocketAddress, kMaxPieces> destinations;
  alignas(cmsghdr)
      std::array<std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))>, kMaxPieces> controls;
};

void UdpSocket::send(Transmit&& transmit) {
  if (transmit.bytes.empty()) return;
  queued_bytes_ += transmit.bytes.size();
  queue_.push_back(std::move(transmit));
  const bool is_enough =
      queue_.size() - head_ >= kGatherAtMost || queued_bytes_ >= kGatherBytesAtMost;
  if (is_enough && !flush()) {
    while (queued_bytes_ > kMaxQueuedBytes) drop_oldest();
  }
}

bool UdpSocket::flush() {
  bool retried = false;
  int interrupted = 0;
  while (head_ < queue_.size()) {
    Outgoing out;
    const std::size_t count = gather(out);
    set_whole_only(!out.pieces[0].may_fragment);
    const int sent = send_some(out, count);
    if (sent > 0) {
      // It went alone, and not with others: then it is segmentation that does not work here. Some
      // drivers and paths can't do it although the kernel can; never again on this socket.
      if (unsegmented_bytes_ > 0) features_.segmentation = false;
      for (std::size_t i = 0; i < static_cast<std::size_t>(sent); ++i) {
        counters_.datagrams_sent += out.pieces[i].datagrams();
        advance(out.pieces[i].size);
      }
      retried = false;
      interrupted = 0;
      continue;
    }
    const int error = errno;
    // A call that does not wait is hardly ever interrupted: not for ever, in any case.
    if (error == EINTR && ++interrupted <= kMostInterrupts) continue;
    if (error == EAGAIN || error == EWOULDBLOCK) return false;
    if (handle_segmentation_error(error, out.pieces[0])) continue;
    // The error may be an earlier datagram's, kept by the socket until the next call: once more.
    if (!std::exchange(retried, true)) continue;
    retried = false;
    if (error == EMSGSIZE) note_too_large(out.pieces[0]);
    count_failure(error);
    advance(out.pieces[0].size);
  }
  clear_to_fit(queue_);
  head_ = 0;
  return true;
}

UdpSocket::Piece UdpSocket::next_piece(std::size_t index, std::size_t offset) const {
  const Transmit& transmit = queue_[index];
  const std::size_t rest = transmit.bytes.size() - offset;
  const std::size_t step = transmit.segment_size ? transmit.segment_size : rest;
  Piece piece{index, offset, std::min(step, rest), 0, transmit.may_fragment};
  if (!features_.segmentation || rest <= step || step > kMaxPieceBytes || unsegmented_bytes_ > 0 ||
      transmit.may_fragment)
    return piece;
  const std::size_t segments = std::min(kMaxSegments, kMaxPieceBytes / step);
  piece.size = std::min(rest, segments * step);
  if (piece.size > step) piece.segment_size = step;
  return piece;
}

// Fills in the next messages to send; answers how many.
std::size_t UdpSocket::gather(Outgoing& out) const {
  std::size_t count = 0;
  std::size_t index = head_;
  std::size_t offset = head_offset_;
  while (count < kMaxPieces && index < queue_.size()) {
    const Piece piece = next_piece(index, offset);
    if (count > 0 && (piece.may_fragment != out.pieces[0].may_fragment || unsegmented_bytes_ > 0))
      break;
    out.pieces[count] = piece;
    const Transmit& transmit = queue_[index];
    // sendmsg() reads only, but its iovec knows no const.
    out.vectors[count] = {const_cast<std::uint8_t*>(transmit.bytes.data() + offset), piece.size};
    std::memset(&out.messages[count], 0, sizeof(mmsghdr));
    msghdr& header = out.messages[count].msg_hdr;
    header.msg_namelen = to_socket_address(transmit.path.remote, out.destinations[count]);
    header.msg_name = &out.destinations[count];
    header.msg_iov = &out.vectors[count];
    header.msg_iovlen = 1;
    if (piece.segment_size) {
      out.controls[count].fill(0);
      header.msg_control = out.controls[count].data();
      header.msg_controllen = out.controls[count].size();
      cmsghdr* control = CMSG_FIRSTHDR(&header);
      control->cmsg_level = IPPROTO_UDP;
      control->cmsg_type = UDP_SEGMENT;
      control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto size = static_cast<std::uint16_t>(piece.segment_size);
      std::memcpy(CMSG_DATA(control), &size, sizeof size);
    }
    ++count;
    offset += piece.size;
    if (offset >= transmit.bytes.size()) {
      ++index;
      offset = 0;
    }
  }
  return count;
}

int UdpSocket::send_some(Outgoing& out, std::size_t count) {
  ++counters_.send_calls;
  if (fault_for_tests) {
    errno = fault_for_tests();
    if (errno != 0) return -1;
  }
  if (features_.batches && count > 1) {
    const int sent = ::sendmmsg(descriptor_, out.messages.data(), static_cast<unsigned int>(count),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || !may_be_forbidden(errno)) return sent;
  }
  const ssize_t sent =
      ::sendmsg(descriptor_, &out.messages[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return -1;
  // It is the call that is forbidden, and not, by a firewall, where the message goes.
  if (count > 1) features_.batches = false;
  return 1;
}

// Behind us are `bytes` more of the head of the queue.
void UdpSocket::advance(std::size_t bytes) {
  head_offset_ += bytes;
  queued_bytes_ -= bytes;
  unsegmented_bytes_ -= std::min(unsegmented_bytes_, bytes);
  if (head_offset_ < queue_[head_].bytes.size()) return;
  Buffer sent = std::move(queue_[head_].bytes);
  if (sent_) sent_->give(std::move(sent));
  head_offset_ = 0;
  ++head_;
  if (head_ >= kGatherAtMost) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

// Several in one call did not go. Whether that is segmentation's fault, or whether the datagrams
// are too large for this path: one of them alone will tell.
bool UdpSocket::handle_segmentation_error(int error, const Piece& piece) {
  // A datagram that the interface has no room for would not go alone either.
  if (!piece.segment_size || piece.segment_size > kLargestUsual) return false;
  const bool theirs = error == EINVAL || error == EIO || error == EMSGSIZE ||
                      error == ENOPROTOOPT || error == EOPNOTSUPP;
  if (theirs) unsegmented_bytes_ = piece.size;
  return theirs;
}

void UdpSocket::note_too_large(const Piece& piece) {
  const Transmit& transmit = queue_[piece.index];
  const std::size_t size = piece.segment_size ? piece.segment_size : piece.size;
  counters_.too_large += piece.datagrams();
  const std::size_t most = size - 1;
  const auto known = std::ranges::find(too_large_, transmit.path.remote, &TooLarge::remote);
  if (known != too_large_.end())
    known->most = std::min(known->most, most);
  else if (too_large_.size() < kMaxTooLarge)
    too_large_.push_back({transmit.path.remote, most});
}

void UdpSocket::count_failure(int error) {
  if (error == EPERM || error == EACCES || error == ENOBUFS || error == ENOMEM)
    ++counters_.refused;
  else
    ++counters_.unreachable;
}

void UdpSocket::drop_oldest() {
  const Transmit& oldest = queue_[head_];
  const std::size_t rest = oldest.bytes.size() - head_offset_;
  const std::size_t step = oldest.segment_size ? oldest.segment_size : rest;
  counters_.dropped_queue_full += (rest + step - 1) / step;
  advance(rest);
}

}  // namespace specter::io
