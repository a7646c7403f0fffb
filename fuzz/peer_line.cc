// `specter peer`'s input: bytes that come in pieces, lines, commands. However the bytes are cut,
// the commands are the same; each is understood within its limits, or refused in a way that its
// sender can read.
//
// The first byte says where the bytes are cut.
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/peer/command.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::cli;

constexpr std::size_t kMaxLine = 512;

std::vector<LineReader::Line> lines_of(std::string_view text, std::size_t piece) {
  LineReader reader(kMaxLine);
  std::vector<LineReader::Line> lines;
  const auto take = [&] {
    while (auto line = reader.next()) lines.push_back(std::move(*line));
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    reader.add(text.substr(at, piece));
    take();
  }
  reader.end();
  take();
  return lines;
}

void check_lines(const std::vector<LineReader::Line>& lines,
                 const std::vector<LineReader::Line>& same) {
  SPECTER_CHECK(lines.size() == same.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    SPECTER_CHECK(lines[i].number == i + 1 && same[i].number == i + 1);
    SPECTER_CHECK(lines[i].text == same[i].text && lines[i].too_long == same[i].too_long);
    SPECTER_CHECK(lines[i].text.size() <= kMaxLine);
    SPECTER_CHECK(lines[i].text.find('\n') == std::string::npos);
    SPECTER_CHECK(!lines[i].too_long || lines[i].text.empty());
  }
}

void check(const command::CreateDataChannel& create) {
  const DataChannelOptions& options = create.options;
  SPECTER_CHECK(!options.max_packet_life_time || (options.max_packet_life_time->count() >= 0 &&
                                                  options.max_packet_life_time->count() <= 65'535));
}
void check(const command::SetLocalDescription& set) {
  if (!set.description) return;
  SPECTER_CHECK(SessionDescription::from_json(set.description->to_json()) == *set.description);
}
void check(const command::SetRemoteDescription& set) {
  SPECTER_CHECK(SessionDescription::from_json(set.description.to_json()) == set.description);
}
void check(const command::AddIceCandidate& add) {
  SPECTER_CHECK(IceCandidate::from_json(add.candidate.to_json()) == add.candidate);
}
template <class Other>
void check(const Other&) {}

void check_line(const LineReader::Line& line) {
  const auto read = read_command(line);
  if (!read) {
    SPECTER_CHECK(line.text.find('{') == std::string::npos);
    return;
  }
  SPECTER_CHECK(read->command.line == line.number);
  // It goes into the answer, which must be JSON on one line.
  const std::string ref = to_line({{"ref", read->command.ref}, {"op", read->command.op}});
  SPECTER_CHECK(ref.find('\n') == std::string::npos);
  SPECTER_CHECK(parse_object(ref).has_value());
  if (read->action) {
    SPECTER_CHECK(!read->command.op.empty());
    std::visit([](const auto& action) { check(action); }, *read->action);
    return;
  }
  const Error& error = read->action.error();
  SPECTER_CHECK(error.code == ErrorCode::InvalidJson || error.code == ErrorCode::NotFound ||
                error.code == ErrorCode::InvalidArgument);
  SPECTER_CHECK(!error.message.empty());
}

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  const std::size_t piece = 1 + in.u8();
  const std::string_view text = as_text(in.rest());
  const auto lines = lines_of(text, text.size() + 1);
  check_lines(lines, lines_of(text, piece));
  for (const LineReader::Line& line : lines) check_line(line);
}

}  // namespace specter::fuzz
