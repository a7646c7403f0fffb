#include "container/ogg_opus.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <ogg/ogg.h>

#include "base/check.h"

namespace specter::container {
namespace {

// What libogg is given at once: it never keeps more than a page and so much.
constexpr std::size_t kChunkBytes = 16 << 10;

Bytes view(const unsigned char* data, long size) { return {data, static_cast<std::size_t>(size)}; }

// libogg says by -1 that it got no memory, and by nothing else here.
void check_memory(int outcome) {
  if (outcome != 0) throw std::bad_alloc();
}

bool is_head(Bytes packet) { return as_text(packet).starts_with("OpusHead"); }

class Stream {
 public:
  explicit Stream(int serial) { check_memory(ogg_stream_init(&state, serial)); }
  ~Stream() { ogg_stream_clear(&state); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  ogg_stream_state state{};
};

}  // namespace

// ---- reading

struct OggOpusReader::Ogg {
  Ogg() { ogg_sync_init(&sync); }
  ~Ogg() { ogg_sync_clear(&sync); }
  Ogg(const Ogg&) = delete;
  Ogg& operator=(const Ogg&) = delete;

  ogg_sync_state sync{};
  ogg_page page{};
  std::optional<Stream> stream;
};

OggOpusReader::OggOpusReader() : ogg_(std::make_unique<Ogg>()) {}
OggOpusReader::~OggOpusReader() = default;
OggOpusReader::OggOpusReader(OggOpusReader&&) noexcept = default;
OggOpusReader& OggOpusReader::operator=(OggOpusReader&&) noexcept = default;

void OggOpusReader::append(Bytes more) {
  if (!error_ && !is_over_) input_.append(more);
}

// The next page that is whole into ogg_->page.
bool OggOpusReader::next_page() {
  while (true) {
    const long size = ogg_sync_pageseek(&ogg_->sync, &ogg_->page);
    if (size > 0) return true;
    if (size < 0) {
      skipped_ += static_cast<std::uint64_t>(-size);
      continue;
    }
    const Bytes chunk = input_.rest().first(std::min(input_.rest().size(), kChunkBytes));
    if (chunk.empty()) return false;
    char* const place = ogg_sync_buffer(&ogg_->sync, static_cast<long>(chunk.size()));
    if (!place) throw std::bad_alloc();
    std::memcpy(place, chunk.data(), chunk.size());
    ogg_sync_wrote(&ogg_->sync, static_cast<long>(chunk.size()));
    input_.take(chunk.size());
  }
}

// False when there is none.
std::expected<bool, ParseError> OggOpusReader::read_page() {
  if (!next_page()) return false;
  const ogg_page& page = ogg_->page;
  const bool is_beginning = ogg_page_bos(&page) != 0;
  if (!ogg_->stream) {
    // RFC 3533 §4: the beginnings of all streams come before anything else.
    if (!is_beginning && has_begun_) return std::unexpected(ParseError::WrongType);
    has_begun_ |= is_beginning;
    if (!is_beginning || !is_head(view(page.body, page.body_len))) return true;
    ogg_->stream.emplace(ogg_page_serialno(&page));
  }
  ogg_stream_state& stream = ogg_->stream->state;
  // It refuses pages of other streams, and of another version.
  if (ogg_stream_pagein(&stream, &ogg_->page) != 0) return true;
  const std::size_t kept = static_cast<std::size_t>(stream.body_fill - stream.body_returned);
  if (kept > kMaxPacketBytes) return std::unexpected(ParseError::TooMany);
  return true;
}

// Whether the packet was a header.
std::expected<bool, ParseError> OggOpusReader::take_header(Bytes packet) {
  if (!head_) {
    auto head = OpusHead::parse(packet);
    if (!head) return std::unexpected(head.error());
    head_ = std::move(*head);
    return true;
  }
  if (!tags_) {
    auto tags = OpusTags::parse(packet);
    if (!tags) return std::unexpected(tags.error());
    tags_ = std::move(*tags);
    return true;
  }
  return false;
}

std::expected<std::optional<OggPacket>, ParseError> OggOpusReader::poll() {
  if (error_) return std::unexpected(*error_);
  const auto fail = [this](ParseError error) {
    error_ = error;
    input_.drop();
    return std::unexpected(error);
  };
  while (!is_over_) {
    ogg_packet packet{};
    const int got = ogg_->stream ? ogg_stream_packetout(&ogg_->stream->state, &packet) : 0;
    if (got < 0) follows_loss_ = true;
    if (got == 0) {
      const auto has_page = read_page();
      if (!has_page) return fail(has_page.error());
      if (!*has_page) return std::nullopt;
    }
    if (got <= 0) continue;
    const Bytes bytes = view(packet.packet, packet.bytes);
    const auto was_header = take_header(bytes);
    if (!was_header) return fail(was_header.error());
    is_over_ = packet.e_o_s != 0;
    if (is_over_) input_.drop();
    if (*was_header) continue;
    OggPacket out{bytes};
    if (packet.granulepos >= 0) out.position = packet.granulepos;
    out.is_last = is_over_;
    out.follows_loss = std::exchange(follows_loss_, false);
    return out;
  }
  return std::nullopt;
}

// ---- writing

struct OggOpusWriter::Ogg {
  explicit Ogg(std::uint32_t serial) : stream(static_cast<int>(serial)) {}

  Stream stream;
  ogg_int64_t packets = 0;
};

OggOpusWriter::OggOpusWriter(std::uint32_t serial, const OpusHead& head, const OpusTags& tags,
                             Buffer& out)
    : ogg_(std::make_unique<Ogg>(serial)) {
  // RFC 7845 §3: each header ends its page.
  Buffer packet;
  head.write(packet);
  SPECTER_CHECK(OpusHead::parse(packet) == head);
  put(packet, 0, false);
  put_pages(true, out);
  packet.clear();
  tags.write(packet);
  put(packet, 0, false);
  put_pages(true, out);
}
OggOpusWriter::~OggOpusWriter() = default;
OggOpusWriter::OggOpusWriter(OggOpusWriter&&) noexcept = default;
OggOpusWriter& OggOpusWriter::operator=(OggOpusWriter&&) noexcept = default;

bool OggOpusWriter::write(Bytes packet, std::uint32_t duration, Buffer& out) {
  if (is_over_ || packet.empty() || packet.size() > OggOpusReader::kMaxPacketBytes) return false;
  if (!held_back_.empty()) {
    // A page ends before it would be too long.
    put(held_back_, position_, false);
    put_pages(position_ + duration - page_position_ > kPageDuration, out);
  }
  held_back_.assign(packet.begin(), packet.end());
  position_ += duration;
  last_duration_ = duration;
  return true;
}

void OggOpusWriter::finish(std::uint32_t cut_off, Buffer& out) {
  if (std::exchange(is_over_, true) || held_back_.empty()) return;
  put(held_back_, position_ - std::min(cut_off, last_duration_), true);
  put_pages(true, out);
}

void OggOpusWriter::put(Bytes bytes, std::int64_t position, bool is_last) {
  ogg_packet packet{};
  packet.packet = const_cast<unsigned char*>(bytes.data());  // it is copied from
  packet.bytes = static_cast<long>(bytes.size());
  packet.b_o_s = ogg_->packets == 0;
  packet.e_o_s = is_last;
  packet.granulepos = position;
  packet.packetno = ogg_->packets++;
  check_memory(ogg_stream_packetin(&ogg_->stream.state, &packet));
}

// Those that are full, or all.
void OggOpusWriter::put_pages(bool all, Buffer& out) {
  ogg_page page{};
  ogg_stream_state* const stream = &ogg_->stream.state;
  while ((all ? ogg_stream_flush(stream, &page) : ogg_stream_pageout(stream, &page)) != 0) {
    for (const Bytes part : {view(page.header, page.header_len), view(page.body, page.body_len)})
      out.insert(out.end(), part.begin(), part.end());
    page_position_ = std::max<std::int64_t>(page_position_, ogg_page_granulepos(&page));
  }
}

}  // namespace specter::container
