#include "cli/manual/completion.h"

#include <fmt/format.h>

namespace specter::cli {
namespace {

// Calls visit(row) for a command and for all below it.
template <class Visit>
void for_each_command(const CommandEntry& command, const Visit& visit) {
  visit(command);
  for (const CommandEntry& below : command.commands) for_each_command(below, visit);
}

std::string words_of(const CommandEntry& command) {
  std::string words;
  for (const CommandEntry& below : command.commands) words += below.name + " ";
  for (const OptionEntry& option : command.options) {
    if (option.is_positional) {
      for (const std::string& choice : option.choices) words += choice + " ";
      continue;
    }
    for (const std::string& name : option.names) words += name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

bool has_file_argument(const CommandEntry& command) {
  for (const OptionEntry& option : command.options)
    if (option.is_positional && option.takes_file()) return true;
  return false;
}

// Replaces each `from`.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// In single quotes of a POSIX shell.
std::string quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

// In single quotes of fish, which knows two escapes there.
std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// In _arguments' brackets.
std::string zsh_bracketed(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string first_sentence(const std::string& text) {
  const auto end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end);
}

std::string zsh_values(const OptionEntry& option) {
  if (!option.choices.empty())
    return fmt::format(":{}:({})", "value", CLI::detail::join(option.choices, " "));
  if (option.takes_file()) return ":file:_files";
  return fmt::format(":{}: ", zsh_bracketed(option.value));
}

std::string zsh_option(const OptionEntry& option) {
  if (option.is_positional) return quoted("*" + zsh_values(option)) + " ";
  std::string text;
  for (const std::string& name : option.names) {
    text += quoted(fmt::format("*{}[{}]{}", name, zsh_bracketed(first_sentence(option.description)),
                               option.takes_value() ? zsh_values(option) : std::string())) +
            " ";
  }
  return text;
}

}  // namespace

std::string bash_completion(const CommandEntry& command) {
  std::string paths, values;
  for_each_command(command, [&](const CommandEntry& row) {
    paths += fmt::format("    '{}') words='{}' files={} ;;\n", row.path, words_of(row),
                         has_file_argument(row) ? "yes" : "no");
    for (const OptionEntry& option : row.options) {
      if (!option.takes_value() || option.is_positional) continue;
      std::string names;
      for (const std::string& name : option.names)
        names += fmt::format("{}'{} {}'", names.empty() ? "" : "|", row.path, name);
      values +=
          fmt::format("    {}) words='{}' files={} ;;\n", names,
                      CLI::detail::join(option.choices, " "), option.takes_file() ? "yes" : "no");
    }
  });
  return fmt::format(
      "# bash completion for {0}, written by `{0} completion bash`\n"
      "_{0}() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} path={0} words= files=no at word\n"
      "  for ((at = 1; at < COMP_CWORD; at++)); do\n"
      "    word=${{COMP_WORDS[at]}}\n"
      "    case \" $(_{0}_commands \"$path\") \" in *\" $word \"*) path=\"$path $word\" ;; esac\n"
      "  done\n"
      "  case $path in\n{1}  esac\n"
      "  case \"$path ${{COMP_WORDS[COMP_CWORD-1]}}\" in\n{2}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  if [ $files = yes ]; then COMPREPLY+=($(compgen -f -- \"$current\")); fi\n"
      "}}\n"
      "_{0}_commands() {{\n  case $1 in\n{3}  esac\n}}\n"
      "complete -o filenames -F _{0} {0}\n",
      command.name, paths, values, [&] {
        std::string cases;
        for_each_command(command, [&](const CommandEntry& row) {
          std::string names;
          for (const CommandEntry& below : row.commands) names += " " + below.name;
          if (!names.empty()) cases += fmt::format("    '{}') echo{} ;;\n", row.path, names);
        });
        return cases;
      }());
}

std::string zsh_completion(const CommandEntry& command) {
  std::string functions;
  for_each_command(command, [&](const CommandEntry& row) {
    std::string options, commands;
    for (const OptionEntry& option : row.options) options += zsh_option(option);
    const std::string function = "_" + replaced(row.path, " ", "_");
    if (row.commands.empty()) {
      functions += fmt::format("{}() {{\n  _arguments {}\n}}\n", function, options);
      return;
    }
    for (const CommandEntry& below : row.commands)
      commands +=
          quoted(below.name + ":" + replaced(first_sentence(below.summary()), ":", "\\:")) + " ";
    functions += fmt::format(
        "{0}() {{\n"
        "  local state line\n"
        "  local -a commands=({1})\n"
        "  _arguments -C {2}'1: :->command' '*:: :->arguments'\n"
        "  case $state in\n"
        "    command) _describe command commands ;;\n"
        "    arguments) (( $+functions[{0}_$line[1]] )) && {0}_$line[1] ;;\n"
        "  esac\n"
        "}}\n",
        function, commands, options);
  });
  return fmt::format(
      "#compdef {0}\n# zsh completion, written by `{0} completion zsh`\n{1}_{0} \"$@\"\n",
      command.name, functions);
}

std::string fish_completion(const CommandEntry& command) {
  std::string lines;
  for_each_command(command, [&](const CommandEntry& row) {
    // The words of its path have been said, and none of the commands below it.
    std::string condition;
    for (const std::string& word : CLI::detail::split(row.path, ' '))
      if (word != command.name)
        condition += fmt::format("__fish_seen_subcommand_from {}; and ", word);
    if (condition.empty()) condition = "__fish_use_subcommand; and ";
    condition.resize(condition.size() - 6);
    std::string names;
    for (const CommandEntry& below : row.commands) names += " " + below.name;
    const std::string open =
        names.empty() || row.path == command.name
            ? condition
            : fmt::format("{}; and not __fish_seen_subcommand_from{}", condition, names);
    const std::string begin = fmt::format("complete -c {} -n {}", command.name, fish_quoted(open));
    for (const CommandEntry& below : row.commands)
      lines += fmt::format("{} -f -a {} -d {}\n", begin, below.name,
                           fish_quoted(first_sentence(below.summary())));
    for (const OptionEntry& option : row.options) {
      std::string line = begin;
      if (option.is_positional && option.choices.empty()) continue;  // fish offers files itself
      for (const std::string& name : option.names)
        if (!option.is_positional)
          line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes_value() && !option.is_positional)
        line += option.takes_file() ? " -r" : " -x";
      if (option.is_positional) line += " -f";
      if (!option.choices.empty())
        line += " -a " + fish_quoted(CLI::detail::join(option.choices, " "));
      lines += line + " -d " + fish_quoted(first_sentence(option.description)) + "\n";
    }
  });
  return fmt::format("# fish completion, written by `{0} completion fish`\n{1}", command.name,
                     lines);
}

}  // namespace specter::cli
