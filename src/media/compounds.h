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
  // Packets that wait, and names; more are dropped. What is due at a time is bounded by the
  // sources.
  static constexpr std::size_t kMaxWaiting = 1024;

  // RFC 3550 §6.5.1. It stands in datagrams without a report whose source has a name that waits.
  void set_cname(std::string cname) { cname_ = std::move(cname); }
  void set_reduced_size(bool may_reduce) { may_reduce_ = may_reduce; }

  bool empty() const { return waiting_.empty() && names_.empty(); }
  // Those that are due together. Reports go first, and BYE last. The chunks of SDES packets are put
  // into the datagrams of their sources' reports.
  void add(std::vector<rtcp::Message>& due);
  void clear() {
    waiting_.clear();
    names_.clear();
  }
  // Appends one datagram to `out`, of `most` bytes at most; false: nothing waits. `ssrc` is that of
  // a report that has to be made up. A packet that is too large by itself is dropped.
  bool append(Buffer& out, std::size_t most, std::uint32_t ssrc);

 private:
  using Names = rtcp::SourceDescription;
  // How much of what waits is in a datagram.
  struct Taken {
    std::size_t packets = 0;
    Names names;
  };

  bool begins_with_report(std::size_t from) const;
  bool write(rtcp::CompoundWriter& writer, Buffer& out, std::uint32_t ssrc, Taken& taken) const;
  void take_reports(rtcp::CompoundWriter& writer, Buffer& out, const Names::Chunk& own,
                    Taken& taken) const;
  void take_names(std::size_t room, std::vector<Names::Chunk>& names) const;
  void remove(const Taken& taken);
  void drop_first();

  std::string cname_;
  bool may_reduce_ = false;
  std::vector<rtcp::Message> waiting_;  // in the order of the datagrams; no SDES
  std::vector<Names::Chunk> names_;
};

}  // namespace specter::media
