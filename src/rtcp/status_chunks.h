// The chunks of transport-wide feedback that say which packets came. transport_feedback.h draws
// them. draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1 to §3.1.4
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace specter::rtcp {

enum class Symbol : std::uint8_t { NotReceived = 0, Small = 1, Large = 2, Reserved = 3 };

// A chunk, read.
class StatusChunk {
 public:
  explicit StatusChunk(std::uint16_t bits) : bits_(bits) {}

  std::size_t size() const;  // symbols; those behind the last packet mean nothing
  Symbol operator[](std::size_t index) const;
  bool is_run() const { return !is_vector(); }  // of one symbol

 private:
  bool is_vector() const { return (bits_ & 0x8000) != 0; }
  bool has_wide_symbols() const { return (bits_ & 0x4000) != 0; }

  std::uint16_t bits_;
};

// Makes chunks of symbols that come one after the other: runs where they are alike, vectors
// where they are not.
class StatusChunkWriter {
 public:
  static constexpr std::size_t kMaxRun = 0x1fff;
  static constexpr std::size_t kNarrowSymbols = 14;  // of one bit, in a vector
  static constexpr std::size_t kWideSymbols = 7;     // of two bits

  // `count` of them cost no more steps than they make chunks.
  void add(Symbol symbol, std::size_t count = 1);

  std::size_t symbols() const { return symbols_; }
  // What finish() would give, in bytes.
  std::size_t bytes() const { return 2 * (chunks_.size() + (pending_ > 0 ? 1 : 0)); }

  // The chunks, the last one filled with zeros. Nothing may be added then.
  const std::vector<std::uint16_t>& finish();

 private:
  std::size_t take(Symbol symbol, std::size_t count);
  void emit();
  void emit_run();
  void emit_vector(std::size_t bits_a_symbol);

  std::vector<std::uint16_t> chunks_;
  std::size_t symbols_ = 0;
  // Symbols that are in no chunk yet. A run may be longer than the array; it is all of pattern_[0].
  std::array<Symbol, kNarrowSymbols> pattern_{};
  std::size_t pending_ = 0;
  bool is_run_ = true;  // all pending ones are alike
  bool has_large_ = false;
};

}  // namespace specter::rtcp
