// Two connected peers whose datagrams are handed over by hand, for as many bytes as one likes: for
// what our own code costs, without a network, real or simulated.
#pragma once

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <variant>

#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::testing {

// As a driver would on a path of some 40 µs: takes all that one end has to send to the other.
class BulkTransfer {
 public:
  explicit BulkTransfer(const ConnectionOptions& base = {})
      : random_a_(1),
        random_b_(2),
        a_(configuration(base, 1), random_a_),
        b_(configuration(base, 2), random_b_) {
    a_.add_local_endpoint(now_, at_a_);
    b_.add_local_endpoint(now_, at_b_);
    a_.end_of_local_endpoints(now_);
    b_.end_of_local_endpoints(now_);
    channel_ = *a_.create_data_channel(now_, "bulk");
    const auto offer = *a_.create_offer();
    check(a_.set_local_description(now_, offer).has_value());
    check(b_.set_remote_description(now_, offer).has_value());
    const auto answer = *b_.create_answer();
    check(b_.set_local_description(now_, answer).has_value());
    check(a_.set_remote_description(now_, answer).has_value());
    for (int turns = 0; turns < 10'000 && !is_open(); ++turns) turn();
    check(is_open());
  }

  void turn() {
    now_ += 20us;
    if (const auto due = a_.next_timeout(); due && *due <= now_) a_.handle_timeout(now_);
    move(a_, b_);
    if (const auto due = b_.next_timeout(); due && *due <= now_) b_.handle_timeout(now_);
    move(b_, a_);
  }

  // Keeps a mebibyte waiting until `bytes` have arrived.
  void transfer(Bytes message, std::size_t bytes) {
    const std::size_t end = received_ + bytes;
    while (received_ < end) {
      while (a_.buffered_amount(channel_) < (1 << 20) &&
             a_.send(now_, channel_, MessageKind::Binary, message)) {
      }
      turn();
    }
  }

  std::uint64_t packets() const { return packets_; }

 private:
  static void check(bool ok) {
    if (!ok) throw std::runtime_error("the two peers do not connect");
  }
  static ConnectionOptions configuration(const ConnectionOptions& base, std::uint64_t seed) {
    ConnectionOptions out = base;
    out.certificate = test_certificate(seed);
    return out;
  }
  bool is_open() const {
    return a_.data_channel_state(channel_) == DataChannelState::Open && b_connected_;
  }

  void move(core::PeerConnection& from, core::PeerConnection& to) {
    drain(from, to);
    while (auto transmit = from.poll_transmit(now_, memory_)) {
      MutableBytes rest = transmit->bytes;
      const std::size_t step = transmit->segment_size ? transmit->segment_size : rest.size();
      while (!rest.empty()) {
        const MutableBytes datagram = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(datagram.size());
        ++packets_;
        const Datagram came{{transmit->path.remote, transmit->path.local}, datagram};
        to.handle_datagrams(now_, {&came, 1});
      }
      if (memory_.capacity() == 0) memory_ = std::move(transmit->bytes);
    }
    drain(to, from);
  }
  void drain(core::PeerConnection& connection, core::PeerConnection& other) {
    while (auto event = connection.poll_event()) {
      if (const auto* message = std::get_if<core::Message>(&*event)) {
        received_ += message->data.size();
      } else if (const auto* found = std::get_if<core::LocalCandidate>(&*event)) {
        (void)other.add_ice_candidate(now_, found->candidate);
      } else if (std::holds_alternative<core::IncomingDataChannel>(*event)) {
        b_connected_ = true;
      }
    }
  }

  Timestamp now_ = simulation::kStart;
  const Endpoint at_a_ = *Endpoint::parse("192.0.2.1:5001");
  const Endpoint at_b_ = *Endpoint::parse("192.0.2.2:5002");
  simulation::SeededRandom random_a_, random_b_;
  core::PeerConnection a_, b_;
  ChannelId channel_{};
  bool b_connected_ = false;
  std::size_t received_ = 0;
  std::uint64_t packets_ = 0;
  Buffer memory_;
};

}  // namespace specter::testing
