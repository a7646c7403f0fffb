// specter rtp: a media file as an RTP stream, and a stream into a file.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/rtp/options.h"
#include "rtp/extensions/mid.h"

namespace specter::cli {
namespace {

using namespace transfer;

constexpr double kMostSeconds = 86'400;

struct SrtpWords {
  std::string profile;
  std::string key;

  void add_to(CLI::App& command) {
    auto* named = command.add_option("--srtp-profile", profile,
                                     "SRTP: AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM,\n"
                                     "AES_CM_128_HMAC_SHA1_32 or AEAD_AES_256_GCM");
    auto* given = command.add_option("--srtp-key", key,
                                     "Master key, then salt, as hex, base64, or inline:\n"
                                     "and base64; 30 bytes for AES_CM, 28 and 44 for GCM");
    named->needs(given);
    given->needs(named);
  }
  std::optional<SrtpKey> read() const {
    if (profile.empty()) return std::nullopt;
    auto key_read = parse_srtp_key(profile, key);
    if (!key_read) throw CLI::ValidationError("--srtp-key", key_read.error());
    return *std::move(key_read);
  }
};

Kind read_kind(const std::string& word) {
  const auto kind = kind_of(word);
  if (!kind) throw CLI::ValidationError("--codec", "knows h264, vp8 and opus, not '" + word + "'");
  return *kind;
}

// RFC 5761 §4: with the marker 64 to 95 would look like RTCP.
void check_payload_type(unsigned type) {
  if (type > 127 || (type >= 64 && type <= 95))
    throw CLI::ValidationError("--payload-type", "is one of 0 to 63 and 96 to 127");
}

void check_mid(const std::string& mid) {
  if (!mid.empty() && (mid.size() > 16 || !rtp::Mid::parse(as_bytes(mid))))
    throw CLI::ValidationError("--mid", "has 1 to 16 letters, digits or signs of a token");
}

struct SendWords {
  SendOptions options;
  std::string kind;
  SrtpWords srtp;
};

void add_stream_options(CLI::App& command, SendWords& words) {
  SendOptions& options = words.options;
  command.add_option("--codec", words.kind, "h264, vp8 or opus; without it the file tells");
  command
      .add_option("--fps", options.frames_per_second,
                  "Frames a second of Annex B, which has no times")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str();
  command.add_option("--loop", options.loops, "Times that the file is sent; 0: without end")
      ->capture_default_str();
  command.add_option("--payload-type", options.payload_type, "RTP's payload type")
      ->capture_default_str();
  command.add_option("--ssrc", options.ssrc,
                     "RTP's SSRC; without it a random one. Never twice\n"
                     "the same under one SRTP key: what is enciphered\n"
                     "would show");
  command.add_option("--mid", options.mid, "The MID, in a header extension with the id 1");
  command.add_option("--mtu", options.mtu, "Bytes of an IP packet, headers and tag included")
      ->check(CLI::Range(64, 65'000))
      ->capture_default_str();
}

void add_send(CLI::App& rtp, int& exit_code) {
  auto* command = rtp.add_subcommand("send", "Sends a media file as RTP or SRTP");
  auto words = std::make_shared<SendWords>();
  SendOptions& options = words->options;
  command->add_option("FILE", options.file, "The file")->required();
  command->add_option("--to", options.to, "HOST:PORT, where RTP goes")->required();
  add_stream_options(*command, *words);
  words->srtp.add_to(*command);
  command
      ->add_option("--rtcp-port", options.rtcp_port,
                   "Where sender reports go; without it RTP's port")
      ->check(CLI::Range(1, 65'535));
  command->add_option("--local-port", options.local_port, "Our port; 0: one that is free")
      ->capture_default_str();
  command->add_flag("--json", options.json, "One JSON object at the end");
  command->footer(
      "Files: H.264 in Annex B (.h264, .264), VP8 in IVF, Opus in Ogg. It is paced by\n"
      "their times; the packets of a frame leave at once, sender reports once a second.\n"
      "It ends with BYE, waits half a second for a last receiver report, and says what\n"
      "the receiver told of loss, jitter and round trip.\n"
      "Example: specter rtp send film.ivf --to 127.0.0.1:5004");
  command->callback([words, &exit_code] {
    if (!words->kind.empty()) words->options.kind = read_kind(words->kind);
    words->options.srtp = words->srtp.read();
    check_payload_type(words->options.payload_type);
    check_mid(words->options.mid);
    exit_code = run_send(words->options);
  });
}

struct ReceiveWords {
  ReceiveOptions options;
  std::string kind;
  SrtpWords srtp;
};

void add_ends(CLI::App& command, ReceiveOptions& options) {
  command.add_option("--seconds", options.seconds, "End so long after the first packet")
      ->check(CLI::Range(0.001, kMostSeconds));
  command.add_option("--frames", options.frames, "End with so many frames")
      ->check(CLI::PositiveNumber);
  command.add_option("--idle", options.idle_seconds, "End after so many seconds of silence")
      ->check(CLI::Range(0.001, kMostSeconds))
      ->capture_default_str();
  command.add_option("--wait", options.wait_seconds, "Seconds in which the first packet must come")
      ->check(CLI::Range(0.001, kMostSeconds))
      ->capture_default_str();
}

void add_receive(CLI::App& rtp, int& exit_code) {
  auto* command = rtp.add_subcommand("receive", "Receives one RTP or SRTP stream into a file");
  auto words = std::make_shared<ReceiveWords>();
  ReceiveOptions& options = words->options;
  command->add_option("--port", options.port, "Where RTP comes to; 0: a free one, which is told")
      ->required();
  command->add_option("--codec", words->kind, "h264, vp8 or opus")->required();
  command->add_option("--to", options.file, "The file; made with the first frame")
      ->type_name("FILE")
      ->required();
  words->srtp.add_to(*command);
  add_ends(*command, options);
  command->add_option("--address", options.address, "Our address; :: for IPv6")
      ->capture_default_str();
  command
      ->add_option("--rtcp-port", options.rtcp_port, "Where RTCP comes to; without it RTP's port")
      ->check(CLI::Range(1, 65'535));
  command->add_option("--payload-type", options.payload_type,
                      "Take this one alone; without it the first that\n"
                      "comes");
  command->add_option("--ssrc", options.ssrc,
                      "Take this source alone; without it the first that\n"
                      "comes");
  command->add_flag("--json", options.json, "One JSON object at the end");
  command->footer(
      "Files: H.264 as Annex B, VP8 as IVF, Opus as Ogg. It ends with the sender's BYE.\n"
      "Packets out of order wait up to 100 ms for those before them. Frames that lack a\n"
      "packet are dropped and counted, and a key frame is asked for (PLI). Receiver\n"
      "reports go back once a second. Exit code 1: nothing was written.\n"
      "Example: specter rtp receive --port 5004 --codec vp8 --to film.ivf");
  command->callback([words, &exit_code] {
    words->options.kind = read_kind(words->kind);
    words->options.srtp = words->srtp.read();
    if (words->options.payload_type) check_payload_type(*words->options.payload_type);
    exit_code = run_receive(words->options);
  });
}

}  // namespace

void add_rtp(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "rtp", "Sends a media file as an RTP stream, or receives one into a file; SRTP too.");
  command->require_subcommand(1);
  command->footer("`specter help rtp COMMAND` tells about each.");
  add_send(*command, exit_code);
  add_receive(*command, exit_code);
}

}  // namespace specter::cli
