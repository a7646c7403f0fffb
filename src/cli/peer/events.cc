#include <algorithm>

#include "base/base64.h"
#include "cli/peer/session.h"

namespace specter::cli {
namespace {

// In echo mode: early enough that the send buffer does not run dry between two turns.
constexpr std::size_t kEchoLowThresholdBytes = 1 << 20;

Json state_event(std::string_view name, std::string_view state) {
  return {{"event", name}, {"state", state}};
}

// RTCPriorityType, W3C WebRTC Priority Control §3.
std::string_view name_of(Priority priority) {
  switch (priority) {
    case Priority::VeryLow: return "very-low";
    case Priority::Low: return "low";
    case Priority::Medium: return "medium";
    case Priority::High: return "high";
  }
  return "";
}

Json description_event(std::string_view name, const SessionDescription& description) {
  return {{"event", name}, {"type", to_string(description.type)}, {"sdp", description.sdp}};
}

}  // namespace

void Session::handle_event(Event& event) {
  std::visit(
      [this]<class E>(E& e) {
        // Of ask() there is no command.
        if constexpr (std::is_same_v<E, event::Asked>)
          return;
        else if constexpr (requires { track_events_.on(e); })
          track_events_.on(e);
        else
          on(e);
      },
      event);
}

// ---- answers

void Session::on(const event::Ready&) {
  started_ = true;
  answers_.print({{"event", "ready"}, {"version", version()}});
}

Json Session::channel_event(std::string_view name, const DataChannel& channel) {
  const auto id = channel.id();
  return {{"event", name},
          {"channel", channels_.number_of(channel)},
          {"label", channel.label()},
          {"protocol", channel.protocol()},
          {"ordered", channel.ordered()},
          {"id", id ? Json(*id) : Json(nullptr)}};
}

// What it was made with: told once, when it is first spoken of.
Json Session::new_channel_event(std::string_view name, const DataChannel& channel) {
  Json json = channel_event(name, channel);
  const auto retransmits = channel.max_retransmits();
  const auto life = channel.max_packet_life_time();
  json["max_retransmits"] = retransmits ? Json(*retransmits) : Json(nullptr);
  json["max_packet_life_time"] = life ? Json(life->count()) : Json(nullptr);
  json["negotiated"] = channel.negotiated();
  json["priority"] = name_of(channel.priority());
  return json;
}

void Session::on(const event::DataChannelCreated& e) {
  answers_.answer("create_data_channel", new_channel_event("data_channel_created", e.channel));
}
void Session::on(const event::Offer& e) {
  answers_.answer("create_offer", description_event("offer", e.description));
}
void Session::on(const event::Answer& e) {
  answers_.answer("create_answer", description_event("answer", e.description));
}
void Session::on(const event::LocalDescriptionSet&) {
  answers_.answer("set_local_description", {{"event", "local_description_set"}});
}
void Session::on(const event::RemoteDescriptionSet&) {
  answers_.answer("set_remote_description", {{"event", "remote_description_set"}});
}
void Session::on(const event::IceCandidateAdded&) {
  answers_.answer("add_ice_candidate", {{"event", "ice_candidate_added"}});
}
void Session::on(const event::Stats& e) {
  answers_.answer("get_stats", {{"event", "stats"}, {"stats", to_json(e.stats)}});
}
void Session::on(const event::ConnectionReport& e) {
  Json json{{"event", "connection_report"}, {"report", Json::parse(e.report.to_json())}};
  if (e.is_answer)
    answers_.answer("get_report", std::move(json));
  else
    answers_.print(json);
}
void Session::on(const event::OperationFailed& e) {
  if (e.operation == Operation::Start) start_failed_ = true;
  const std::string op(to_string(e.operation));
  answers_.error(answers_.take_pending(op).value_or(Command{.op = op}), e.error);
}
void Session::on(const event::Closed&) {
  const Command close = answers_.take_pending("close").value_or(Command{});
  answers_.end({ErrorCode::Closed, "the connection was closed before this was done", {}});
  answers_.reply(close, {{"event", "closed"}});
  closed_ = true;
}

// ---- unasked

void Session::on(const event::LocalCandidate& e) {
  const IceCandidate& c = e.candidate;
  answers_.print(
      {{"event", "ice_candidate"},
       {"candidate", c.candidate},
       {"sdpMid", c.sdp_mid ? Json(*c.sdp_mid) : Json(nullptr)},
       {"sdpMLineIndex", c.sdp_mline_index ? Json(*c.sdp_mline_index) : Json(nullptr)},
       {"usernameFragment", c.username_fragment ? Json(*c.username_fragment) : Json(nullptr)}});
}
void Session::on(const event::IceCandidateError& e) {
  answers_.print({{"event", "ice_candidate_error"},
                  {"address", e.address.empty() ? Json(nullptr) : Json(e.address)},
                  {"port", e.port ? Json(*e.port) : Json(nullptr)},
                  {"url", e.url},
                  {"errorCode", e.error_code},
                  {"errorText", e.error_text}});
}
void Session::on(const event::NegotiationNeeded&) {
  answers_.print({{"event", "negotiation_needed"}});
}
void Session::on(const event::SignalingStateChange& e) {
  answers_.print(state_event("signaling_state", to_string(e.state)));
}
void Session::on(const event::IceGatheringStateChange& e) {
  answers_.print(state_event("ice_gathering_state", to_string(e.state)));
}
void Session::on(const event::IceConnectionStateChange& e) {
  answers_.print(state_event("ice_connection_state", to_string(e.state)));
}
void Session::on(const event::ConnectionStateChange& e) {
  Json json = state_event("connection_state", to_string(e.state));
  if (!e.reason.empty()) json["reason"] = e.reason;
  if (e.code) json["code"] = to_string(*e.code);
  answers_.print(json);
}

void Session::on(const event::IncomingDataChannel& e) {
  answers_.print(new_channel_event("data_channel", e.channel));
}
void Session::on(const event::DataChannelOpen& e) {
  if (options_.echo) e.channel.set_buffered_amount_low_threshold(kEchoLowThresholdBytes);
  answers_.print(channel_event("data_channel_open", e.channel));
}
void Session::on(event::Message& e) {
  const bool is_text = e.kind == MessageKind::Text;
  Json json{{"event", "message"},
            {"channel", channels_.number_of(e.channel)},
            {"kind", is_text ? "text" : "binary"}};
  if (options_.echo) {
    json["bytes"] = e.data.size();
    answers_.print(json);
    echo_.take(std::move(e));
    return;
  }
  if (is_text) {
    try {
      json["text"] = e.text();
      return output_.line(json.dump());
    } catch (const Json::type_error&) {
      json.erase("text");  // The peer called it text, but it is no UTF-8: nothing of it is lost.
    }
  }
  json["base64"] = to_base64(e.data);
  answers_.print(json);
}
void Session::on(const event::BufferedAmountLow& e) {
  answers_.print({{"event", "buffered_amount_low"}, {"channel", channels_.number_of(e.channel)}});
}
void Session::on(const event::DataChannelClosing& e) {
  answers_.print(channel_event("data_channel_closing", e.channel));
}
void Session::on(const event::DataChannelError& e) {
  Json json = channel_event("data_channel_error", e.channel);
  json["name"] = to_string(e.error.code);
  json["message"] = e.error.message;
  answers_.print(json);
}
void Session::on(const event::DataChannelRefused& e) {
  answers_.print({{"event", "data_channel_refused"},
                  {"id", e.stream},
                  {"name", to_string(e.error.code)},
                  {"message", e.error.message}});
}
void Session::on(const event::DataChannelClosed& e) {
  Json json = channel_event("data_channel_closed", e.channel);
  channels_.forget(json["channel"]);
  answers_.print(json);
}

}  // namespace specter::cli
