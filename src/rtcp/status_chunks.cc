#include "rtcp/status_chunks.h"

#include <algorithm>
#include <span>

namespace specter::rtcp {

// ---- StatusChunk

std::size_t StatusChunk::size() const {
  if (!is_vector()) return bits_ & StatusChunkWriter::kMaxRun;
  return has_wide_symbols() ? StatusChunkWriter::kWideSymbols : StatusChunkWriter::kNarrowSymbols;
}

Symbol StatusChunk::operator[](std::size_t index) const {
  if (!is_vector()) return static_cast<Symbol>(bits_ >> 13 & 0x03);
  if (has_wide_symbols()) return static_cast<Symbol>(bits_ >> (12 - 2 * index) & 0x03);
  return static_cast<Symbol>(bits_ >> (13 - index) & 0x01);
}

// ---- StatusChunkWriter

void StatusChunkWriter::add(Symbol symbol, std::size_t count) {
  symbols_ += count;
  while (count > 0) {
    const std::size_t taken = take(symbol, count);
    if (taken == 0) emit();
    count -= taken;
  }
}

// How many of them go into one chunk with those that are pending: of a run all that fit, of a
// vector one.
std::size_t StatusChunkWriter::take(Symbol symbol, std::size_t count) {
  const bool goes_on = is_run_ && (pending_ == 0 || symbol == pattern_[0]);
  const bool has_large = has_large_ || symbol == Symbol::Large;
  if (!(goes_on && pending_ < kMaxRun) && pending_ >= (has_large ? kWideSymbols : kNarrowSymbols))
    return 0;
  const std::size_t taken = goes_on ? std::min(count, kMaxRun - pending_) : 1;
  for (std::size_t i = pending_; i < std::min(pending_ + taken, pattern_.size()); ++i)
    pattern_[i] = symbol;
  pending_ += taken;
  is_run_ = goes_on;
  has_large_ = has_large;
  return taken;
}

// A vector is full before another symbol, unless a large one came: then the first of the narrow
// ones make a wide vector, and the rest stays.
void StatusChunkWriter::emit() {
  if (is_run_)
    emit_run();
  else
    emit_vector(pending_ < kNarrowSymbols ? 2 : 1);
}

void StatusChunkWriter::emit_run() {
  chunks_.push_back(
      static_cast<std::uint16_t>(static_cast<std::size_t>(pattern_[0]) << 13 | pending_));
  pending_ = 0;
  has_large_ = false;
}

void StatusChunkWriter::emit_vector(std::size_t bits_a_symbol) {
  const std::size_t room = kNarrowSymbols / bits_a_symbol;
  const std::size_t taken = std::min(pending_, room);
  std::size_t bits = bits_a_symbol == 2 ? 0xc000 : 0x8000;
  for (std::size_t i = 0; i < taken; ++i)
    bits |= static_cast<std::size_t>(pattern_[i]) << (kNarrowSymbols - bits_a_symbol * (i + 1));
  chunks_.push_back(static_cast<std::uint16_t>(bits));

  const std::size_t rest = pending_ - taken;
  std::copy_n(pattern_.begin() + static_cast<std::ptrdiff_t>(taken), rest, pattern_.begin());
  pending_ = rest;
  const auto left = std::span(pattern_).first(rest);
  is_run_ = std::ranges::all_of(left, [&](Symbol symbol) { return symbol == pattern_[0]; });
  has_large_ = std::ranges::find(left, Symbol::Large) != left.end();
}

const std::vector<std::uint16_t>& StatusChunkWriter::finish() {
  while (pending_ > 0) {
    if (is_run_)
      emit_run();
    else
      emit_vector(has_large_ ? 2 : 1);
  }
  return chunks_;
}

}  // namespace specter::rtcp
