// The elements of an RTP header extension, RFC 8285.
//
//   one-byte form, profile 0xBEDE, §4.2            two-byte form, profile 0x100x, §4.3
//
//    0                   1                          0                   1
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5                0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+              +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  ID   | len-1 |    value ...                 |      ID       |     length    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+              +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   ids 1 to 14, values of 1 to 16 bytes           ids 1 to 255, values of 0 to 255 bytes
//
//   A byte of zero between elements is padding in both.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "rtp/header.h"

namespace specter::rtp {

enum class ExtensionForm : std::uint8_t { OneByte, TwoByte };

inline constexpr std::uint16_t kOneByteProfile = 0xbede;
inline constexpr std::uint16_t kTwoByteProfile = 0x1000;  // the low four bits are the application's
inline constexpr std::uint8_t kMaxOneByteId = 14;
inline constexpr std::size_t kMaxOneByteValue = 16;
inline constexpr std::size_t kMaxTwoByteValue = 255;

// Nothing: a profile of neither form.
std::optional<ExtensionForm> form_of(std::uint16_t profile);

struct ExtensionElement {
  std::uint8_t id = 0;  // 1 to 255
  Bytes value;          // a view into the block
};

// Reads the elements of a block in their order. What is malformed ends the reading; what stands
// before it counts (RFC 8285 §4.2).
class ExtensionReader {
 public:
  explicit ExtensionReader(const ExtensionBlock& block);

  std::optional<ExtensionElement> next();

  // Whether the reading ended early: an unknown profile, an element that ends behind the block, id
  // 0 with a length or id 15 in the one-byte form.
  bool is_cut() const { return is_cut_; }

 private:
  bool cut();
  // Whether there is an element; then it is in `id_` and `value_`.
  bool advance();
  friend std::optional<Bytes> find(const ExtensionBlock& block, std::uint8_t id);

  Bytes rest_;
  std::optional<ExtensionForm> form_;
  bool is_cut_ = false;
  std::uint8_t id_ = 0;
  Bytes value_;
};

// The value of the first element with an id.
std::optional<Bytes> find(const ExtensionBlock& block, std::uint8_t id);

// The elements of a packet that is being made, in the order of the calls. It keeps its memory when
// it is cleared, so who uses one again and again allocates nothing.
class Extensions {
 public:
  void clear() {
    elements_.clear();
    is_two_byte_ = false;
  }

  // An id of 0, and a value of more than 255 bytes, is a Bug.
  void add(std::uint8_t id, Bytes value);

  // One of extensions/, which knows how to write itself.
  template <class Extension>
    requires requires(const Extension& extension, ByteWriter& out) { extension.write(out); }
  void add(std::uint8_t id, const Extension& extension) {
    const std::size_t at = open(id);
    ByteWriter out(elements_);
    extension.write(out);
    close(at);
  }

  bool empty() const { return elements_.empty(); }

  // The shortest form that holds all.
  ExtensionForm form() const;

  // RFC 8285 §4.1.2: unless both sides said `extmap-allow-mixed`, all packets of a stream have the
  // same form. The first drops what does not fit the one-byte form, and tells how many these were.
  std::size_t keep_one_byte();
  void use_two_byte() { is_two_byte_ = true; }

  // What write() appends, in bytes; 0 when there are no elements.
  std::size_t size() const;

  // Profile, length and elements, padded to whole words, in the form() that they need. Nothing when
  // there are no elements. The header before it has the X bit set when empty() is false.
  void write(ByteWriter& out) const;

  bool operator==(const Extensions&) const = default;

 private:
  std::size_t open(std::uint8_t id);
  void close(std::size_t at);

  Buffer elements_;  // in the two-byte form, without padding
  bool is_two_byte_ = false;
};

}  // namespace specter::rtp
