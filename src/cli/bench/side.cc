#include "cli/bench/side.h"

#include <chrono>

#include <fmt/format.h>

namespace specter::cli::bench {

void TalkingPeer::tell(const SessionDescription& description) {
  conversation_.send(
      {{"op", "description"}, {"connection", index_}, {"description", description.to_json()}});
}

void TalkingPeer::tell(const IceCandidate& candidate) {
  conversation_.send(
      {{"op", "candidate"}, {"connection", index_}, {"candidate", candidate.to_json()}});
}

void TalkingPeer::on_failure(const std::string& what) {
  conversation_.post({{"op", "failed"}, {"message", what}});
}

Api default_api(const Specter& specter) {
  auto engine = MediaEngine::with_default_codecs();
  auto registry = Registry::with_default_interceptors(engine);
  return specter.new_api(std::move(engine), std::move(registry));
}

Side::Side(Conversation& conversation, const Configuration& configuration)
    : conversation_(conversation), specter_(configuration), api_(default_api(specter_)) {}

void Side::add(std::shared_ptr<TalkingPeer> peer) {
  Peer::start(peer, api_);
  peers_.push_back(std::move(peer));
}

Result<Json> Side::wait_for(std::string_view op, Duration timeout) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + timeout;
  while (true) {
    auto line = conversation_.receive(std::max(Duration{}, Duration(end - Clock::now())));
    if (!line || (*line)["op"] == op) return line;
    if (auto taken = take(*line); !taken) return fail(taken.error());
  }
}

Result<> Side::take(const Json& line) try {
  const auto op = line.at("op").get<std::string_view>();
  if (op == "failed") {
    return fail(ErrorCode::OperationFailed, line.at("message").get<std::string>());
  }
  if (op == "description") {
    const auto text = line.at("description").get<std::string_view>();
    const auto description = SessionDescription::from_json(text);
    if (!description) return fail(description.error());
    peers_.at(line.at("connection").get<std::size_t>())->take(*description);
  } else if (op == "candidate") {
    const auto candidate = IceCandidate::from_json(line.at("candidate").get<std::string_view>());
    if (!candidate) return fail(candidate.error());
    peers_.at(line.at("connection").get<std::size_t>())->take(*candidate);
  }
  return {};
} catch (const std::exception& error) {
  return fail(ErrorCode::InvalidJson,
              fmt::format("the other side of the bench is another version: {}", error.what()));
}

}  // namespace specter::cli::bench
