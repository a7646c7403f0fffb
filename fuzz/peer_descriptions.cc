// Two texts that are taken for a peer's descriptions, by a whole connection in either role, with
// what else may happen to it meanwhile. An error leaves everything as it was; what we write we can
// read ourselves; nothing but STUN leaves, since nobody answers.
//
// The first byte is the number of operations, each a byte; then the first text, a NUL, the second
// one. Texts of a line or more that begin with "candidate:" are candidates.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "crypto/certificate.h"
#include "net/demux.h"
#include "jsep/signaling.h"
#include "sdp/attributes.h"
#include "sdp/session.h"
#include "simulation/random.h"
#include "target.h"

#include "specter/core.h"

namespace specter::fuzz {
namespace {

using namespace specter::core;
using namespace std::chrono_literals;
using jsep::Side;

constexpr std::size_t kMaxOperations = 24;
constexpr int kMaxBurst = 200;

const Endpoint kLocal = *Endpoint::parse("192.0.2.1:5001");

ConnectionOptions configuration(bool modern) {
  static const auto certificate = [] {
    simulation::SeededRandom random(61);
    return generate_certificate(random, 1'790'000'000);
  }();
  ConnectionOptions configuration;
  configuration.certificate = certificate;
  configuration.data.snap = configuration.transport.sped = configuration.data.interleaving = modern;
  return configuration;
}

struct Descriptions {
  SignalingState state;
  std::array<std::optional<SessionDescription>, 6> texts;

  explicit Descriptions(const PeerConnection& of)
      : state(of.signaling_state()),
        texts{of.local_description(),          of.current_local_description(),
              of.pending_local_description(),  of.remote_description(),
              of.current_remote_description(), of.pending_remote_description()} {}
  bool operator==(const Descriptions&) const = default;
};

class World {
 public:
  World(std::string_view first, std::string_view second, bool modern)
      : texts_{std::string(first), std::string(second)},
        connection_(configuration(modern), random_) {
    drain();
  }

  void operate(std::uint8_t operation) {
    const std::string& text = texts_[operation >> 7];
    switch (operation & 0x0f) {
      case 0: set(Side::Remote, {SdpType::Offer, text}); break;
      case 1: set(Side::Remote, {SdpType::Answer, text}); break;
      case 2: set(Side::Remote, {SdpType::PrAnswer, text}); break;
      case 3: set(operation & 0x10 ? Side::Local : Side::Remote, {SdpType::Rollback, ""}); break;
      case 4: offer({.ice_restart = (operation & 0x10) != 0}); break;
      case 5: answer(); break;
      case 6:
        if (made_) set(Side::Local, *made_);
        break;
      case 7: set(Side::Local, {SdpType{(operation >> 4 & 3) % 3}, text}); break;
      case 8: add_candidates(text); break;
      case 9: add_candidate({"", std::nullopt, operation >> 4 & 3, std::nullopt}); break;
      case 10:
      case 11: pass((operation & 0x10 ? 7s : 100ms)); break;
      case 12:
        (void)connection_.create_data_channel(now_, text.substr(0, 20),
                                              {.protocol = text.substr(0, 3)});
        break;
      case 13: honest(); break;
      case 14:
        if (operation == 0xfe) close();
        break;
      default: made_.reset();
    }
    drain();
  }

  void settle() {
    for (int i = 0; i < 8; ++i) pass(5s);
    close();
    pass(10s);
    SPECTER_CHECK(is_closed_);
  }

 private:
  // ---- what is asked of it

  void set(Side side, const SessionDescription& description) {
    drain();
    const Descriptions before(connection_);
    const auto set = side == Side::Local ? connection_.set_local_description(now_, description)
                                         : connection_.set_remote_description(now_, description);
    const SignalingState after = connection_.signaling_state();
    if (!set) {
      check_error(set.error(), description.sdp);
      SPECTER_CHECK(Descriptions(connection_) == before);
      return;
    }
    SPECTER_CHECK(follows(before.state, side, description.type, after));
    if (side == Side::Remote && description.type != SdpType::Rollback)
      SPECTER_CHECK(connection_.remote_description()->type == description.type);
  }
  static bool follows(SignalingState before, Side side, SdpType type, SignalingState after) {
    // W3C §4.4.1.5: a remote offer takes our own back.
    if (before == SignalingState::HaveLocalOffer && side == Side::Remote && type == SdpType::Offer)
      before = SignalingState::Stable;
    return jsep::next(before, side, type) == after;
  }
  static void check_error(const Error& error, std::string_view text) {
    SPECTER_CHECK(error.code != ErrorCode::Internal && !error.message.empty());
    if (!error.sdp_line) return;
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    SPECTER_CHECK(*error.sdp_line >= 1 && *error.sdp_line <= lines + 1);
  }

  void offer(const OfferOptions& options) {
    const Descriptions before(connection_);
    auto made = connection_.create_offer(options);
    SPECTER_CHECK(Descriptions(connection_) == before);
    if (!made) return check_error(made.error(), "");
    SPECTER_CHECK(made->type == SdpType::Offer && sdp::parse(made->sdp).has_value());
    made_ = std::move(*made);
  }
  void answer() {
    const Descriptions before(connection_);
    auto made = connection_.create_answer();
    SPECTER_CHECK(Descriptions(connection_) == before);
    if (!made) return check_error(made.error(), "");
    check_answer(*before.texts[3], *made);
    made_ = std::move(*made);
  }
  // RFC 9429 §5.3.1: a section for each, in the same order and under the same name.
  static void check_answer(const SessionDescription& offer, const SessionDescription& answer) {
    const auto asked = sdp::parse(offer.sdp), answered = sdp::parse(answer.sdp);
    SPECTER_CHECK(answer.type == SdpType::Answer && asked && answered);
    SPECTER_CHECK(asked->media.size() == answered->media.size());
    for (std::size_t i = 0; i < asked->media.size(); ++i) {
      const sdp::Media& theirs = asked->media[i];
      const sdp::Media& ours = answered->media[i];
      SPECTER_CHECK(ours.kind == theirs.kind && ours.protocol == theirs.protocol);
      SPECTER_CHECK(sdp::mid(ours) == sdp::mid(theirs) || !sdp::mid(theirs));
      if (ours.port == 0) continue;
      const auto setup = sdp::setup(*answered, ours);
      SPECTER_CHECK(setup && *setup);
      // RFC 8842 §5.3
      SPECTER_CHECK(**setup == sdp::Setup::Active || **setup == sdp::Setup::Passive);
      SPECTER_CHECK(sdp::ice_credentials(*answered, ours)->has_value());
      SPECTER_CHECK(!sdp::fingerprints(*answered, ours).empty());
    }
  }

  void add_candidates(std::string_view text) {
    for (int i = 0; i < 8 && !text.empty(); ++i) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      add_candidate({std::string(text.substr(0, end)), std::nullopt, 0, std::nullopt});
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  void add_candidate(const IceCandidate& candidate) {
    const auto added = connection_.add_ice_candidate(now_, candidate);
    if (!added) check_error(added.error(), "");
  }

  // What we offer now, another connection of ours takes, and we take its answer.
  void honest() {
    if (connection_.signaling_state() != SignalingState::Stable) return;
    const auto offered = connection_.create_offer();
    if (!offered) return;
    simulation::SeededRandom random(63);
    PeerConnection other(configuration(true), random);
    const bool was_met = connection_.current_remote_description().has_value();
    const auto taken = other.set_remote_description(now_, *offered);
    SPECTER_CHECK(taken.has_value());
    const auto answered = other.create_answer();
    SPECTER_CHECK(answered.has_value());
    SPECTER_CHECK(connection_.set_local_description(now_, *offered).has_value());
    drain();
    const auto set = connection_.set_remote_description(now_, *answered);
    // Whoever has a peer already need not take another one.
    SPECTER_CHECK(set.has_value() || was_met);
    if (!set)
      SPECTER_CHECK(connection_.set_local_description(now_, {SdpType::Rollback, ""}).has_value());
  }

  void close() {
    connection_.close(now_);
    SPECTER_CHECK(connection_.signaling_state() == SignalingState::Closed);
    drain();
  }
  void pass(Duration time) {
    now_ += time;
    connection_.handle_timeout(now_);
    drain();
    const Deadline next = connection_.next_timeout();
    SPECTER_CHECK(!next || *next > now_);
  }

  // ---- what it says

  void drain() {
    int count = 0;
    for (bool busy = true; busy;) {
      busy = false;
      while (const auto event = connection_.poll_event()) {
        busy = true;
        SPECTER_CHECK(!is_closed_);
        std::visit([&](const auto& e) { on(e); }, *event);
      }
      while (const auto datagram = connection_.poll_transmit(now_)) {
        busy = true;
        SPECTER_CHECK(++count <= kMaxBurst);
        SPECTER_CHECK(datagram->path.local == kLocal && datagram->path.remote.port != 0);
        // Nobody has answered: there is no path for anything else.
        SPECTER_CHECK(net::kind_of(datagram->bytes) == net::DatagramKind::Stun);
      }
    }
    SPECTER_CHECK(connection_.signaling_state() == signaling_ ||
                  connection_.signaling_state() == SignalingState::Closed);
    SPECTER_CHECK(connection_.connection_state() != ConnectionState::Connected);
  }
  void on(const GatherCandidates&) {
    connection_.add_local_endpoint(now_, kLocal);
    connection_.end_of_local_endpoints(now_);
  }
  void on(const SignalingStateChange& e) {
    SPECTER_CHECK(e.state != signaling_);
    signaling_ = e.state;
  }
  void on(const ConnectionStateChange& e) {
    SPECTER_CHECK(e.state != ConnectionState::Failed || !e.reason.empty());
  }
  void on(const LocalCandidate& e) {
    SPECTER_CHECK(e.candidate.sdp_mid || e.candidate.candidate.empty());
  }
  void on(const DataChannelOpen&) { SPECTER_CHECK(!"nobody is there"); }
  void on(const core::Message&) { SPECTER_CHECK(!"nobody is there"); }
  void on(const core::IncomingDataChannel&) { SPECTER_CHECK(!"nobody is there"); }
  void on(const Closed&) { is_closed_ = true; }
  template <class Other>
  void on(const Other&) {}

  Timestamp now_{1s};
  simulation::SeededRandom random_{62};
  const std::array<std::string, 2> texts_;
  PeerConnection connection_;
  std::optional<SessionDescription> made_;
  SignalingState signaling_ = SignalingState::Stable;
  bool is_closed_ = false;
};

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  const std::uint8_t count = in.u8();
  const Bytes operations = in.bytes(std::min(count & 0x7f, static_cast<int>(kMaxOperations)));
  const std::string_view texts = as_text(in.rest());
  const std::size_t middle = std::min(texts.find('\0'), texts.size());
  World world(texts.substr(0, middle), texts.substr(std::min(middle + 1, texts.size())),
              count & 0x80);
  for (const std::uint8_t operation : operations) world.operate(operation);
  world.settle();
}

}  // namespace specter::fuzz
