#include "dtls/wire/hello.h"

#include <algorithm>

#include "dtls/wire/extensions.h"
#include "dtls/wire/tls_reader.h"

namespace specter::dtls {
namespace {

constexpr std::uint8_t kNullCompression = 0;
constexpr std::uint8_t kDeflate = 1;  // RFC 3749; stands for whatever isn't null
constexpr std::uint8_t kUncompressedPoint = 0;
constexpr std::uint8_t kCompressedPrime = 1;    // RFC 8422 §5.1.2; stands for the other formats
constexpr std::size_t kMaxSessionIdBytes = 32;  // RFC 5246 §7.4.1.2

HelloRandom read_random(TlsReader& in) {
  HelloRandom random{};
  std::ranges::copy(in.bytes(random.size()), random.begin());
  return random;
}

Buffer read_session_id(TlsReader& in) {
  Buffer id = in.vector8().opaque();
  if (id.size() > kMaxSessionIdBytes) in.raise(ParseError::BadLength);
  return id;
}

bool has(Bytes list, std::uint8_t value) { return std::ranges::find(list, value) != list.end(); }

// RFC 8422 §5.1.2. Returns whether uncompressed points are among them.
bool read_point_formats(TlsReader& data) { return has(data.vector8(1).view(), kUncompressedPoint); }

KeyShareEntry read_key_share(TlsReader& in) {
  KeyShareEntry entry;
  entry.group = in.u16();
  entry.key = in.vector16(1).opaque();
  return entry;
}

// RFC 8446 §4.2.8: no shares at all is a client's way to ask for a HelloRetryRequest, two of one
// group are illegal.
std::vector<KeyShareEntry> read_key_shares(TlsReader& data) {
  std::vector<KeyShareEntry> shares;
  for (TlsReader list = data.vector16(); list.more();) {
    KeyShareEntry entry = read_key_share(list);
    if (shares.size() == ClientHello::kMaxKeyShares) {
      data.raise(ParseError::TooMany);
    } else if (std::ranges::find(shares, entry.group, &KeyShareEntry::group) != shares.end()) {
      data.raise(ParseError::BadValue);
    } else {
      shares.push_back(std::move(entry));
    }
  }
  return shares;
}

void write_key_share(ByteWriter& out, const KeyShareEntry& entry) {
  out.u16(entry.group);
  write_opaque16(out, entry.key);
}

void write_empty_extension(ByteWriter& out, ExtensionType type) {
  write_extension(out, type, [] {});
}

void write_point_formats(ByteWriter& out, std::uint8_t format) {
  write_extension(out, ExtensionType::EcPointFormats,
                  [&] { write_opaque8(out, Bytes(&format, 1)); });
}

void write_cookie(ByteWriter& out, const std::optional<Buffer>& cookie) {
  if (!cookie) return;
  write_extension(out, ExtensionType::Cookie, [&] { write_opaque16(out, *cookie); });
}

void write_renegotiation_info(ByteWriter& out, const std::optional<Buffer>& info) {
  if (!info) return;
  write_extension(out, ExtensionType::RenegotiationInfo, [&] { write_opaque8(out, *info); });
}

void read_client_extension(ClientHello& hello, ExtensionType type, TlsReader& data) {
  switch (type) {
    case ExtensionType::SupportedVersions:
      hello.supported_versions = data.vector8(2).numbers();
      return;
    case ExtensionType::SupportedGroups: hello.groups = data.vector16(2).numbers(); return;
    case ExtensionType::SignatureAlgorithms:
      hello.signature_schemes = data.vector16(2).numbers();
      return;
    case ExtensionType::KeyShare: hello.key_shares = read_key_shares(data); return;
    case ExtensionType::UseSrtp: hello.use_srtp = read_use_srtp_offer(data); return;
    case ExtensionType::Cookie: hello.retry_cookie = data.vector16(1).opaque(); return;
    case ExtensionType::RenegotiationInfo:
      hello.renegotiation_info = data.vector8().opaque();
      return;
    case ExtensionType::EcPointFormats:
      hello.uncompressed_points = read_point_formats(data);
      return;
    case ExtensionType::ExtendedMasterSecret: hello.extended_master_secret = true; return;
  }
}

void write_client_extensions(ByteWriter& out, const ClientHello& hello) {
  if (const auto& versions = hello.supported_versions) {
    write_extension(out, ExtensionType::SupportedVersions, [&] {
      SPECTER_CHECK(versions->size() <= 127);
      out.u8(static_cast<std::uint8_t>(2 * versions->size()));
      for (const std::uint16_t version : *versions) out.u16(version);
    });
  }
  if (const auto& groups = hello.groups) {
    write_extension(out, ExtensionType::SupportedGroups, [&] { write_numbers16(out, *groups); });
  }
  write_point_formats(out, hello.uncompressed_points ? kUncompressedPoint : kCompressedPrime);
  if (const auto& schemes = hello.signature_schemes) {
    write_extension(out, ExtensionType::SignatureAlgorithms,
                    [&] { write_numbers16(out, *schemes); });
  }
  if (hello.use_srtp) write_use_srtp(out, *hello.use_srtp);
  if (hello.extended_master_secret) write_empty_extension(out, ExtensionType::ExtendedMasterSecret);
  write_renegotiation_info(out, hello.renegotiation_info);
  write_cookie(out, hello.retry_cookie);
  if (const auto& shares = hello.key_shares) {
    write_extension(out, ExtensionType::KeyShare, [&] {
      write_vector16(out, [&] {
        for (const KeyShareEntry& share : *shares) write_key_share(out, share);
      });
    });
  }
}

void read_server_extension(ServerHello& hello, ExtensionType type, TlsReader& data) {
  switch (type) {
    case ExtensionType::SupportedVersions: hello.supported_version = data.u16(); return;
    case ExtensionType::KeyShare:
      // RFC 8446 §4.2.8: two structures under one name.
      if (hello.is_retry()) {
        hello.selected_group = data.u16();
      } else {
        hello.key_share = read_key_share(data);
      }
      return;
    case ExtensionType::UseSrtp: hello.use_srtp = read_use_srtp_choice(data); return;
    case ExtensionType::Cookie: hello.retry_cookie = data.vector16(1).opaque(); return;
    case ExtensionType::RenegotiationInfo:
      hello.renegotiation_info = data.vector8().opaque();
      return;
    case ExtensionType::EcPointFormats:
      // RFC 8422 §5.2: a server that sends the list has uncompressed points in it.
      if (!read_point_formats(data)) data.raise(ParseError::BadValue);
      hello.ec_point_formats = true;
      return;
    case ExtensionType::ExtendedMasterSecret: hello.extended_master_secret = true; return;
    // They say nothing here; whether they may be here is the machine's to judge.
    case ExtensionType::SupportedGroups:
    case ExtensionType::SignatureAlgorithms:
      data.view();
      hello.others.add(type);
      return;
  }
}

void write_server_extensions(ByteWriter& out, const ServerHello& hello) {
  SPECTER_CHECK(hello.is_retry() ? !hello.key_share : !hello.selected_group);
  if (hello.key_share) {
    write_extension(out, ExtensionType::KeyShare, [&] { write_key_share(out, *hello.key_share); });
  }
  if (hello.selected_group) {
    write_extension(out, ExtensionType::KeyShare, [&] { out.u16(*hello.selected_group); });
  }
  if (hello.supported_version) {
    write_extension(out, ExtensionType::SupportedVersions,
                    [&] { out.u16(*hello.supported_version); });
  }
  write_cookie(out, hello.retry_cookie);
  if (hello.use_srtp) write_use_srtp(out, *hello.use_srtp);
  if (hello.ec_point_formats) write_point_formats(out, kUncompressedPoint);
  if (hello.extended_master_secret) write_empty_extension(out, ExtensionType::ExtendedMasterSecret);
  write_renegotiation_info(out, hello.renegotiation_info);
  write_empty_extensions(out, hello.others);
}

}  // namespace

ExtensionSet ClientHello::extensions() const {
  using enum ExtensionType;
  ExtensionSet set{EcPointFormats};
  set.add_if(supported_versions.has_value(), SupportedVersions);
  set.add_if(groups.has_value(), SupportedGroups);
  set.add_if(signature_schemes.has_value(), SignatureAlgorithms);
  set.add_if(key_shares.has_value(), KeyShare);
  set.add_if(use_srtp.has_value(), UseSrtp);
  set.add_if(retry_cookie.has_value(), Cookie);
  set.add_if(renegotiation_info.has_value(), RenegotiationInfo);
  set.add_if(extended_master_secret, ExtendedMasterSecret);
  return set;
}

std::expected<ClientHello, ParseError> ClientHello::parse(Bytes body) {
  if (body.size() > kMaxBytes) return std::unexpected(ParseError::TooMany);
  Fault fault;
  TlsReader in(body, fault);
  ClientHello hello;
  hello.version = in.u16();
  hello.random = read_random(in);
  hello.session_id = read_session_id(in);
  hello.cookie = in.vector8().opaque();
  hello.cipher_suites = in.vector16(2).numbers();
  const Bytes compressions = in.vector8(1).view();
  hello.null_compression = has(compressions, kNullCompression);
  hello.other_compression = std::ranges::any_of(
      compressions, [](std::uint8_t method) { return method != kNullCompression; });
  // RFC 5246 §7.4.1.2: whether there are extensions is told by whether there are bytes left.
  if (in.more()) {
    read_extensions(
        in, [&](ExtensionType type, TlsReader& data) { read_client_extension(hello, type, data); },
        [] {});
  }
  in.end();
  return fault.unless_raised(std::move(hello));
}

void ClientHello::write(ByteWriter& out) const {
  out.u16(version);
  out.bytes(random);
  write_opaque8(out, session_id);
  write_opaque8(out, cookie);
  write_numbers16(out, cipher_suites);
  Buffer compressions;
  if (null_compression) compressions.push_back(kNullCompression);
  if (other_compression || !null_compression) compressions.push_back(kDeflate);
  write_opaque8(out, compressions);
  write_vector16(out, [&] { write_client_extensions(out, *this); });
}

// RFC 8446 §4.1.3.
constinit const HelloRandom ServerHello::kRetryRandom = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

bool ServerHello::says_downgrade() const {
  return std::ranges::equal(Bytes(random).last(kDowngrade12.size()), kDowngrade12);
}

ExtensionSet ServerHello::extensions() const {
  using enum ExtensionType;
  ExtensionSet set = others;
  set.add_if(supported_version.has_value(), SupportedVersions);
  set.add_if(key_share || selected_group, KeyShare);
  set.add_if(use_srtp.has_value(), UseSrtp);
  set.add_if(retry_cookie.has_value(), Cookie);
  set.add_if(renegotiation_info.has_value(), RenegotiationInfo);
  set.add_if(ec_point_formats, EcPointFormats);
  set.add_if(extended_master_secret, ExtendedMasterSecret);
  return set;
}

std::expected<ServerHello, ParseError> ServerHello::parse(Bytes body) {
  if (body.size() > kMaxBytes) return std::unexpected(ParseError::TooMany);
  Fault fault;
  TlsReader in(body, fault);
  ServerHello hello;
  hello.version = in.u16();
  hello.random = read_random(in);
  hello.session_id = read_session_id(in);
  hello.cipher_suite = in.u16();
  hello.compression = in.u8();
  // RFC 5246 §7.4.1.3: as in the ClientHello.
  if (in.more()) {
    read_extensions(
        in, [&](ExtensionType type, TlsReader& data) { read_server_extension(hello, type, data); },
        [&] { hello.others.add_unknown(); });
  }
  in.end();
  return fault.unless_raised(std::move(hello));
}

void ServerHello::write(ByteWriter& out) const {
  out.u16(version);
  out.bytes(random);
  write_opaque8(out, session_id);
  out.u16(cipher_suite);
  out.u8(compression);
  Buffer extensions;
  ByteWriter block(extensions);
  write_server_extensions(block, *this);
  // RFC 5246 §7.4.1.3: to a client that knows of no extensions, not even an empty list of them.
  if (!extensions.empty()) write_opaque16(out, extensions);
}

}  // namespace specter::dtls
