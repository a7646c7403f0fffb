// A transport by itself: ICE and DTLS, which need no rider.
#include "peer/transport.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "peer/data_link.h"
#include "simulation/random.h"
#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;

// Two transports whose datagrams arrive within the turn.
class TransportTest : public ::testing::Test {
 protected:
  struct Side {
    Side(std::size_t certificate, std::string_view address)
        : random(certificate), endpoint(*Endpoint::parse(address)) {
      options.certificate = testing::test_certificate(certificate);
      cipher = core::make_packet_cipher();
      transport = std::make_unique<Transport>(options, *cipher, random);
    }

    DataLink& carry_data() {
      link = std::make_unique<DataLink>(options, *transport, random);
      return *link;
    }
    WakeUp next_timeout() const {
      return soonest(transport->next_timeout(), link ? link->next_timeout() : WakeUp{});
    }
    void handle_timeout(Timestamp now) {
      transport->handle_timeout(now);
      if (link) link->handle_timeout(now);
    }
    RemoteTransport description() const {
      RemoteTransport out;
      out.credentials = transport->ice().local_credentials();
      out.fingerprints = {options.certificate->fingerprint()};
      out.candidates = transport->ice().local_candidates();
      out.end_of_candidates = true;
      out.data_section = 0;
      return out;
    }

    ConnectionOptions options;
    simulation::SeededRandom random;
    std::shared_ptr<core::PacketCipher> cipher;
    Endpoint endpoint;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<DataLink> link;  // none, unless a test has one ride
    std::vector<DtlsTransportState> states;
  };

  // Checks begin; `a` is the DTLS client and controls.
  void start() {
    a_.transport->ice().set_role(ice::Role::Controlling);
    b_.transport->ice().set_role(ice::Role::Controlled);
    for (Side* side : {&a_, &b_}) {
      side->transport->ice().add_local_endpoint(now_, side->endpoint);
      side->transport->ice().end_of_local_endpoints(now_);
    }
    const RemoteTransport of_a = a_.description(), of_b = b_.description();
    a_.transport->start(now_, of_b, dtls::Role::Client);
    b_.transport->start(now_, of_a, dtls::Role::Server);
  }
  void run(Duration time) {
    const Timestamp end = now_ + time;
    for (exchange();; exchange()) {
      const Deadline next = soonest(a_.next_timeout(), b_.next_timeout());
      if (!next || *next > end) break;
      now_ = *next;
      a_.handle_timeout(now_);
      b_.handle_timeout(now_);
    }
    now_ = end;
  }

  Timestamp now_{1s};
  Side a_{1, "192.0.2.1:5000"}, b_{2, "192.0.2.2:5001"};

 private:
  void exchange() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto [from, to] : {std::pair(&a_, &b_), std::pair(&b_, &a_)}) {
        from->transport->pump(now_);
        while (auto event = from->transport->poll_event())
          if (const auto* dtls = std::get_if<DtlsStateChanged>(&*event))
            from->states.push_back(dtls->state);
        while (from->link && from->link->poll_event()) {
        }
        while (auto out = from->transport->poll_transmit(now_)) {
          busy = true;
          for (MutableBytes rest = out->bytes; !rest.empty();) {
            const MutableBytes bytes = rest.first(std::min(out->segment_size, rest.size()));
            rest = rest.subspan(bytes.size());
            const Datagram came{{out->path.remote, out->path.local}, bytes};
            to->transport->handle_datagrams(now_, {&came, 1});
          }
        }
      }
    }
  }
};

TEST_F(TransportTest, ConnectsAndClosesWithoutARider) {
  using enum DtlsTransportState;
  start();
  EXPECT_FALSE(record_room(*a_.transport));
  run(1s);
  EXPECT_TRUE(record_room(*a_.transport));
  EXPECT_EQ(a_.transport->ice().path(), (Path{a_.endpoint, b_.endpoint}));
  a_.transport->close(now_);
  run(1s);
  EXPECT_THAT(a_.states, ::testing::ElementsAre(Connecting, Connected, Closed));
  EXPECT_THAT(b_.states, ::testing::ElementsAre(Connecting, Connected, Closed));
  ASSERT_TRUE(b_.transport->failure());
  EXPECT_EQ(b_.transport->failure()->code, ErrorCode::ClosedByPeer);
}

// docs/failures.md row 15: one host too many is no reason to leave out the relay that comes after.
TEST_F(TransportTest, ADescriptionsCandidatesAreTakenOneByOne) {
  RemoteTransport of_a = a_.description();
  for (int i = 1; i <= 65; ++i) {
    const std::string host =
        "candidate:1 1 udp 2130706431 192.0.2.3 " + std::to_string(5000 + i) + " typ host";
    of_a.candidates.push_back(*ice::Candidate::parse(host));
  }
  of_a.candidates.push_back(
      *ice::Candidate::parse("candidate:2 1 udp 16777215 198.51.100.9 6000 typ relay"));
  b_.transport->ice().add_local_endpoint(now_, b_.endpoint);
  b_.transport->start(now_, of_a, dtls::Role::Server);
  EXPECT_TRUE(b_.transport->ice().knows({b_.endpoint, *Endpoint::parse("198.51.100.9:6000")}));
}

// Data of a peer's for a transport that carries none are dropped, and nothing else is.
TEST_F(TransportTest, WithoutARiderDropsWhatCameForOne) {
  DataLink& link = a_.carry_data();
  ASSERT_TRUE(link.channels().create(now_, "label", {}));
  const RemoteTransport of_b = b_.description();
  start();
  link.start(now_, of_b);
  run(1s);
  EXPECT_TRUE(link.channels().is_connecting());
  EXPECT_GT(link.channels().association().counters().packets_sent, 0u);
  EXPECT_EQ(b_.states.back(), DtlsTransportState::Connected);
}

TEST_F(TransportTest, TellsItsRiderOfDtlsAndOfTheEnd) {
  DataLink& of_a = a_.carry_data();
  DataLink& of_b = b_.carry_data();
  const ChannelId channel = *of_a.channels().create(now_, "label", {});
  start();
  of_a.start(now_, b_.description());
  of_b.start(now_, a_.description());
  run(1s);
  EXPECT_EQ(of_a.channels().state(channel), DataChannelState::Open);
  EXPECT_FALSE(of_a.awaits_answer());
  b_.transport->close(now_);
  run(1s);
  EXPECT_FALSE(of_a.channels().state(channel));
}

// The peer's SCTP says nothing: it has its time from DTLS on, and no time passes without a path.
TEST_F(TransportTest, AsksItsRiderWhetherThePeerIsOverdue) {
  DataLink& link = a_.carry_data();
  start();
  link.start(now_, b_.description());
  run(1s);
  using enum IceConnectionState;
  EXPECT_FALSE(link.find_overdue(now_, Connected));
  EXPECT_FALSE(link.find_overdue(now_ + 100s, Disconnected));  // it begins anew
  EXPECT_FALSE(link.find_overdue(now_ + 139s, Connected));
  const auto why = link.find_overdue(now_ + 140s, Connected);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, ErrorCode::SctpFailure);
}

}  // namespace
}  // namespace specter::peer
