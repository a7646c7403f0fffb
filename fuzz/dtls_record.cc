// A datagram of DTLS: its records, and the fragments of handshake messages in those.
#include "dtls/wire/record.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::dtls;

// Where `part` begins in `whole`, of which it must be a view.
std::size_t offset_of(Bytes part, Bytes whole) {
  SPECTER_CHECK(part.data() >= whole.data());
  const auto offset = static_cast<std::size_t>(part.data() - whole.data());
  SPECTER_CHECK(offset + part.size() <= whole.size());
  return offset;
}

void read_fragments(Bytes payload) {
  ByteReader in(payload);
  while (in.ok() && in.remaining() > 0) {
    const std::size_t from = payload.size() - in.remaining();
    const HandshakeFragment fragment = HandshakeFragment::read(in);
    if (!in.ok()) {
      SPECTER_CHECK(fragment.body.empty());
      return;
    }
    SPECTER_CHECK(fragment.offset + fragment.body.size() <= fragment.message_size);
    const std::size_t size = payload.size() - in.remaining() - from;
    SPECTER_CHECK(size == HandshakeFragment::kHeaderSize + fragment.body.size());
    Buffer written;
    ByteWriter out(written);
    fragment.write(out);
    SPECTER_CHECK(written == to_buffer(payload.subspan(from, size)));
  }
}

void check_plain(const RecordView& record) {
  SPECTER_CHECK(record.plain->length == record.fragment.size());
  SPECTER_CHECK(record.header.size() == PlainHeader::kSize);
  SPECTER_CHECK(record.fragment.size() <= (1u << 14) + 2048);
  Buffer written(PlainHeader::kSize);
  record.plain->write(std::span<std::uint8_t, PlainHeader::kSize>(written));
  SPECTER_CHECK(written == to_buffer(record.header));
  if (record.plain->type == static_cast<std::uint8_t>(ContentType::Handshake))
    read_fragments(record.fragment);
}

void check_unified(const RecordView& record) {
  SPECTER_CHECK(record.unified->size() == record.header.size());
  SPECTER_CHECK(record.fragment.size() >= 16 && record.fragment.size() <= (1u << 14) + 256);
  SPECTER_CHECK(record.unified->length.value_or(record.fragment.size()) == record.fragment.size());
  SPECTER_CHECK(record.unified->epoch_bits <= 3);
  SPECTER_CHECK(record.unified->long_sequence || record.unified->sequence_bits <= 0xff);
}

}  // namespace

void run(Bytes input) {
  Bytes rest = input;
  while (true) {
    const Bytes before = rest;
    const auto record = next_record(rest);
    if (!record) break;
    SPECTER_CHECK(offset_of(record->header, before) == 0);
    SPECTER_CHECK(offset_of(record->fragment, before) == record->header.size());
    SPECTER_CHECK(rest.size() == before.size() - record->header.size() - record->fragment.size());
    SPECTER_CHECK(record->plain.has_value() != record->unified.has_value());
    if (record->plain) {
      check_plain(*record);
    } else {
      check_unified(*record);
    }
  }
  SPECTER_CHECK(rest.empty());
}

}  // namespace specter::fuzz
