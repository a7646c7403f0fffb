// The peer stops at step N, whatever N is: a connection is connected, or failed with a reason that
// says what is wrong, within a stated time. No step leaves it in limbo.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/demux.h"
#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::PeerHost;
using testing::PeerPair;

// From the peer's last sign of life; from the answer on, when there was none.
constexpr Duration kBound = 46s;
// The same when the peer has not said that no more candidates come.
constexpr Duration kBoundWithoutEnd = 120s;

struct Kind {
  DtlsVersion version;
  bool sped;
  bool snap;
  bool a_is_client;  // of DTLS; a offers
  bool ours_is_a;
};

std::string name_of(const Kind& kind) {
  return std::string(kind.version == DtlsVersion::Dtls13 ? "DTLS 1.3" : "DTLS 1.2") +
         (kind.sped ? ", SPED" : "") + (kind.snap ? ", SNAP" : "") + ", we are the " +
         (kind.ours_is_a ? "offerer" : "answerer") + " and DTLS " +
         (kind.a_is_client == kind.ours_is_a ? "client" : "server");
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (const auto version : {DtlsVersion::Dtls12, DtlsVersion::Dtls13})
    for (const bool sped : {false, true})
      for (const bool snap : {false, true})
        for (const bool a_is_client : {false, true})
          for (const bool ours_is_a : {false, true})
            kinds.push_back({version, sped, snap, a_is_client, ours_is_a});
  return kinds;
}

ConnectionOptions configuration(const Kind& kind) {
  ConnectionOptions out;
  out.transport.max_dtls_version = kind.version;
  out.transport.sped = kind.sped;
  out.data.snap = kind.snap;
  return out;
}

struct Stopping {
  explicit Stopping(const Kind& of) : kind(of), pair({}, configuration(of)) {
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
  }
  PeerHost& ours() { return kind.ours_is_a ? pair.a : pair.b; }

  // Both have both descriptions, and what `change` makes of them on their way.
  void negotiate(const std::function<void(std::string& sdp)>& change = {}) {
    auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    if (kind.a_is_client) offer.sdp.replace(offer.sdp.find("setup:actpass"), 13, "setup:active");
    if (change && kind.ours_is_a == false) change(offer.sdp);
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    if (change && kind.ours_is_a) change(answer.sdp);
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
    pair.network.settle();
  }
  void end_candidates() {
    (void)pair.a.connection.add_ice_candidate(pair.now(), {.candidate = "", .sdp_mid = "0"});
    (void)pair.b.connection.add_ice_candidate(pair.now(), {.candidate = "", .sdp_mid = "0"});
  }
  bool is_decided() {
    const ConnectionState state = ours().connection.connection_state();
    return state == ConnectionState::Failed;
  }
  // Until ours has failed; what it said.
  std::optional<core::ConnectionStateChange> verdict(Duration bound) {
    if (!pair.network.run_until([&] { return is_decided(); }, bound)) return std::nullopt;
    return *ours().all<core::ConnectionStateChange>().back();
  }

  Kind kind;
  PeerPair pair;
};

// It stands still after N datagrams of both sides: a process that is killed, a cable that is cut.
TEST(Stops, AfterAnyDatagram) {
  for (const Kind& kind : all_kinds()) {
    for (int n = 0; n < 60; n += n < 30 ? 1 : 7) {
      SCOPED_TRACE(name_of(kind) + ", after " + std::to_string(n) + " datagrams");
      Stopping stopping(kind);
      int passed = 0;
      stopping.pair.network.filter = [&](testing::Flight&) { return passed++ < n; };
      stopping.negotiate();
      stopping.pair.trickle();
      stopping.end_candidates();
      // ICE's consent checks are the last that pass.
      (void)stopping.pair.network.run_until([&] { return passed >= n; }, 60s);
      const auto verdict = stopping.verdict(kBound);
      ASSERT_TRUE(verdict) << to_string(stopping.ours().connection.connection_state());
      // All of it is silent: no layer above ICE is to blame.
      EXPECT_EQ(verdict->code, ErrorCode::IceFailure) << verdict->reason;
      EXPECT_THAT(verdict->reason, ::testing::Not(::testing::IsEmpty()));
    }
  }
}

// Its ICE lives on, and what is above has stopped.
TEST(Stops, AfterAnyDatagramOfDtls) {
  for (Kind kind : all_kinds()) {
    if (kind.sped) continue;  // the handshake is in ICE's own messages
    for (int n = 0; n < 24; ++n) {
      SCOPED_TRACE(name_of(kind) + ", after " + std::to_string(n) + " datagrams of DTLS");
      Stopping stopping(kind);
      int passed = 0;
      stopping.pair.network.filter = [&](testing::Flight& flight) {
        return net::kind_of(flight.bytes) != net::DatagramKind::Dtls || passed++ < n;
      };
      stopping.negotiate();
      stopping.pair.trickle();
      stopping.end_candidates();
      // It may be the other that loses patience first; its goodbye does not pass, but its consent
      // ends.
      const auto verdict = stopping.verdict(kBound + 36s);
      if (verdict && verdict->code != ErrorCode::IceFailure) {
        EXPECT_TRUE(verdict->code == ErrorCode::DtlsFailure ||
                    verdict->code == ErrorCode::SctpFailure)
            << verdict->reason;
      } else if (!verdict) {
        // SCTP is up, or SNAP's word for it; what it sends has no limit but ICE's consent
        // (docs/failures.md row 107).
        ASSERT_EQ(stopping.ours().connection.connection_state(), ConnectionState::Connected);
      }
    }
  }
}

// With SPED too: nothing but ICE passes, and ICE's messages have their DTLS cut off by a peer that
// does not know what it is.
TEST(Stops, BeforeDtlsBegins) {
  for (const Kind& kind : all_kinds()) {
    SCOPED_TRACE(name_of(kind));
    Stopping stopping(kind);
    stopping.pair.network.filter = [&](testing::Flight& flight) {
      return net::kind_of(flight.bytes) != net::DatagramKind::Dtls;
    };
    stopping.negotiate([](std::string& sdp) {
      for (std::size_t at; (at = sdp.find(" sped googspedv1 goog-sped-v1")) != std::string::npos;)
        sdp.erase(at, 29);
    });
    stopping.pair.trickle();
    stopping.end_candidates();
    const auto verdict = stopping.verdict(kBound);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->code, ErrorCode::DtlsFailure);
    const bool is_server = kind.a_is_client != kind.ours_is_a;
    EXPECT_THAT(verdict->reason, HasSubstr(is_server ? "has not sent a ClientHello"
                                                     : "has not answered our ClientHello"));
  }
}

// Its SCTP listens at another port than its description says: our INIT is never answered.
TEST(Stops, BeforeSctpBegins) {
  for (const Kind& kind : all_kinds()) {
    if (kind.snap) continue;  // no INIT
    SCOPED_TRACE(name_of(kind));
    Stopping stopping(kind);
    const auto change = [](std::string& sdp) {
      sdp.replace(sdp.find("sctp-port:5000"), 14, "sctp-port:5001");
    };
    stopping.negotiate(change);
    stopping.pair.trickle();
    const auto verdict = stopping.verdict(kBound);
    ASSERT_TRUE(verdict);
    stopping.pair.network.run_for(1s);
    // Both wait for the other, and who loses patience first says goodbye.
    int blames_sctp = 0;
    for (const PeerHost* each : {&stopping.pair.a, &stopping.pair.b}) {
      const auto& last = *each->all<core::ConnectionStateChange>().back();
      EXPECT_EQ(last.state, ConnectionState::Failed);
      if (last.code == ErrorCode::SctpFailure) {
        ++blames_sctp;
        EXPECT_THAT(last.reason, HasSubstr("SCTP"));
      } else {
        EXPECT_EQ(last.code, ErrorCode::ClosedByPeer);
      }
    }
    EXPECT_GE(blames_sctp, 1);
    const auto failed = stopping.pair.a.all<core::DataChannelError>();
    ASSERT_FALSE(failed.empty());
    EXPECT_EQ(failed.back()->error.code,
              stopping.pair.a.all<core::ConnectionStateChange>().back()->code);
  }
}

// A blackout while DTLS or SCTP shakes hands is no fault of theirs: their time begins anew.
TEST(Stops, NotForABlackoutThatEnds) {
  for (const Kind& kind : all_kinds()) {
    for (int n = 3; n < 20; n += 4) {
      SCOPED_TRACE(name_of(kind) + ", after " + std::to_string(n) + " datagrams");
      Stopping stopping(kind);
      int passed = 0;
      bool is_dark = false;
      stopping.pair.network.filter = [&](testing::Flight&) {
        is_dark = is_dark || passed++ == n;
        return !is_dark || passed > n + 100'000;
      };
      stopping.negotiate();
      stopping.pair.trickle();
      stopping.pair.network.run_for(20s);
      stopping.pair.network.filter = {};
      EXPECT_TRUE(stopping.pair.network.run_until(
          [&] { return stopping.pair.a.has<core::DataChannelOpen>(); }, 20s))
          << to_string(stopping.pair.a.connection.connection_state()) << " "
          << to_string(stopping.pair.b.connection.connection_state());
    }
  }
}

// An answer that never comes is the application's to wait for: nothing has failed.
TEST(Stops, NotForAnAnswerThatNeverComes) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  pair.network.run_for(600s);
  EXPECT_EQ(pair.a.connection.signaling_state(), SignalingState::HaveLocalOffer);
  EXPECT_EQ(pair.a.connection.connection_state(), ConnectionState::New);
}

// Each step of signalling that the other side does not take: descriptions are there, candidates are
// not carried, with and without word that no more come.
TEST(Stops, WhenCandidatesAreNotCarried) {
  for (const Kind& kind : all_kinds()) {
    for (const bool says_end : {true, false}) {
      SCOPED_TRACE(name_of(kind) + (says_end ? ", end of candidates" : ""));
      Stopping stopping(kind);
      stopping.negotiate();
      if (says_end) stopping.end_candidates();
      const auto verdict = stopping.verdict(says_end ? kBound : kBoundWithoutEnd);
      ASSERT_TRUE(verdict);
      EXPECT_EQ(verdict->code, ErrorCode::IceFailure);
      EXPECT_THAT(verdict->reason, HasSubstr("candidate"));
    }
  }
}

}  // namespace
}  // namespace specter
