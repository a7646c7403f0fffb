#include "cli/output.h"

#include <array>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace specter::cli {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  std::string read_all(std::size_t size) const {
    std::string text(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t count = ::read(ends[0], text.data() + have, size - have);
      if (count <= 0) break;
      have += static_cast<std::size_t>(count);
    }
    text.resize(have);
    return text;
  }
  std::array<int, 2> ends{};
};

TEST(Output, WritesWholeLinesAtAFlush) {
  Pipe pipe;
  Output output(pipe.ends[1]);
  output.line("one");
  output.line("two");
  output.flush();
  EXPECT_EQ(pipe.read_all(8), "one\ntwo\n");
  EXPECT_FALSE(output.broken());
}

TEST(Output, WaitsForASlowReaderOfANonBlockingDescriptor) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK), 0);
  const std::string large(1 << 20, 'x');  // more than a pipe holds
  std::string received;
  std::thread reader([&] { received = pipe.read_all(large.size() + 1); });
  Output output(pipe.ends[1]);
  output.line(large);
  output.flush();
  reader.join();
  EXPECT_EQ(received, large + '\n');
}

TEST(Output, IsBrokenOnceTheReaderIsGone) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  Output output(pipe.ends[1]);
  output.line("nobody reads this");
  output.flush();
  EXPECT_TRUE(output.broken());
  output.line("nor this");
  output.flush();
}

}  // namespace
}  // namespace specter::cli
