#include <fmt/format.h>

#include "cli/peer/session.h"

namespace specter::cli {

namespace {

// ---- calls that an event answers

Result<DataChannel> call(const PeerConnection& on, const command::CreateDataChannel& create) {
  return on.create_data_channel(create.label, create.options);
}
Result<> call(const PeerConnection& on, const command::CreateOffer& create) {
  return on.create_offer(create.options);
}
Result<> call(const PeerConnection& on, const command::CreateAnswer&) { return on.create_answer(); }
Result<> call(const PeerConnection& on, const command::SetLocalDescription& set) {
  return set.description ? on.set_local_description(*set.description) : on.set_local_description();
}
Result<> call(const PeerConnection& on, const command::SetRemoteDescription& set) {
  return on.set_remote_description(set.description);
}
Result<> call(const PeerConnection& on, const command::AddIceCandidate& add) {
  return on.add_ice_candidate(add.candidate);
}
Result<> call(const PeerConnection& on, const command::GetStats&) { return on.get_stats(); }
Result<> call(const PeerConnection& on, const command::GetReport&) { return on.get_report(); }

// ---- calls that are made and done

Result<> tell(const PeerConnection& to, const command::RestartIce&) { return to.restart_ice(); }
Result<> tell(const PeerConnection& to, const command::SetIceServers& set) {
  return to.set_ice_servers(set.servers);
}

}  // namespace

void Session::handle_line(const LineReader::Line& line) {
  const auto read = read_command(line);
  if (!read) return;
  if (!read->action) return answers_.error(read->command, read->action.error());
  const Command& command = read->command;
  std::visit(
      [&](const auto& action) {
        if constexpr (requires { call(connection_, action); }) {
          answers_.called(command, call(connection_, action));
        } else if constexpr (requires { tell(connection_, action); }) {
          answers_.told(command, tell(connection_, action));
        } else if constexpr (requires { track_commands_.perform(command, action); }) {
          track_commands_.perform(command, action);
        } else {
          perform(command, action);
        }
      },
      *read->action);
}

std::optional<DataChannel> Session::find(const Command& command, ChannelNumber number) {
  auto channel = channels_.find(number);
  if (!channel) {
    answers_.error(
        command, ErrorCode::NotFound,
        fmt::format("there is no channel {}: it was never announced, or is closed", number));
  }
  return channel;
}

void Session::perform(const Command& command, const command::Send& send) {
  const auto channel = find(command, send.channel);
  if (!channel) return;
  const auto* text = std::get_if<std::string>(&send.message);
  const auto sent = text ? channel->send(std::string_view(*text))
                         : channel->send(Bytes(std::get<Buffer>(send.message)));
  answers_.told(command, sent);
}

void Session::perform(const Command& command, const command::CloseDataChannel& close) {
  const auto channel = find(command, close.channel);
  if (!channel) return;
  channel->close();
  answers_.done(command);
}

void Session::perform(const Command& command, const command::SetBufferedAmountLowThreshold& set) {
  const auto channel = find(command, set.channel);
  if (!channel) return;
  channel->set_buffered_amount_low_threshold(set.bytes);
  answers_.done(command);
}

void Session::perform(const Command& command, const command::GetState&) {
  answers_.reply(command, {{"event", "state"},
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
  answers_.reply(command, std::move(json));
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
  answers_.reply(command, {{"event", command.op}, {"description", value}});
}

void Session::perform(const Command& command, const command::Close&) {
  if (closing_) return answers_.done(command);
  begin_closing();
  answers_.wait_for_event(command);
}

}  // namespace specter::cli
