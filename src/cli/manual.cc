// specter help, specter man, specter completion: the command line about itself.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/manual/completion.h"
#include "cli/manual/help.h"
#include "cli/manual/man_page.h"

#include "specter/specter.h"

namespace specter::cli {
namespace {

constexpr const char* kConnectionTopic = "connection";

void print_help(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.size() == 1 && words.front() == kConnectionTopic) {
    fmt::print("{}", connection_help_text());
    return;
  }
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const auto below = command->get_subcommands(
        [&](const CLI::App* candidate) { return candidate->get_name() == word; });
    if (below.empty())
      throw CLI::ValidationError("help", fmt::format("there is no command '{}'", word));
    command = below.front();
  }
  fmt::print("{}", help_text(table_of(*command)));
}

void add_help(CLI::App& app) {
  auto* command = app.add_subcommand("help",
                                     "Tells about a command, or about the options that "
                                     "all connections have.");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *words,
                      "A command, such as lifecycle or bench data; or connection");
  command->callback([&app, words] { print_help(app, *words); });
}

void add_man(CLI::App& app) {
  auto* command = app.add_subcommand("man", "Prints the manual page, specter(1).");
  command->footer("Example: specter man | man -l -");
  command->callback([&app] { fmt::print("{}", man_page(table_of(app), version())); });
}

void add_completion(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "Prints the completion script of a shell.");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "`make install` puts all three where the shells look for them.\n"
      "Example: source <(specter completion bash)");
  command->callback([&app, shell] {
    const CommandEntry table = table_of(app);
    fmt::print("{}", *shell == "bash"  ? bash_completion(table)
                     : *shell == "zsh" ? zsh_completion(table)
                                       : fish_completion(table));
  });
}

}  // namespace

void add_manual(CLI::App& app) {
  add_help(app);
  add_man(app);
  add_completion(app);
}

}  // namespace specter::cli
