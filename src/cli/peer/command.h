// What a line of `specter peer`'s input asks for (docs/peer-protocol.md): read and checked, and
// nothing done yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/json.h"
#include "cli/line_reader.h"
#include "cli/peer/channels.h"
#include "cli/peer/track_command.h"

#include "specter/description.h"
#include "specter/options.h"
#include "specter/result.h"

namespace specter::cli {

namespace command {
struct CreateDataChannel {
  std::string label;
  DataChannelOptions options;
};
struct CreateOffer {
  OfferOptions options;
};
struct CreateAnswer {};
struct SetLocalDescription {
  std::optional<SessionDescription> description;  // nothing: what the signaling state requires
};
struct SetRemoteDescription {
  SessionDescription description;
};
struct AddIceCandidate {
  IceCandidate candidate;
};
struct RestartIce {};
struct SetIceServers {
  std::vector<IceServer> servers;
};
struct Send {
  ChannelNumber channel;
  std::variant<std::string, Buffer> message;  // text or binary
};
struct CloseDataChannel {
  ChannelNumber channel;
};
struct SetBufferedAmountLowThreshold {
  ChannelNumber channel;
  std::uint32_t bytes;
};
struct GetStats {};
struct GetReport {};
struct GetState {};
struct GetDataChannelState {
  ChannelNumber channel;
};
struct GetDescription {};  // which one, its name says
struct Close {};
}  // namespace command

using Action = std::variant<
    command::CreateDataChannel, command::CreateOffer, command::CreateAnswer,
    command::SetLocalDescription, command::SetRemoteDescription, command::AddIceCandidate,
    command::RestartIce, command::SetIceServers, command::Send, command::CloseDataChannel,
    command::SetBufferedAmountLowThreshold, command::GetStats, command::GetReport,
    command::GetState, command::GetDataChannelState, command::GetDescription, command::Close,
    command::AddTrack, command::AddTransceiver, command::RemoveTrack, command::ReplaceTrack,
    command::PlayFile, command::SetDirection, command::SetStreams, command::SetCodecPreferences,
    command::StopTransceiver, command::GetTransceivers, command::GetSendParameters,
    command::GetReceiveParameters, command::SetSendParameters, command::RequestKeyFrame,
    command::SetBitrateEstimate, command::Record, command::StopRecording, command::RtpForward,
    command::RtpSource, command::EchoMedia, command::GetFrames>;

// What an answer needs of it.
struct Command {
  std::string op{};      // as it was given; empty: none that is a text
  Json ref{};            // null: none was given
  std::size_t line = 0;  // of the input, from 1
};

struct ReadCommand {
  Command command;  // as far as it was understood
  Result<Action> action;
};

inline constexpr std::size_t kMaxLineBytes = 4 << 20;

// Nothing for a blank line. Errors: InvalidJson, NotFound for an unknown "op", InvalidArgument for
// a field that is missing, of another type, out of its range, or of no such command.
std::optional<ReadCommand> read_command(const LineReader::Line& line);

}  // namespace specter::cli
