// For tests: descriptions as other implementations write them, put together from sections.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jsep/negotiation.h"
#include "simulation/random.h"

namespace specter::jsep {

inline const std::string kForeignFingerprint =
    "sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:"
    "42:CD:54:F1";

inline std::string head(std::string_view group = "") {
  std::string out = "v=0\r\no=- 81726354 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  if (!group.empty()) out += "a=group:BUNDLE " + std::string(group) + "\r\n";
  return out;
}

inline std::string transport_lines(std::string_view ufrag = "Kq7z",
                                   std::string_view setup = "actpass") {
  std::string out =
      "a=ice-ufrag:" + std::string(ufrag) +
      "\r\na=ice-pwd:w3Jm9xTtR1bYc5LdVh8QeA2s\r\na=fingerprint:" + kForeignFingerprint + "\r\n";
  if (!setup.empty()) out += "a=setup:" + std::string(setup) + "\r\n";
  return out;
}

inline std::string mid_line(std::string_view mid) {
  return mid.empty() ? "" : "a=mid:" + std::string(mid) + "\r\n";
}

inline std::string data_section(std::string_view mid, const std::string& more = transport_lines(),
                                int port = 9, int sctp_port = 5000) {
  return "m=application " + std::to_string(port) +
         " UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" + mid_line(mid) +
         "a=sctp-port:" + std::to_string(sctp_port) + "\r\na=max-message-size:262144\r\n" + more;
}

inline std::string audio_section(std::string_view mid, const std::string& more = transport_lines(),
                                 int port = 9) {
  return "m=audio " + std::to_string(port) + " UDP/TLS/RTP/SAVPF 63 111 0\r\nc=IN IP4 0.0.0.0\r\n" +
         mid_line(mid) +
         "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
         "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n" +
         more;
}

inline std::string video_section(std::string_view mid, const std::string& more = transport_lines(),
                                 int port = 9) {
  return "m=video " + std::to_string(port) + " UDP/TLS/RTP/SAVPF 97 96\r\nc=IN IP4 0.0.0.0\r\n" +
         mid_line(mid) +
         "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
         "a=rtpmap:96 VP8/90000\r\n" +
         more;
}

inline std::string without(std::string sdp, const std::string& line) {
  for (std::size_t at; (at = sdp.find("\r\n" + line)) != std::string::npos;) {
    sdp.erase(at, sdp.find("\r\n", at + 2) - at);
  }
  return sdp;
}

inline std::string with(std::string sdp, std::string_view what, std::string_view instead) {
  const std::size_t at = sdp.find(what);
  if (at != std::string::npos) sdp.replace(at, what.size(), instead);
  return sdp;
}

struct Peer {
  explicit Peer(std::uint64_t seed = 1, bool sped = false)
      : random(seed),
        negotiation({.credentials = {"ufrg" + std::to_string(seed), "0123456789abcdef01234567"},
                     .fingerprint = kForeignFingerprint,
                     .sped = sped},
                    random) {}

  Result<Change> take(SdpType type, const std::string& sdp) {
    return negotiation.set_remote({type, sdp});
  }
  // The answer to an offer, set; what it asks of the layers below is in `change`.
  Result<sdp::Session> answer_to(const std::string& offer) {
    if (auto taken = take(SdpType::Offer, offer); !taken) return fail(taken.error());
    const auto answer = negotiation.create_answer();
    if (!answer) return fail(answer.error());
    auto set = negotiation.set_local(*answer);
    if (!set) return fail(set.error());
    change = std::move(*set);
    return sdp::parse(answer->sdp);
  }

  simulation::SeededRandom random;
  Negotiation negotiation;
  Change change;
};

}  // namespace specter::jsep
