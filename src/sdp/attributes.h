// The attributes that WebRTC needs, as types. Each reader looks at one section; where the session
// level counts too (RFC 8839 §5.4, RFC 8842 §5, RFC 8122 §5), `session` is asked when `media` has
// none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdp/session.h"

#include "specter/bytes.h"
#include "specter/result.h"

namespace specter::sdp {

// a=setup, RFC 4145 §4, RFC 8842 §5.
enum class Setup { Active, Passive, ActPass, HoldConn };
std::string_view to_string(Setup setup);
Result<std::optional<Setup>> setup(const Session& session, const Media& media);

// a=ice-ufrag and a=ice-pwd, RFC 8839 §5.4: lengths and characters checked; SyntaxError when only
// one is there.
struct IceCredentials {
  std::string ufrag;
  std::string pwd;
  bool operator==(const IceCredentials&) const = default;
};
Result<std::optional<IceCredentials>> ice_credentials(const Session& session, const Media& media);

// a=ice-options, RFC 8839 §5.6: the union of both levels, of which kMaxIceOptions are looked at.
inline constexpr std::size_t kMaxIceOptions = 64;
std::vector<std::string> ice_options(const Session& session, const Media& media);
// What announces DTLS in STUN (draft-hancke-webrtc-sped), under the names that libwebrtc has given
// it since M149; any of them in a description says that its sender knows of it.
inline constexpr std::string_view kSpedOptions = "sped googspedv1 goog-sped-v1";
bool has_sped(const Session& session, const Media& media);
bool ice_lite(const Session& session);                               // RFC 8839 §5.3
std::vector<std::string_view> candidates(const Media& media);        // the values of a=candidate
bool end_of_candidates(const Session& session, const Media& media);  // RFC 8840 §8.2

// The values of a=fingerprint ("sha-256 4A:…"), media level before session level; RFC 8122 §5.
// Their digests are not looked at here.
std::vector<std::string_view> fingerprints(const Session& session, const Media& media);
std::optional<std::string_view> tls_id(const Session& session, const Media& media);  // RFC 8842 §4

std::optional<std::string_view> mid(const Media& media);  // RFC 5888 §4
std::vector<std::vector<std::string>> bundle_groups(
    const Session& session);           // RFC 9143 §5 (8843): the mids of each
bool bundle_only(const Media& media);  // RFC 9143 §6

// RFC 8841 §5, §6.
Result<std::optional<std::uint16_t>> sctp_port(const Media& media);
Result<std::optional<std::uint64_t>> max_message_size(const Media& media);
// a=sctp-init, draft-hancke-tsvwg-snap: the bytes of an SCTP INIT chunk, which sctp judges.
inline constexpr std::size_t kMaxSctpInitBytes = 2048;
Result<std::optional<Buffer>> sctp_init(const Media& media);

enum class Direction { SendRecv, SendOnly, RecvOnly, Inactive };
std::string_view to_string(Direction direction);
Direction direction(const Session& session,
                    const Media& media);  // RFC 8866 §6.7; SendRecv when none is there

// What RFC 8859 says of an attribute in a bundle: whether each bundled section repeats it, or the
// first one speaks for all.
enum class MuxCategory {
  Normal,
  Caution,
  Identical,
  Sum,
  Transport,
  Inherit,
  IdenticalPerPt,
  Special,
  Tbd
};
MuxCategory mux_category(std::string_view attribute_name);  // Tbd for unknown ones

}  // namespace specter::sdp
