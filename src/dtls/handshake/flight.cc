#include "dtls/handshake/flight.h"

#include "base/bytes.h"
#include "dtls/wire/messages.h"

namespace specter::dtls {
namespace {

// Less than this of a message isn't worth the rest of a datagram.
constexpr std::size_t kMinPiece = 64;

}  // namespace

void Flight::add_message(std::uint64_t epoch, HandshakeType type, std::uint16_t message_seq,
                         Bytes body) {
  messages_.push_back({ContentType::Handshake, epoch, type, message_seq, to_buffer(body), {}});
}

void Flight::add_change_cipher_spec() {
  messages_.push_back({ContentType::ChangeCipherSpec, 0, {}, 0, Buffer{1}, {}});
}

void Flight::cut(Message& message, const RecordWriter& writer, Outbox& outbox) {
  const std::size_t overhead =
      writer.overhead(message.epoch) +
      (message.content == ContentType::Handshake ? HandshakeFragment::kHeaderSize : 0);
  std::size_t room = outbox.room();
  std::uint32_t at = 0;
  const auto size = static_cast<std::uint32_t>(message.body.size());
  do {
    const std::size_t left = size - at;
    if (room < overhead + std::min(left, kMinPiece)) room = outbox.mtu();
    const std::size_t most = std::min(room, outbox.smallest()) - overhead;
    const auto part = static_cast<std::uint32_t>(std::min(left, most));
    message.pieces.push_back({at, part, false, {}});
    at += part;
    room -= overhead + part;
  } while (at < size);
}

void Flight::write(Message& message, Piece& piece, RecordWriter& writer) {
  Buffer payload;
  if (message.content == ContentType::Handshake) {
    payload.reserve(HandshakeFragment::kHeaderSize + piece.size);
    ByteWriter out(payload);
    HandshakeFragment{static_cast<std::uint8_t>(message.type),
                      static_cast<std::uint32_t>(message.body.size()), message.message_seq,
                      piece.offset, Bytes(message.body).subspan(piece.offset, piece.size)}
        .write(out);
  } else {
    payload = message.body;
  }
  if (piece.numbers.size() == kMaxNumbers) piece.numbers.erase(piece.numbers.begin());
  piece.numbers.push_back(writer.write(message.epoch, message.content, payload));
}

void Flight::send(RecordWriter& writer, bool twice) {
  Outbox& outbox = writer.outbox();
  outbox.begin_flight(sent_ >= 2 && sent_ % 2 == 0);
  ++sent_;
  for (Message& message : messages_) {
    if (message.pieces.empty()) cut(message, writer, outbox);
    for (Piece& piece : message.pieces) {
      if (!piece.acknowledged) write(message, piece, writer);
    }
  }
  outbox.end_flight(twice);
}

bool Flight::acknowledge(std::span<const RecordNumber> records) {
  bool is_new = false;
  for (Message& message : messages_) {
    for (Piece& piece : message.pieces) {
      if (piece.acknowledged) continue;
      piece.acknowledged =
          message.epoch == 0 || std::ranges::any_of(piece.numbers, [&](const RecordNumber& number) {
            return std::ranges::find(records, number) != records.end();
          });
      is_new |= piece.acknowledged;
    }
  }
  return is_new;
}

bool Flight::acknowledged() const {
  return std::ranges::all_of(messages_, [](const Message& message) {
    return !message.pieces.empty() && std::ranges::all_of(message.pieces, &Piece::acknowledged);
  });
}

std::string Flight::words() const {
  std::string out;
  for (const Message& message : messages_) {
    if (!out.empty()) out += ", ";
    out += message.content == ContentType::Handshake ? to_string(message.type) : "ChangeCipherSpec";
  }
  return out;
}

void write_ack(RecordWriter& writer, std::vector<RecordNumber> records) {
  constexpr std::size_t kListSize = 2, kRecordSize = 16;
  const std::size_t room = writer.outbox().mtu() - writer.overhead(writer.epoch()) - kListSize;
  const std::size_t most = std::min(room / kRecordSize, Ack::kMaxRecords);
  std::ranges::sort(records);
  if (records.size() > most)
    records.erase(records.begin(), records.end() - static_cast<std::ptrdiff_t>(most));
  writer.write(writer.epoch(), ContentType::Ack, written(Ack{std::move(records)}));
  writer.outbox().end_datagram();
}

}  // namespace specter::dtls
