// Teaches an interceptor: code of your own between RTP and the network. This one counts packets and
// bytes both ways, and drops every tenth packet that comes in; retransmission (RFC 4588) brings
// them back, so the other side's frames are whole all the same.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include <specter/specter.h>

using namespace std::chrono_literals;
namespace event = specter::event;

namespace {

// Shared by all connections, which may be on several loops.
struct Counts {
  std::atomic<std::uint64_t> sent = 0, sent_again = 0, received = 0, dropped = 0;
};

// One a connection. All calls come from its loop: nothing here needs a lock, and nothing may wait.
class Counter : public specter::Interceptor {
 public:
  explicit Counter(Counts& counts) : counts_(counts) {}

  void handle_sent(specter::Timestamp, const specter::OutgoingPacket& packet) override {
    ++(packet.is_retransmission ? counts_.sent_again : counts_.sent);
  }

  void handle_received(specter::Timestamp, std::span<specter::IncomingPacket> packets) override {
    for (specter::IncomingPacket& packet : packets) {
      ++counts_.received;
      packet.dropped = ++number_ % 10 == 0;
      if (packet.dropped) ++counts_.dropped;
    }
  }

 private:
  Counts& counts_;
  std::uint64_t number_ = 0;
};

// Offer and answer, each with all addresses in it.
specter::SessionDescription gathered(specter::Mailbox& inbox, const specter::PeerConnection& of) {
  of.set_local_description().value();
  auto is_complete = [&](const event::IceGatheringStateChange& e) {
    return e.connection == of && e.state == specter::IceGatheringState::Complete;
  };
  inbox.receive_if<event::IceGatheringStateChange>(is_complete, 10s).value();
  return of.local_description().value();
}

}  // namespace

int main() try {
  Counts counts;  // outlives the connections
  specter::Specter specter;
  specter::Mailbox inbox;
  auto engine = specter::MediaEngine::with_default_codecs();
  auto registry = specter::Registry::with_default_interceptors(engine);
  registry.add([&counts] { return std::make_unique<Counter>(counts); });
  auto api = specter.new_api(std::move(engine), std::move(registry));
  auto sender = api.new_peer_connection(inbox), receiver = api.new_peer_connection(inbox);

  const specter::RtpCodec vp8{
      .kind = specter::MediaKind::Video, .mime_type = "video/VP8", .clock_rate = 90'000};
  const specter::TrackLocalStaticSample track(vp8, "made-up", {"stream"});
  sender.add_track(track).value();
  receiver.set_remote_description(gathered(inbox, sender)).value();
  sender.set_remote_description(gathered(inbox, receiver)).value();
  for (int connected = 0; connected < 2;) {
    auto changed = inbox.receive<event::ConnectionStateChange>(10s).value();
    if (changed.state == specter::ConnectionState::Connected) ++connected;
  }

  // Key frames of VP8 (RFC 6386 §9.1) that no decoder would like: a header, and a number for
  // content.
  std::size_t whole = 0;
  for (std::uint8_t i = 0; i < 50; ++i) {
    specter::Buffer frame(5000, i);
    const specter::Buffer header{0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 64, 0, 64, 0};
    std::copy(header.begin(), header.end(), frame.begin());
    track.write_sample(frame, 20ms).value();
    std::this_thread::sleep_for(20ms);
    while (auto arrived = inbox.receive<event::Frame>(receiver, 0s))
      whole += arrived->frame.bytes.size() == frame.size();
  }
  while (auto arrived = inbox.receive<event::Frame>(receiver, 500ms))
    whole += arrived->frame.bytes.size() == 5000;

  std::cout << "sent " << counts.sent << " packets, and " << counts.sent_again << " again; of "
            << counts.received << " that came, " << counts.dropped << " were dropped; " << whole
            << " frames of 50 are whole\n";
  return counts.dropped > 0 && counts.sent_again > 0 && whole > 25 ? 0 : 1;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
