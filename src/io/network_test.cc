#include "io/network.h"

#include <future>

#include <gmock/gmock.h>

#include "io/loop.h"

namespace specter::io {
namespace {

// On a loop, where it belongs.
template <class F>
void on_loop_with_network(F work) {
  LoopGroup loops(1);
  const auto loop = loops.least_loaded();
  std::promise<void> done;
  loop->post([&] {
    const auto owner = std::make_shared<int>();
    Network network(*loop, owner, [] {}, [](const Endpoint&, const std::error_code&) {});
    work(network);
    done.set_value();
  });
  done.get_future().wait();
}

const IpAddress kOne = IpAddress::v4({127, 0, 0, 1});
const IpAddress kOther = IpAddress::v4({127, 0, 0, 2});

TEST(Network, ASocketThatIsOpenIsAnsweredAgain) {
  on_loop_with_network([](Network& network) {
    const auto first = network.open(kOne, 0);
    ASSERT_TRUE(first);
    const auto again = network.open(kOne, 0);
    EXPECT_EQ(again.value(), first.value());
    EXPECT_EQ(network.size(), 1U);
  });
}

TEST(Network, SocketsWhoseAddressIsGoneAreClosed) {
  on_loop_with_network([](Network& network) {
    const auto stays = network.open(kOne, 0);
    const auto goes = network.open(kOther, 0);
    ASSERT_TRUE(stays && goes);
    const auto closed = network.close_unless(
        [](const IpAddress& address, std::uint32_t) { return address == kOne; });
    EXPECT_THAT(closed, ::testing::ElementsAre(*goes));
    EXPECT_EQ(network.size(), 1U);
    EXPECT_NE(network.open(kOther, 0).value(), *stays);
  });
}

}  // namespace
}  // namespace specter::io
