#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/base64.h"
#include "cli/peer/session.h"

namespace specter::cli {
namespace {

constexpr std::uint64_t kMaxU16 = std::numeric_limits<std::uint16_t>::max();

std::optional<std::uint16_t> to_u16(const std::optional<std::uint64_t>& number) {
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

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

}  // namespace

const Session::Entry Session::kCommands[] = {
    {"create_data_channel", &Session::create_data_channel},
    {"create_offer", &Session::create_offer},
    {"create_answer", &Session::create_answer},
    {"set_local_description", &Session::set_local_description},
    {"set_remote_description", &Session::set_remote_description},
    {"add_ice_candidate", &Session::add_ice_candidate},
    {"send", &Session::send},
    {"close_data_channel", &Session::close_data_channel},
    {"set_buffered_amount_low_threshold", &Session::set_buffered_amount_low_threshold},
    {"get_stats", &Session::get_stats},
    {"state", &Session::state},
    {"data_channel_state", &Session::data_channel_state},
    {"local_description", &Session::description},
    {"current_local_description", &Session::description},
    {"pending_local_description", &Session::description},
    {"remote_description", &Session::description},
    {"current_remote_description", &Session::description},
    {"pending_remote_description", &Session::description},
    {"close", &Session::close},
};

void Session::handle_line(const LineReader::Line& line) {
  Command command{.line = line.number};
  if (line.too_long) {
    return error(
        command,
        {ErrorCode::InvalidJson, fmt::format("a line has {} bytes at most", kMaxLineBytes), {}});
  }
  if (line.text.find_first_not_of(" \t\r") == std::string::npos) return;
  const auto object = parse_object(line.text);
  if (!object) return error(command, object.error());

  const auto op = object->find("op");
  if (op != object->end() && op->is_string()) command.op = op->get<std::string>();
  if (const auto ref = object->find("ref"); ref != object->end()) {
    if (!ref->is_string() && !ref->is_number() && !ref->is_null()) {
      return error(command,
                   {ErrorCode::InvalidArgument, "\"ref\" must be a string or a number", {}});
    }
    command.ref = *ref;
  }
  const auto* entry = std::ranges::find(kCommands, std::string_view(command.op), &Entry::op);
  if (entry == std::end(kCommands)) {
    std::vector<std::string_view> known;
    for (const Entry& each : kCommands) known.push_back(each.op);
    return error(
        command,
        {ErrorCode::NotFound, fmt::format("\"op\" must be one of {}", fmt::join(known, ", ")), {}});
  }
  Fields fields(*object);
  (this->*entry->handle)(command, fields);
}

bool Session::refused(const Command& command, const Fields& fields) {
  if (fields.error()) error(command, *fields.error());
  return fields.error().has_value();
}

template <class T>
void Session::called(const Command& command, const Result<T>& result) {
  if (result) {
    pending_.push_back(command);
  } else {
    error(command, result.error());
  }
}

void Session::create_data_channel(const Command& command, Fields& fields) {
  const std::string label = fields.text("label");
  DataChannelOptions options;
  options.ordered = fields.optional_flag("ordered").value_or(true);
  if (const auto ms = fields.optional_number("max_packet_life_time", kMaxU16)) {
    options.max_packet_life_time = std::chrono::milliseconds(*ms);
  }
  options.max_retransmits = to_u16(fields.optional_number("max_retransmits", kMaxU16));
  options.protocol = fields.optional_text("protocol").value_or("");
  options.negotiated = fields.optional_flag("negotiated").value_or(false);
  options.id = to_u16(fields.optional_number("id", kMaxU16));
  fields.refuse_others();
  if (refused(command, fields)) return;
  called(command, connection_.create_data_channel(label, options));
}

void Session::create_offer(const Command& command, Fields& fields) {
  const OfferOptions options{.ice_restart = fields.optional_flag("ice_restart").value_or(false)};
  fields.refuse_others();
  if (!refused(command, fields)) called(command, connection_.create_offer(options));
}

void Session::create_answer(const Command& command, Fields& fields) {
  fields.refuse_others();
  if (!refused(command, fields)) called(command, connection_.create_answer());
}

// Descriptions and candidates are the W3C's dictionaries, in which other keys are ignored.
void Session::set_local_description(const Command& command, Fields& fields) {
  auto description = description_of(fields);
  if (refused(command, fields)) return;
  called(command, connection_.set_local_description(std::move(description)));
}

void Session::set_remote_description(const Command& command, Fields& fields) {
  auto description = description_of(fields);
  if (refused(command, fields)) return;
  called(command, connection_.set_remote_description(std::move(description)));
}

void Session::add_ice_candidate(const Command& command, Fields& fields) {
  IceCandidate candidate;
  candidate.candidate = fields.text("candidate");
  candidate.sdp_mid = fields.optional_text("sdpMid");
  candidate.sdp_mline_index = to_u16(fields.optional_number("sdpMLineIndex", kMaxU16));
  candidate.username_fragment = fields.optional_text("usernameFragment");
  if (refused(command, fields)) return;
  called(command, connection_.add_ice_candidate(std::move(candidate)));
}

std::optional<DataChannel> Session::channel_of(const Command& command, Fields& fields) {
  const auto number = fields.number("channel", std::numeric_limits<std::uint64_t>::max());
  fields.refuse_others();
  if (refused(command, fields)) return std::nullopt;
  auto channel = channels_.find(number);
  if (!channel) {
    error(command,
          {ErrorCode::NotFound,
           fmt::format("there is no channel {}: it was never announced, or is closed", number),
           {}});
  }
  return channel;
}

void Session::send(const Command& command, Fields& fields) {
  const auto text = fields.optional_text("text");
  const auto base64 = fields.optional_text("base64");
  std::optional<Buffer> binary;
  if (text.has_value() == base64.has_value()) {
    fields.fail(ErrorCode::InvalidArgument, "give either \"text\" or \"base64\"");
  } else if (base64) {
    binary = from_base64(*base64);
    if (!binary) {
      fields.fail(ErrorCode::InvalidArgument,
                  "\"base64\" must be base64 with padding and without spaces (RFC 4648 §4)");
    }
  }
  const auto channel = channel_of(command, fields);
  if (!channel) return;
  const auto sent = text ? channel->send(std::string_view(*text)) : channel->send(Bytes(*binary));
  if (sent) {
    done(command);
  } else {
    error(command, sent.error());
  }
}

void Session::close_data_channel(const Command& command, Fields& fields) {
  const auto channel = channel_of(command, fields);
  if (!channel) return;
  channel->close();
  done(command);
}

void Session::set_buffered_amount_low_threshold(const Command& command, Fields& fields) {
  const auto bytes = fields.number("bytes", std::numeric_limits<std::uint32_t>::max());
  const auto channel = channel_of(command, fields);
  if (!channel) return;
  channel->set_buffered_amount_low_threshold(bytes);
  done(command);
}

void Session::get_stats(const Command& command, Fields& fields) {
  fields.refuse_others();
  if (!refused(command, fields)) called(command, connection_.get_stats());
}

void Session::state(const Command& command, Fields& fields) {
  fields.refuse_others();
  if (refused(command, fields)) return;
  reply(command, {{"event", "state"},
                  {"signaling_state", to_string(connection_.signaling_state())},
                  {"ice_gathering_state", to_string(connection_.ice_gathering_state())},
                  {"ice_connection_state", to_string(connection_.ice_connection_state())},
                  {"connection_state", to_string(connection_.connection_state())}});
}

void Session::data_channel_state(const Command& command, Fields& fields) {
  const auto channel = channel_of(command, fields);
  if (!channel) return;
  Json json = channel_event("data_channel_state", *channel);
  json["state"] = to_string(channel->state());
  json["buffered_amount"] = channel->buffered_amount();
  reply(command, std::move(json));
}

void Session::description(const Command& command, Fields& fields) {
  fields.refuse_others();
  if (refused(command, fields)) return;
  const auto described = [&] {
    if (command.op == "local_description") return connection_.local_description();
    if (command.op == "current_local_description") return connection_.current_local_description();
    if (command.op == "pending_local_description") return connection_.pending_local_description();
    if (command.op == "remote_description") return connection_.remote_description();
    if (command.op == "current_remote_description") return connection_.current_remote_description();
    return connection_.pending_remote_description();
  }();
  Json value = nullptr;
  if (described) value = {{"type", to_string(described->type)}, {"sdp", described->sdp}};
  reply(command, {{"event", command.op}, {"description", value}});
}

void Session::close(const Command& command, Fields& fields) {
  fields.refuse_others();
  if (refused(command, fields)) return;
  if (closing_) return done(command);
  closing_ = true;
  give_up_ = std::chrono::steady_clock::now() + kGoodbyeLimit;
  echo_.drop();
  connection_.close();
  pending_.push_back(command);
}

}  // namespace specter::cli
