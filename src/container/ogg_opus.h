// Opus in Ogg, RFC 7845 over RFC 3533. Pages, their lacing and checksums are libogg's; what stands
// on them is here.
//
// Positions ("granule positions") count samples at 48 kHz from the first packet's first sample, the
// pre-skip included, and say where a packet ends. How long a packet is, is for who knows Opus to
// say: these classes don't look into packets.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include "base/parse_error.h"
#include "container/input.h"
#include "container/opus_head.h"

#include "specter/bytes.h"

namespace specter::container {

struct OggPacket {
  Bytes bytes;  // valid until the reader is asked again
  std::optional<std::int64_t>
      position{};        // where it ends: told of the last packet that ends on a page
  bool is_last = false;  // where its position is less than its duration says, its end is cut off
  bool follows_loss = false;  // pages are missing before it
};

// Chunks of any size become packets of the first Opus stream. Damaged pages and bytes between pages
// are passed over. Other streams of the file are not read, nor are streams that follow the first
// one (RFC 3533 §4).
class OggOpusReader {
 public:
  // A larger packet is TooMany, and the end. RFC 7845 §6: an audio packet of a stream has 61,440 at
  // most; tags may have pictures.
  static constexpr std::size_t kMaxPacketBytes = 1 << 20;

  OggOpusReader();
  ~OggOpusReader();
  OggOpusReader(OggOpusReader&&) noexcept;
  OggOpusReader& operator=(OggOpusReader&&) noexcept;

  // Take all packets before the next chunk comes: what is not taken stays.
  void append(Bytes more);
  // There when their pages were polled.
  const std::optional<OpusHead>& head() const { return head_; }
  const std::optional<OpusTags>& tags() const { return tags_; }
  // The next packet of audio; nothing when it is not whole yet, and none after the last. An error
  // stays: WrongType (no Opus stream in an Ogg file, no header where one must be), TooMany, and
  // those of the headers.
  std::expected<std::optional<OggPacket>, ParseError> poll();
  // In bytes: what was no page, or a damaged one.
  std::uint64_t skipped() const { return skipped_; }

 private:
  struct Ogg;  // libogg's states

  std::expected<bool, ParseError> read_page();
  bool next_page();
  std::expected<bool, ParseError> take_header(Bytes packet);

  std::unique_ptr<Ogg> ogg_;
  Input input_;
  std::optional<OpusHead> head_;
  std::optional<OpusTags> tags_;
  std::uint64_t skipped_ = 0;
  bool has_begun_ = false;  // a page that begins a stream came
  bool follows_loss_ = false;
  bool is_over_ = false;
  std::optional<ParseError> error_;
};

// Packets to an Ogg file, appended to buffers of the caller's.
class OggOpusWriter {
 public:
  // A page has at most so much, in units of 1/48000 s: RFC 7845 §8 advises a second.
  static constexpr std::uint32_t kPageDuration = 48'000;

  // Appends the headers, of which `head` is one that OpusHead::parse() takes (SPECTER_CHECK).
  // `serial` names the stream among others of a file; any number does.
  OggOpusWriter(std::uint32_t serial, const OpusHead& head, const OpusTags& tags, Buffer& out);
  ~OggOpusWriter();
  OggOpusWriter(OggOpusWriter&&) noexcept;
  OggOpusWriter& operator=(OggOpusWriter&&) noexcept;

  // `duration` in units of 1/48000 s. Whole pages are appended; the last packet stays here until
  // the next, since the last of all is marked. False, and nothing happens: an empty packet, one of
  // more than OggOpusReader::kMaxPacketBytes, or after finish().
  bool write(Bytes packet, std::uint32_t duration, Buffer& out);
  // The end. The last `cut_off` samples are not to be played: at most the last packet's duration.
  // Without a packet nothing is appended: Ogg ends streams on a packet's page.
  void finish(std::uint32_t cut_off, Buffer& out);

 private:
  struct Ogg;

  void put(Bytes packet, std::int64_t position, bool is_last);
  void put_pages(bool all, Buffer& out);

  std::unique_ptr<Ogg> ogg_;
  Buffer held_back_;
  std::int64_t position_ = 0;       // where held_back_ ends
  std::int64_t page_position_ = 0;  // where the last page that was appended ends
  std::uint32_t last_duration_ = 0;
  bool is_over_ = false;
};

}  // namespace specter::container
