// Offer and answer. RFC 9429 (JSEP), for data sections; media sections of the peer's are kept, and
// answered as inactive or rejected (remote_sections.h). It knows texts and states, and no
// transport: what has to happen below comes back as a Change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rare.h"
#include "dtls/connection.h"
#include "peer/remote_sections.h"
#include "peer/remote_transport.h"
#include "peer/signaling.h"
#include "peer/told_candidates.h"
#include "sdp/session.h"

#include "specter/description.h"
#include "specter/options.h"
#include "specter/random.h"

namespace specter::peer {

// What we say of ourselves in every description.
struct LocalParameters {
  ice::Credentials credentials;  // of the first generation; those of a restart are drawn
  std::string fingerprint;       // as a=fingerprint has it
  std::size_t max_message_bytes = 256 * 1024;
  Buffer sctp_init{};  // our SCTP INIT chunk; empty: a=sctp-init is neither said nor understood
  bool sped = false;   // a=ice-options offers DTLS in STUN
  bool shows_candidates = true;  // show_candidate() does something
};

// The generation of ICE that a candidate of the peer's belongs to.
enum class Generation : std::uint8_t {
  InForce,  // the one that the latest answer agreed on
  Offered,  // of a remote offer that has no answer of ours yet
  Former,   // in force until a provisional answer agreed on the next one
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
  // Why the association and its channels end, before `transport` is looked at: the peer wants no
  // data channels, or another association.
  std::optional<std::string> data_ended{};
  bool rolled_back = false;
  // No description of ours has candidates any more: W3C §4.4.1.5, rollback.
  bool candidates_dropped = false;
};

class Negotiation {
 public:
  // `random` outlives it.
  Negotiation(LocalParameters local, Random& random);

  // A data channel is wanted: the next offer has a section for it.
  void want_data() { data_wanted_ = true; }
  // W3C §4.4.2, restartIce(): the next offers restart ICE, until our credentials of today are in no
  // description that both sides agreed on. Without any of those it does nothing.
  void restart_ice();
  void close() { state_ = SignalingState::Closed; }

  Result<SessionDescription> create_offer(const OfferOptions& options);
  Result<SessionDescription> create_answer();
  Result<Change> set_local(const SessionDescription& description);
  Result<Change> set_remote(const SessionDescription& description);

  SignalingState state() const { return state_; }
  // W3C §4.7.3: something that was asked for stands in no description yet.
  bool is_needed() const;

  // Where candidates of ours belong: the tagged section of the group, RFC 9429 §4.1.1.
  const std::string& candidate_mid() const { return candidate_mid_; }
  std::uint16_t candidate_index() const { return candidate_index_; }
  // Of those that concern our one transport: W3C §4.4.2, addIceCandidate(); RFC 9143 §7.4. Nothing:
  // it is of another one. Error: OperationFailed when there is no such section, or no remote
  // description has the candidate's user fragment there. Without one the latest is meant.
  Result<std::optional<Generation>> generation_of(const IceCandidate& candidate) const;
  // A candidate was taken: remote descriptions show it. False when they do already.
  bool show_candidate(const IceCandidate& candidate);
  // The user fragment and password of the latest local description.
  const ice::Credentials& local_credentials() const {
    return offered_credentials_ ? *offered_credentials_ : credentials_;
  }
  // Of the latest remote description: what candidates are for.
  const std::optional<RemoteTransport>& remote_transport() const;

  const std::optional<SessionDescription>& current_local() const { return current_local_; }
  const std::optional<SessionDescription>& pending_local() const { return pending_local_; }
  // As they were given, and with what show_candidate() was told.
  const std::optional<SessionDescription>& current_remote() const { return current_remote_; }
  const std::optional<SessionDescription>& pending_remote() const { return pending_remote_; }
  std::optional<SessionDescription> shown_current_remote() const;
  std::optional<SessionDescription> shown_pending_remote() const;

 private:
  // One m= section as negotiated so far.
  struct Section {
    std::string mid;
    bool says_mid = true;  // the peer's description has it
    std::string kind;
    std::string protocol;
    std::vector<std::string> formats;
    std::vector<sdp::Attribute> format_lines{};  // a=rtpmap, a=fmtp
    Use use = Use::Rejected;
  };
  static bool is_used(const Section& section) { return section.use != Use::Rejected; }
  static bool is_data(const Section& section) { return section.use == Use::Data; }
  // A remote description, understood.
  struct Remote {
    sdp::Session session;
    RemoteSections sections{};
    std::optional<RemoteTransport> transport{};  // when any section is ours
    bool restarts_ice = false;                   // `transport` has other credentials than before
  };
  // What is known by a remote description.
  struct Known {
    RemoteSections sections{};
    ToldCandidates told{};
  };

  Result<SignalingState> judge(Side side, const SessionDescription& description) const;
  Result<Remote> read_remote(const SessionDescription& description) const;
  Result<> check_answer_fits(const Remote& answer) const;
  Result<Change> rollback(Side side);
  void settle(const SessionDescription& local, const SessionDescription& remote);
  Result<> check_same_peer(const RemoteTransport& transport) const;
  bool is_other_association(const RemoteTransport& transport) const;
  void take_transport(RemoteTransport transport, bool says_sctp_init, Change& change);
  void end_data(std::string why, Change& change);
  void note_candidate_section(const std::vector<Section>& sections);
  Result<std::optional<std::size_t>> section_of(const IceCandidate& candidate) const;

  // generations.cc: ICE restart.
  Result<bool> read_restart(const RemoteTransport& transport, SdpType type) const;
  ice::Credentials credentials_to_offer(const OfferOptions& options);
  ice::Credentials credentials_to_answer();
  void offer_credentials(Change& change);
  void drop_offered_credentials(Change& change);
  void settle_credentials();
  bool is_latest_generation(const IceCandidate& candidate) const;
  bool is_stable_generation(const IceCandidate& candidate) const;

  // snap.cc: whether SCTP begins with the INITs of the descriptions.
  Result<> read_sctp_init(const sdp::Media& data, RemoteTransport& transport) const;
  bool says_sctp_init(bool is_answer) const;
  void decide_snap(RemoteTransport& transport, bool said);

  // offer_answer.cc: the texts.
  std::vector<Section> sections_to_offer() const;
  static std::vector<Section> sections_to_answer(const Remote& offer);
  std::vector<std::size_t> bundled(const std::vector<Section>& sections, bool is_answer) const;
  // What all sections of a description have in common.
  struct Common {
    ice::Credentials credentials;
    sdp::Setup setup;
    bool is_answer;
  };
  std::string write(const std::vector<Section>& sections, const Common& common);
  sdp::Media write_section(const Section& section, const Common& common) const;
  std::string free_mid(const std::vector<Section>& taken) const;

  const LocalParameters local_;
  Random& random_;
  const std::string session_id_;
  const std::string tls_id_;
  std::uint64_t session_version_ = 0;
  // Of the last text without its version, a hash: to see whether anything changed.
  std::optional<std::size_t> last_written_;

  SignalingState state_ = SignalingState::Stable;
  bool data_wanted_ = false;
  // W3C [[LocalIceCredentialsToReplace]]
  std::vector<ice::Credentials> credentials_to_replace_;
  std::string candidate_mid_;
  std::uint16_t candidate_index_ = 0;

  // What stands only between two stable states is empty in them: connections are idle there.
  std::vector<Section> sections_;          // as of the last stable state
  std::vector<Section> created_sections_;  // of last_offer_
  std::vector<Section> offered_sections_;  // of the pending offer, either side's
  std::optional<std::string> last_offer_, last_answer_;
  ice::Credentials credentials_;                // ours, as of the last stable state
  Rare<ice::Credentials> created_credentials_;  // of the last created description, if it restarts
  Rare<ice::Credentials> offered_credentials_;  // of the pending local one, if it restarts
  bool is_restart_answered_ = false;            // by the peer, provisionally
  std::optional<SessionDescription> current_local_, pending_local_, current_remote_,
      pending_remote_;
  Rare<Remote> remote_offer_;                 // pending
  std::optional<RemoteTransport> transport_;  // in force
  std::optional<dtls::Role> dtls_role_;
  bool is_role_decided_ = false;
  // By the first transport with data in force. An association that comes after another one shakes
  // hands: our INIT of the descriptions was the first one's.
  enum class Snap { Undecided, Unused, Used };
  Snap snap_ = Snap::Undecided;
  Buffer remote_sctp_init_;  // the peer's, when used

  Known remote_;               // the latest one's
  Rare<Known> stable_remote_;  // the current one's, while a pending one is the latest
};

}  // namespace specter::peer
