// Teaches messages that are larger than memory: one of 256 MB goes from pc_1 to pc_2 in parts, and
// neither side ever has more of it than a few megabytes.
//
// The sender says with each part whether more follow. The receiver asks for parts once, before the
// other side sends; each event::Message then says whether the message begins or ends with it.
#include <chrono>
#include <iostream>
#include <vector>

#include <specter/specter.h>
#include <sys/resource.h>

using namespace std::chrono_literals;
namespace event = specter::event;

namespace {

constexpr std::size_t kMessageBytes = 256'000'000;
constexpr std::size_t kPartBytes = 64'000;

// The most memory that this process has had, in MB.
long peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace

int main() try {
  specter::ConnectionOptions options;
  options.data.send_buffer_bytes = options.data.receive_buffer_bytes = 2 << 20;
  options.data.max_message_bytes = 0;  // the descriptions say: no limit
  specter::Specter specter({.defaults = options});
  specter::Mailbox inbox;

  auto new_connection = [&] {
    auto engine = specter::MediaEngine::with_default_codecs();
    auto registry = specter::Registry::with_default_interceptors(engine);
    auto api = specter.new_api(std::move(engine), std::move(registry));
    return api.new_peer_connection(inbox);
  };
  auto pc_1 = new_connection();
  auto pc_2 = new_connection();
  auto channel = pc_1.create_data_channel("file").value();
  pc_1.create_offer().value();
  auto offer = inbox.receive<event::Offer>(pc_1, 1s).value().description;
  pc_1.set_local_description(offer).value();
  pc_2.set_remote_description(offer).value();
  pc_2.create_answer().value();
  auto answer = inbox.receive<event::Answer>(pc_2, 1s).value().description;
  pc_2.set_local_description(answer).value();
  pc_1.set_remote_description(answer).value();
  for (bool is_open = false, is_known = false; !is_open || !is_known;) {
    auto next = inbox.next(10s).value();
    if (auto* found = std::get_if<event::LocalCandidate>(&next)) {
      (found->connection == pc_1 ? pc_2 : pc_1).add_ice_candidate(found->candidate).value();
    } else if (auto* incoming = std::get_if<event::IncomingDataChannel>(&next)) {
      incoming->channel.receive_in_parts();
      is_known = true;
    } else if (auto* open = std::get_if<event::DataChannelOpen>(&next)) {
      is_open = is_open || open->channel == channel;
    }
  }

  const long before = peak_megabytes();
  const std::vector<std::uint8_t> part(kPartBytes, 42);
  std::size_t sent = 0, received = 0;
  for (bool has_ended = false; !has_ended;) {
    // As much as there is room for; BufferedAmountLow, or a part that arrived, wakes us up again.
    while (sent < kMessageBytes) {
      const bool is_last = sent + part.size() == kMessageBytes;
      const auto taken =
          channel.send(part, is_last ? specter::MessagePart::Last : specter::MessagePart::More);
      if (!taken) break;
      sent += part.size();
    }
    auto next = inbox.next(10s).value();
    if (auto* message = std::get_if<event::Message>(&next)) {
      received += message->data.size();  // here a program would write it to its file
      has_ended = message->ends;
    }
  }
  std::cout << "one message of " << received / 1'000'000 << " MB, and " << peak_megabytes() - before
            << " MB more memory than before it\n";
  return received == kMessageBytes ? 0 : 1;
} catch (const specter::BadResultAccess& failure) {
  std::cerr << to_string(failure.error().code) << ": " << failure.error().message << '\n';
  return 1;
}
