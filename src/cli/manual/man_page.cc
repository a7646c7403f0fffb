#include "cli/manual/man_page.h"

#include <fmt/format.h>

#include "cli/manual/help.h"

namespace specter::cli {
namespace {

// A text that roff takes as it is: a dash that can be copied, and no control line.
std::string escaped(std::string_view text) {
  std::string result;
  if (text.starts_with('.') || text.starts_with('\'')) result += "\\&";
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  }
  return result;
}

std::string paragraphs(const std::string& text) {
  std::string page;
  for (const std::string& line : CLI::detail::split(text, '\n'))
    if (!line.empty()) page += ".PP\n" + escaped(line) + "\n";
  return page;
}

std::string option(const OptionEntry& row) {
  std::string page = fmt::format(".TP\n\\fB{}\\fR", escaped(names_text(row)));
  if (row.takes_value() && !row.is_positional)
    page += fmt::format(" \\fI{}\\fR", escaped(row.value));
  page += "\n" + escaped(row.description);
  if (const std::string limits = limits_text(row); !limits.empty())
    page += fmt::format(" ({})", escaped(limits));
  return page + "\n";
}

void append_command(std::string& page, const CommandEntry& command) {
  page += fmt::format(".SS \"{}\"\n{}\n", escaped(command.path), escaped(command.description));
  std::string shared;
  for (const OptionEntry& row : command.options) {
    if (row.is_shared)
      shared = ".PP\nIt also takes the CONNECTION OPTIONS below.\n";
    else
      page += option(row);
  }
  page += shared + paragraphs(command.footer);
  for (const CommandEntry& below : command.commands) append_command(page, below);
}

}  // namespace

std::string man_page(const CommandEntry& command, const std::string& version) {
  std::string page = fmt::format(
      ".TH SPECTER 1 \"\" \"specter {0}\" \"User Commands\"\n.SH NAME\n{1} \\- {2}\n"
      ".SH SYNOPSIS\n.B {1}\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{2}\n{3}"
      ".SH OPTIONS\n",
      escaped(version), command.name, escaped(command.description), paragraphs(command.footer));
  for (const OptionEntry& row : command.options) page += option(row);
  page += ".SH COMMANDS\n";
  for (const CommandEntry& below : command.commands) append_command(page, below);
  page += ".SH CONNECTION OPTIONS\nThese are the same for every command that makes connections.\n";
  for (const OptionEntry& row : connection_options()) page += option(row);
  return page;
}

}  // namespace specter::cli
