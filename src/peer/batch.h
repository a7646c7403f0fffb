// Datagrams to one destination, one behind the other and of one size, of which only the last may be
// shorter: what UDP_SEGMENT sends in one call. Whoever has packets writes them where they will be
// sent from, and what has to be enciphered is sealed at the end, many records a call.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "specter/bytes.h"
#include "specter/endpoint.h"

namespace specter::peer {

class Batch {
 public:
  static constexpr std::size_t kMaxBytes = 60'000;  // UDP_SEGMENT's: one IP packet's worth
  static constexpr std::size_t kMaxDatagrams = 48;

  enum class Sealing { Done, Open };  // Open: a record whose room the cipher has yet to fill
  enum class Fragmenting { Forbidden, Allowed };

  // A datagram that can't go with those before it: larger, or to be fragmented where they are not.
  struct Misfit {
    Buffer bytes;
    Fragmenting fragmenting;
  };
  // Records of one size, of which the last may be shorter; or none.
  struct Records {
    MutableBytes bytes;
    std::size_t record_bytes = 0;
  };

  // `memory` lends its room, and loses what is in it.
  Batch(const Path& path, Buffer&& memory);

  // Whether another datagram may be added.
  bool is_open() const;
  // What is there. A datagram is written behind it, in at most as many bytes as the first one has,
  // and added; or what was written is taken away again.
  Buffer& bytes() { return out_.bytes; }
  void add(Sealing sealing, Fragmenting fragmenting);

  // ---- once all are there, in this order
  // Those that are open, with the misfit's apart; of one key: in the order of their numbers.
  std::array<Records, 2> to_seal();
  std::optional<Misfit> take_misfit();
  std::size_t count() const { return count_; }  // of datagrams, without the misfit
  Transmit take() { return std::move(out_); }

 private:
  std::size_t last_size() const { return out_.bytes.size() - end_; }

  Transmit out_;
  std::size_t count_ = 0;
  std::size_t end_ = 0;                  // bytes of `count_` datagrams
  std::optional<std::size_t> unsealed_;  // where the open records begin: all behind it are
  bool is_complete_ = false;             // a shorter one was added, or a misfit
  std::optional<Sealing> misfit_;        // what stands behind `end_`
  Fragmenting misfit_fragmenting_ = Fragmenting::Forbidden;
};

}  // namespace specter::peer
