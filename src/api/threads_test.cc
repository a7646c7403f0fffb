// Handles used by several threads at once; run under ThreadSanitizer.
#include <future>
#include <latch>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::kSoon;
using testing::TwoPeers;

constexpr int kThreads = 4;

void on_threads(const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  std::latch start(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      body(i);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Threads, SendOnOneChannelAndLoseNothing) {
  constexpr int kEach = 500;
  TwoPeers peers({.defaults = {.data = {.send_buffer_bytes = 64 << 10}}});
  peers.connect();
  std::vector<int> next(kThreads, 0);
  std::thread receiver([&] {
    for (int i = 0; i < kThreads * kEach; ++i) {
      const auto message = peers.inbox_b.receive<event::Message>(peers.b, 60s);
      ASSERT_TRUE(message.has_value()) << i;
      const auto from = static_cast<std::size_t>(message->data.at(0));
      // What one thread sent comes in its order.
      ASSERT_EQ(std::string(message->text().substr(1, message->text().find(' ') - 1)),
                std::to_string(next.at(from)++));
    }
  });
  on_threads([&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      std::string text(1, static_cast<char>(thread));
      text += std::to_string(i) + " " + std::string(1000, 'x');
      // Shared by four, a wake-up may be taken by another: a short wait tries again in any case.
      while (!peers.channel_a.send(text))
        (void)peers.inbox_a.receive<event::BufferedAmountLow>(peers.a, 10ms);
    }
  });
  receiver.join();
}

TEST(Threads, AskAndCallAndCloseTheSameConnection) {
  for (int round = 0; round < 20; ++round) {
    TwoPeers peers({.loops = 2});
    if (round % 2) peers.connect();
    on_threads([&](int thread) {
      for (int i = 0; i < 50; ++i) {
        (void)peers.a.create_offer();
        const auto channel = peers.a.create_data_channel("x");
        if (channel) {
          (void)channel->send("x");
          (void)channel->buffered_amount();
          channel->set_buffered_amount_low_threshold(5);
          channel->close();
        }
        (void)peers.channel_a.send("data");
        (void)peers.a.local_description();
        (void)peers.a.connection_state();
        (void)peers.a.get_stats();
        (void)peers.inbox_a.next(0s);
        if (thread == 0 && i == 40) peers.a.close();
      }
    });
    ASSERT_TRUE(peers.inbox_a.receive<event::Closed>(peers.a, kSoon).has_value() ||
                peers.a.connection_state() == ConnectionState::Closed);
  }
}

TEST(Threads, MakeAndEndConnectionsOfOneApi) {
  Specter specter(testing::on_loopback({.loops = 2}));
  const auto api = testing::default_api(specter);
  on_threads([&](int thread) {
    Mailbox inbox;
    for (int i = 0; i < 25; ++i) {
      const auto pc = api.new_peer_connection(inbox);
      ASSERT_TRUE(pc.create_data_channel("data").has_value());
      ASSERT_TRUE(inbox.receive<event::Ready>(pc, kSoon).has_value());
      if (i % 5 == thread) continue;  // left to the mailbox's end
      pc.close();
      ASSERT_TRUE(inbox.receive<event::Closed>(pc, kSoon).has_value());
    }
  });
}

TEST(Threads, DestroyLibrariesAtTheSameTime) {
  on_threads([&](int) {
    for (int i = 0; i < 10; ++i) {
      TwoPeers peers({.loops = 2});
      (void)peers.a.create_data_channel("data");
      (void)peers.a.create_offer();
    }
  });
}

// Those that close count no more, though they have not ended; those that were only asked for do.
TEST(Threads, ShareTheConnectionsEvenly) {
  Specter specter(testing::on_loopback({.loops = 2}));
  const auto api = testing::default_api(specter);
  const auto make = [&] {
    auto loop = std::make_shared<std::promise<std::thread::id>>();
    auto pc = api.new_peer_connection([loop](const Event& event) {
      if (std::holds_alternative<event::Ready>(event)) loop->set_value(std::this_thread::get_id());
    });
    return std::pair{std::move(pc), loop->get_future()};
  };
  std::map<std::thread::id, std::vector<PeerConnection>> on_loop;
  const auto make_and_wait = [&](int count) {
    std::vector<decltype(make())> made;
    for (int i = 0; i < count; ++i) made.push_back(make());
    for (auto& [pc, loop] : made) on_loop[loop.get()].push_back(std::move(pc));
  };
  make_and_wait(20);
  ASSERT_EQ(on_loop.size(), 2U);
  auto& [id, one] = *on_loop.begin();
  ASSERT_EQ(one.size(), 10U);
  for (const PeerConnection& pc : one) pc.close();
  one.clear();
  make_and_wait(10);
  EXPECT_EQ(on_loop[id].size(), 10U);
}

}  // namespace
}  // namespace specter
