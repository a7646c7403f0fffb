#include "jsep/remote_transport.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::jsep {
namespace {

Failure bad_section(const sdp::Media& media, ErrorCode code, std::string message) {
  Error error{code, std::move(message), std::nullopt};
  if (media.line != 0) error.sdp_line = media.line;
  return fail(std::move(error));
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
  if (!credentials) {
    // W3C §4.4.1.5: the text is SDP, only its content can't be used.
    Error error = std::move(credentials).error();
    error.code = ErrorCode::InvalidAccess;
    return fail(std::move(error));
  }
  if (!*credentials) {
    return bad_section(media, ErrorCode::InvalidAccess,
                       "set_remote_description called with no ice-ufrag");
  }
  return ice::Credentials{(*credentials)->ufrag, (*credentials)->pwd};
}

// RFC 8842 §5.2 and §5.3 demand the attribute, so what its absence means is nobody's rule. RFC 4145
// §4 has an offer without it active and an answer passive, for TCP. In life an offer is taken for
// actpass and an answer for active, by libwebrtc, Firefox and pion alike: so an offerer of theirs
// is the DTLS server where the answer is silent, and so are we.
sdp::Setup setup_when_absent(SdpType type) {
  return type == SdpType::Offer ? sdp::Setup::ActPass : sdp::Setup::Active;
}

Result<> read_candidates(const sdp::Session& session, const RemoteSections& sections,
                         RemoteTransport& out) {
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    const sdp::Media& media = session.media[i];
    if (!sections.is_on_transport[i]) continue;
    for (const std::string_view line : sdp::candidates(media)) {
      auto candidate = ice::Candidate::parse(line);
      if (!candidate) {
        return bad_section(
            media, ErrorCode::SyntaxError,
            fmt::format("a=candidate:{}: {}", line.substr(0, 80), candidate.error().message));
      }
      out.candidates.push_back(std::move(*candidate));
    }
    out.end_of_candidates |= sdp::end_of_candidates(session, media);
  }
  return {};
}

Result<> read_association(const sdp::Media& data, RemoteTransport& out) {
  auto port = sdp::sctp_port(data);
  if (!port) return fail(std::move(port).error());
  out.sctp_port = port->value_or(5000);

  auto size = sdp::max_message_size(data);
  if (!size) return fail(std::move(size).error());
  out.max_message_size = size->value_or(65536);
  return {};
}

}  // namespace

Result<RemoteTransport> read_remote_transport(const sdp::Session& session,
                                              const RemoteSections& sections, SdpType type) {
  const sdp::Media& transport = *sections.transport;
  RemoteTransport out;

  auto credentials = read_credentials(session, transport);
  if (!credentials) return fail(std::move(credentials).error());
  out.credentials = *credentials;

  auto fingerprints = read_fingerprints(session, transport);
  if (!fingerprints) return fail(std::move(fingerprints).error());
  out.fingerprints = std::move(*fingerprints);

  auto setup = sdp::setup(session, transport);
  if (!setup) return fail(std::move(setup).error());
  out.setup = setup->value_or(setup_when_absent(type));
  if (out.setup == sdp::Setup::HoldConn) {
    return bad_section(transport, ErrorCode::InvalidAccess,
                       "a=setup:holdconn can't be used: RFC 8842 §5.2");
  }
  if (const auto id = sdp::tls_id(session, transport)) out.tls_id = *id;
  out.ice_lite = sdp::ice_lite(session);
  out.sped = sdp::has_sped(session, transport);
  if (auto good = read_candidates(session, sections, out); !good) {
    return fail(std::move(good).error());
  }
  out.data_section = sections.data;
  if (sections.data) {
    if (auto good = read_association(session.media[*sections.data], out); !good) {
      return fail(std::move(good).error());
    }
  }
  return out;
}

}  // namespace specter::jsep
