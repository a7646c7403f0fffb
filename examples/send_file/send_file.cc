// Teaches how a file gets to another machine: as fast as the network takes it, with little memory,
// and with a receiver that says that it has all of it.
//
//   send_file send FILE [STUN-URL]          on one machine
//   send_file receive FOLDER [STUN-URL]     on the other
//
// What goes over the channel: a text with the file's name and size, its bytes in messages of 64
// KiB, and a text with their CRC-32. The receiver answers with a text: "ok", or what is wrong. DTLS
// has already seen to it that nobody changed a byte on the way; size and checksum tell of disks and
// of mistakes in programs such as this one.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "one_line.h"
#include "progress.h"

namespace event = specter::event;

namespace {

constexpr std::size_t kMessageBytes = 64 * 1024;
constexpr std::size_t kBufferBytes = 4 << 20;  // what may wait in the channel
constexpr std::size_t kLowBytes = 1 << 20;     // when that is left, we go on

// The next event; a connection that failed throws, with the reason.
specter::Event next_event(specter::Mailbox& inbox) {
  auto next = inbox.next(one_line::kPatience).value();
  if (auto* changed = std::get_if<event::ConnectionStateChange>(&next);
      changed && changed->state == specter::ConnectionState::Failed) {
    throw std::runtime_error("the connection failed: " + changed->reason);
  }
  if (std::holds_alternative<event::DataChannelClosed>(next) ||
      std::holds_alternative<event::Closed>(next))
    throw std::runtime_error("the other side has left");
  return next;
}

template <class E>
E wait_for(specter::Mailbox& inbox) {
  for (;;) {
    auto next = next_event(inbox);
    if (auto* found = std::get_if<E>(&next)) return std::move(*found);
  }
}

// Puts one message into the channel once there is room for it.
void send(const specter::DataChannel& channel, specter::Mailbox& inbox, specter::Bytes bytes,
          Progress& progress, std::uint64_t sent) {
  while (channel.buffered_amount() > kBufferBytes) {
    const auto next = next_event(inbox);  // BufferedAmountLow, or an answer that comes too early
    if (const auto* message = std::get_if<event::Message>(&next))
      throw std::runtime_error("the other side says: " + std::string(message->text()));
    progress.show(sent - std::min<std::uint64_t>(sent, channel.buffered_amount()));
  }
  channel.send(bytes).value();
}

int send_file(const std::filesystem::path& path, const specter::PeerConnection& connection,
              specter::Mailbox& inbox) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path.string());
  const std::uint64_t size = std::filesystem::file_size(path);
  const auto channel = connection.create_data_channel("file").value();
  channel.set_buffered_amount_low_threshold(kLowBytes);
  one_line::invite(connection, inbox);
  wait_for<event::DataChannelOpen>(inbox);
  channel.send(path.filename().string() + "\n" + std::to_string(size)).value();

  Progress progress(size);
  std::vector<std::uint8_t> piece(kMessageBytes);
  uLong checksum = crc32(0, nullptr, 0);
  std::uint64_t sent = 0;
  while (
      file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size())),
      file.gcount() > 0) {
    const specter::Bytes bytes(piece.data(), static_cast<std::size_t>(file.gcount()));
    checksum = crc32(checksum, bytes.data(), static_cast<uInt>(bytes.size()));
    send(channel, inbox, bytes, progress, sent);
    sent += bytes.size();
  }
  channel.send(std::to_string(checksum)).value();
  const auto verdict = wait_for<event::Message>(inbox);
  progress.end("sent", sent);
  std::cout << "the other side says: " << verdict.text() << '\n';
  one_line::leave(connection, channel, inbox);
  return verdict.text() == "ok" ? 0 : 1;
}

// What the first message says.
struct Announced {
  std::string name;
  std::uint64_t size = 0;
};

Announced read_announcement(const event::Message& message) {
  std::istringstream text{std::string(message.text())};
  Announced announced;
  std::getline(text, announced.name);
  // The other side chooses the name, and nothing but the name: no folder.
  announced.name = std::filesystem::path(announced.name).filename().string();
  if (message.kind != specter::MessageKind::Text || announced.name.empty() ||
      announced.name == "." || announced.name == ".." || !(text >> announced.size))
    throw std::runtime_error("the other side did not say what it sends");
  return announced;
}

// Writes the file under another name until all of it is there. The sentence for the other side.
std::string receive_into(const std::filesystem::path& folder, const Announced& announced,
                         specter::Mailbox& inbox) {
  const std::filesystem::path path = folder / announced.name;
  if (std::filesystem::exists(path)) return "there is such a file already";
  const std::filesystem::path part = path.string() + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  Progress progress(announced.size);
  uLong checksum = crc32(0, nullptr, 0);
  std::uint64_t received = 0;
  for (;;) {
    const auto message = wait_for<event::Message>(inbox);
    if (message.kind == specter::MessageKind::Text) {
      file.close();
      progress.end("received", received);
      if (!file) return "the file could not be written";
      if (received != announced.size) return "the size is another one";
      if (message.text() != std::to_string(checksum)) return "the checksum is another one";
      std::filesystem::rename(part, path);
      std::cout << path.string() << ": size and checksum are right\n";
      return "ok";
    }
    file.write(reinterpret_cast<const char*>(message.data.data()),
               static_cast<std::streamsize>(message.data.size()));
    checksum = crc32(checksum, message.data.data(), static_cast<uInt>(message.data.size()));
    received += message.data.size();
    progress.show(std::min(received, announced.size));
  }
}

int receive_file(const std::filesystem::path& folder, const specter::PeerConnection& connection,
                 specter::Mailbox& inbox) {
  if (!std::filesystem::is_directory(folder))
    throw std::runtime_error(folder.string() + " is not a folder");
  one_line::join(connection, inbox);
  const auto first = wait_for<event::Message>(inbox);
  const std::string verdict = receive_into(folder, read_announcement(first), inbox);
  first.channel.send(verdict).value();
  if (verdict != "ok") std::cout << verdict << '\n';
  one_line::wait_until_left(connection, first.channel, inbox);
  return verdict == "ok" ? 0 : 1;
}

}  // namespace

int main(int count, char** words) try {
  const std::string_view what = count > 1 ? words[1] : "";
  if (count < 3 || count > 4 || (what != "send" && what != "receive")) {
    std::cerr << "send_file send FILE [STUN-URL], or send_file receive FOLDER [STUN-URL]\n";
    return 2;
  }
  specter::Specter specter(
      one_line::configuration(count == 4 ? std::optional<std::string>(words[3]) : std::nullopt));
  specter::Mailbox inbox;
  const auto connection = one_line::new_connection(specter, inbox);
  return what == "send" ? send_file(words[2], connection, inbox)
                        : receive_file(words[2], connection, inbox);
} catch (const specter::BadResultAccess& failure) {
  std::cerr << to_string(failure.error().code) << ": " << failure.error().message << '\n';
  return 1;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
