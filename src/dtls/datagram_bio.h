// What OpenSSL sees instead of a socket and a clock.
#pragma once

#include <cstddef>
#include <deque>

#include "specter/bytes.h"

struct bio_st;  // BIO
struct timeval;

namespace specter::dtls {

// Datagrams in and out, with their boundaries, and OpenSSL's retransmission timer under our hand.
//
// OpenSSL's DTLS reads the wall clock for that timer. But whenever it starts or stops it, it shows
// the BIO the place where it keeps the due time, in its own memory, for sockets to use as their
// timeout. We write there: far in the future, so that OpenSSL never finds its timer due by itself,
// and the distant past at the moment when ours is. So only the Timestamps that we are given count.
// (As OpenSSL 3.0 and 3.1 do; from 3.2 on a copy is shown, which Session's constructor would
// notice.)
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
  // Doubles the datagrams from the `first` on.
  void repeat_from(std::size_t first);

  std::deque<Buffer>& outgoing() { return outgoing_; }
  const std::deque<Buffer>& outgoing() const { return outgoing_; }

  // ---- OpenSSL's timer
  bool timer_runs() const { return timer_runs_; }
  unsigned times_stopped() const {
    return times_stopped_;
  }  // tells one flight's timer from the next's
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
  unsigned times_stopped_ = 0;
};

}  // namespace specter::dtls
