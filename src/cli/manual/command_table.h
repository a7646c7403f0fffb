// The command line as a table: its commands and options, read from the parser itself. Help, the
// manual page and the completions are written from it, so none has a list of its own.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace specter::cli {

// Options of this group are the same for several commands, and are told once:
// `specter help connection`.
inline constexpr const char* kConnectionGroup = "Connection";

struct OptionEntry {
  std::vector<std::string> names;  // "--json", "-h"; of a positional the one name, such as "FILE"
  std::string value;               // what it takes, such as NUMBER; empty: a flag
  std::vector<std::string> choices;
  std::string range;  // "0 to 256", of a number
  std::string default_value;
  std::string description;  // sentences in one line
  bool is_positional = false, is_required = false, is_shared = false;

  bool takes_value() const { return !value.empty(); }
  bool takes_file() const { return value == "FILE" || (is_positional && names.front() == "FILE"); }
};

struct CommandEntry {
  std::string path;         // "specter bench data"
  std::string name;         // "data"
  std::string description;  // sentences in one line
  std::string footer;       // paragraphs, a line each
  std::vector<OptionEntry> options;
  std::vector<CommandEntry> commands;

  std::string summary() const;  // the description's first sentence
};

// Hidden options and commands are left out.
CommandEntry table_of(const CLI::App& app);

// The options of kConnectionGroup, with their usual defaults.
std::vector<OptionEntry> connection_options();

// Lines that a text was written in, joined to paragraphs: an empty line and one that begins with
// "Example" begin a new one.
std::string joined(std::string_view text);

}  // namespace specter::cli
