// One agent, and a peer that the test plays by hand. For tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include "ice/testing/test_agents.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {

using ::testing::ElementsAre;
using enum IceConnectionState;

inline const Endpoint kPeer = at("10.0.0.2:6000");
inline const Endpoint kStranger = at("10.6.6.6:666");

// What two agents' states have in common when nothing happened.
inline std::string snapshot(const Agent& agent) {
  std::string text{to_string(agent.connection_state())};
  text += agent.path() ? agent.path()->remote.to_string() : "-";
  text += agent.role() == Role::Controlling ? "C" : "D";
  for (const auto& pair : agent.pair_stats()) {
    text +=
        "|" + pair.local.to_string() + pair.remote.to_string() + std::string(to_string(pair.state));
    text += pair.nominated ? "N" : "-";
    text += std::to_string(pair.requests_received);
  }
  return text;
}

// One agent, and a peer that the test plays by hand.
struct OneAgent {
  explicit OneAgent(Role role, Agent::Config config = {}) : random(7) {
    config.role = role;
    agent.emplace(config, random);
    agent->start_gathering(now);
    agent->add_local_endpoint(now, base);
    agent->end_of_local_endpoints(now);
  }
  void learn_credentials() { agent->set_remote_credentials(now, peer); }
  void learn_candidate(const Endpoint& endpoint = kPeer) {
    Candidate candidate;
    candidate.foundation = "1";
    candidate.priority = candidate_priority(CandidateType::Host, 65'534, 1);
    candidate.host = endpoint.address.to_string();
    candidate.endpoint = endpoint;
    ASSERT_TRUE(agent->add_remote_candidate(now, candidate));
  }
  void receive(Bytes bytes, const Endpoint& from = kPeer) {
    agent->handle_datagram(now, {base, from}, bytes);
  }
  std::vector<Transmit> sent() {
    std::vector<Transmit> out;
    while (auto event = agent->poll_event()) events.push_back(std::move(*event));
    while (auto transmit = agent->poll_transmit(now)) out.push_back(std::move(*transmit));
    while (auto event = agent->poll_event()) events.push_back(std::move(*event));
    return out;
  }
  void pass(Duration time) {
    now += time;
    agent->handle_timeout(now);
  }

  struct Asked {
    bool use_candidate = false;
    std::optional<std::uint64_t> controlling = std::nullopt;
    std::optional<std::uint64_t> controlled = std::nullopt;
    std::optional<std::string> username = std::nullopt;
    std::optional<std::string> password = std::nullopt;
  };
  Buffer request(const Asked& asked) {
    stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                               stun::TransactionId::generate(peer_random));
    const Credentials& ours = agent->local_credentials();
    writer.add(stun::Username{asked.username.value_or(ours.ufrag + ":" + peer.ufrag)});
    writer.add(stun::Priority{0x6e00ffff});
    if (asked.controlling) writer.add(stun::IceControlling{*asked.controlling});
    if (asked.controlled) writer.add(stun::IceControlled{*asked.controlled});
    if (asked.use_candidate) writer.add(stun::UseCandidate{});
    writer.integrity(stun::short_term_key(asked.password.value_or(ours.pwd))).fingerprint();
    return writer.finish();
  }
  Buffer success(const Transmit& to, std::string_view password) {
    stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                               stun::Message::parse(to.bytes)->id);
    writer.add(stun::XorMappedAddress{to.path.local});
    writer.integrity(stun::short_term_key(password)).fingerprint();
    return writer.finish();
  }
  Buffer success(const Transmit& to) { return success(to, peer.pwd); }
  Buffer error(const Transmit& to, std::uint16_t code) {
    stun::MessageWriter writer(stun::Class::ErrorResponse, stun::Method::Binding,
                               stun::Message::parse(to.bytes)->id);
    writer.add(stun::ErrorCode{code, ""});
    writer.integrity(stun::short_term_key(peer.pwd)).fingerprint();
    return writer.finish();
  }

  Timestamp now = kStart;
  Endpoint base = at("10.0.0.1:5000");
  Credentials peer{"peer", "peerpasswordpeerpassword"};
  SeededRandom random;
  SeededRandom peer_random{8};
  std::optional<Agent> agent;
  std::vector<Agent::Event> events;
};

inline std::vector<stun::Message> requests_in(const std::vector<Transmit>& sent) {
  std::vector<stun::Message> found;
  for (const Transmit& transmit : sent) {
    auto message = stun::Message::parse(transmit.bytes);
    if (message && message->cls == stun::Class::Request) found.push_back(std::move(*message));
  }
  return found;
}

inline std::optional<std::uint16_t> error_in(const std::vector<Transmit>& sent) {
  for (const Transmit& transmit : sent) {
    const auto message = stun::Message::parse(transmit.bytes);
    if (!message || message->cls != stun::Class::ErrorResponse) continue;
    if (const auto error = message->get<stun::ErrorCode>()) return error->code;
  }
  return std::nullopt;
}

}  // namespace specter::ice
