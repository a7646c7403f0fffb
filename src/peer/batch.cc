#include "peer/batch.h"

#include <utility>

namespace specter::peer {

Batch::Batch(const Path& path, Buffer&& memory) : out_{path, std::move(memory)} {
  out_.bytes.clear();
}

bool Batch::is_open() const {
  return !is_complete_ && count_ < kMaxDatagrams &&
         out_.bytes.size() + out_.segment_size <= kMaxBytes;
}

void Batch::add(Sealing sealing, Fragmenting fragmenting) {
  const std::size_t size = last_size();
  const bool may_fragment = fragmenting == Fragmenting::Allowed;
  if (count_ == 0) {
    out_.segment_size = size;
    out_.may_fragment = may_fragment;
  }
  const bool splits_records = unsealed_ && sealing == Sealing::Done;
  if (size > out_.segment_size || may_fragment != out_.may_fragment || splits_records) {
    misfit_ = sealing;
    misfit_fragmenting_ = fragmenting;
    is_complete_ = true;
    return;
  }
  if (sealing == Sealing::Open && !unsealed_) unsealed_ = end_;
  end_ = out_.bytes.size();
  ++count_;
  is_complete_ = size < out_.segment_size;
  if (count_ == 2 && !is_complete_) out_.bytes.reserve(kMaxBytes);  // there is much to send
}

std::array<Batch::Records, 2> Batch::to_seal() {
  std::array<Records, 2> out;
  const MutableBytes all = out_.bytes;
  if (unsealed_) out[0] = {all.subspan(*unsealed_, end_ - *unsealed_), out_.segment_size};
  if (misfit_ == Sealing::Open) out[1] = {all.subspan(end_), last_size()};
  return out;
}

std::optional<Batch::Misfit> Batch::take_misfit() {
  if (!misfit_) return std::nullopt;
  misfit_.reset();
  Misfit out{Buffer(out_.bytes.begin() + static_cast<std::ptrdiff_t>(end_), out_.bytes.end()),
             misfit_fragmenting_};
  out_.bytes.resize(end_);
  return out;
}

}  // namespace specter::peer
