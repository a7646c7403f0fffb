#include "dtls/handshake/transcript.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "testing/hex.h"

namespace specter::dtls {
namespace {

using testing::hex;

// RFC 6347 §4.2.6: with the head of a message in one fragment.
TEST(Transcript, Of12HasTheWholeHead) {
  Transcript transcript(Version::Dtls12);
  transcript.add(HandshakeType::ClientHello, 1, hex("aa bb"));
  EXPECT_EQ(to_buffer(transcript.bytes()), hex("01 000002 0001 000000 000002 aabb"));
}

// RFC 9147 §5.2: message_seq, fragment_offset and fragment_length don't count.
TEST(Transcript, Of13HasTheHeadOfTls) {
  Transcript transcript(Version::Dtls13);
  transcript.add(HandshakeType::ClientHello, 1, hex("aa bb"));
  transcript.add(HandshakeType::ServerHello, 0, {});
  EXPECT_EQ(to_buffer(transcript.bytes()), hex("01 000002 aabb 02 000000"));
  const Buffer all = hex("01 000002 aabb 02 000000");
  const auto digest = crypto::sha256(all);
  EXPECT_EQ(to_buffer(transcript.hash(crypto::HashAlgorithm::Sha256)),
            Buffer(digest.begin(), digest.end()));
}

// RFC 8446 §4.4.1.
TEST(Transcript, AFirstHelloIsPutDownAsItsHash) {
  Transcript transcript(Version::Dtls13);
  transcript.add(HandshakeType::ClientHello, 0, hex("aa bb"));
  const auto digest = crypto::sha384(hex("01 000002 aabb"));
  transcript.replace_by_hash(crypto::HashAlgorithm::Sha384);
  Buffer expected = hex("fe 000030");
  expected.insert(expected.end(), digest.begin(), digest.end());
  EXPECT_EQ(to_buffer(transcript.bytes()), expected);
}

}  // namespace
}  // namespace specter::dtls
