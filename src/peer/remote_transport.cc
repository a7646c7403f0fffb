#include "peer/remote_transport.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::peer {
namespace {

std::unexpected<Error> bad_section(const sdp::Media& media, ErrorCode code, std::string message) {
  Error error{code, std::move(message), std::nullopt};
  if (media.line != 0) error.sdp_line = media.line;
  return std::unexpected(std::move(error));
}

// RFC 8122 §5: unknown hash functions are passed over; all unknown is no fingerprint at all.
Result<std::vector<crypto::Fingerprint>> read_fingerprints(const sdp::Session& session,
                                                           const sdp::Media& media) {
  const auto lines = sdp::fingerprints(session, media);
  if (lines.empty()) {
    return bad_section(media, ErrorCode::InvalidAccess,
                       "set_remote_description called with no fingerprint");
  }
  std::vector<crypto::Fingerprint> known;
  for (const std::string_view line : lines) {
    if (const auto fingerprint = crypto::Fingerprint::parse(line)) known.push_back(*fingerprint);
  }
  if (known.empty()) {
    return bad_section(media, ErrorCode::InvalidAccess,
                       "set_remote_description called with an invalid fingerprint: sha-256, "
                       "sha-384 or sha-512 is needed");
  }
  return known;
}

Result<ice::Credentials> read_credentials(const sdp::Session& session, const sdp::Media& media) {
  for (const char* name : {"ice-ufrag", "ice-pwd"}) {
    const auto values = media.attributes.values(name);
    if (std::ranges::any_of(values, [&](auto v) { return v != values.front(); })) {
      return bad_section(
          media, ErrorCode::InvalidAccess,
          fmt::format("set_remote_description called with multiple conflicting {} values", name));
    }
    if (values.empty() && session.attributes.values(name).empty()) {
      return bad_section(media, ErrorCode::InvalidAccess,
                         fmt::format("set_remote_description called with no {}", name));
    }
  }
  auto credentials = sdp::ice_credentials(session, media);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  if (!*credentials) {
    return bad_section(media, ErrorCode::InvalidAccess,
                       "set_remote_description called with no ice-ufrag");
  }
  return ice::Credentials{(*credentials)->ufrag, (*credentials)->pwd};
}

}  // namespace

bool is_data_section(const sdp::Media& media) {
  // RFC 9429 §5.2.1 writes UDP/DTLS/SCTP; RFC 8841 §3 has TCP/DTLS/SCTP besides, which ICE treats
  // alike.
  return media.kind == "application" &&
         (media.protocol == "UDP/DTLS/SCTP" || media.protocol == "TCP/DTLS/SCTP") &&
         std::ranges::find(media.formats, "webrtc-datachannel") != media.formats.end();
}

Result<RemoteTransport> read_remote_transport(const sdp::Session& session, const sdp::Media& data) {
  RemoteTransport out;

  auto credentials = read_credentials(session, data);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  out.credentials = std::move(*credentials);

  auto fingerprints = read_fingerprints(session, data);
  if (!fingerprints) return std::unexpected(std::move(fingerprints).error());
  out.fingerprints = std::move(*fingerprints);

  auto setup = sdp::setup(session, data);
  if (!setup) return std::unexpected(std::move(setup).error());
  // RFC 4145 §4: an offer without it is active; RFC 8842 §5.3 wants it, so an answer without it is
  // passive to our active.
  out.setup = setup->value_or(sdp::Setup::Active);
  if (out.setup == sdp::Setup::HoldConn) {
    return bad_section(data, ErrorCode::InvalidAccess,
                       "a=setup:holdconn can't be used: RFC 8842 §5.2");
  }

  auto port = sdp::sctp_port(data);
  if (!port) return std::unexpected(std::move(port).error());
  out.sctp_port = port->value_or(5000);

  auto size = sdp::max_message_size(data);
  if (!size) return std::unexpected(std::move(size).error());
  out.max_message_size = size->value_or(65536);

  out.ice_lite = sdp::ice_lite(session);
  out.sped = sdp::has_sped(session, data);
  out.end_of_candidates = sdp::end_of_candidates(session, data);
  for (const std::string_view line : sdp::candidates(data)) {
    auto candidate = ice::Candidate::parse(line);
    if (!candidate) {
      return bad_section(
          data, ErrorCode::SyntaxError,
          fmt::format("a=candidate:{}: {}", line.substr(0, 80), candidate.error().message));
    }
    out.candidates.push_back(std::move(*candidate));
  }
  return out;
}

}  // namespace specter::peer
