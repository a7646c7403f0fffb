#include "cli/verbose.h"

#include <gtest/gtest.h>

#include "specter/log.h"

namespace specter::cli {
namespace {

LogLevels levels_of(const std::string& line) {
  set_log(LogLevels(LogLevel::Warning));
  CLI::App app{"", "specter"};
  add_verbose(app);
  CLI::App* const command = app.add_subcommand("peer");
  add_verbose(*command);
  LogLevels seen;
  command->callback([&] { seen = log_levels(); });  // commands run there
  app.parse(line);
  set_log(LogLevels(LogLevel::Warning));
  return seen;
}

TEST(Verbose, IsInfoOnceAndDebugTwiceBeforeTheCommandOrBehindIt) {
  EXPECT_EQ(levels_of("peer"), LogLevels(LogLevel::Warning));
  EXPECT_EQ(levels_of("-v peer"), LogLevels(LogLevel::Info));
  EXPECT_EQ(levels_of("peer -v"), LogLevels(LogLevel::Info));
  EXPECT_EQ(levels_of("-vv peer"), LogLevels(LogLevel::Debug));
  EXPECT_EQ(levels_of("peer -v -v"), LogLevels(LogLevel::Debug));
  EXPECT_EQ(levels_of("peer --verbose"), LogLevels(LogLevel::Info));
}

}  // namespace
}  // namespace specter::cli
