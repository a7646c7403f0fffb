// Reports as JSON text. Times are in milliseconds since connecting began.
#include "specter/report.h"

#include <chrono>

#include <nlohmann/json.hpp>

namespace specter {

namespace {

// A JSON type whose objects keep the order of their keys.
using Json = nlohmann::ordered_json;

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

class Writer {
 public:
  explicit Writer(const ConnectionReport& report)
      : report_(report), began_(report.began.value_or(report.timestamp)) {}

  Json write() const {
    return {{"after", milliseconds(report_.timestamp - began_)},
            {"state", to_string(report_.state)},
            {"code", report_.code ? Json(to_string(*report_.code)) : Json(nullptr)},
            {"reason", report_.reason},
            {"gathering", gathering()},
            {"checks", checks()},
            {"nomination", nomination()},
            {"dtls", dtls()},
            {"sctp", sctp()},
            {"pairs", list(report_.pairs)},
            {"pairs_left_out", report_.pairs_left_out}};
  }

 private:
  Json time(const std::optional<Timestamp>& at) const {
    return at ? Json(milliseconds(*at - began_)) : Json(nullptr);
  }
  Json phase(const PhaseTimes& times) const {
    return {{"began", time(times.began)}, {"ended", time(times.ended)}};
  }
  template <class T>
  Json list(const std::vector<T>& all) const {
    Json out = Json::array();
    for (const T& one : all) out.push_back(entry(one));
    return out;
  }

  Json entry(const ServerReport& server) const {
    Json out = phase(server.times);
    out["url"] = server.url;
    out["protocol"] = to_string(server.protocol);
    out["outcome"] = to_string(server.outcome);
    out["candidates"] = server.candidates;
    if (server.error_code != 0) {
      out["error_code"] = server.error_code;
      out["error_text"] = server.error_text;
    }
    return out;
  }
  static Json entry(const CandidateStats& candidate) {
    Json out{{"type", to_string(candidate.type)},
             {"address", candidate.address},
             {"port", candidate.port},
             {"protocol", to_string(candidate.protocol)}};
    if (!candidate.url.empty()) out["url"] = candidate.url;
    if (candidate.relay_protocol) out["relay_protocol"] = to_string(*candidate.relay_protocol);
    return out;
  }
  Json entry(const PairReport& pair) const {
    return {{"local", entry(pair.local)},
            {"remote", entry(pair.remote)},
            {"outcome", to_string(pair.outcome)},
            {"nominated", pair.nominated},
            {"requests_sent", pair.requests_sent},
            {"requests_received", pair.requests_received},
            {"responses_received", pair.responses_received},
            {"first_request", time(pair.first_request)},
            {"last_request", time(pair.last_request)},
            {"round_trip_time",
             pair.round_trip_time ? Json(milliseconds(*pair.round_trip_time)) : Json(nullptr)}};
  }

  Json gathering() const {
    const GatheringReport& of = report_.gathering;
    Json out = phase(of.times);
    out["state"] = to_string(of.state);
    out["host"] = of.host;
    out["srflx"] = of.server_reflexive;
    out["relay"] = of.relayed;
    out["servers"] = list(of.servers);
    return out;
  }
  Json checks() const {
    const ChecksReport& of = report_.checks;
    Json out = phase(of.times);
    out["state"] = to_string(of.state);
    out["remote_candidates"] = of.remote_candidates;
    out["requests_sent"] = of.requests_sent;
    out["requests_received"] = of.requests_received;
    out["responses_received"] = of.responses_received;
    out["wrong_credentials"] = of.wrong_credentials;
    return out;
  }
  Json nomination() const {
    Json out = phase(report_.nomination.times);
    out["role"] = to_string(report_.nomination.role);
    return out;
  }
  Json dtls() const {
    const DtlsReport& of = report_.dtls;
    Json out = phase(of.times);
    out["state"] = to_string(of.state);
    out["role"] = to_string(of.role);
    out["version"] = of.version;
    out["dropped"] = of.dropped;
    return out;
  }
  Json sctp() const {
    const SctpReport& of = report_.sctp;
    Json out = phase(of.times);
    out["packets_sent"] = of.packets_sent;
    out["packets_received"] = of.packets_received;
    return out;
  }

  const ConnectionReport& report_;
  const Timestamp began_;
};

}  // namespace

// Bytes that are no UTF-8 become U+FFFD: a peer may have put them into a candidate.
std::string ConnectionReport::to_json() const {
  return Writer(*this).write().dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view to_string(ServerOutcome outcome) {
  switch (outcome) {
    case ServerOutcome::Asking: return "asking";
    case ServerOutcome::Answered: return "answered";
    case ServerOutcome::Failed: return "failed";
  }
  return "";
}

std::string_view to_string(PairOutcome outcome) {
  switch (outcome) {
    case PairOutcome::Untried: return "untried";
    case PairOutcome::Trying: return "trying";
    case PairOutcome::Unanswered: return "unanswered";
    case PairOutcome::Answered: return "answered";
    case PairOutcome::Selected: return "selected";
    case PairOutcome::Lost: return "lost";
  }
  return "";
}

}  // namespace specter
