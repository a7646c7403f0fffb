// For tests: OpenSSL's DTLS as the peer, and what it sees instead of a socket and a clock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>

#include <openssl/bio.h>
#include <sys/time.h>

#include "base/bytes.h"
#include "base/check.h"

#include "specter/bytes.h"

namespace specter::dtls {

// Datagrams in and out, with their boundaries, and OpenSSL's retransmission timer under our hand.
//
// OpenSSL's DTLS reads the wall clock for that timer. But whenever it starts or stops it, it shows
// the BIO the place where it keeps the due time, in its own memory, for sockets to use as their
// timeout. We write there: far in the future, so that OpenSSL never finds its timer due by itself,
// and the distant past at the moment when the test says so.
class DatagramBio {
 public:
  explicit DatagramBio(std::size_t mtu) : mtu_(mtu) {}
  DatagramBio(const DatagramBio&) = delete;
  DatagramBio& operator=(const DatagramBio&) = delete;

  // For SSL_set_bio, which then owns it; this object must outlive the SSL.
  bio_st* make();

  // ---- in: to be read, record by record if need be, until withdrawn.
  void offer(Bytes datagram) { incoming_ = datagram; }
  void withdraw() { incoming_ = {}; }

  // ---- out: what OpenSSL writes between the two calls is one flight; its records share datagrams
  // as far as they fit into the MTU. Otherwise each write is a datagram.
  void begin_flight() { gathering_ = Gathering::Fresh; }
  void end_flight() { gathering_ = Gathering::No; }

  std::deque<Buffer>& outgoing() { return outgoing_; }
  const std::deque<Buffer>& outgoing() const { return outgoing_; }

  // ---- OpenSSL's timer
  bool timer_runs() const { return timer_runs_; }
  void expire_timer();

 private:
  enum class Gathering { No, Fresh, Yes };
  struct Callbacks;

  int read(MutableBytes out);
  void write(Bytes datagram);
  void keep_timer(timeval* due);

  const std::size_t mtu_;
  Bytes incoming_;
  std::deque<Buffer> outgoing_;
  Gathering gathering_ = Gathering::No;
  timeval* due_ = nullptr;
  bool timer_runs_ = false;
};

inline constexpr timeval kNeverDue{std::int64_t{1} << 40, 0};
inline constexpr timeval kLongDue{1, 0};  // not zero: that would say that no timer runs

// The size of the whole records in front that fit in `room`; OpenSSL's buffer is made for one of
// the largest. What is no record counts as one.
inline std::size_t whole_records(Bytes datagram, std::size_t room) {
  constexpr std::size_t kHeaderSize = 13;
  if (datagram.size() <= room) return datagram.size();
  std::size_t size = 0;
  while (datagram.size() - size >= kHeaderSize) {
    const std::size_t record =
        kHeaderSize + (std::size_t{datagram[size + 11]} << 8) + datagram[size + 12];
    if (size + record > room) break;
    size += record;
  }
  return size > 0 ? size : room;
}

// No exception may pass through C.
struct DatagramBio::Callbacks {
  static DatagramBio& self(BIO* bio) { return *static_cast<DatagramBio*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* out, int size) {
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    const int got = self(bio).read(
        MutableBytes(reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)));
    if (got < 0) BIO_set_retry_read(bio);
    return got;
  }

  static int write(BIO* bio, const char* data, int size) noexcept {
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    try {
      self(bio).write(as_bytes(std::string_view(data, static_cast<std::size_t>(size))));
      return size;
    } catch (...) {
      return -1;
    }
  }

  static long control(BIO* bio, int command, long, void* argument) {
    DatagramBio& datagrams = self(bio);
    switch (command) {
      case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        datagrams.keep_timer(static_cast<timeval*>(argument));
        return 1;
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return static_cast<long>(datagrams.mtu_);
      default: return 0;  // no peer address, no socket, no overhead, nothing pending
    }
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* const m =
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "specter datagrams");
      SPECTER_CHECK(m && BIO_meth_set_read(m, read) && BIO_meth_set_write(m, write) &&
                    BIO_meth_set_ctrl(m, control) && BIO_meth_set_create(m, create));
      return m;
    }();
    return made;
  }
};

inline bio_st* DatagramBio::make() {
  BIO* const bio = BIO_new(Callbacks::method());
  SPECTER_CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  return bio;
}

inline int DatagramBio::read(MutableBytes out) {
  if (incoming_.empty()) return -1;
  const std::size_t size = whole_records(incoming_, out.size());
  std::memcpy(out.data(), incoming_.data(), size);
  incoming_ = incoming_.subspan(size);
  return static_cast<int>(size);
}

inline void DatagramBio::write(Bytes datagram) {
  if (gathering_ == Gathering::Yes && outgoing_.back().size() + datagram.size() <= mtu_) {
    outgoing_.back().insert(outgoing_.back().end(), datagram.begin(), datagram.end());
    return;
  }
  outgoing_.push_back(to_buffer(datagram));
  if (gathering_ == Gathering::Fresh) gathering_ = Gathering::Yes;
}

inline void DatagramBio::keep_timer(timeval* due) {
  due_ = due;
  const bool stopped = due->tv_sec == 0 && due->tv_usec == 0;
  if (!stopped) *due_ = kNeverDue;
  timer_runs_ = !stopped;
}

inline void DatagramBio::expire_timer() {
  SPECTER_CHECK(timer_runs_ && due_);
  *due_ = kLongDue;
}

}  // namespace specter::dtls
