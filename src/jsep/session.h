// Offer and answer as values. RFC 9429 (JSEP). What the application wants is kept apart from what
// the two sides have negotiated: a rollback takes back the second, by assignment, and never the
// first. Nothing here changes what it is given: an Outcome is in force once its session is kept.
//
// Data sections are negotiated, and media sections of transceivers. Without codecs, media sections
// of the peer's are kept, and answered as inactive or rejected (remote_sections.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rare.h"
#include "dtls/connection.h"
#include "ice/agent.h"
#include "jsep/media_description.h"
#include "jsep/media_numbers.h"
#include "jsep/remote_sections.h"
#include "jsep/remote_transport.h"
#include "jsep/signaling.h"
#include "jsep/told_candidates.h"
#include "jsep/transceivers.h"

#include "specter/description.h"
#include "specter/options.h"
#include "specter/random.h"

namespace specter::jsep {

// What we say of ourselves in every description.
struct LocalParameters {
  ice::Credentials credentials;  // of the first generation; those of a restart are drawn
  std::string fingerprint;       // as a=fingerprint has it
  std::size_t max_message_bytes = 256 * 1024;
  Buffer sctp_init{};  // our SCTP INIT chunk; empty: a=sctp-init is neither said nor understood
  bool sped = false;   // a=ice-options offers DTLS in STUN
  bool shows_candidates = true;  // show_candidate() does something
  std::string session_id{};      // of the o= line
  std::string tls_id{};          // RFC 8842 §4
  MediaOptions media{};          // without codecs there is no media
  std::string cname{};           // RFC 3550 §6.5.1
};

// The application's wishes.
struct Wanted {
  bool data = false;                        // a data channel needs a section
  std::vector<Transceiver> transceivers{};  // in the order in which they were made
  // Of restart_ice(): our credentials at its call, until none of them is agreed on any more. W3C
  // [[LocalIceCredentialsToReplace]].
  std::vector<ice::Credentials> credentials_to_replace{};

  bool operator==(const Wanted&) const = default;
};

// What a section of a transceiver's has besides.
struct MediaSection {
  TransceiverId transceiver{};
  MediaDescription local{}, remote{};  // of the latest description of each side
  // Of the latest answer, provisional ones too, as we see it. W3C [[CurrentDirection]].
  std::optional<sdp::Direction> current{};
  // The peer's track was told, and that it is in these streams. W3C [[FiredDirection]],
  // [[AssociatedRemoteMediaStreams]].
  bool is_told = false;
  std::vector<std::string> streams{};
  // As agreed on; without the sender's track and encodings.
  std::optional<rtp::SendParameters> sending{};
  std::optional<rtp::ReceiveParameters> receiving{};

  bool operator==(const MediaSection&) const = default;
};

// One m= section, as negotiated or offered.
struct Section {
  std::string mid;
  bool says_mid = true;  // the peer's description has it
  std::string kind;
  std::string protocol;
  std::vector<std::string> formats;
  std::vector<sdp::Attribute> format_lines{};  // a=rtpmap, a=fmtp
  Use use = Use::Rejected;
  // Of a transceiver's, also while it is rejected and not agreed on yet, and Use::Outside.
  Rare<MediaSection> media{};

  bool is_used() const { return jsep::is_used(use); }
  bool operator==(const Section&) const = default;
};

// By the first transport with data that was agreed on. An association that comes after another one
// shakes hands: our INIT of the descriptions was the first one's.
enum class Snap : std::uint8_t { Undecided, Unused, Used };

// What descriptions have brought about.
struct Negotiated {
  SignalingState state = SignalingState::Stable;
  std::optional<SessionDescription> current_local, pending_local, current_remote, pending_remote;
  std::vector<Section> sections;  // of the latest description, of either side

  ice::Credentials credentials;           // ours, of the latest local description
  RemoteSections remote_sections{};       // of the latest remote description
  ToldCandidates told{};                  // what add_ice_candidate() added to it
  Rare<RemoteTransport> offered{};        // of a remote offer, until our answer to it is final
  Rare<RemoteTransport> transport{};      // agreed on, without its candidates and INIT
  std::optional<dtls::Role> dtls_role{};  // ours; so the roles in ICE are decided as well
  std::uint32_t tls_ids = 0;              // of ours, after the first: one for each new association
  Snap snap = Snap::Undecided;
  bool transport_ended = false;  // `transport` is the one before: no section is in use any more
  Buffer remote_sctp_init{};     // the peer's, when used

  // Where candidates of ours belong: the tagged section of the group, RFC 9429 §4.1.1.
  std::string candidate_mid{};
  std::uint16_t candidate_index = 0;

  bool operator==(const Negotiated&) const = default;
};

// Of our offers.
struct MediaNumbers {
  PayloadTypes payload_types{};
  ExtensionIds extension_ids{};

  bool operator==(const MediaNumbers&) const = default;
};

// A description that was created, and may be set.
struct Draft {
  std::string sdp;
  std::uint64_t version = 0;  // of the o= line
  std::size_t bare_hash = 0;  // of the text without it: whether anything has changed
  std::vector<Section> sections;
  Rare<MediaNumbers> numbers{};  // after it
  ice::Credentials credentials;
  std::size_t offer_hash = 0;  // of the remote offer that it answers

  bool operator==(const Draft&) const = default;
};

struct Session {
  Wanted wanted{};
  Negotiated now{};
  Rare<Negotiated> stable{};  // what a rollback brings back; in a stable state `now` is that
  // W3C [[LastCreatedOffer]], [[LastCreatedAnswer]]: rollbacks leave them, a final answer does not.
  Rare<Draft> last_offer{}, last_answer{};
  std::uint64_t version = 0;  // of the latest draft
  std::optional<std::size_t> bare_hash{};
  Rare<MediaNumbers> numbers{};  // what one of them means stays so: no rollback
  // RFC 9429 §5.10, §5.11: of the peer's tracks of which no stream is said. Once drawn it stays.
  Rare<std::string> default_stream{};
  std::uint64_t transceivers_made = 0;

  const Negotiated& last_stable() const { return stable ? *stable : now; }
  bool operator==(const Session&) const = default;
};

// What the application is told of a track of the peer's. W3C §4.4.1.5, §5.1.4.
enum class TrackChangeKind : std::uint8_t {
  Muted,           // the peer will send nothing
  StreamsLeft,     // it is in fewer streams
  StreamsEntered,  // one that was told before is in more streams
  Added,           // W3C §5.7: a track event; again when it comes back, or enters a stream
  Ended,           // its transceiver is stopped
};
struct TrackChange {
  TrackChangeKind kind{};
  TransceiverId transceiver{};
  MediaKind media_kind = MediaKind::Audio;
  std::string mid;                   // empty: it has none any more
  std::vector<std::string> streams;  // from now on

  bool operator==(const TrackChange&) const = default;
};

// What a description that was taken asks of the layers below.
struct Change {
  bool state_changed = false;
  bool gather = false;                  // a local description with a live section: find candidates
  std::optional<ice::Role> ice_role{};  // the first negotiation decides
  std::optional<RemoteTransport> transport{};  // go: this is the peer
  std::optional<dtls::Role> dtls_role{};       // together with transport
  // ICE restart, RFC 8839 §4.4.1.1.1. The generation of ours that was offered is taken back: by a
  // rollback, by an answer that accepts nothing, or by another offer, whose credentials follow.
  bool generation_dropped = false;
  // A local description restarts: gather for a generation with these credentials.
  std::optional<ice::Credentials> local_credentials{};
  // The credentials of `transport` are others than before: it is the peer's side of the generation
  // that our local description has.
  bool remote_restarted = false;
  // `transport` is another peer's, RFC 8842 §5.1: a new DTLS association, and all that rides on it.
  bool new_peer = false;
  // Why the association and its channels end, before `transport` is looked at: the peer wants no
  // data channels, or another association.
  std::optional<std::string> data_ended{};
  // First of all, and through the stable state where the description is a remote offer that meets
  // ours: W3C §4.4.1.5.
  bool rolled_back = false;
  // No description of ours has candidates any more: W3C §4.4.1.5, rollback.
  bool candidates_dropped = false;

  // What is told after the signaling state, in this order: mutes, streams left, streams entered,
  // tracks added, tracks ended.
  std::vector<TrackChange> tracks{};
  // Transceivers whose sending() or receiving() may be another now.
  std::vector<TransceiverId> media{};
  // Transceivers that are no more.
  std::vector<TransceiverId> gone{};

  bool operator==(const Change&) const = default;
};

struct Outcome {
  Session session;
  Change change{};
};

// The generation of ICE that a candidate of the peer's belongs to.
enum class Generation : std::uint8_t {
  InForce,  // the one that the latest answer agreed on
  Offered,  // of a remote offer that has no answer of ours yet
  Former,   // in force until a provisional answer agreed on the next one
};

// ---- texts (write.cc). Error: InvalidState.

Result<Draft> write_offer(const LocalParameters& local, const Session& session,
                          const OfferOptions& options, Random& random);
Result<Draft> write_answer(const LocalParameters& local, const Session& session, Random& random);
// Whether the last created description of this type (an answer may be set as a provisional one) is
// there, and what would be created still. W3C §4.4.2, setLocalDescription().
bool is_last_draft_good(const LocalParameters& local, const Session& session, SdpType type);
// A draft was created: it is the last one from now on.
void keep(Session& session, SdpType type, Draft draft);

// ---- descriptions (apply.cc)

// Whether a description of this kind fits the state. Error: InvalidState; SyntaxError where the
// text is none, which is told first.
Result<SignalingState> next_state(const Session& session, Side side,
                                  const SessionDescription& description);
// The text is that of the last created offer or answer, or empty, which stands for it.
Result<Outcome> set_local(const LocalParameters& local, const Session& session,
                          const SessionDescription& description);
// What transceivers that it makes send is drawn.
Result<Outcome> set_remote(const LocalParameters& local, const Session& session,
                           const SessionDescription& description, Random& random);

// W3C §4.7.3: something that was asked for stands in no description yet.
bool negotiation_needed(const Session& session);

// ---- ICE restart (generations.cc)

// W3C §4.4.2, restartIce().
void want_restart(Session& session);
// Whether our latest local description offers other credentials than those in force.
bool restart_offered(const Session& session);
// Whether a provisional answer of the peer's has agreed to that.
bool restart_answered(const Session& session);
// Whether the peer's pending offer has other credentials than those in force.
bool restart_asked(const Session& session);
// Whether it comes from another peer than the one before.
bool new_peer_asked(const Session& session);

// ---- candidates of the peer's (candidates.cc)

// Of those that concern our one transport: W3C §4.4.2, addIceCandidate(); RFC 9143 §7.4. Nothing:
// it is of another one. Error: OperationFailed when there is no such section, or no remote
// description has the candidate's user fragment there. Without one the latest is meant.
Result<std::optional<Generation>> generation_of(const Session& session,
                                                const IceCandidate& candidate);
// The descriptions of its generation show it. False when they do already.
bool show_candidate(Session& session, const IceCandidate& candidate);

}  // namespace specter::jsep
