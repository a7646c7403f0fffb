// Every way for a connection to end: in the middle of everything, from inside every handler.
#include <future>
#include <mutex>
#include <set>

#include <gmock/gmock.h>

#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::kSoon;
using testing::TwoPeers;

enum class Action { Close, Abort, DropHandles, DestroySpecter, Throw };

// Two connections that live a whole life inside their handlers, so that every kind of event comes;
// at the first event of one kind, at one of them, `action` is done.
class Life : public std::enable_shared_from_this<Life> {
 public:
  Life(std::size_t at_kind, bool at_a, Action action)
      : at_kind_(at_kind), at_a_(at_a), action_(action) {}

  void run() {
    {
      const std::scoped_lock lock(mutex_);
      specter_ = std::make_unique<Specter>(testing::on_loopback({.loops = 2}));
      api_ = testing::default_api(*specter_);
      const auto self = shared_from_this();
      b_ = api_->new_peer_connection([self](Event&& e) { self->handle(std::move(e), false); });
      a_ = api_->new_peer_connection([self](Event&& e) { self->handle(std::move(e), true); });
    }
    ASSERT_EQ(closed_a_.get_future().wait_for(60s), std::future_status::ready);
    ASSERT_EQ(closed_b_.get_future().wait_for(60s), std::future_status::ready);
    destroy();
    EXPECT_FALSE(had_event_after_closed_);
  }

  bool has_acted() const { return acted_; }

 private:
  void handle(Event&& event, bool is_a) {
    const PeerConnection own = connection_of(event);
    const bool is_last = std::holds_alternative<event::Closed>(event);
    auto& closed = is_a ? is_a_closed_ : is_b_closed_;
    if (closed) had_event_after_closed_ = true;
    const bool acts = event.index() == at_kind_ && is_a == at_a_ && !acted_.exchange(true);
    if (acts) {
      act(own);
    } else if (is_a) {
      live_as_a(event);
    } else {
      live_as_b(event);
    }
    if (is_last) {
      closed = true;
      (is_a ? closed_a_ : closed_b_).set_value();
      other_of(is_a).close();
    }
    if (acts && action_ == Action::Throw) throw std::runtime_error("(this line belongs to a test)");
  }
  void act(const PeerConnection& own) {
    switch (action_) {
      case Action::Close:
        own.close();
        own.close();
        EXPECT_EQ(own.create_offer().error().code, ErrorCode::Closed);
        return;
      case Action::Abort:
        own.abort();
        own.close();
        EXPECT_EQ(own.create_offer().error().code, ErrorCode::Closed);
        return;
      case Action::DropHandles: {
        other_of(true).close();
        other_of(false).close();
        const std::scoped_lock lock(mutex_);
        a_ = b_ = PeerConnection();
        return;
      }
      case Action::DestroySpecter: destroy(); return;
      case Action::Throw: return;
    }
  }

  void destroy() {
    std::optional<Api> api;
    std::unique_ptr<Specter> specter;  // they end here, without the lock: handlers may want it
    const std::scoped_lock lock(mutex_);
    api.swap(api_);
    specter.swap(specter_);
  }

  PeerConnection other_of(bool is_a) {
    const std::scoped_lock lock(mutex_);
    return is_a ? b_ : a_;
  }

  void live_as_a(const Event& event) {
    const PeerConnection& own = connection_of(event);
    if (std::holds_alternative<event::Ready>(event)) {
      (void)own.create_answer();  // fails
      (void)own.create_data_channel("data");
      (void)own.get_stats();
      (void)own.ask();
    } else if (std::holds_alternative<event::NegotiationNeeded>(event)) {
      (void)own.create_offer();
    } else if (const auto* offer = std::get_if<event::Offer>(&event)) {
      (void)own.set_local_description(offer->description);
    } else if (const auto* state = std::get_if<event::IceGatheringStateChange>(&event)) {
      if (state->state == IceGatheringState::Complete)
        (void)other_of(true).set_remote_description(*own.local_description());
    } else if (const auto* open = std::get_if<event::DataChannelOpen>(&event)) {
      (void)open->channel.send(std::string(200'000, 'x'));
    } else if (const auto* message = std::get_if<event::Message>(&event)) {
      message->channel.close();
    } else if (std::holds_alternative<event::DataChannelClosed>(event)) {
      own.close();
    }
  }

  void live_as_b(const Event& event) {
    const PeerConnection& own = connection_of(event);
    if (std::holds_alternative<event::RemoteDescriptionSet>(event)) {
      (void)own.create_answer();
    } else if (const auto* answer = std::get_if<event::Answer>(&event)) {
      (void)own.set_local_description(answer->description);
    } else if (const auto* candidate = std::get_if<event::LocalCandidate>(&event)) {
      (void)other_of(false).add_ice_candidate(candidate->candidate);  // too early: fails
    } else if (const auto* state = std::get_if<event::IceGatheringStateChange>(&event)) {
      if (state->state == IceGatheringState::Complete) {
        (void)other_of(false).set_remote_description(*own.local_description());
        (void)other_of(false).add_ice_candidate(IceCandidate{});
      }
    } else if (const auto* message = std::get_if<event::Message>(&event)) {
      (void)message->channel.send("thanks");
    }
  }

  const std::size_t at_kind_;
  const bool at_a_;
  const Action action_;
  std::atomic<bool> acted_ = false;
  std::atomic<bool> is_a_closed_ = false, is_b_closed_ = false, had_event_after_closed_ = false;
  std::promise<void> closed_a_, closed_b_;

  std::mutex mutex_;
  std::unique_ptr<Specter> specter_;
  std::optional<Api> api_;
  PeerConnection a_, b_;
};

struct Moment {
  std::size_t kind;
  bool at_a;
  const char* name;
};

template <class E>
std::size_t kind_of() {
  return Event(E{}).index();
}

std::vector<Moment> moments() {
  return {
      {kind_of<event::Ready>(), true, "Ready"},
      {kind_of<event::OperationFailed>(), true, "OperationFailed"},
      {kind_of<event::DataChannelCreated>(), true, "DataChannelCreated"},
      {kind_of<event::NegotiationNeeded>(), true, "NegotiationNeeded"},
      {kind_of<event::Stats>(), true, "Stats"},
      {kind_of<event::Asked>(), true, "Asked"},
      {kind_of<event::Offer>(), true, "Offer"},
      {kind_of<event::LocalDescriptionSet>(), true, "LocalDescriptionSet"},
      {kind_of<event::SignalingStateChange>(), true, "SignalingStateChange"},
      {kind_of<event::LocalCandidate>(), true, "IceCandidate"},
      {kind_of<event::IceGatheringStateChange>(), true, "IceGatheringStateChange"},
      {kind_of<event::RemoteDescriptionSet>(), false, "RemoteDescriptionSet"},
      {kind_of<event::Answer>(), false, "Answer"},
      {kind_of<event::IceCandidateAdded>(), true, "IceCandidateAdded"},
      {kind_of<event::IceConnectionStateChange>(), true, "IceConnectionStateChange"},
      {kind_of<event::ConnectionStateChange>(), false, "ConnectionStateChange"},
      {kind_of<event::DataChannelOpen>(), true, "DataChannelOpen"},
      {kind_of<event::IncomingDataChannel>(), false, "IncomingDataChannel"},
      {kind_of<event::BufferedAmountLow>(), true, "BufferedAmountLow"},
      {kind_of<event::Message>(), false, "Message"},
      {kind_of<event::DataChannelClosing>(), false, "DataChannelClosing"},
      {kind_of<event::DataChannelClosed>(), true, "DataChannelClosed"},
      {kind_of<event::Closed>(), false, "Closed"},
  };
}

void live_through_all(Action action) {
  for (const Moment& moment : moments()) {
    SCOPED_TRACE(moment.name);
    const auto life = std::make_shared<Life>(moment.kind, moment.at_a, action);
    life->run();
    EXPECT_TRUE(life->has_acted()) << "this event never came";
  }
}

TEST(Ending, ByCloseInsideEveryHandler) { live_through_all(Action::Close); }
TEST(Ending, ByAbortInsideEveryHandler) { live_through_all(Action::Abort); }
TEST(Ending, ByDroppingHandlesInsideEveryHandler) { live_through_all(Action::DropHandles); }
TEST(Ending, ByDestroyingSpecterInsideEveryHandler) { live_through_all(Action::DestroySpecter); }
TEST(Ending, ByAnExceptionFromEveryHandler) { live_through_all(Action::Throw); }

TEST(Ending, ByDestroyingSpecterTellsEveryMailbox) {
  Mailbox inbox;
  std::vector<PeerConnection> connections;
  {
    Specter specter(testing::on_loopback());
    const auto api = testing::default_api(specter);
    for (int i = 0; i < 20; ++i) connections.push_back(api.new_peer_connection(inbox));
  }
  // No wait: destroying it ended everything.
  for (const auto& connection : connections) {
    EXPECT_TRUE(inbox.receive<event::Ready>(connection, 0s).has_value());
    EXPECT_TRUE(inbox.receive<event::Closed>(connection, 0s).has_value());
    EXPECT_EQ(connection.create_offer().error().code, ErrorCode::Closed);
    EXPECT_EQ(connection.connection_state(), ConnectionState::Closed);
  }
  EXPECT_EQ(inbox.size(), 0U);
}

TEST(Ending, ByDestroyingSpecterMakesTheCallsThatWaitFirst) {
  Mailbox inbox;
  PeerConnection pc;
  {
    Specter specter(testing::on_loopback());
    pc = testing::default_api(specter).new_peer_connection(inbox);
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(pc.get_stats().has_value());
  }
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(inbox.receive<event::Stats>(pc, 0s).has_value()) << i;
  EXPECT_TRUE(inbox.receive<event::Closed>(pc, 0s).has_value());
}

// An owner who is gone must not cost the loop what its calls would have: many, and slow ones.
TEST(Ending, ByAbortMakesNoCallThatWaits) {
  for (const bool has_begun : {false, true}) {
    for (const bool is_closing : {false, true}) {
      SCOPED_TRACE(has_begun ? "begun" : "not begun");
      SCOPED_TRACE(is_closing ? "closing" : "not closing");
      std::promise<void> go_on;
      Mailbox inbox;
      Specter specter(testing::on_loopback({.loops = 1}));
      const auto api = testing::default_api(specter);
      // Holds up the one loop, so that all calls below wait.
      const auto hold = [&] {
        return api.new_peer_connection([may_go_on = go_on.get_future().share()](Event&& event) {
          if (std::holds_alternative<event::Ready>(event)) may_go_on.wait();
        });
      };
      PeerConnection holder = has_begun ? PeerConnection() : hold();
      const auto pc = api.new_peer_connection(inbox);
      if (has_begun) {
        ASSERT_TRUE(inbox.receive<event::Ready>(pc, kSoon).has_value());
        holder = hold();
      }
      for (int i = 0; i < 5000; ++i) EXPECT_TRUE(pc.get_stats().has_value());
      if (is_closing) pc.close();
      pc.abort();
      EXPECT_EQ(pc.get_stats().error().code, ErrorCode::Closed);
      go_on.set_value();
      EXPECT_TRUE(inbox.receive<event::Closed>(pc, kSoon).has_value());
      EXPECT_EQ(inbox.size(), 0U) << "and nothing came before it";
    }
  }
}

TEST(Ending, ByAbortInTheMidstOfCallsMakesNoMoreOfThem) {
  Specter specter(testing::on_loopback());
  const auto api = testing::default_api(specter);
  std::atomic<int> answers = 0;
  std::promise<void> closed;
  const auto pc = api.new_peer_connection([&](Event&& event) {
    const PeerConnection& own = connection_of(event);
    if (std::holds_alternative<event::Ready>(event)) {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(own.get_stats().has_value());
    } else if (std::holds_alternative<event::Stats>(event) && ++answers == 3) {
      own.abort();
    } else if (std::holds_alternative<event::Closed>(event)) {
      closed.set_value();
    }
  });
  ASSERT_EQ(closed.get_future().wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(answers, 3);
}

TEST(Ending, ByDestroyingSpecterSaysGoodbyeToThePeer) {
  Specter other(testing::on_loopback());
  Mailbox inbox_a, inbox_b;
  const auto b = testing::default_api(other).new_peer_connection(inbox_b);
  {
    Specter specter(testing::on_loopback());
    const auto a = testing::default_api(specter).new_peer_connection(inbox_a);
    ASSERT_TRUE(a.create_data_channel("data").has_value());
    testing::negotiate(inbox_a, a, inbox_b, b);
    ASSERT_TRUE(inbox_b.receive<event::DataChannelOpen>(b, kSoon).has_value());
  }
  EXPECT_TRUE(inbox_b.receive<event::DataChannelClosed>(b, kSoon).has_value());
}

TEST(Ending, ByLosingTheMailboxClosesTheConnection) {
  Specter specter(testing::on_loopback({.loops = 1}));
  const auto api = testing::default_api(specter);
  Mailbox other_inbox;
  const auto other = api.new_peer_connection(other_inbox);
  PeerConnection pc;
  {
    Mailbox inbox;
    pc = api.new_peer_connection(inbox);
    ASSERT_TRUE(inbox.receive<event::Ready>(pc, kSoon).has_value());
  }
  // The turn that told Ready may still have held the mailbox; this answer comes in a later one.
  ASSERT_TRUE(other.get_stats().has_value());
  ASSERT_TRUE(other_inbox.receive<event::Stats>(other, kSoon).has_value());
  EXPECT_EQ(pc.create_offer().error().code, ErrorCode::Closed);
}

TEST(Ending, LeavesNoDescriptorBehind) {
  const auto before = testing::open_descriptors();
  for (int i = 0; i < 5; ++i) {
    TwoPeers peers;
    peers.connect();
    EXPECT_GE(peers.inbox_a.native_handle(), 0);
    EXPECT_GT(testing::open_descriptors(), before);
    if (i % 2) peers.a.close();
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

TEST(Ending, OfAConnectionClosesItsSockets) {
  TwoPeers peers({.loops = 1});
  ASSERT_TRUE(peers.inbox_a.receive<event::Ready>(peers.a, kSoon).has_value());
  ASSERT_TRUE(peers.inbox_b.receive<event::Ready>(peers.b, kSoon).has_value());
  const auto before = testing::open_descriptors();
  for (int i = 0; i < 20; ++i) {
    const auto pc = peers.api.new_peer_connection(peers.inbox_a);
    ASSERT_TRUE(pc.create_data_channel("data").has_value());
    ASSERT_TRUE(pc.create_offer().has_value());
    const auto offer = peers.inbox_a.receive<event::Offer>(pc, kSoon);
    ASSERT_TRUE(pc.set_local_description(offer->description).has_value());
    (void)testing::gathered(peers.inbox_a, pc);
    EXPECT_GT(testing::open_descriptors(), before);
    pc.close();
    ASSERT_TRUE(peers.inbox_a.receive<event::Closed>(pc, kSoon).has_value());
    // Its sockets go right after the event, in the same turn; another answer of the loop is later.
    ASSERT_TRUE(peers.b.get_stats().has_value());
    ASSERT_TRUE(peers.inbox_b.receive<event::Stats>(peers.b, kSoon).has_value());
    EXPECT_EQ(testing::open_descriptors(), before);
  }
}

// Closed is told at once; the sockets live on until the goodbye was said three times.
TEST(Ending, OfAConnectedConnectionClosesItsSocketsAfterItsGoodbyes) {
  TwoPeers peers({.loops = 1});
  ASSERT_TRUE(peers.inbox_a.receive<event::Ready>(peers.a, kSoon).has_value());
  ASSERT_TRUE(peers.inbox_b.receive<event::Ready>(peers.b, kSoon).has_value());
  Mailbox inbox;
  const auto other = peers.api.new_peer_connection(inbox);
  ASSERT_TRUE(inbox.receive<event::Ready>(other, kSoon).has_value());
  const auto before = testing::open_descriptors();
  ASSERT_TRUE(peers.a.create_data_channel("data").has_value());
  testing::negotiate(peers.inbox_a, peers.a, peers.inbox_b, peers.b);
  ASSERT_TRUE(peers.inbox_b.receive<event::DataChannelOpen>(peers.b, kSoon).has_value());
  for (auto* each : {&peers.a, &peers.b}) each->close();
  ASSERT_TRUE(peers.inbox_a.receive<event::Closed>(peers.a, kSoon).has_value());
  ASSERT_TRUE(peers.inbox_b.receive<event::Closed>(peers.b, kSoon).has_value());
  // 60 ms; nobody says how long a busy machine takes for that.
  for (int i = 0; i < 1000 && testing::open_descriptors() != before; ++i)
    EXPECT_FALSE(inbox.receive<event::Stats>(other, 10ms).has_value());
  EXPECT_EQ(testing::open_descriptors(), before);
}

TEST(Ending, OfAThousandConnectionsLeavesNothing) {
  const auto before = testing::open_descriptors();
  {
    Specter specter(testing::on_loopback());
    const auto api = testing::default_api(specter);
    Mailbox inbox;
    for (int i = 0; i < 1000; ++i) {
      const auto pc = api.new_peer_connection(inbox);
      ASSERT_TRUE(pc.create_data_channel("data").has_value());
      if (i % 4 == 0) {
        ASSERT_TRUE(pc.create_offer().has_value());
        const auto offer = inbox.receive<event::Offer>(pc, kSoon);
        ASSERT_TRUE(offer.has_value());
        ASSERT_TRUE(pc.set_local_description(offer->description).has_value());
      }
      if (i % 3 != 0) pc.close();
    }
    for (int closed = 0; closed < 1000 / 3; ++closed)
      ASSERT_TRUE(inbox.receive<event::Closed>(kSoon).has_value());
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

// Five hundred whole lives of two; under ASan its leak checker has the last word.
TEST(Ending, OfAThousandConnectedConnectionsLeavesNothing) {
  const auto before = testing::open_descriptors();
  {
    Specter specter(testing::on_loopback());
    const auto api = testing::default_api(specter);
    for (int i = 0; i < 500; ++i) {
      Mailbox inbox_a, inbox_b;
      const auto a = api.new_peer_connection(inbox_a);
      const auto b = api.new_peer_connection(inbox_b);
      const auto channel = a.create_data_channel("data");
      ASSERT_TRUE(channel.has_value());
      testing::negotiate(inbox_a, a, inbox_b, b);
      ASSERT_TRUE(inbox_a.receive<event::DataChannelOpen>(a, kSoon).has_value()) << i;
      ASSERT_TRUE(channel->send(std::to_string(i)).has_value());
      const auto message = inbox_b.receive<event::Message>(b, kSoon);
      ASSERT_TRUE(message.has_value());
      EXPECT_EQ(message->text(), std::to_string(i));
      a.close();
      ASSERT_TRUE(inbox_a.receive<event::Closed>(a, kSoon).has_value());
      b.close();
      ASSERT_TRUE(inbox_b.receive<event::Closed>(b, kSoon).has_value());
    }
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace specter
