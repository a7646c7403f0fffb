#include "peer/log_words.h"

#include <gmock/gmock.h>

namespace specter::peer {
namespace {

using ::testing::HasSubstr;

TEST(LogWords, SayOfADescriptionWhatMattersOfIt) {
  const std::string sdp =
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 192.0.2.1\r\n"
      "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n"
      "a=candidate:2 1 udp 2130706430 192.0.2.1 5001 typ host\r\na=end-of-candidates\r\n"
      "a=ice-ufrag:user\r\na=ice-pwd:secretsecretsecretsecret\r\n"
      "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n"
      "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n"
      "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\na=bundle-only\r\n";
  EXPECT_EQ(words({SdpType::Offer, sdp}),
            "offer of " + std::to_string(sdp.size()) +
                " bytes: application, audio sendrecv, video rejected, video recvonly; "
                "setup actpass, ice-lite; 2 candidates, all of them");
}

TEST(LogWords, TakeWhateverThePeerWrites) {
  EXPECT_EQ(words({SdpType::Rollback, ""}), "rollback");
  EXPECT_EQ(words({SdpType::Answer, ""}), "answer of 0 bytes: no section; 0 candidates");
  EXPECT_EQ(words({SdpType::Answer, "m=\na=sendrecv"}),
            "answer of 13 bytes:  sendrecv; 0 candidates");
  EXPECT_EQ(words({SdpType::Answer, "\n\r\na=\nm"}), "answer of 7 bytes: no section; 0 candidates");
}

TEST(LogWords, NameSoManySectionsAndCountTheRest) {
  std::string sdp;
  for (std::size_t i = 0; i < kMaxSectionsInWords + 3; ++i) sdp += "m=audio 9 x 1\r\n";
  EXPECT_THAT(words({SdpType::Offer, sdp}), HasSubstr("audio and 3 more; 0 candidates"));
}

}  // namespace
}  // namespace specter::peer
