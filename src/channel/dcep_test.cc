#include "channel/dcep.h"

#include <gtest/gtest.h>

#include "testing/hex.h"

namespace specter::channel {
namespace {

using testing::hex;
using namespace std::chrono_literals;

template <class Message>
Buffer written(const Message& message) {
  Buffer bytes;
  ByteWriter out(bytes);
  message.write(out);
  return bytes;
}

// Laid out by hand after the drawing of RFC 8832 §5.1.
const OpenMessage kOpen{.channel_type = ChannelType::PartialReliableRexmitUnordered,
                        .priority = 256,
                        .reliability = 3,
                        .label = "chat",
                        .protocol = "ö"};
const Buffer kOpenBytes = hex("03 81 0100  00000003  0004 0002  63686174  c3b6");

TEST(OpenMessage, IsWrittenAndReadAsRfc8832DrawsIt) {
  EXPECT_EQ(written(kOpen), kOpenBytes);
  EXPECT_EQ(OpenMessage::parse(kOpenBytes), kOpen);
}

TEST(OpenMessage, MayHaveEmptyTexts) {
  const Buffer bytes = hex("03 00 0000  00000000  0000 0000");
  const OpenMessage message{.priority = 0};
  EXPECT_EQ(OpenMessage::parse(bytes), message);
  EXPECT_EQ(written(message), bytes);
}

TEST(OpenMessage, MayHaveTheLongestTexts) {
  const OpenMessage message{.label = std::string(65535, 'l'), .protocol = std::string(65535, 'p')};
  EXPECT_EQ(OpenMessage::parse(written(message)), message);
}

TEST(OpenMessage, IsRefusedWhenItEndsEarlyOrLate) {
  for (std::size_t size = 0; size < kOpenBytes.size(); ++size) {
    EXPECT_FALSE(OpenMessage::parse(Bytes(kOpenBytes).first(size))) << size;
  }
  Buffer longer = kOpenBytes;
  longer.push_back(0);
  EXPECT_EQ(OpenMessage::parse(longer).error(), ParseError::BadLength);
}

TEST(OpenMessage, IsRefusedWithChannelTypesThatRfc8832DoesNotHave) {
  Buffer bytes = kOpenBytes;
  for (int type = 0; type < 256; ++type) {
    bytes[1] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(OpenMessage::parse(bytes).has_value(), (type & 0x7f) <= 2) << type;
  }
  bytes[0] = 0x02;
  EXPECT_EQ(OpenMessage::parse(bytes).error(), ParseError::WrongType);
}

TEST(OpenMessage, IsRefusedWhenATextIsNotUtf8) {
  EXPECT_EQ(OpenMessage::parse(hex("03 00 0000 00000000 0001 0000 ff")).error(),
            ParseError::BadValue);
  EXPECT_EQ(OpenMessage::parse(hex("03 00 0000 00000000 0000 0001 80")).error(),
            ParseError::BadValue);
}

TEST(OpenMessage, SaysEveryReliability) {
  const struct {
    DataChannelOptions options;
    ChannelType type;
    std::uint32_t reliability;
  } table[] = {
      {{}, ChannelType::Reliable, 0},
      {{.ordered = false}, ChannelType::ReliableUnordered, 0},
      {{.max_retransmits = 0}, ChannelType::PartialReliableRexmit, 0},
      {{.ordered = false, .max_retransmits = 65535},
       ChannelType::PartialReliableRexmitUnordered,
       65535},
      {{.max_packet_life_time = 0ms}, ChannelType::PartialReliableTimed, 0},
      {{.ordered = false, .max_packet_life_time = 65535ms},
       ChannelType::PartialReliableTimedUnordered,
       65535},
  };
  for (const auto& row : table) {
    const auto message = OpenMessage::from("", row.options);
    EXPECT_EQ(message.channel_type, row.type);
    EXPECT_EQ(message.reliability, row.reliability);
    EXPECT_EQ(message.options(), row.options);
  }
}

// RFC 8832 §5.1: ignored on reliable channels. And the W3C's types end at 65,535.
TEST(OpenMessage, BoundsAndIgnoresReliabilitiesAsItShould) {
  OpenMessage message{.channel_type = ChannelType::Reliable, .reliability = 7};
  EXPECT_EQ(message.options(), DataChannelOptions{});
  message.channel_type = ChannelType::PartialReliableRexmit;
  message.reliability = 0xffffffff;
  EXPECT_EQ(message.options().max_retransmits, 65535);
  message.channel_type = ChannelType::PartialReliableTimed;
  EXPECT_EQ(message.options().max_packet_life_time, 65535ms);
}

// RFC 8832 §5.2.
TEST(AckMessage, IsOneByteAndTakenWithMore) {
  EXPECT_EQ(written(AckMessage{}), hex("02"));
  EXPECT_TRUE(AckMessage::parse(hex("02")));
  EXPECT_TRUE(AckMessage::parse(hex("02 000000")));
  EXPECT_EQ(AckMessage::parse({}).error(), ParseError::Truncated);
  EXPECT_EQ(AckMessage::parse(hex("03")).error(), ParseError::WrongType);
}

// The ranges of RFC 3629 §4, at their edges.
TEST(Utf8, IsToldFromWhatIsNot) {
  for (const char* good : {"", "a", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf",
                           "f0908080", "f48fbfbf", "61 f09f9880 62"}) {
    const Buffer bytes = good[0] == 'a' ? Buffer{'a'} : hex(good);
    EXPECT_TRUE(is_utf8(as_text(bytes))) << good;
  }
  for (const char* bad :
       {"80", "bf", "c0af", "c1bf", "c2", "c241", "e09fbf", "e0a0", "eda080", "edbfbf", "e0a041",
        "f08fbfbf", "f4908080", "f5808080", "ff", "fe", "f0908041", "f09080"}) {
    EXPECT_FALSE(is_utf8(as_text(hex(bad)))) << bad;
  }
}

}  // namespace
}  // namespace specter::channel
