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
    case Operation::Start: return "start";
  }
  return "";
}

}  // namespace specter
