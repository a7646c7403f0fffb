// Teaches how a file's video gets to a browser: a track, its frames at their times, and a new
// beginning when the browser asks for a key frame.
//
//   play_video FILE.ivf
//     prints an offer: paste it into page.html, and the page's answer here
//   play_video FILE.ivf --self
//     sends to a second connection in this process, which counts frames
//
// The file has VP8 in IVF's format, as `ffmpeg -i film.mp4 -c:v libvpx film.ivf` makes it.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <specter/specter.h>

using namespace std::chrono_literals;
namespace event = specter::event;

namespace {

struct Film {
  std::vector<specter::Buffer> frames;
  specter::Duration period{};  // from frame to frame
};

// IVF: a header of 32 bytes, then each frame behind its size (4 bytes) and its time (8).
Film read_ivf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
  };
  if (bytes.size() < 32 || std::string(bytes.data(), 4) != "DKIF" ||
      std::string(bytes.data() + 8, 4) != "VP80" || number(16) == 0)
    throw std::runtime_error(path + " is no VP8 in an IVF file");
  Film film;
  film.period = std::chrono::nanoseconds(std::uint64_t{1'000'000'000} * number(20) / number(16));
  for (std::size_t at = 32; bytes.size() - at >= 12;) {
    const std::size_t size = number(at);
    at += 12;
    if (size > bytes.size() - at) break;  // the file ends too early
    film.frames.emplace_back(bytes.data() + at, bytes.data() + at + size);
    at += size;
  }
  if (film.frames.empty()) throw std::runtime_error(path + " has no frames");
  return film;
}

// The description, when all addresses are in it: one line that can be copied.
std::string gathered(specter::Mailbox& inbox, const specter::PeerConnection& connection) {
  auto is_complete = [&](const event::IceGatheringStateChange& e) {
    return e.connection == connection && e.state == specter::IceGatheringState::Complete;
  };
  inbox.receive_if<event::IceGatheringStateChange>(is_complete, 10s).value();
  return connection.local_description().value().to_json();
}

// The other side, in this process: answers the offer and leaves its frames in the mailbox.
std::string answer(specter::Mailbox& inbox, const specter::PeerConnection& viewer,
                   const std::string& offer) {
  viewer.set_remote_description(offer).value();
  viewer.set_local_description().value();  // makes the answer
  return gathered(inbox, viewer);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw std::runtime_error("usage: play_video FILE.ivf [--self]");
  const Film film = read_ivf(argv[1]);
  const bool is_alone = argc > 2 && std::string(argv[2]) == "--self";

  specter::Specter specter;
  specter::Mailbox inbox, viewer_inbox;
  auto engine = specter::MediaEngine::with_default_codecs();
  auto registry = specter::Registry::with_default_interceptors(engine);
  auto api = specter.new_api(std::move(engine), std::move(registry));
  auto connection = api.new_peer_connection(inbox);

  // A track says what is sent: VP8, whose clock runs at 90 kHz.
  const specter::RtpCodec vp8{
      .kind = specter::MediaKind::Video, .mime_type = "video/VP8", .clock_rate = 90'000};
  const specter::TrackLocalStaticSample track(vp8, "film", {"cinema"});
  connection.add_track(track).value();
  connection.set_local_description().value();  // makes the offer
  const std::string offer = gathered(inbox, connection);

  specter::PeerConnection viewer;
  std::string reply;
  if (is_alone) {
    viewer = api.new_peer_connection(viewer_inbox);
    reply = answer(viewer_inbox, viewer, offer);
  } else {
    std::cout << "Open page.html, paste this line, and paste its answer here:\n" << offer << '\n';
    std::getline(std::cin, reply);
  }
  connection.set_remote_description(reply).value();
  auto is_connected = [](const event::ConnectionStateChange& e) {
    return e.state == specter::ConnectionState::Connected;
  };
  inbox.receive_if<event::ConnectionStateChange>(is_connected, 60s).value();

  // Frames at their times. A browser that lost one shows nothing new until a key frame comes: a
  // file has only those that it has, so it begins again.
  const int plays = is_alone ? 2 : 1000;
  auto next = std::chrono::steady_clock::now();
  for (int play = 0; play < plays; ++play) {
    for (const specter::Buffer& frame : film.frames) {
      if (frame.empty()) continue;  // an encoder left one out
      track.write_sample(frame, film.period).value();
      std::this_thread::sleep_until(next += film.period);
      if (inbox.receive<event::KeyFrameWanted>(0s)) break;
      if (connection.connection_state() != specter::ConnectionState::Connected) return 0;
    }
  }
  if (!is_alone) return 0;

  std::size_t frames = 0;
  while (viewer_inbox.receive<event::Frame>(viewer, 500ms)) ++frames;
  std::cout << "the other side received " << frames << " frames\n";
  return frames >= film.frames.size() ? 0 : 1;
} catch (const std::exception& failure) {  // BadResultAccess among them
  std::cerr << failure.what() << '\n';
  return 1;
}
