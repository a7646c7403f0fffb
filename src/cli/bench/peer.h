// A peer connection that finds its own way to open channels, in a handler on its loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "specter/specter.h"

namespace specter::cli::bench {

// The label of a channel is its index, in decimal.
class Peer {
 public:
  Peer() = default;
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Makes its connection, which keeps it alive until it is closed.
  static void start(const std::shared_ptr<Peer>& peer, const Api& api);

  // From any thread, once it is started. One of the two sides offers, and has the channels.
  void offer(std::size_t channels, const DataChannelOptions& options);
  void send(const TrackLocal& track);                // and offers
  void take(const SessionDescription& description);  // of the other side
  void take(const IceCandidate& candidate);
  void close() { connection_.close(); }
  const PeerConnection& connection() const { return connection_; }

 protected:
  // All of these are called on the loop.
  virtual void tell(const SessionDescription& description) = 0;  // to the other side
  virtual void tell(const IceCandidate& candidate) = 0;
  virtual void on_failure(const std::string& what) = 0;
  virtual void on_open(const DataChannel& /*channel*/) {}
  virtual void on_message(const DataChannel& /*channel*/, Bytes /*message*/) {}
  virtual void on_low(const DataChannel& /*channel*/) {}
  virtual void on_connected() {}
  virtual void on_frame(const event::Frame& /*frame*/) {}
  virtual void on_key_frame_wanted() {}
  virtual void on_stats(const Stats& /*stats*/) {}
  virtual void on_closed() {}

 private:
  void handle(const Event& event);
  void check(const Result<>& done);

  PeerConnection connection_;
};

}  // namespace specter::cli::bench
