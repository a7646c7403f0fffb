// What the command lines of `specter rtp` say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/media/kind.h"
#include "cli/rtp/srtp_key.h"

namespace specter::cli::transfer {

inline constexpr std::uint8_t kDefaultPayloadType = 96;  // RFC 3551 §6: the first dynamic one
inline constexpr std::uint8_t kMidExtensionId = 1;       // a receiver is told it as a=extmap:1

struct SendOptions {
  std::string file;
  std::string to;                 // HOST:PORT
  std::optional<Kind> kind;       // nothing: by the file
  std::optional<SrtpKey> srtp;    // nothing: plain RTP
  double frames_per_second = 30;  // Annex B, which has no times
  unsigned payload_type = kDefaultPayloadType;
  std::optional<std::uint32_t> ssrc;       // nothing: a random one
  std::size_t mtu = 1200;                  // bytes of an IP packet
  std::uint64_t loops = 1;                 // times that the file is sent; 0: without end
  std::string mid;                         // empty: no header extension
  std::optional<std::uint16_t> rtcp_port;  // nothing: that of RTP
  std::uint16_t local_port = 0;            // 0: one that is free
  bool json = false;
};

struct ReceiveOptions {
  std::uint16_t port = 0;
  std::string address = "0.0.0.0";
  Kind kind{};
  std::string file;
  std::optional<SrtpKey> srtp;
  std::optional<unsigned> payload_type;    // nothing: that of the first packet
  std::optional<std::uint32_t> ssrc;       // nothing: that of the first packet
  std::optional<std::uint16_t> rtcp_port;  // nothing: that of RTP
  std::optional<double> seconds;           // from the first packet on
  std::optional<std::uint64_t> frames;
  double idle_seconds = 5;
  double wait_seconds = 60;  // for the first packet
  bool json = false;
};

// Answer with an exit code of the program.
int run_send(const SendOptions& options);
int run_receive(const ReceiveOptions& options);

}  // namespace specter::cli::transfer
