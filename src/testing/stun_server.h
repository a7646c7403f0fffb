// A STUN server on the simulated network: tells who asks where the question came from.
#pragma once

#include <deque>

#include "stun/attributes.h"
#include "stun/message.h"
#include "testing/network.h"

namespace specter::testing {

class StunServer final : public Host {
 public:
  void handle_datagram(Timestamp, const Datagram& datagram) override {
    const auto request = stun::Message::parse(datagram.bytes);
    if (!request || request->cls != stun::Class::Request) return;
    ++requests;
    stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding, request->id);
    writer.add(stun::XorMappedAddress{datagram.path.remote}).fingerprint();
    Buffer bytes = writer.finish();
    const std::size_t size = bytes.size();
    responses_.push_back({datagram.path, std::move(bytes), size});
  }
  void handle_timeout(Timestamp) override {}
  std::optional<Transmit> poll_transmit(Timestamp) override {
    if (responses_.empty()) return std::nullopt;
    Transmit response = std::move(responses_.front());
    responses_.pop_front();
    return response;
  }
  bool drain_events(Timestamp) override { return false; }
  Deadline next_timeout() const override { return std::nullopt; }

  int requests = 0;

 private:
  std::deque<Transmit> responses_;
};

}  // namespace specter::testing
