#include "cli/peer/command.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/base64.h"
#include "cli/peer/command_table.h"
#include "cli/peer/fields.h"

namespace specter::cli {
namespace {

constexpr std::uint64_t kMaxU16 = std::numeric_limits<std::uint16_t>::max();

std::optional<std::uint16_t> to_u16(const std::optional<std::uint64_t>& number) {
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// ---- the fields of each command. Whether they are right, `fields` says afterwards.

Action create_data_channel(Fields& fields) {
  command::CreateDataChannel create;
  create.label = fields.text("label");
  DataChannelOptions& options = create.options;
  options.ordered = fields.optional_flag("ordered").value_or(true);
  if (const auto ms = fields.optional_number("max_packet_life_time", kMaxU16)) {
    options.max_packet_life_time = std::chrono::milliseconds(*ms);
  }
  options.max_retransmits = to_u16(fields.optional_number("max_retransmits", kMaxU16));
  options.protocol = fields.optional_text("protocol").value_or("");
  options.negotiated = fields.optional_flag("negotiated").value_or(false);
  options.id = to_u16(fields.optional_number("id", kMaxU16));
  fields.refuse_others();
  return create;
}

Action create_offer(Fields& fields) {
  const OfferOptions options{.ice_restart = fields.optional_flag("ice_restart").value_or(false)};
  fields.refuse_others();
  return command::CreateOffer{options};
}

// Descriptions and candidates are the W3C's dictionaries, in which other keys are ignored.
SessionDescription description_of(Fields& fields) {
  constexpr std::array kTypes{SdpType::Offer, SdpType::PrAnswer, SdpType::Answer,
                              SdpType::Rollback};
  SessionDescription description;
  const std::string name = fields.text("type");
  const auto* type = std::ranges::find(kTypes, name, [](SdpType t) { return to_string(t); });
  if (type == kTypes.end()) {
    fields.fail(ErrorCode::InvalidArgument, "\"type\" must be offer, pranswer, answer or rollback");
    return description;
  }
  description.type = *type;
  description.sdp =
      *type == SdpType::Rollback ? fields.optional_text("sdp").value_or("") : fields.text("sdp");
  return description;
}

Action set_local_description(Fields& fields) {
  if (!fields.has("type") && !fields.has("sdp")) {
    fields.refuse_others();
    return command::SetLocalDescription{};
  }
  return command::SetLocalDescription{description_of(fields)};
}

Action set_remote_description(Fields& fields) {
  return command::SetRemoteDescription{description_of(fields)};
}

Action add_ice_candidate(Fields& fields) {
  IceCandidate candidate;
  candidate.candidate = fields.text("candidate");
  candidate.sdp_mid = fields.optional_text("sdpMid");
  candidate.sdp_mline_index = to_u16(fields.optional_number("sdpMLineIndex", kMaxU16));
  candidate.username_fragment = fields.optional_text("usernameFragment");
  return command::AddIceCandidate{std::move(candidate)};
}

Action set_ice_servers(Fields& fields) {
  command::SetIceServers set{};
  const std::string username = fields.optional_text("username").value_or("");
  const std::string credential = fields.optional_text("credential").value_or("");
  for (std::string& url : fields.texts("urls"))
    set.servers.push_back(
        {.urls = {std::move(url)}, .username = username, .credential = credential});
  fields.refuse_others();
  return set;
}

ChannelNumber channel_of(Fields& fields) {
  const auto number = fields.number("channel", std::numeric_limits<std::uint64_t>::max());
  fields.refuse_others();
  return number;
}

template <class Command>
Action of_channel(Fields& fields) {
  return Command{channel_of(fields)};
}

template <class Command>
Action without_fields(Fields& fields) {
  fields.refuse_others();
  return Command{};
}

Action send(Fields& fields) {
  command::Send send{};
  auto text = fields.optional_text("text");
  const auto base64 = fields.optional_text("base64");
  if (text.has_value() == base64.has_value()) {
    fields.fail(ErrorCode::InvalidArgument, "give either \"text\" or \"base64\"");
  } else if (text) {
    send.message = std::move(*text);
  } else if (auto binary = from_base64(*base64)) {
    send.message = std::move(*binary);
  } else {
    fields.fail(ErrorCode::InvalidArgument,
                "\"base64\" must be base64 with padding and without spaces (RFC 4648 §4)");
  }
  send.channel = channel_of(fields);
  return send;
}

Action set_buffered_amount_low_threshold(Fields& fields) {
  command::SetBufferedAmountLowThreshold set{};
  set.bytes =
      static_cast<std::uint32_t>(fields.number("bytes", std::numeric_limits<std::uint32_t>::max()));
  set.channel = channel_of(fields);
  return set;
}

// ---- which there are

constexpr CommandEntry kCommands[] = {
    {"create_data_channel", create_data_channel},
    {"create_offer", create_offer},
    {"create_answer", without_fields<command::CreateAnswer>},
    {"set_local_description", set_local_description},
    {"set_remote_description", set_remote_description},
    {"add_ice_candidate", add_ice_candidate},
    {"restart_ice", without_fields<command::RestartIce>},
    {"set_ice_servers", set_ice_servers},
    {"send", send},
    {"close_data_channel", of_channel<command::CloseDataChannel>},
    {"set_buffered_amount_low_threshold", set_buffered_amount_low_threshold},
    {"get_stats", without_fields<command::GetStats>},
    {"get_report", without_fields<command::GetReport>},
    {"state", without_fields<command::GetState>},
    {"data_channel_state", of_channel<command::GetDataChannelState>},
    {"local_description", without_fields<command::GetDescription>},
    {"current_local_description", without_fields<command::GetDescription>},
    {"pending_local_description", without_fields<command::GetDescription>},
    {"remote_description", without_fields<command::GetDescription>},
    {"current_remote_description", without_fields<command::GetDescription>},
    {"pending_remote_description", without_fields<command::GetDescription>},
    {"close", without_fields<command::Close>},
};

const CommandEntry* find_command(std::string_view op) {
  for (const auto& table : {std::span<const CommandEntry>(kCommands), track_commands()}) {
    const auto found = std::ranges::find(table, op, &CommandEntry::op);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string_view> command_names() {
  std::vector<std::string_view> out;
  for (const auto& table : {std::span<const CommandEntry>(kCommands), track_commands()})
    for (const CommandEntry& each : table) out.push_back(each.op);
  return out;
}

Result<Action> read_action(const LineReader::Line& line, Command& command) {
  if (line.too_long) {
    return fail(ErrorCode::InvalidJson, fmt::format("a line has {} bytes at most", kMaxLineBytes));
  }
  const auto object = parse_object(line.text);
  if (!object) return fail(object.error());

  const auto op = object->find("op");
  if (op != object->end() && op->is_string()) command.op = op->get<std::string>();
  if (const auto ref = object->find("ref"); ref != object->end()) {
    if (!ref->is_string() && !ref->is_number() && !ref->is_null()) {
      return fail(ErrorCode::InvalidArgument, "\"ref\" must be a string or a number");
    }
    command.ref = *ref;
  }
  const CommandEntry* entry = find_command(command.op);
  if (!entry)
    return fail(ErrorCode::NotFound,
                fmt::format("\"op\" must be one of {}", fmt::join(command_names(), ", ")));
  Fields fields(*object);
  Action action = entry->read(fields);
  if (fields.error()) return fail(*fields.error());
  return action;
}

}  // namespace

std::optional<ReadCommand> read_command(const LineReader::Line& line) {
  if (!line.too_long && line.text.find_first_not_of(" \t\r") == std::string::npos)
    return std::nullopt;
  Command command{.line = line.number};
  auto action = read_action(line, command);
  return ReadCommand{std::move(command), std::move(action)};
}

}  // namespace specter::cli
