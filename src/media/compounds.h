// RTCP that waits to be sent, packed into datagrams. RFC 3550 §6.1: a report stands first and a
// CNAME is in each; RFC 5506 §3.4.2: feedback may go without both where the two sides say so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rtcp/compound.h"

#include "specter/bytes.h"

namespace specter::media {

class Compounds {
 public:
  // Packets that wait; more are dropped. What is due at a time is bounded by the sources.
  static constexpr std::size_t kMaxWaiting = 1024;

  // RFC 3550 §6.5.1. It stands in datagrams that have no sender report.
  void set_cname(std::string cname) { cname_ = std::move(cname); }
  void set_reduced_size(bool may_reduce) { may_reduce_ = may_reduce; }

  bool empty() const { return waiting_.empty(); }
  // Those that are due together. Reports go first, and BYE last.
  void add(std::vector<rtcp::Message>& due);
  void clear() { waiting_.clear(); }
  // Appends one datagram to `out`, of `most` bytes at most; false: nothing waits. `ssrc` is that of
  // a report that has to be made up. A packet that is too large by itself is dropped.
  bool append(Buffer& out, std::size_t most, std::uint32_t ssrc);

 private:
  bool write_head(rtcp::CompoundWriter& writer, std::uint32_t ssrc) const;

  std::string cname_;
  bool may_reduce_ = false;
  std::vector<rtcp::Message> waiting_;  // in the order of the datagrams
};

}  // namespace specter::media
