#include "specter/states.h"

#include "specter/description.h"

namespace specter {

std::string_view to_string(SignalingState state) {
  switch (state) {
    case SignalingState::Stable: return "stable";
    case SignalingState::HaveLocalOffer: return "have-local-offer";
    case SignalingState::HaveRemoteOffer: return "have-remote-offer";
    case SignalingState::HaveLocalPrAnswer: return "have-local-pranswer";
    case SignalingState::HaveRemotePrAnswer: return "have-remote-pranswer";
    case SignalingState::Closed: return "closed";
  }
  return "";
}

std::string_view to_string(IceGatheringState state) {
  switch (state) {
    case IceGatheringState::New: return "new";
    case IceGatheringState::Gathering: return "gathering";
    case IceGatheringState::Complete: return "complete";
  }
  return "";
}

std::string_view to_string(ConnectionState state) {
  switch (state) {
    case ConnectionState::New: return "new";
    case ConnectionState::Connecting: return "connecting";
    case ConnectionState::Connected: return "connected";
    case ConnectionState::Disconnected: return "disconnected";
    case ConnectionState::Failed: return "failed";
    case ConnectionState::Closed: return "closed";
  }
  return "";
}

std::string_view to_string(IceConnectionState state) {
  switch (state) {
    case IceConnectionState::New: return "new";
    case IceConnectionState::Checking: return "checking";
    case IceConnectionState::Connected: return "connected";
    case IceConnectionState::Completed: return "completed";
    case IceConnectionState::Disconnected: return "disconnected";
    case IceConnectionState::Failed: return "failed";
    case IceConnectionState::Closed: return "closed";
  }
  return "";
}

std::string_view to_string(DtlsTransportState state) {
  switch (state) {
    case DtlsTransportState::New: return "new";
    case DtlsTransportState::Connecting: return "connecting";
    case DtlsTransportState::Connected: return "connected";
    case DtlsTransportState::Closed: return "closed";
    case DtlsTransportState::Failed: return "failed";
  }
  return "";
}

std::string_view to_string(DtlsRole role) {
  switch (role) {
    case DtlsRole::Unknown: return "unknown";
    case DtlsRole::Client: return "client";
    case DtlsRole::Server: return "server";
  }
  return "";
}

std::string_view to_string(IceRole role) {
  switch (role) {
    case IceRole::Unknown: return "unknown";
    case IceRole::Controlling: return "controlling";
    case IceRole::Controlled: return "controlled";
  }
  return "";
}

std::string_view to_string(IceCandidateType type) {
  switch (type) {
    case IceCandidateType::Host: return "host";
    case IceCandidateType::ServerReflexive: return "srflx";
    case IceCandidateType::PeerReflexive: return "prflx";
    case IceCandidateType::Relayed: return "relay";
  }
  return "";
}

std::string_view to_string(CandidatePairState state) {
  switch (state) {
    case CandidatePairState::Frozen: return "frozen";
    case CandidatePairState::Waiting: return "waiting";
    case CandidatePairState::InProgress: return "in-progress";
    case CandidatePairState::Succeeded: return "succeeded";
    case CandidatePairState::Failed: return "failed";
  }
  return "";
}

std::string_view to_string(IceServerTransportProtocol protocol) {
  switch (protocol) {
    case IceServerTransportProtocol::Udp: return "udp";
    case IceServerTransportProtocol::Tcp: return "tcp";
    case IceServerTransportProtocol::Tls: return "tls";
  }
  return "";
}

std::string_view to_string(DataChannelState state) {
  switch (state) {
    case DataChannelState::Connecting: return "connecting";
    case DataChannelState::Open: return "open";
    case DataChannelState::Closing: return "closing";
    case DataChannelState::Closed: return "closed";
  }
  return "";
}

std::string_view to_string(SdpType type) {
  switch (type) {
    case SdpType::Offer: return "offer";
    case SdpType::PrAnswer: return "pranswer";
    case SdpType::Answer: return "answer";
    case SdpType::Rollback: return "rollback";
  }
  return "";
}

}  // namespace specter
