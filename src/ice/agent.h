// An ICE agent for one data stream with one component (everything in WebRTC is bundled and
// multiplexed). RFC 8445, 8838, 7675. A facade: what it does stands in the files beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/machine.h"
#include "ice/candidate.h"
#include "ice/embedding.h"

#include "specter/endpoint.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter::ice {

enum class Role { Controlling, Controlled };

// RFC 8445 §5.3: a user fragment of at least 24 bits and a password of at least 128 bits of
// randomness.
struct Credentials {
  std::string ufrag{};
  std::string pwd{};

  ~Credentials();  // wipes the password, of each copy
  static Credentials generate(Random& random);
  bool operator==(const Credentials&) const = default;
};

using specter::Path;

struct LocalCandidateFound {
  Candidate candidate;
};  // trickle it to the peer
// What a STUN server said to one base.
struct ServerAnswer {
  std::string url;
  Endpoint base;
  std::uint16_t code = 0;  // 0: an address; 300 to 699: an error; 701: silence, W3C §4.8.3
  std::string text{};      // with a code: a sentence without addresses
  Timestamp at{};
};
struct GatheringStateChanged {
  IceGatheringState state;
};
struct ConnectionStateChanged {
  IceConnectionState state;
  std::string reason;
};  // the reason, for Failed
// Send here from now on: it was nominated, the one before has fallen silent, or it is a better one
// (better_path.h), and the one before still carries what is under way. The same path again: it
// leads elsewhere now, for the peer sees another address of ours (a NAT has forgotten us).
struct SelectedPathChanged {
  Path path;
};
// The first valid pair came to be, perhaps before nomination: DTLS may start on it. RFC 8445
// §12.1.1.
struct PathUsable {
  Path path;
};

// One datagram of the peer's DTLS handshake, out of a Binding message whose integrity was right:
// that is the proof that ICE asks for, so DTLS may look at it, whether or not the path is validated
// for what comes directly. The same one may come many times.
struct DtlsReceived {
  Path path;
  Buffer bytes;
};

struct CandidatePairStats {
  Candidate local;
  Candidate remote;
  CandidatePairState state{};
  bool nominated = false;
  bool selected = false;
  std::uint64_t requests_sent = 0, requests_received = 0;
  std::uint64_t responses_sent = 0, responses_received = 0;
  std::uint64_t consent_requests_sent = 0;
  std::uint64_t retransmissions_sent = 0;  // of requests
  std::optional<Timestamp> first_request{}, last_request{};
  std::optional<Timestamp> consent_expires{};  // RFC 7675, unless the peer answers again
  Duration total_round_trip_time{};
  std::optional<Duration> current_round_trip_time{};
};

struct Counters {
  std::uint64_t dropped_malformed = 0;  // not a STUN message, or one that breaks its rules
  std::uint64_t dropped_integrity = 0;  // wrong or missing credentials
  std::uint64_t dropped_unexpected =
      0;  // a response to nothing, from the wrong address, over a limit
  // DTLS in Binding messages: whether the peer takes part, and the datagrams put into messages of
  // ours (a message that is sent again counts once) and taken out of the peer's.
  bool embedding_used = false;
  std::uint64_t embedded_sent = 0, embedded_received = 0;
  std::uint64_t extra_checks_sent = 0;  // that only a waiting flight was the reason for
};

class Agent {
 public:
  using Transmit = specter::Transmit;
  using Event = std::variant<LocalCandidateFound, ServerAnswer, GatheringStateChanged,
                             ConnectionStateChanged, SelectedPathChanged, PathUsable, DtlsReceived>;

  struct Config {
    Role role = Role::Controlling;
    Credentials local;  // generated when empty
    IceOptions options{};
    std::size_t max_remote_candidates = 64;
    std::size_t max_pairs = 100;
    bool allow_loopback = true;  // pair loopback candidates of the peer's
    // DTLS handshake datagrams in Binding messages (draft-hancke-webrtc-sped): our description says
    // that we know of it, so the peer's checks may carry them before its answer has come.
    bool embedding = false;
    std::size_t max_message_bytes = 1200;  // of a Binding message with a datagram in it
  };

  Agent(Config config, Random& random, Log log = {});
  ~Agent();
  Agent(const Agent&) = delete;

  // ---- gathering. The driver opens the sockets and says which; RFC 8445 §5.1.1.
  void start_gathering(Timestamp now);  // New -> Gathering; so does the first local endpoint
  void add_local_endpoint(Timestamp now,
                          Endpoint base);  // a socket is bound: one more host candidate
  // A relayed address of an allocation that was made from `base`, whether or not that is one of
  // ours here: one more candidate, and what it sends goes from there. RFC 8656.
  void add_relayed_endpoint(Timestamp now, Endpoint relayed, Endpoint base,
                            std::string_view url = {});
  void remove_local_endpoint(Timestamp now, Endpoint base);  // that socket, or allocation, is gone
  // It is none of the newest generation's any more, and goes with the last generation that has it;
  // of another generation it is again, unless this is said again.
  void retire_local_endpoint(Timestamp now, Endpoint base);
  bool has_local_endpoint(const Endpoint& base) const;
  // Asked from each base of its family. `url`: how it is called in events and questions.
  void add_stun_server(Timestamp now, Endpoint server, std::string_view url = {});
  // What is wrong with relays, a clause that ends a sentence: why there is none, or why those that
  // are there do not help. For reasons; empty: nothing.
  void explain_relays(std::string trouble);
  void end_of_local_endpoints(Timestamp now);  // no further base and no further server will be told
  const std::vector<Candidate>& local_candidates() const;
  // The server that led to a local candidate; empty: none, or one without a name.
  std::string_view server_of(const Endpoint& candidate) const;

  // Of a local description. Credentials that are new begin a generation (RFC 8445 §9): candidates
  // are gathered anew, from the same sockets and from servers that are told again, up to another
  // end_of_local_endpoints(). The path in use stays until a pair of the new generation is
  // nominated. Those of a generation that is still there take back what was only offered since.
  void set_local_credentials(Timestamp now, const Credentials& local);

  // ---- the peer, by signalling
  void set_role(Role role);
  // Of the newest generation: its checks begin. Candidates that came before are kept. A peer that
  // is lite (RFC 8445 §2.5) sends no checks.
  enum class Implementation : bool { Full, Lite };
  void set_remote_credentials(Timestamp now, const Credentials& remote,
                              Implementation peer = Implementation::Full);
  // Of the generation that its ufrag names, or else of the newest that has the peer's credentials.
  // Error: OperationFailed past max_remote_candidates. Duplicates and ones we can't use (a name,
  // TCP, another component) are taken and ignored.
  Result<> add_remote_candidate(Timestamp now, const Candidate& candidate);
  // Of the same; one of a generation that is gone is none.
  void end_of_remote_candidates(Timestamp now, std::string_view ufrag = {});
  // Where checks may go to, once each; and a number that changes whenever these may have.
  std::vector<IpAddress> remote_addresses() const;
  std::uint32_t remote_candidates_taken() const;
  // Another peer is at the other end of the newest generation: nothing of an older one counts any
  // more, its path neither. set_remote_credentials() is to follow.
  void leave_former_generations(Timestamp now);
  // Silent from here on: for good, or Failed with no word of it (whoever calls knows), so that
  // another generation may begin anew.
  enum class End : bool { ForGood, UntilRestarted };
  void close(End end = End::ForGood);

  // ---- DTLS in Binding messages (embedding.h); without Config::embedding all of it does nothing.
  // A success response is written when it is polled: what is told between handle_datagram() and
  // poll_transmit() goes with it.
  void set_remote_embedding(bool knows_it);  // the peer's description has the ICE option, or not
  // The handshake's current flight, one datagram each; also when it is sent directly. To be told
  // with every new flight; one generation again changes nothing. At most Embedding::kMaxDatagrams
  // and kMaxBytes are embedded.
  void set_flight(std::uint32_t generation, std::span<const Buffer> datagrams);
  // A datagram of the peer's handshake came directly: it is acknowledged. Not for those out of
  // DtlsReceived, and nothing any more once the handshake is done.
  void note_dtls_received(Bytes datagram);
  void handshake_done(bool we_sent_the_last_flight);
  EmbeddingState embedding_state() const;
  // What a datagram may measure to ride in any of our Binding messages. Before the peer's
  // credentials are known, for a user fragment of 32 characters.
  std::size_t max_embedded_bytes() const;

  // ---- the world
  // STUN only: net/demux.h tells.
  void handle_datagram(Timestamp now, const Path& path, Bytes datagram);
  // Something other than STUN came over this path and proved itself (DTLS accepted it): a sign of
  // life that holds Disconnected off. Keeps no consent alive (RFC 7675).
  void handle_activity(Timestamp now, const Path& path);
  // The same of what proves nothing, such as a flight of a handshake: perhaps the peer is no more
  // where path() leads. When that is silent other pairs are tried.
  void note_seen(Timestamp now, const Path& path);
  // Whether the owner waits for the peer to acknowledge something that it sent over path(). When
  // nothing is heard then for three round trips, and half a second at least, other pairs are tried.
  // Costs a comparison when nothing has changed.
  void expect_answer(Timestamp now, bool is_outstanding);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  // ---- questions
  // Whether a check with integrity proved that the peer is at the other end of this path: only then
  // may DTLS from it be looked at (docs/failures.md row 7).
  bool is_validated(const Path& path) const;
  bool is_relayed(const Path& path) const;
  // Whether the peer has told of the other end, or a request with integrity came from there.
  bool knows(const Path& path) const;
  // Where to send: the selected path; before nomination, a valid one; nothing without consent.
  std::optional<Path> path() const;
  // The same at this moment: consent may have run out since the last handle_timeout(), as after a
  // machine's sleep.
  std::optional<Path> path(Timestamp now) const;
  const Credentials& local_credentials() const;  // of the newest generation
  Role role() const;
  IceGatheringState gathering_state() const;
  IceConnectionState connection_state() const;
  std::vector<CandidatePairStats> pair_stats() const;
  Counters counters() const;
  std::optional<Duration> round_trip_time() const;  // of the path in use, smoothed

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(Machine<Agent>);

}  // namespace specter::ice
