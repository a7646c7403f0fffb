#include "sctp/packet/reconfig_chunk.h"

#include <utility>

namespace specter::sctp {
namespace {

std::expected<std::vector<StreamId>, ParseError> parse_streams(ByteReader& r) {
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() % 2 != 0) return std::unexpected(ParseError::BadLength);
  std::vector<StreamId> streams;
  streams.reserve(r.remaining() / 2);
  while (r.remaining() > 0) streams.push_back(StreamId{r.u16()});
  return streams;
}

std::expected<ReconfigParameter, ParseError> parse_parameter(const TlvView& parameter) {
  ByteReader r(parameter.value);
  switch (parameter.type) {
    case OutgoingResetRequest::kType: {
      OutgoingResetRequest request;
      request.request = r.u32();
      request.response = r.u32();
      request.last_tsn = r.u32();
      auto streams = parse_streams(r);
      if (!streams) return std::unexpected(streams.error());
      request.streams = std::move(*streams);
      return request;
    }
    case IncomingResetRequest::kType: {
      IncomingResetRequest request;
      request.request = r.u32();
      auto streams = parse_streams(r);
      if (!streams) return std::unexpected(streams.error());
      request.streams = std::move(*streams);
      return request;
    }
    case ReconfigResponse::kType: {
      ReconfigResponse response;
      response.response = r.u32();
      response.result = ReconfigResult{r.u32()};
      if (!r.ok()) return std::unexpected(ParseError::Truncated);
      // §4.4: both optional fields or none.
      if (r.remaining() != 0 && r.remaining() != 8) return std::unexpected(ParseError::BadLength);
      return response;
    }
    default: {
      OtherReconfigRequest request;
      request.type = parameter.type;
      request.request = r.u32();
      if (request.type != OtherReconfigRequest::kSsnTsnReset) {
        request.new_streams = r.u16();
        r.u16();
      }
      if (!r.ok()) return std::unexpected(ParseError::Truncated);
      if (r.remaining() != 0) return std::unexpected(ParseError::BadLength);
      return request;
    }
  }
}

bool is_known(std::uint16_t type) {
  return type >= OutgoingResetRequest::kType && type <= OtherReconfigRequest::kAddIncoming;
}

void write_streams(ByteWriter& w, const std::vector<StreamId>& streams) {
  for (const StreamId stream : streams) w.u16(std::to_underlying(stream));
}

void write_parameter(ByteWriter& w, const OutgoingResetRequest& p) {
  write_tlv(w, p.kType, [&] {
    w.u32(p.request);
    w.u32(p.response);
    w.u32(p.last_tsn);
    write_streams(w, p.streams);
  });
}

void write_parameter(ByteWriter& w, const IncomingResetRequest& p) {
  write_tlv(w, p.kType, [&] {
    w.u32(p.request);
    write_streams(w, p.streams);
  });
}

void write_parameter(ByteWriter& w, const OtherReconfigRequest& p) {
  write_tlv(w, p.type, [&] {
    w.u32(p.request);
    if (p.type == OtherReconfigRequest::kSsnTsnReset) return;
    w.u16(p.new_streams);
    w.u16(0);
  });
}

void write_parameter(ByteWriter& w, const ReconfigResponse& p) {
  write_tlv(w, p.kType, [&] {
    w.u32(p.response);
    w.u32(std::to_underlying(p.result));
  });
}

}  // namespace

std::expected<ReConfigChunk, ParseError> ReConfigChunk::parse(const ChunkView& chunk) {
  if (chunk.type != kType) return std::unexpected(ParseError::WrongType);
  ReConfigChunk reconfig;
  TlvReader parameters(chunk.value);
  while (const auto parameter = parameters.next()) {
    if (!is_known(parameter->type)) continue;
    if (reconfig.parameters.size() == kMaxParameters) return std::unexpected(ParseError::TooMany);
    auto parsed = parse_parameter(*parameter);
    if (!parsed) return std::unexpected(parsed.error());
    reconfig.parameters.push_back(std::move(*parsed));
  }
  if (!parameters.ok()) return std::unexpected(ParseError::BadLength);
  if (reconfig.parameters.empty()) return std::unexpected(ParseError::Truncated);
  return reconfig;
}

void ReConfigChunk::write(ByteWriter& w) const {
  write_chunk(w, kType, 0, [&] {
    for (const ReconfigParameter& parameter : parameters)
      std::visit([&](const auto& p) { write_parameter(w, p); }, parameter);
  });
}

}  // namespace specter::sctp
