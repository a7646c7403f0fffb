#include "cli/manual/command_table.h"

#include <algorithm>

#include "cli/network_options.h"

namespace specter::cli {
namespace {

// CLI11 says all of a value in one text: "TEXT:{a,b}", "UINT:INT in [0 - 256]", "FILE".
void read_type(const std::string& type, OptionEntry& row) {
  const auto braces = type.find(":{");
  if (braces != std::string::npos) {
    const std::string inside = type.substr(braces + 2, type.rfind('}') - braces - 2);
    row.choices = CLI::detail::split(inside, ',');
    row.value = CLI::detail::join(row.choices, "|");
    return;
  }
  row.value = type.substr(0, type.find_first_of(": ["));
  if (type.find("SIZE") != std::string::npos)
    row.value = "BYTES";
  else if (row.value == "UINT" || row.value == "INT" || row.value == "FLOAT")
    row.value = "NUMBER";
  const auto bounds = type.rfind(" in [");
  const auto end = type.find(']', bounds == std::string::npos ? 0 : bounds);
  if (bounds == std::string::npos || end == std::string::npos) return;
  row.range = type.substr(bounds + 5, end - bounds - 5);
  if (const auto dash = row.range.find(" - "); dash != std::string::npos)
    row.range.replace(dash, 3, " to ");
}

OptionEntry row_of(const CLI::Option& option) {
  OptionEntry row;
  row.is_positional = option.get_positional();
  if (row.is_positional) row.names.push_back(option.get_name(true, false));
  for (const std::string& name : option.get_lnames()) row.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) row.names.push_back("-" + name);
  if (option.get_type_size() != 0) read_type(option.get_type_name(), row);
  row.default_value = option.get_default_str();
  row.description = joined(option.get_description());
  row.is_required = option.get_required();
  row.is_shared = option.get_group() == kConnectionGroup;
  return row;
}

std::vector<OptionEntry> rows_of(const CLI::App& app) {
  std::vector<OptionEntry> rows;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty()) rows.push_back(row_of(*option));
  return rows;
}

CommandEntry table_of(const CLI::App& app, const std::string& above) {
  CommandEntry row;
  row.name = app.get_name();
  row.path = above.empty() ? row.name : above + " " + row.name;
  row.description = joined(app.get_description());
  row.footer = joined(app.get_footer());
  row.options = rows_of(app);
  for (const CLI::App* command : app.get_subcommands({}))
    if (!command->get_group().empty()) row.commands.push_back(table_of(*command, row.path));
  return row;
}

}  // namespace

std::string CommandEntry::summary() const {
  const auto end = description.find(". ");
  return end == std::string::npos ? description : description.substr(0, end + 1);
}

CommandEntry table_of(const CLI::App& app) {
  return table_of(app, app.get_parent() ? table_of(*app.get_parent()).path : "");
}

std::vector<OptionEntry> connection_options() {
  CLI::App app;
  NetworkOptions options;
  options.add_to(app);
  std::vector<OptionEntry> rows = rows_of(app);
  std::erase_if(rows, [](const OptionEntry& row) { return !row.is_shared; });
  return rows;
}

std::string joined(std::string_view text) {
  std::string result;
  bool is_new = true;
  for (const std::string& line : CLI::detail::split(std::string(text), '\n')) {
    const bool is_example = line.starts_with("Example");
    if (line.empty() || is_example) is_new = true;
    if (line.empty()) continue;
    if (!result.empty()) result += is_new ? '\n' : ' ';
    result += line;
    is_new = is_example;
  }
  return result;
}

}  // namespace specter::cli
