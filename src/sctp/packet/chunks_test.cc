// Each chunk: known bytes both ways, no truncation, no illegal value.
#include <gtest/gtest.h>

#include "sctp/packet/control_chunks.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/error_chunk.h"
#include "sctp/packet/forward_tsn_chunk.h"
#include "sctp/packet/i_forward_tsn_chunk.h"
#include "sctp/packet/idata_chunk.h"
#include "sctp/packet/init_chunk.h"
#include "sctp/packet/reconfig_chunk.h"
#include "sctp/packet/sack_chunk.h"
#include "testing/hex.h"

namespace specter::sctp {
namespace {

using testing::hex;

template <class Chunk>
Buffer written(const Chunk& chunk) {
  Buffer out;
  ByteWriter w(out);
  chunk.write(w);
  return out;
}

template <class Chunk>
std::expected<Chunk, ParseError> parsed(Bytes bytes) {
  const auto view = ChunkReader(bytes).next();
  if (!view) return std::unexpected(ParseError::Truncated);
  return Chunk::parse(*view);
}

template <class Chunk>
void is(const Chunk& chunk, std::string_view bytes) {
  EXPECT_EQ(written(chunk), hex(bytes));
  const Buffer in = hex(bytes);
  const auto back = parsed<Chunk>(in);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, chunk);
}

// Cuts the value shorter, with a length that says so: whatever the parser takes must not be the
// chunk. `shortest` is the size from which on a shorter chunk is a legal one.
template <class Chunk>
void refuses_truncations(const Chunk& chunk, std::size_t shortest) {
  const Buffer whole = written(chunk);
  for (std::size_t size = 4; size < whole.size(); ++size) {
    Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    ByteWriter(cut).set_u16(2, static_cast<std::uint16_t>(size));
    const auto result = parsed<Chunk>(cut);
    if (size < shortest)
      EXPECT_FALSE(result) << size;
    else
      EXPECT_FALSE(result && *result == chunk) << size;
  }
}

template <class Chunk>
ParseError error_of(std::string_view bytes) {
  const Buffer in = hex(bytes);
  const auto result = parsed<Chunk>(in);
  return result ? ParseError{-1} : result.error();
}

constexpr ParseError kNone{-1};

const Buffer kPayload = {'h', 'i', '!'};

DataChunk data_chunk() {
  DataChunk data;
  data.tsn = 0x01020304;
  data.stream = StreamId{5};
  data.ssn = 6;
  data.ppid = Ppid{51};
  data.begin = true;
  data.payload = kPayload;
  return data;
}

TEST(DataChunk, HasTheFormOfRfc9260Section3_3_1) {
  is(data_chunk(), "00 02 00 13 01 02 03 04 00 05 00 06 00 00 00 33 68 69 21");
  DataChunk all = data_chunk();
  all.end = all.unordered = all.immediate = true;
  is(all, "00 0f 00 13 01 02 03 04 00 05 00 06 00 00 00 33 68 69 21");
}
TEST(DataChunk, RefusesTruncations) { refuses_truncations(data_chunk(), 16); }
TEST(DataChunk, RefusesAnotherType) {
  EXPECT_EQ(error_of<DataChunk>("03 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00"),
            ParseError::WrongType);
}

IDataChunk idata_chunk(bool begin) {
  IDataChunk data;
  data.tsn = 0x01020304;
  data.stream = StreamId{5};
  data.mid = 0xfffefdfc;
  if (begin)
    data.ppid = Ppid{51};
  else
    data.fsn = 0x0a0b0c0d;
  data.begin = begin;
  data.payload = kPayload;
  return data;
}

// The PPID goes with the first fragment, the FSN with the others.
TEST(IDataChunk, HasTheFormOfRfc8260Section2_1) {
  is(idata_chunk(true), "40 02 00 17 01 02 03 04 00 05 00 00 ff fe fd fc 00 00 00 33 68 69 21");
  is(idata_chunk(false), "40 00 00 17 01 02 03 04 00 05 00 00 ff fe fd fc 0a 0b 0c 0d 68 69 21");
  IDataChunk all = idata_chunk(true);
  all.end = all.unordered = all.immediate = true;
  is(all, "40 0f 00 17 01 02 03 04 00 05 00 00 ff fe fd fc 00 00 00 33 68 69 21");
}
TEST(IDataChunk, IgnoresWhatIsReserved) {
  const Buffer in = hex("40 f2 00 17 01 02 03 04 00 05 ff ff ff fe fd fc 00 00 00 33 68 69 21");
  EXPECT_EQ(parsed<IDataChunk>(in), idata_chunk(true));
}
TEST(IDataChunk, RefusesTruncations) {
  refuses_truncations(idata_chunk(true), 20);
  refuses_truncations(idata_chunk(false), 20);
}
TEST(IDataChunk, RefusesAnotherType) {
  EXPECT_EQ(error_of<IDataChunk>("00 00 00 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"),
            ParseError::WrongType);
}

InitChunk init_chunk() {
  InitChunk init;
  init.initiate_tag = 0xa1a2a3a4;
  init.window_bytes = 0x00100000;
  init.outbound_streams = 10;
  init.inbound_streams = 0xffff;
  init.initial_tsn = 7;
  init.forward_tsn = true;
  init.extensions = {0x82, 0xc0};
  return init;
}

TEST(InitChunk, HasTheFormOfRfc9260Section3_3_2) {
  is(init_chunk(),
     "01 00 00 1e a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07"
     "c0 00 00 04  80 08 00 06 82 c0");
  InitChunk ack = init_chunk();
  ack.kind = InitChunk::Kind::InitAck;
  ack.extensions = {};
  ack.cookie = {9, 8, 7};
  ack.unrecognized_parameters = {hex("ff ee 00 04")};
  is(ack,
     "02 00 00 28 a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07"
     "00 07 00 07 09 08 07 00  c0 00 00 04  00 08 00 08 ff ee 00 04");
}
// RFC 9653 §4, §8: one method is known, the others are as if nothing had been said.
TEST(InitChunk, SaysThatItTakesPacketsWithoutAChecksum) {
  InitChunk init = init_chunk();
  init.extensions = {};
  init.zero_checksum = true;
  is(init,
     "01 00 00 20 a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07"
     "c0 00 00 04  80 01 00 08 00 00 00 01");
  const std::string fixed = "a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07";
  EXPECT_FALSE(
      parsed<InitChunk>(hex("01 00 00 1c" + fixed + "80 01 00 08 00 00 00 02"))->zero_checksum);
  EXPECT_FALSE(parsed<InitChunk>(hex("01 00 00 18" + fixed + "80 01 00 04"))->zero_checksum);
}
TEST(InitChunk, RefusesTruncations) { refuses_truncations(init_chunk(), 20); }
TEST(InitChunk, RefusesWhatIsIllegal) {
  const std::string fixed = "a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07";
  EXPECT_EQ(error_of<InitChunk>("02 00 00 14" + fixed), ParseError::BadValue) << "no cookie";
  EXPECT_EQ(error_of<InitChunk>("01 00 00 18" + fixed + "c0 00 00 03"), ParseError::BadLength);
  EXPECT_EQ(error_of<InitChunk>("01 00 00 18" + fixed + "c0 00 00 09"), ParseError::BadLength);
  EXPECT_EQ(error_of<InitChunk>("05 00 00 14" + fixed), ParseError::WrongType);
  std::string many = "01 00 01 18" + fixed;
  for (int i = 0; i < 65; ++i) many += "80 00 00 04";
  EXPECT_EQ(error_of<InitChunk>(many), ParseError::TooMany);
}
// RFC 9260 §3.2.1: the two highest bits say whether to go on and whether to tell.
TEST(InitChunk, TreatsUnknownParametersAsTheirBitsSay) {
  const std::string fixed = "a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07";
  const auto with = [&](std::string_view unknown) {
    Buffer in = hex("01 00 00 1c" + fixed + std::string(unknown) + "c0 00 00 04");
    return *parsed<InitChunk>(in);
  };
  EXPECT_TRUE(with("bf ff 00 04").forward_tsn);
  EXPECT_TRUE(with("bf ff 00 04").to_report.empty());
  EXPECT_TRUE(with("ff ff 00 04").forward_tsn);
  EXPECT_EQ(with("ff ff 00 04").to_report, (std::vector<Buffer>{hex("ff ff 00 04")}));
  EXPECT_FALSE(with("3f ff 00 04").forward_tsn);
  EXPECT_TRUE(with("3f ff 00 04").to_report.empty());
  EXPECT_FALSE(with("7f ff 00 04").forward_tsn);
  EXPECT_EQ(with("7f ff 00 04").to_report.size(), 1u);
}
// RFC 8261 §6: over DTLS there are no addresses.
TEST(InitChunk, PassesOverAddresses) {
  const Buffer in =
      hex("01 00 00 20 a1 a2 a3 a4 00 10 00 00 00 0a ff ff 00 00 00 07"
          "00 05 00 08 7f 00 00 01  c0 00 00 04");
  const auto init = parsed<InitChunk>(in);
  ASSERT_TRUE(init);
  EXPECT_TRUE(init->forward_tsn);
}

SackChunk sack_chunk() {
  SackChunk sack;
  sack.cumulative_tsn = 12;
  sack.window_bytes = 0x1000;
  sack.gaps = {{2, 3}, {5, 5}};
  sack.duplicates = {0xfffffff0};
  return sack;
}

TEST(SackChunk, HasTheFormOfRfc9260Section3_3_4) {
  is(sack_chunk(),
     "03 00 00 1c 00 00 00 0c 00 00 10 00 00 02 00 01 00 02 00 03 00 05 00 05 ff ff ff f0");
}
TEST(SackChunk, RefusesTruncations) { refuses_truncations(sack_chunk(), 28); }
// docs/failures.md row 78.
TEST(SackChunk, RefusesCountsThatAreNotThere) {
  const std::string head = "03 00 00 14 00 00 00 0c 00 00 10 00";
  EXPECT_EQ(error_of<SackChunk>(head + "00 02 00 00 00 02 00 03"), ParseError::BadLength);
  EXPECT_EQ(error_of<SackChunk>(head + "00 00 ff ff 00 02 00 03"), ParseError::BadLength);
  EXPECT_EQ(error_of<SackChunk>(head + "00 00 00 00 00 02 00 03"), ParseError::BadLength);
  EXPECT_EQ(error_of<SackChunk>(head + "00 01 00 00 00 00 00 03"), ParseError::BadValue);
  EXPECT_EQ(error_of<SackChunk>(head + "00 01 00 00 00 04 00 03"), ParseError::BadValue);
  EXPECT_EQ(error_of<SackChunk>(head + "00 01 00 00 00 04 00 04"), kNone);
}

IForwardTsnChunk i_forward_tsn_chunk() {
  return {0x01020304, {{StreamId{5}, false, 0x0a0b0c0d}, {StreamId{6}, true, 7}}};
}

TEST(IForwardTsnChunk, HasTheFormOfRfc8260Section2_3_1) {
  is(i_forward_tsn_chunk(),
     "c2 00 00 18 01 02 03 04 00 05 00 00 0a 0b 0c 0d 00 06 00 01 00 00 00 07");
  is(IForwardTsnChunk{9, {}}, "c2 00 00 08 00 00 00 09");
}
TEST(IForwardTsnChunk, IgnoresWhatIsReserved) {
  const Buffer in = hex("c2 ff 00 10 00 00 00 09 00 05 ff fe 00 00 00 07");
  EXPECT_EQ(parsed<IForwardTsnChunk>(in), (IForwardTsnChunk{9, {{StreamId{5}, false, 7}}}));
}
TEST(IForwardTsnChunk, RefusesTruncations) { refuses_truncations(i_forward_tsn_chunk(), 8); }
TEST(IForwardTsnChunk, RefusesHalfAnEntryAndAnotherType) {
  EXPECT_EQ(error_of<IForwardTsnChunk>("c2 00 00 0c 00 00 00 09 00 05 00 00"),
            ParseError::BadLength);
  EXPECT_EQ(error_of<IForwardTsnChunk>("c0 00 00 08 00 00 00 09"), ParseError::WrongType);
}

TEST(ForwardTsnChunk, HasTheFormOfRfc3758Section3_2) {
  is(ForwardTsnChunk{100, {{StreamId{1}, 2}, {StreamId{3}, 0xffff}}},
     "c0 00 00 10 00 00 00 64 00 01 00 02 00 03 ff ff");
}
TEST(ForwardTsnChunk, RefusesTruncations) {
  refuses_truncations(ForwardTsnChunk{100, {{StreamId{1}, 2}}}, 8);
  EXPECT_EQ(error_of<ForwardTsnChunk>("c0 00 00 0a 00 00 00 64 00 01 00 00"),
            ParseError::BadLength);
  EXPECT_EQ(error_of<ForwardTsnChunk>("c1 00 00 08 00 00 00 64"), ParseError::WrongType);
}

TEST(HeartbeatChunk, HasTheFormOfRfc9260Section3_3_5) {
  is(HeartbeatChunk{HeartbeatChunk::Kind::Request, {1, 2}}, "04 00 00 0a 00 01 00 06 01 02");
  is(HeartbeatChunk{HeartbeatChunk::Kind::Ack, {}}, "05 00 00 08 00 01 00 04");
}
TEST(HeartbeatChunk, RefusesWhatIsIllegal) {
  refuses_truncations(HeartbeatChunk{HeartbeatChunk::Kind::Request, {1, 2}}, 10);
  EXPECT_EQ(error_of<HeartbeatChunk>("04 00 00 08 00 02 00 04"), ParseError::BadValue);
  EXPECT_EQ(error_of<HeartbeatChunk>("06 00 00 08 00 01 00 04"), ParseError::WrongType);
}

TEST(ShutdownChunk, HasTheFormOfRfc9260Section3_3_8) {
  is(ShutdownChunk{0x01020304}, "07 00 00 08 01 02 03 04");
  refuses_truncations(ShutdownChunk{1}, 8);
  EXPECT_EQ(error_of<ShutdownChunk>("07 00 00 0c 01 02 03 04 05 06 07 08"), ParseError::BadLength);
  EXPECT_EQ(error_of<ShutdownChunk>("08 00 00 08 01 02 03 04"), ParseError::WrongType);
}

TEST(BareChunk, HasAHeaderAndNothingElse) {
  is(BareChunk{ChunkType::ShutdownAck, false}, "08 00 00 04");
  is(BareChunk{ChunkType::CookieAck, false}, "0b 00 00 04");
  is(BareChunk{ChunkType::ShutdownComplete, false}, "0e 00 00 04");
  is(BareChunk{ChunkType::ShutdownComplete, true}, "0e 01 00 04");
  EXPECT_EQ(error_of<BareChunk>("0b 00 00 05 00"), ParseError::BadLength);
  EXPECT_EQ(error_of<BareChunk>("07 00 00 04"), ParseError::WrongType);
}

TEST(CookieEchoChunk, HoldsTheCookie) {
  is(CookieEchoChunk{{1, 2, 3, 4, 5}}, "0a 00 00 09 01 02 03 04 05");
  EXPECT_EQ(error_of<CookieEchoChunk>("0a 00 00 04"), ParseError::Truncated);
  EXPECT_EQ(error_of<CookieEchoChunk>("0b 00 00 05 01"), ParseError::WrongType);
}

ErrorChunk error_chunk() {
  return {ErrorChunk::Kind::Error,
          false,
          {{CauseCode::InvalidStreamIdentifier, {0, 5, 0, 0}}, {CauseCode::NoUserData, {1}}}};
}

TEST(ErrorChunk, HasTheFormOfRfc9260Section3_3_10) {
  is(error_chunk(), "09 00 00 11 00 01 00 08 00 05 00 00 00 09 00 05 01");
  is(ErrorChunk{ErrorChunk::Kind::Abort, true, {}}, "06 01 00 04");
  is(ErrorChunk{ErrorChunk::Kind::Abort, false, {{CauseCode::UserInitiatedAbort, {'x'}}}},
     "06 00 00 09 00 0c 00 05 78");
  EXPECT_EQ(error_chunk().written_bytes(), 17u);
}
TEST(ErrorChunk, RefusesTruncations) {
  refuses_truncations(error_chunk(), 4);
  EXPECT_EQ(error_of<ErrorChunk>("0a 00 00 04"), ParseError::WrongType);
}
TEST(ErrorChunk, AnAbortIsOneWhateverItsCauses) {
  const Buffer in = hex("06 00 00 08 00 0c 00 03");
  const auto abort = parsed<ErrorChunk>(in);
  ASSERT_TRUE(abort);
  EXPECT_TRUE(abort->causes.empty());
}

OutgoingResetRequest outgoing() { return {1, 2, 3, {StreamId{7}, StreamId{8}}}; }

TEST(ReConfigChunk, HasTheFormsOfRfc6525) {
  is(ReConfigChunk{{outgoing()}},
     "82 00 00 18 00 0d 00 14 00 00 00 01 00 00 00 02 00 00 00 03 00 07 00 08");
  is(ReConfigChunk{{IncomingResetRequest{9, {StreamId{7}}}}},
     "82 00 00 0e 00 0e 00 0a 00 00 00 09 00 07");
  is(ReConfigChunk{{OtherReconfigRequest{15, 4, 0}}}, "82 00 00 0c 00 0f 00 08 00 00 00 04");
  is(ReConfigChunk{{OtherReconfigRequest{17, 4, 6}}},
     "82 00 00 10 00 11 00 0c 00 00 00 04 00 06 00 00");
  is(ReConfigChunk{{ReconfigResponse{4, ReconfigResult::InProgress},
                    ReconfigResponse{5, ReconfigResult::Denied}}},
     "82 00 00 1c 00 10 00 0c 00 00 00 04 00 00 00 06 00 10 00 0c 00 00 00 05 00 00 00 02");
}
TEST(ReConfigChunk, RefusesTruncations) {
  refuses_truncations(ReConfigChunk{{outgoing()}}, 20);
  refuses_truncations(ReConfigChunk{{ReconfigResponse{4, ReconfigResult::Denied}}}, 16);
}
TEST(ReConfigChunk, RefusesWhatIsIllegal) {
  EXPECT_EQ(error_of<ReConfigChunk>("82 00 00 04"), ParseError::Truncated);
  EXPECT_EQ(error_of<ReConfigChunk>("82 00 00 14 00 10 00 10 00 00 00 04 00 00 00 06 00 00 00 00"),
            ParseError::BadLength)
      << "one of two optional fields";
  EXPECT_EQ(error_of<ReConfigChunk>("82 00 00 0d 00 0e 00 09 00 00 00 09 07"),
            ParseError::BadLength)
      << "half a stream";
  std::string three = "82 00 00 28";
  for (int i = 0; i < 3; ++i) three += "00 10 00 0c 00 00 00 04 00 00 00 06";
  EXPECT_EQ(error_of<ReConfigChunk>(three), ParseError::TooMany);
  EXPECT_EQ(error_of<ReConfigChunk>("83 00 00 0c 00 0f 00 08 00 00 00 04"), ParseError::WrongType);
}

}  // namespace
}  // namespace specter::sctp
