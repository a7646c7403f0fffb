// Teaches how to send more than the network takes. send() queues and returns at once, but only up
// to a bound (DataOptions::send_buffer_bytes): past it the answer is WouldBlock and nothing is
// queued. event::BufferedAmountLow tells when to go on: when what waits has fallen to a threshold
// of yours. A threshold above zero keeps the network busy while you wake up.
//
// On the other side, a receiver that does not empty its mailbox slows its sender down. So neither
// end ever holds more than its bounds, however much is sent: here 16 MiB through a buffer of 1 MiB.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include <specter/specter.h>

using namespace std::chrono_literals;
namespace event = specter::event;

namespace {

constexpr std::size_t kMessageBytes = 64 * 1024;
constexpr std::size_t kMessages = 256;
constexpr std::size_t kBufferBytes = 1 << 20;
constexpr std::size_t kLowBytes = kBufferBytes / 4;

specter::PeerConnection new_connection(const specter::Specter& specter,
                                       const specter::Mailbox& inbox) {
  auto engine = specter::MediaEngine::with_default_codecs();
  auto registry = specter::Registry::with_default_interceptors(engine);
  return specter.new_api(std::move(engine), std::move(registry)).new_peer_connection(inbox);
}

// As in hello, but each side has its own mailbox, for its own thread. Candidates come with the
// descriptions here: each side waits until it has found its own before it tells what it has.
void connect(specter::PeerConnection from, specter::Mailbox& from_inbox, specter::PeerConnection to,
             specter::Mailbox& to_inbox) {
  const auto gathered = [](const event::IceGatheringStateChange& e) {
    return e.state == specter::IceGatheringState::Complete;
  };
  from.create_offer().value();
  auto offer = from_inbox.receive<event::Offer>(from, 1s).value();
  from.set_local_description(offer.description).value();
  from_inbox.receive_if<event::IceGatheringStateChange>(gathered, 10s).value();
  to.set_remote_description(from.local_description().value()).value();
  to.create_answer().value();
  auto answer = to_inbox.receive<event::Answer>(to, 1s).value();
  to.set_local_description(answer.description).value();
  to_inbox.receive_if<event::IceGatheringStateChange>(gathered, 10s).value();
  from.set_remote_description(to.local_description().value()).value();
}

// Sends it all; how often the buffer was full.
int send_all(const specter::DataChannel& channel, specter::Mailbox& inbox) {
  channel.set_buffered_amount_low_threshold(kLowBytes);
  specter::Buffer message(kMessageBytes);
  int waits = 0;
  for (std::size_t i = 0; i < kMessages; ++i) {
    message[0] = static_cast<std::uint8_t>(i);
    for (;;) {
      const auto sent = channel.send(specter::Bytes(message));
      if (sent) break;
      if (sent.error().code != specter::ErrorCode::WouldBlock) sent.value();  // throws
      ++waits;
      inbox.receive<event::BufferedAmountLow>(10s).value();
    }
  }
  return waits;
}

std::size_t receive_all(specter::Mailbox& inbox) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kMessages; ++i) {
    const auto message = inbox.receive<event::Message>(10s).value();
    if (message.data.size() != kMessageBytes || message.data[0] != static_cast<std::uint8_t>(i)) {
      break;
    }
    bytes += message.data.size();
  }
  return bytes;
}

}  // namespace

int main() try {
  specter::Specter specter({.defaults = {.data = {.send_buffer_bytes = kBufferBytes}}});
  specter::Mailbox sender_inbox, receiver_inbox;
  auto sender = new_connection(specter, sender_inbox);
  auto receiver = new_connection(specter, receiver_inbox);
  auto channel = sender.create_data_channel("bulk").value();
  connect(sender, sender_inbox, receiver, receiver_inbox);
  sender_inbox.receive<event::DataChannelOpen>(sender, 10s).value();

  std::size_t received = 0;
  std::string failure;
  std::thread reader([&] {
    try {
      received = receive_all(receiver_inbox);
    } catch (const specter::BadResultAccess& e) {
      failure = e.error().message;
    }
  });
  const auto begun = std::chrono::steady_clock::now();
  const int waits = send_all(channel, sender_inbox);
  reader.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;

  std::cout << received / (1 << 20) << " MiB received in " << took.count()
            << " s; the send buffer of 1 MiB was full " << waits << " times " << failure << '\n';
  const bool all = received == kMessages * kMessageBytes;
  return all && waits > 0 ? 0 : 1;
} catch (const specter::BadResultAccess& failure) {
  std::cerr << to_string(failure.error().code) << ": " << failure.error().message << '\n';
  std::_Exit(1);  // the reader may still wait
}
