// Help, manual page and completions of a small command line.
#include <sstream>
#include <string>

#include <gmock/gmock.h>

#include "cli/manual/command_table.h"
#include "cli/manual/completion.h"
#include "cli/manual/help.h"
#include "cli/manual/man_page.h"

namespace specter::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct ManualTest : ::testing::Test {
  ManualTest() {
    app.formatter(help_formatter());
    app.require_subcommand(1);
    auto* paint = app.add_subcommand("paint", "Paints a wall: with\na brush. Takes a while.");
    paint->add_option("FILE", text, "Where the wall is")->required();
    paint->add_option("--colour", text, "Which one")
        ->check(CLI::IsMember({"red", "it's"}))
        ->default_val("red");
    paint->add_option("--coats", number, "How many")->check(CLI::Range(1, 9))->default_val(2);
    paint->add_flag("-w,--wet", flag, "Don't wait");
    paint->add_flag("--secret", flag, "Not told")->group("");
    paint->add_option("--server", text, "Shared")->group(kConnectionGroup);
    paint->footer("One line\nand its end.\nExample: house paint wall");
  }

  CommandEntry paint() const { return table_of(app).commands.at(0); }

  CLI::App app{"Keeps a house.", "house"};
  std::string text;
  int number = 0;
  bool flag = false;
};

TEST_F(ManualTest, TheTableHasWhatTheParserKnowsAndNothingHidden) {
  const CommandEntry command = paint();
  EXPECT_EQ(command.path, "house paint");
  EXPECT_EQ(command.description, "Paints a wall: with a brush. Takes a while.");
  EXPECT_EQ(command.summary(), "Paints a wall: with a brush.");
  EXPECT_EQ(command.footer, "One line and its end.\nExample: house paint wall");
  ASSERT_EQ(command.options.size(), 6U);  // --help comes first
  const auto& options = command.options;
  EXPECT_THAT(options[1].names, ElementsAre("FILE"));
  EXPECT_TRUE(options[1].is_positional && options[1].is_required && options[1].takes_file());
  EXPECT_THAT(options[2].choices, testing::UnorderedElementsAre("red", "it's"));
  EXPECT_EQ(options[2].default_value, "red");
  EXPECT_EQ(options[3].value, "NUMBER");
  EXPECT_EQ(options[3].range, "1 to 9");
  EXPECT_THAT(options[4].names, ElementsAre("--wet", "-w"));
  EXPECT_FALSE(options[4].takes_value());
  EXPECT_TRUE(options[5].is_shared);
}

TEST_F(ManualTest, HelpTellsSharedOptionsByNameAlone) {
  const std::string help = help_text(paint());
  EXPECT_THAT(help, HasSubstr("Usage: house paint [OPTIONS] FILE\n"));
  EXPECT_THAT(help, HasSubstr("  --coats NUMBER        How many (1 to 9; default 2)\n"));
  EXPECT_THAT(help, HasSubstr("`specter help connection` explains:\n  --server\n"));
  EXPECT_THAT(help, HasSubstr("One line and its end.\n\nExample:\n  house paint wall\n"));
  EXPECT_THAT(help, Not(HasSubstr("secret")));
  EXPECT_EQ(app.get_subcommand("paint")->help(), help);
}

TEST_F(ManualTest, HelpOfTheWholeListsTheCommands) {
  EXPECT_THAT(help_text(table_of(app)),
              HasSubstr("Commands:\n  paint                 Paints a wall: with a brush.\n"));
}

TEST(Wrapped, KeepsTo80ColumnsAndSplitsNoWord) {
  const std::string word(30, 'x');
  EXPECT_EQ(wrapped("a ", 4, word + " " + word + " " + word),
            "a " + word + " " + word + "\n    " + word + "\n");
  EXPECT_EQ(wrapped("", 2, std::string(100, 'y')), std::string(100, 'y') + "\n");
  EXPECT_EQ(wrapped("", 2, ""), "\n");
}

TEST_F(ManualTest, TheManualPageEscapesWhatRoffWouldTake) {
  const std::string page = man_page(table_of(app), "1.2.3");
  EXPECT_THAT(page,
              HasSubstr(".SS \"house paint\"\nPaints a wall: with a brush. Takes a while.\n"));
  EXPECT_THAT(page,
              HasSubstr("\\fB\\-\\-coats\\fR \\fINUMBER\\fR\nHow many (1 to 9; default 2)\n"));
  EXPECT_THAT(page, HasSubstr(".PP\nIt also takes the CONNECTION OPTIONS below.\n"));
  EXPECT_THAT(page, Not(HasSubstr("Not told")));
}

TEST_F(ManualTest, CompletionsKnowCommandsOptionsAndChoices) {
  const std::string bash = bash_completion(table_of(app));
  EXPECT_THAT(bash, HasSubstr("'house paint') words='--help -h --colour --coats --wet -w --server' "
                              "files=yes ;;\n"));
  EXPECT_THAT(bash, HasSubstr("'house paint --coats') words='' files=no ;;\n"));
  const std::string zsh = zsh_completion(table_of(app));
  EXPECT_THAT(zsh, HasSubstr("#compdef house\n"));
  EXPECT_THAT(zsh, HasSubstr("'*--wet[Don'\\''t wait]'"));
  const std::string fish = fish_completion(table_of(app));
  EXPECT_THAT(fish, HasSubstr("complete -c house -n '__fish_use_subcommand' -f -a paint "));
  EXPECT_THAT(fish, HasSubstr("-l wet -s w -d 'Don\\'t wait'\n"));
}

}  // namespace
}  // namespace specter::cli
