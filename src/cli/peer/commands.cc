#include <fmt/format.h>

#include "cli/peer/session.h"

namespace specter::cli {

void Session::handle_line(const LineReader::Line& line) {
  const auto read = read_command(line);
  if (!read) return;
  if (!read->action) return error(read->command, read->action.error());
  std::visit([&](const auto& action) { perform(read->command, action); }, *read->action);
}

template <class T>
void Session::called(const Command& command, const Result<T>& result) {
  if (result) {
    pending_.push_back(command);
  } else {
    error(command, result.error());
  }
}

void Session::perform(const Command& command, const command::CreateDataChannel& create) {
  called(command, connection_.create_data_channel(create.label, create.options));
}

void Session::perform(const Command& command, const command::CreateOffer& create) {
  called(command, connection_.create_offer(create.options));
}

void Session::perform(const Command& command, const command::CreateAnswer&) {
  called(command, connection_.create_answer());
}

void Session::perform(const Command& command, const command::SetLocalDescription& set) {
  called(command, connection_.set_local_description(set.description));
}

void Session::perform(const Command& command, const command::SetRemoteDescription& set) {
  called(command, connection_.set_remote_description(set.description));
}

void Session::perform(const Command& command, const command::AddIceCandidate& add) {
  called(command, connection_.add_ice_candidate(add.candidate));
}

std::optional<DataChannel> Session::find(const Command& command, ChannelNumber number) {
  auto channel = channels_.find(number);
  if (!channel) {
    error(command,
          {ErrorCode::NotFound,
           fmt::format("there is no channel {}: it was never announced, or is closed", number),
           {}});
  }
  return channel;
}

void Session::perform(const Command& command, const command::Send& send) {
  const auto channel = find(command, send.channel);
  if (!channel) return;
  const auto* text = std::get_if<std::string>(&send.message);
  const auto sent = text ? channel->send(std::string_view(*text))
                         : channel->send(Bytes(std::get<Buffer>(send.message)));
  if (sent) {
    done(command);
  } else {
    error(command, sent.error());
  }
}

void Session::perform(const Command& command, const command::CloseDataChannel& close) {
  const auto channel = find(command, close.channel);
  if (!channel) return;
  channel->close();
  done(command);
}

void Session::perform(const Command& command, const command::SetBufferedAmountLowThreshold& set) {
  const auto channel = find(command, set.channel);
  if (!channel) return;
  channel->set_buffered_amount_low_threshold(set.bytes);
  done(command);
}

void Session::perform(const Command& command, const command::GetStats&) {
  called(command, connection_.get_stats());
}

void Session::perform(const Command& command, const command::GetState&) {
  reply(command, {{"event", "state"},
                  {"signaling_state", to_string(connection_.signaling_state())},
                  {"ice_gathering_state", to_string(connection_.ice_gathering_state())},
                  {"ice_connection_state", to_string(connection_.ice_connection_state())},
                  {"connection_state", to_string(connection_.connection_state())}});
}

void Session::perform(const Command& command, const command::GetDataChannelState& get) {
  const auto channel = find(command, get.channel);
  if (!channel) return;
  Json json = new_channel_event("data_channel_state", *channel);
  json["state"] = to_string(channel->state());
  json["buffered_amount"] = channel->buffered_amount();
  reply(command, std::move(json));
}

void Session::perform(const Command& command, const command::GetDescription&) {
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

void Session::perform(const Command& command, const command::Close&) {
  if (closing_) return done(command);
  begin_closing();
  pending_.push_back(command);
}

}  // namespace specter::cli
