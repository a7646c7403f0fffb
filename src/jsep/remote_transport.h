// What a remote description says about how to reach the peer: read once, checked once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "ice/agent.h"
#include "jsep/remote_sections.h"
#include "sdp/attributes.h"
#include "sdp/session.h"

#include "specter/description.h"

namespace specter::jsep {

struct RemoteTransport {
  ice::Credentials credentials;
  std::vector<crypto::Fingerprint> fingerprints;  // those with an algorithm that we know
  sdp::Setup setup = sdp::Setup::ActPass;
  std::optional<std::string> tls_id{};  // RFC 8842 §4: of the DTLS association
  // The m= section of the SCTP association over it, if there is one: the next three are of it.
  std::optional<std::size_t> data_section{};
  std::uint16_t sctp_port = 5000;
  std::uint64_t max_message_size = 65536;  // RFC 8841 §6.1: when it is absent; 0: no limit
  // The peer's INIT, a=sctp-init. In a transport that is in force: only when both descriptions have
  // one, so that SCTP begins with them (SNAP).
  std::optional<Buffer> sctp_init{};
  bool ice_lite = false;
  bool sped = false;  // it knows of DTLS in STUN
  std::vector<ice::Candidate> candidates;
  bool end_of_candidates = false;
};

// Of sections that have been sorted, some of them ours. Errors say what is missing, with sdp_line
// at the section's m= line.
Result<RemoteTransport> read_remote_transport(const sdp::Session& session,
                                              const RemoteSections& sections, SdpType type);

}  // namespace specter::jsep
