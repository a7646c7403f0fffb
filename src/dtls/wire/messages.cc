#include "dtls/wire/messages.h"

#include <utility>

#include "dtls/wire/extensions.h"
#include "dtls/wire/tls_reader.h"

namespace specter::dtls {
namespace {

constexpr std::uint8_t kNamedCurve = 3;  // RFC 8422 §5.4

// RFC 5246 §7.4.2.
void read_chain12(TlsReader& in, CertificateMessage& message) {
  TlsReader chain = in.vector24();
  for (bool first = true; chain.more(); first = false) {
    TlsReader entry = chain.vector24(1);
    if (first) message.certificate = entry.opaque();
  }
}

// RFC 8446 §4.4.2: each certificate has extensions behind it.
void read_chain13(TlsReader& in, CertificateMessage& message) {
  message.request_context = in.vector8().opaque();
  TlsReader chain = in.vector24();
  for (bool first = true; chain.more(); first = false) {
    TlsReader entry = chain.vector24(1);
    if (first) message.certificate = entry.opaque();
    read_extensions(
        chain,
        [&](ExtensionType type, TlsReader& data) {
          data.view();
          message.extensions.add(type);
        },
        [&] { message.extensions.add_unknown(); });
  }
}

// RFC 5246 §7.4.4.
void read_request12(TlsReader& in, CertificateRequest& request) {
  request.certificate_types = in.vector8(1).opaque();
  request.signature_schemes = in.vector16(2).numbers();
  for (TlsReader authorities = in.vector16(); authorities.more();) authorities.vector16(1);
}

// RFC 8446 §4.3.2.
void read_request13(TlsReader& in, CertificateRequest& request) {
  request.request_context = in.vector8().opaque();
  read_extensions(
      in,
      [&](ExtensionType type, TlsReader& data) {
        if (type == ExtensionType::SignatureAlgorithms) {
          request.signature_schemes = data.vector16(2).numbers();
        } else {
          // RFC 8446 §4.2: one that is not specified for this message is illegal.
          data.raise(ParseError::BadValue);
        }
      },
      [] {});
  if (request.signature_schemes.empty()) in.raise(ParseError::BadValue);
}

}  // namespace

std::expected<HelloVerifyRequest, ParseError> HelloVerifyRequest::parse(Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  HelloVerifyRequest message;
  message.version = in.u16();
  message.cookie = in.vector8().opaque();
  in.end();
  return fault.unless_raised(std::move(message));
}

void HelloVerifyRequest::write(ByteWriter& out) const {
  out.u16(version);
  write_opaque8(out, cookie);
}

std::expected<EncryptedExtensions, ParseError> EncryptedExtensions::parse(Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  EncryptedExtensions message;
  read_extensions(
      in,
      [&](ExtensionType type, TlsReader& data) {
        if (type == ExtensionType::UseSrtp) {
          message.use_srtp = read_use_srtp_choice(data);
        } else {
          data.view();  // supported_groups are for later connections: RFC 8446 §4.2.7
          message.others.add(type);
        }
      },
      [&] { message.others.add_unknown(); });
  in.end();
  return fault.unless_raised(std::move(message));
}

ExtensionSet EncryptedExtensions::extensions() const {
  ExtensionSet set = others;
  set.add_if(use_srtp.has_value(), ExtensionType::UseSrtp);
  return set;
}

void EncryptedExtensions::write(ByteWriter& out) const {
  write_vector16(out, [&] {
    if (use_srtp) write_use_srtp(out, *use_srtp);
    write_empty_extensions(out, others);
  });
}

std::expected<CertificateMessage, ParseError> CertificateMessage::parse(Version version,
                                                                        Bytes body) {
  if (body.size() > kMaxBytes) return std::unexpected(ParseError::TooMany);
  Fault fault;
  TlsReader in(body, fault);
  CertificateMessage message;
  if (version == Version::Dtls12) {
    read_chain12(in, message);
  } else {
    read_chain13(in, message);
  }
  in.end();
  return fault.unless_raised(std::move(message));
}

void CertificateMessage::write(Version version, ByteWriter& out) const {
  if (version == Version::Dtls13) write_opaque8(out, request_context);
  write_vector24(out, [&] {
    if (certificate.empty()) return;
    write_vector24(out, [&] { out.bytes(certificate); });
    if (version == Version::Dtls13)
      write_vector16(out, [&] { write_empty_extensions(out, extensions); });
  });
}

std::expected<CertificateRequest, ParseError> CertificateRequest::parse(Version version,
                                                                        Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  CertificateRequest request;
  if (version == Version::Dtls12) {
    read_request12(in, request);
  } else {
    read_request13(in, request);
  }
  in.end();
  return fault.unless_raised(std::move(request));
}

void CertificateRequest::write(Version version, ByteWriter& out) const {
  if (version == Version::Dtls12) {
    write_opaque8(out, certificate_types);
    write_numbers16(out, signature_schemes);
    out.u16(0);  // any authority, RFC 5246 §7.4.4
    return;
  }
  write_opaque8(out, request_context);
  write_vector16(out, [&] {
    write_extension(out, ExtensionType::SignatureAlgorithms,
                    [&] { write_numbers16(out, signature_schemes); });
  });
}

std::expected<ServerKeyExchange, ParseError> ServerKeyExchange::parse(Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  ServerKeyExchange message;
  // RFC 8422 §5.4: the explicit curves (1 and 2) are gone.
  if (in.u8() != kNamedCurve) in.raise(ParseError::BadValue);
  message.group = in.u16();
  message.share = in.vector8(1).opaque();
  message.scheme = in.u16();
  message.signature = in.vector16().opaque();
  in.end();
  return fault.unless_raised(std::move(message));
}

void ServerKeyExchange::write(ByteWriter& out) const {
  write_parameters(out);
  out.u16(scheme);
  write_opaque16(out, signature);
}

void ServerKeyExchange::write_parameters(ByteWriter& out) const {
  out.u8(kNamedCurve);
  out.u16(group);
  write_opaque8(out, share);
}

std::expected<ClientKeyExchange, ParseError> ClientKeyExchange::parse(Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  ClientKeyExchange message;
  message.share = in.vector8(1).opaque();
  in.end();
  return fault.unless_raised(std::move(message));
}

void ClientKeyExchange::write(ByteWriter& out) const { write_opaque8(out, share); }

std::expected<CertificateVerify, ParseError> CertificateVerify::parse(Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  CertificateVerify message;
  message.scheme = in.u16();
  message.signature = in.vector16().opaque();
  in.end();
  return fault.unless_raised(std::move(message));
}

void CertificateVerify::write(ByteWriter& out) const {
  out.u16(scheme);
  write_opaque16(out, signature);
}

std::expected<KeyUpdate, ParseError> KeyUpdate::parse(Bytes body) {
  Fault fault;
  TlsReader in(body, fault);
  KeyUpdate message;
  const std::uint8_t request = in.u8();
  if (request > 1) in.raise(ParseError::BadValue);
  message.update_requested = request == 1;
  in.end();
  return fault.unless_raised(message);
}

void KeyUpdate::write(ByteWriter& out) const { out.u8(update_requested ? 1 : 0); }

std::expected<Ack, ParseError> Ack::parse(Bytes payload) {
  Fault fault;
  TlsReader in(payload, fault);
  Ack ack;
  TlsReader list = in.vector16();
  if (list.remaining() % 16 != 0) list.raise(ParseError::BadLength);
  while (list.more() && ack.records.size() < kMaxRecords) {
    const std::uint64_t epoch = list.u64();
    ack.records.push_back({epoch, list.u64()});
  }
  in.end();
  return fault.unless_raised(std::move(ack));
}

void Ack::write(ByteWriter& out) const {
  SPECTER_CHECK(records.size() <= kMaxRecords);
  write_vector16(out, [&] {
    for (const RecordNumber& record : records) {
      out.u64(record.epoch);
      out.u64(record.sequence);
    }
  });
}

std::expected<Alert, ParseError> Alert::parse(Bytes payload) {
  Fault fault;
  TlsReader in(payload, fault);
  Alert alert;
  const std::uint8_t level = in.u8();
  if (level != 1 && level != 2) in.raise(ParseError::BadValue);
  alert.fatal = level == 2;
  alert.description = in.u8();
  in.end();
  return fault.unless_raised(alert);
}

void Alert::write(ByteWriter& out) const {
  out.u8(fatal ? 2 : 1);
  out.u8(description);
}

}  // namespace specter::dtls
