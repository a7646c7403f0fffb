#include "cli/manual/help.h"

#include <algorithm>

#include <fmt/format.h>

namespace specter::cli {
namespace {

constexpr std::size_t kColumn = 24;  // where descriptions begin

void append_row(std::string& text, const std::string& left, const std::string& right) {
  std::string first = "  " + left;
  if (first.size() + 2 > kColumn) {
    text += first + "\n";
    first.clear();
  }
  text += wrapped(fmt::format("{:<{}}", first, kColumn), kColumn, right);
}

void append_option(std::string& text, const OptionEntry& option) {
  std::string left = names_text(option);
  if (option.takes_value() && !option.is_positional) left += " " + option.value;
  std::string right = option.description;
  if (const std::string limits = limits_text(option); !limits.empty())
    right += fmt::format(" ({})", limits);
  append_row(text, left, right);
}

void append_paragraphs(std::string& text, const std::string& paragraphs) {
  for (const std::string& line : CLI::detail::split(paragraphs, '\n')) {
    if (line.starts_with("Example: "))
      text += fmt::format("\nExample:\n  {}\n", line.substr(9));
    else
      text += wrapped("", 0, line);
  }
}

std::string usage(const CommandEntry& command) {
  std::string text = "Usage: " + command.path;
  const auto has = [&](auto predicate) { return std::ranges::any_of(command.options, predicate); };
  if (has([](const OptionEntry& option) { return !option.is_positional; })) text += " [OPTIONS]";
  for (const OptionEntry& option : command.options) {
    if (option.is_positional)
      text += option.is_required ? " " + option.names.front() : " [" + option.names.front() + "]";
    else if (option.is_required)
      text += " " + option.names.front() + " " + option.value;
  }
  if (!command.commands.empty()) text += " COMMAND";
  return wrapped("", 4, text);
}

// The shared options by name alone; with the default where it is another than the usual one.
void append_shared(std::string& text, const CommandEntry& command) {
  const std::vector<OptionEntry> usual = connection_options();
  std::string names;
  for (const OptionEntry& option : command.options) {
    if (!option.is_shared) continue;
    names += (names.empty() ? "" : ", ") + option.names.front();
    const auto same = std::ranges::find(usual, option.names, &OptionEntry::names);
    if (same != usual.end() && same->default_value != option.default_value)
      names += fmt::format(" (default {})", option.default_value);
  }
  if (names.empty()) return;
  text += "\nOptions of a connection, which `specter help connection` explains:\n";
  text += wrapped("  ", 2, names);
}

class HelpFormatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    return help_text(table_of(*app));
  }
};

}  // namespace

std::string wrapped(std::string_view first, std::size_t indent, std::string_view text) {
  std::string lines, line(first);
  bool is_empty = true;  // nothing of the text is on the line
  for (const std::string& word : CLI::detail::split(std::string(text), ' ')) {
    if (word.empty()) continue;
    if (!is_empty && line.size() + 1 + word.size() > kHelpColumns) {
      lines += line + "\n";
      line.assign(indent, ' ');
      is_empty = true;
    }
    if (!is_empty) line += ' ';
    line += word;
    is_empty = false;
  }
  return lines + line + "\n";
}

std::string names_text(const OptionEntry& option) { return CLI::detail::join(option.names, ", "); }

std::string limits_text(const OptionEntry& option) {
  std::string text = option.range;
  if (!option.default_value.empty())
    text += (text.empty() ? "default " : "; default ") + option.default_value;
  return text;
}

std::string help_text(const CommandEntry& command) {
  std::string text = wrapped("", 0, command.description);
  text += "\n" + usage(command);
  if (!command.commands.empty()) text += "\nCommands:\n";
  for (const CommandEntry& below : command.commands) append_row(text, below.name, below.summary());
  text += "\nOptions:\n";
  for (const OptionEntry& option : command.options)
    if (!option.is_shared) append_option(text, option);
  append_shared(text, command);
  if (!command.footer.empty()) text += "\n";
  append_paragraphs(text, command.footer);
  return text;
}

std::string connection_help_text() {
  std::string text = wrapped(
      "", 0,
      "The options of a connection, which every command that makes one takes. They are those of "
      "the library's ConnectionOptions.");
  text += "\nOptions:\n";
  for (const OptionEntry& option : connection_options()) append_option(text, option);
  return text;
}

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

}  // namespace specter::cli
