// Several streams of one connection, on the loopback interface.
#include "io/streams.h"

#include <map>

#include <gmock/gmock.h>

#include "io/loop_impl.h"
#include "io/testing/stream_server.h"

namespace specter::io {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::StreamServer;

struct World {
  World()
      : streams(*loop, owner, {},
                {[this](Streams::Id id) { opened.push_back(id); },
                 [this](Streams::Id id, Bytes bytes) { heard[id] += as_text(bytes); },
                 [this](Streams::Id id, const StreamFault& fault) {
                   closed.push_back(id);
                   why = fault.sentence;
                 }}) {}
  static Stream::Target to(const StreamServer& server) {
    Stream::Target target;
    target.remote = {IpAddress::v4({127, 0, 0, 1}), server.port()};
    return target;
  }
  bool run(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!holds() && std::chrono::steady_clock::now() < end) context.run_one_for(100ms);
    return holds();
  }

  std::shared_ptr<Loop> loop = std::make_shared<Loop>();
  asio::io_context& context = loop->impl().context;
  std::shared_ptr<int> owner = std::make_shared<int>(0);
  std::vector<Streams::Id> opened, closed;
  std::map<Streams::Id, std::string> heard;
  std::string why;
  Streams streams;
};

Buffer bytes_of(std::string_view text) { return Buffer(text.begin(), text.end()); }

TEST(Streams, AreToldApart) {
  World world;
  StreamServer one(world.context), other(world.context);
  world.streams.open(1, World::to(one));
  world.streams.open(2, World::to(other));
  ASSERT_TRUE(world.run([&] { return world.opened.size() == 2; }));
  world.streams.send(1, bytes_of("one"), Stream::Weight::Data);
  world.streams.send(2, bytes_of("other"), Stream::Weight::Control);
  world.streams.send(3, bytes_of("nobody"), Stream::Weight::Data);
  EXPECT_TRUE(world.run([&] { return world.heard[1] == "one" && world.heard[2] == "other"; }));
  one.hang_up();
  ASSERT_TRUE(world.run([&] { return !world.closed.empty(); }));
  EXPECT_THAT(world.closed, ElementsAre(1));
  EXPECT_EQ(world.streams.size(), 1u);
  world.streams.send(2, bytes_of(" goodbye"), Stream::Weight::Control);
  world.streams.close(2);
  world.streams.close(2);
  EXPECT_TRUE(world.run([&] { return other.is_at_end; }));
  EXPECT_EQ(other.heard, "other goodbye");
  EXPECT_THAT(world.closed, ElementsAre(1));
  EXPECT_EQ(world.streams.counters().bytes_sent, std::string_view("one"
                                                                  "other")
                                                     .size());
}

TEST(Streams, AreAsManyAsTheirLimit) {
  World world;
  StreamServer server(world.context);
  for (Streams::Id id = 0; id < Streams::kMaxStreams; ++id)
    world.streams.open(id, World::to(server));
  EXPECT_TRUE(world.closed.empty());
  world.streams.open(1000, World::to(server));
  EXPECT_TRUE(world.run([&] { return !world.closed.empty(); }));
  EXPECT_THAT(world.closed, ElementsAre(1000));
  EXPECT_EQ(world.streams.size(), Streams::kMaxStreams);
  world.streams.close();
  EXPECT_EQ(world.streams.size(), 0u);
}

}  // namespace
}  // namespace specter::io
