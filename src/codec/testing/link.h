// Pieces carried to a depacketizer, with some of them lost.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "codec/frame.h"
#include "codec/piece.h"

namespace specter::codec::testing {

inline Buffer payload_of(const Piece& piece) {
  Buffer payload = to_buffer(piece.prefix.view());
  payload.insert(payload.end(), piece.body.begin(), piece.body.end());
  return payload;
}

inline std::vector<Buffer> payloads_of(const Pieces& pieces) {
  std::vector<Buffer> payloads;
  for (const Piece& piece : pieces.all) payloads.push_back(payload_of(piece));
  return payloads;
}

// A view of bytes that stay for as long as the program runs: samples that pieces may point into.
inline Bytes stay(Buffer bytes) {
  static std::deque<Buffer> all;
  return all.emplace_back(std::move(bytes));
}

// A frame that stays: its bytes are in `kept`.
struct KeptFrame {
  Frame frame;
  Buffer bytes;
};

// What a depacketizer is told, in order. It numbers packets, and lost ones take their number with
// them.
template <class D>
class Link {
 public:
  explicit Link(D& to) : to_(to) {}

  void tell(Bytes payload, std::uint32_t timestamp, bool marker) {
    to_.handle_packet({payload, timestamp, marker, !is_gap_});
    is_gap_ = false;
    while (auto frame = to_.poll_frame()) {
      frames.push_back({*frame, to_buffer(frame->bytes)});
      frames.back().frame.bytes = {};
    }
  }
  void lose() { is_gap_ = true; }

  // `loses(i)` decides about the i-th piece.
  void tell(const Pieces& pieces, std::uint32_t timestamp,
            const std::function<bool(std::size_t)>& loses = {}) {
    for (std::size_t i = 0; i < pieces.all.size(); ++i) {
      if (loses && loses(i))
        lose();
      else
        tell(payload_of(pieces.all[i]), timestamp, pieces.all[i].marker);
    }
  }

  std::vector<KeptFrame> frames;

 private:
  D& to_;
  bool is_gap_ = false;
};

}  // namespace specter::codec::testing
