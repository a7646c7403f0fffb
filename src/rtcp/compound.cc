#include "rtcp/compound.h"

#include <utility>

namespace specter::rtcp {
namespace {

template <class One>
std::expected<Message, ParseError> message_of(const RawPacket& packet) {
  auto parsed = One::parse(packet);
  if (!parsed) return std::unexpected(parsed.error());
  return Message(std::move(*parsed));
}

UnknownPacket unknown(const RawPacket& packet) {
  return {packet.type, packet.count, to_buffer(packet.body)};
}

std::expected<Message, ParseError> parse_transport_feedback(const RawPacket& packet) {
  switch (static_cast<TransportFormat>(packet.count)) {
    case TransportFormat::Nack: return message_of<Nack>(packet);
    case TransportFormat::CongestionFeedback: return message_of<CongestionFeedback>(packet);
    case TransportFormat::TransportWide: return message_of<TransportFeedback>(packet);
  }
  return unknown(packet);
}

std::expected<Message, ParseError> parse_payload_feedback(const RawPacket& packet) {
  switch (static_cast<PayloadFormat>(packet.count)) {
    case PayloadFormat::PictureLoss: return message_of<PictureLoss>(packet);
    case PayloadFormat::FullIntraRequest: return message_of<FullIntraRequest>(packet);
    case PayloadFormat::Application: {
      auto estimate = message_of<BitrateEstimate>(packet);
      // Another application's is none of ours, and not malformed.
      if (!estimate && estimate.error() == ParseError::WrongType) return unknown(packet);
      return estimate;
    }
  }
  return unknown(packet);
}

bool is_report(const RawPacket& packet) {
  return packet.is(PacketType::SenderReport) || packet.is(PacketType::ReceiverReport);
}

}  // namespace

void UnknownPacket::write(ByteWriter& out) const {
  PacketWriter packet(out, type, count);
  out.bytes(body);
  packet.finish();
}

std::expected<Message, ParseError> parse_message(const RawPacket& packet) {
  switch (packet.type) {
    case PacketType::SenderReport: return message_of<SenderReport>(packet);
    case PacketType::ReceiverReport: return message_of<ReceiverReport>(packet);
    case PacketType::SourceDescription: return message_of<SourceDescription>(packet);
    case PacketType::Bye: return message_of<Bye>(packet);
    case PacketType::App: return message_of<App>(packet);
    case PacketType::TransportFeedback: return parse_transport_feedback(packet);
    case PacketType::PayloadFeedback: return parse_payload_feedback(packet);
    case PacketType::ExtendedReport: return message_of<ExtendedReport>(packet);
  }
  return unknown(packet);
}

void write(ByteWriter& out, const Message& message) {
  std::visit([&out](const auto& one) { one.write(out); }, message);
}

std::optional<RawPacket> CompoundReader::next() {
  if (in_.empty() || error_) return std::nullopt;
  if (packets_ == kMaxPackets) {
    error_ = ParseError::TooMany;
    return std::nullopt;
  }
  const auto packet = RawPacket::parse(in_);
  if (!packet) {
    error_ = packet.error();
    return std::nullopt;
  }
  ++packets_;
  in_ = in_.subspan(*packet_size(in_));
  return *packet;
}

std::expected<Compound, ParseError> Compound::parse(Bytes in, CompoundForm form) {
  CompoundReader reader(in);
  Compound compound;
  auto packet = reader.next();
  if (!packet) return std::unexpected(reader.error().value_or(ParseError::Truncated));
  // RFC 3550 §6.1, 5506 §3.4.2
  if (form == CompoundForm::Full && !is_report(*packet))
    return std::unexpected(ParseError::WrongType);
  for (; packet; packet = reader.next()) {
    auto message = parse_message(*packet);
    if (message)
      compound.messages.push_back(std::move(*message));
    else
      ++compound.malformed;
  }
  compound.stopped = reader.error();
  return compound;
}

bool CompoundWriter::add(const Message& message) {
  return std::visit([this](const auto& one) { return add(one); }, message);
}

}  // namespace specter::rtcp
