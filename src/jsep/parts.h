// For the sources of this folder: what several of them need.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "jsep/session.h"

namespace specter::jsep {

inline bool has_used(const std::vector<Section>& sections) {
  for (const Section& section : sections) {
    if (section.is_used()) return true;
  }
  return false;
}

// Null: there is none.
Transceiver* find_transceiver(Session& session, TransceiverId id);
const Transceiver* find_transceiver(const Session& session, TransceiverId id);
// The section that has it. W3C: it is "associated" with it.
const Section* find_section(const std::vector<Section>& sections, TransceiverId id);

// Of a transceiver in its section, either of which may be null.
std::optional<rtp::SendParameters> sending(const Transceiver* transceiver, const Section* section);
std::optional<rtp::ReceiveParameters> receiving(const Transceiver* transceiver,
                                                const Section* section);

// media_sections.cc: what our descriptions say of transceivers.
// RFC 9429 §5.2.2: every section of before in its place, then what is new. `numbers` grow.
std::vector<Section> sections_to_offer(const LocalParameters& local, const Session& session,
                                       Rare<MediaNumbers>& numbers);
std::vector<Section> sections_to_answer(const LocalParameters& local, const Session& session);

// pairing.cc: what a remote offer makes of transceivers. RFC 9429 §5.10. `sections` are the
// offer's, and `said` what it says of each that can be read. Error: InvalidAccess.
Result<> pair_sections(const LocalParameters& local, Session& session,
                       std::vector<Section> sections,
                       std::vector<std::optional<MediaDescription>> said, Random& random);

// agreed_media.cc: what answers and rollbacks make of them. W3C §4.4.1.5.
// Of each media section of the peer's answer, or none. Error: InvalidAccess.
Result<> check_answered_media(const Negotiated& now, const sdp::Session& answer,
                              const std::vector<std::optional<MediaDescription>>& said);
void take_answered_media(Session& session, std::vector<std::optional<MediaDescription>> said,
                         Random& random);
// In which streams the peer's track is. RFC 9429 §5.10, §5.11.
void tell_streams(Session& session, MediaSection& media, Random& random);
void take_our_answer(Session& session, const Draft& draft);
// By an answer of either side, which may be provisional.
void agree_on_media(const LocalParameters& local, Session& session, Side answerer);
void settle_transceivers(Session& session);
void roll_back_transceivers(Session& session);
// What became of tracks since `before`.
void note_media_changes(const Session& before, Outcome& out);

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
// RFC 8842 §5.1: whether a remote description with this transport asks for a new DTLS association.
// That needs new credentials of ICE, too.
bool is_other_peer(const Negotiated& stable, const RemoteTransport& transport);
// The same identity as before, unless the credentials are others. Error: InvalidAccess.
Result<> check_same_peer(const Negotiated& now, const RemoteTransport& transport);
// A remote description with this transport comes. Error: InvalidAccess.
Result<> check_restart(const Session& session, const RemoteTransport& transport, SdpType type);

}  // namespace specter::jsep
