// For the sources of this folder: what several of them need.
#pragma once

#include <functional>
#include <string>

#include "jsep/session.h"

namespace specter::jsep {

inline bool has_used(const std::vector<Section>& sections) {
  for (const Section& section : sections) {
    if (section.is_used()) return true;
  }
  return false;
}

inline std::size_t hash_of_pending_offer(const Session& session) {
  return std::hash<std::string>{}(session.now.pending_remote->sdp);
}
inline bool answers_pending_offer(const Session& session, const Draft& answer) {
  return answer.offer_hash == hash_of_pending_offer(session);
}

// snap.cc: whether SCTP begins with the INITs of the descriptions.
Result<> read_sctp_init(const LocalParameters& local, const Negotiated& now, const sdp::Media& data,
                        RemoteTransport& transport);
enum class In : std::uint8_t { Offer, Answer };
bool says_sctp_init(const LocalParameters& local, const Negotiated& now, In description);
void decide_snap(Negotiated& now, RemoteTransport& transport, bool said);

// generations.cc: whose credentials stand where.
ice::Credentials credentials_to_offer(const Session& session, const OfferOptions& options,
                                      Random& random);
ice::Credentials credentials_to_answer(const Session& session, Random& random);
// Whether restart_ice() wants others than these in the next offer.
bool wants_other_credentials(const Session& session, const ice::Credentials& than);
// A local description with these is set.
void offer_credentials(Outcome& out, const ice::Credentials& credentials);
void drop_offered_credentials(Outcome& out);
// A remote description with this transport comes. Error: InvalidAccess.
Result<> check_restart(const Session& session, const RemoteTransport& transport, SdpType type);

}  // namespace specter::jsep
