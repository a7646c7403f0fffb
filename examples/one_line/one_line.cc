#include "one_line.h"

#include <array>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <vector>

#include <zlib.h>

namespace one_line {
namespace {

using namespace std::chrono_literals;
namespace event = specter::event;

constexpr std::string_view kPrefix = "specter:";
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kMaxBytes = 64 * 1024;  // of a description that somebody pastes

std::string to_base64(const std::vector<unsigned char>& bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned long bits = 0;
    for (std::size_t i = at; i < at + 3; ++i) bits = bits << 8 | (i < bytes.size() ? bytes[i] : 0);
    for (int shift = 18; shift >= 0; shift -= 6) text += kLetters[bits >> shift & 63];
  }
  text.resize(text.size() - (3 - bytes.size() % 3) % 3);  // no padding
  return text;
}

std::vector<unsigned char> from_base64(std::string_view text) {
  std::vector<unsigned char> bytes;
  unsigned long bits = 0;
  int count = 0;
  for (const char letter : text) {
    const std::size_t value = kLetters.find(letter);
    if (value == std::string_view::npos) return {};
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<unsigned char>(bits >> count & 255));
  }
  return bytes;
}

// Candidates come in the description itself: it waits until all are found.
void print_our_line(const specter::PeerConnection& connection, specter::Mailbox& inbox) {
  std::cout << "Looking for addresses that the other side may reach us at ...\n";
  while (connection.ice_gathering_state() != specter::IceGatheringState::Complete)
    inbox.receive<event::IceGatheringStateChange>(connection, 10s).value();
  std::cout << "\nSend this line to the other side, all of it:\n\n"
            << to_line(connection.local_description().value()) << "\n\n"
            << std::flush;
}

specter::SessionDescription read_their_line() {
  std::cout << "Paste the other side's line here, and press Enter:\n" << std::flush;
  for (std::string line; std::getline(std::cin, line);) {
    if (auto description = from_line(line)) return *std::move(description);
    if (!line.empty())
      std::cout << "That is no such line, or not all of it. Again:\n" << std::flush;
  }
  throw std::runtime_error("the other side's line did not come");
}

}  // namespace

std::string to_line(const specter::SessionDescription& description) {
  const std::string json = description.to_json();
  uLongf size = compressBound(json.size());
  std::vector<unsigned char> bytes(size);
  compress2(bytes.data(), &size, reinterpret_cast<const Bytef*>(json.data()), json.size(),
            Z_BEST_COMPRESSION);
  bytes.resize(size);
  return std::string(kPrefix) + to_base64(bytes);
}

std::optional<specter::SessionDescription> from_line(std::string_view line) {
  const auto begin = line.find(kPrefix);
  if (begin == std::string_view::npos) return std::nullopt;
  line.remove_prefix(begin + kPrefix.size());
  line = line.substr(0, line.find_first_not_of(kLetters));
  const std::vector<unsigned char> bytes = from_base64(line);
  std::string json(kMaxBytes, '\0');
  uLongf size = json.size();
  // zlib's checksum tells a line that is not whole.
  if (uncompress(reinterpret_cast<Bytef*>(json.data()), &size, bytes.data(), bytes.size()) != Z_OK)
    return std::nullopt;
  json.resize(size);
  auto description = specter::SessionDescription::from_json(json);
  if (!description) return std::nullopt;
  return *std::move(description);
}

specter::Configuration configuration(std::optional<std::string> stun_url) {
  specter::Configuration configuration;
  configuration.defaults.ice.patience = kPatience;
  configuration.defaults.ice.limbo_timeout = kPatience;
  if (stun_url) configuration.defaults.ice_servers = {*stun_url};
  return configuration;
}

specter::PeerConnection new_connection(specter::Specter& specter, specter::Mailbox& inbox) {
  auto engine = specter::MediaEngine::with_default_codecs();
  auto registry = specter::Registry::with_default_interceptors(engine);
  return specter.new_api(std::move(engine), std::move(registry)).new_peer_connection(inbox);
}

void invite(const specter::PeerConnection& connection, specter::Mailbox& inbox) {
  connection.create_offer().value();
  const auto offer = inbox.receive<event::Offer>(connection, 10s).value().description;
  connection.set_local_description(offer).value();
  print_our_line(connection, inbox);
  connection.set_remote_description(read_their_line()).value();
  inbox.receive<event::RemoteDescriptionSet>(connection, 10s).value();
  std::cout << "Connecting ...\n" << std::flush;
}

void join(const specter::PeerConnection& connection, specter::Mailbox& inbox) {
  connection.set_remote_description(read_their_line()).value();
  connection.create_answer().value();
  const auto answer = inbox.receive<event::Answer>(connection, 10s).value().description;
  connection.set_local_description(answer).value();
  print_our_line(connection, inbox);
  std::cout << "Connecting, once it is pasted there ...\n" << std::flush;
}

void leave(const specter::PeerConnection& connection, const specter::DataChannel& channel,
           specter::Mailbox& inbox) {
  channel.close();
  wait_until_left(connection, channel, inbox);
}

void wait_until_left(const specter::PeerConnection& connection, const specter::DataChannel& channel,
                     specter::Mailbox& inbox) {
  while (channel.state() != specter::DataChannelState::Closed &&
         connection.connection_state() != specter::ConnectionState::Failed) {
    if (!inbox.next(60s)) break;  // nothing is heard of the other side
  }
  connection.close();
  inbox.receive<event::Closed>(connection, 5s).value();
}

}  // namespace one_line
