// How `specter rtp` tells what it did: sentences, or one JSON object.
#pragma once

#include <cstdint>
#include <string>

#include "cli/json.h"
#include "cli/rtp/receiver.h"
#include "cli/rtp/sender.h"
#include "io/udp_socket.h"

namespace specter::cli::transfer {

struct SendSummary {
  Kind kind{};
  std::string file;
  Endpoint to;
  std::uint32_t ssrc = 0;
  SenderCounts counts;
  Feedback feedback;
  std::uint64_t unreadable_samples = 0;  // of the file
  bool is_file_cut = false;
  io::UdpCounters socket{};
  Duration took{};
};
std::string to_sentences(const SendSummary& summary);
Json to_json(const SendSummary& summary);

// Why a receiver ended.
enum class End : std::uint8_t { Bye, Frames, Seconds, Idle, NothingCame, Stopped };

struct ReceiveSummary {
  Kind kind{};
  std::string file;
  std::string port;  // where it listened: an address with it
  End end{};
  std::optional<std::uint32_t> ssrc{};
  std::uint64_t frames = 0;  // written
  codec::DepacketizeCounts depacketized;
  ReceiverCounts counts;
  Arrivals arrivals;
  std::uint64_t reordered = 0, late = 0;
  std::optional<srtp::RefusalCounts> refusals{};  // nothing: RTP in the clear
  Duration took{};                                // from the first packet to the last
};
std::string to_sentences(const ReceiveSummary& summary);
Json to_json(const ReceiveSummary& summary);

// Why nothing was written, and what to do about it. One sentence.
std::string why_nothing(const ReceiveSummary& summary);

}  // namespace specter::cli::transfer
