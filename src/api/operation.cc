#include "specter/event.h"

namespace specter {

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::CreateDataChannel: return "create_data_channel";
    case Operation::CreateOffer: return "create_offer";
    case Operation::CreateAnswer: return "create_answer";
    case Operation::SetLocalDescription: return "set_local_description";
    case Operation::SetRemoteDescription: return "set_remote_description";
    case Operation::AddIceCandidate: return "add_ice_candidate";
    case Operation::Send: return "send";
    case Operation::AddTrack: return "add_track";
    case Operation::AddTransceiver: return "add_transceiver";
    case Operation::RemoveTrack: return "remove_track";
    case Operation::ReplaceTrack: return "replace_track";
    case Operation::SetDirection: return "set_direction";
    case Operation::SetStreams: return "set_streams";
    case Operation::SetCodecPreferences: return "set_codec_preferences";
    case Operation::SetSendParameters: return "set_send_parameters";
    case Operation::StopTransceiver: return "stop";
    case Operation::SetDelivery: return "set_delivery";
    case Operation::RequestKeyFrame: return "request_key_frame";
    case Operation::WriteSample: return "write_sample";
    case Operation::WriteRtp: return "write_rtp";
    case Operation::Start: return "start";
  }
  return "";
}

}  // namespace specter
