// What a peer that keeps no rule can do: to its own channels, and to nothing else:
// docs/failures.md rows 98 and 101.
#include <gmock/gmock.h>

#include "channel/dcep.h"
#include "channel/held_messages.h"
#include "channel/testing/two_sides.h"
#include "testing/hex.h"

namespace specter::channel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::hex;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Our data channels, and a bare association that says what it likes. It is the DTLS server: the odd
// streams are its own.
class Hostile {
 public:
  explicit Hostile(DataChannels::Config config = {})
      : random_(21), peer_random_(22), channels(config, random_), peer({}, peer_random_) {
    channels.connect(now, Parity::Even, 0, 5000);
    peer.connect(now);
    run_for(2s);
    take(events);
  }

  void run_for(Duration time) {
    const Timestamp end = now + time;
    settle();
    while (true) {
      const Deadline next = soonest(channels.next_timeout(), peer.next_timeout());
      if (!next || *next > end) break;
      now = std::max(now, *next);
      channels.handle_timeout(now);
      peer.handle_timeout(now);
      settle();
    }
    now = end;
  }

  void say(std::uint16_t stream, sctp::Ppid ppid, Bytes bytes, bool unordered = false) {
    ASSERT_TRUE(peer.send(now, sctp::StreamId{stream}, ppid, bytes, {.unordered = unordered}));
    settle();
  }
  void say_open(std::uint16_t stream, const std::string& label = "x",
                ChannelType type = ChannelType::Reliable) {
    Buffer bytes;
    ByteWriter out(bytes);
    OpenMessage{.channel_type = type, .label = label}.write(out);
    say(stream, kPpidDcep, bytes);
  }
  void reset(std::uint16_t stream) {
    const sctp::StreamId streams[] = {sctp::StreamId{stream}};
    peer.reset_streams(now, streams);
    settle();
  }

  std::vector<std::string> happened() {
    run_for(3s);
    return take(events);
  }
  // The first thing that the peer was told on a stream: "ack", "reset", "open", or nothing.
  std::string answer(std::uint16_t stream) const {
    for (const auto& [where, what] : answers) {
      if (where == stream) return what;
    }
    return "";
  }

 private:
  simulation::SeededRandom random_, peer_random_;

 public:
  Timestamp now = simulation::kStart;
  DataChannels channels;
  sctp::Association peer;
  std::vector<DataChannels::Event> events;
  std::vector<std::pair<std::uint16_t, std::string>> answers;
  bool answer_resets = false;
  // Once the peer saw a reset of ours, its packets are kept back, for deliver_backwards().
  bool keep_after_reset = false;

  void deliver_backwards() {
    keep_after_reset = keeping_ = false;
    for (auto at = kept_.rbegin(); at != kept_.rend(); ++at) {
      channels.handle_packet(now, *at);
      settle();
    }
    kept_.clear();
  }

 private:
  bool keeping_ = false;
  std::vector<Buffer> kept_;

  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      while (auto event = channels.poll_event()) events.push_back(std::move(*event)), busy = true;
      while (auto packet = channels.poll_transmit(now))
        peer.handle_packet(now, *packet), busy = true;
      while (auto event = peer.poll_event()) note(*event), busy = true;
      while (auto packet = peer.poll_transmit(now)) {
        busy = true;
        if (keeping_)
          kept_.push_back(std::move(*packet));
        else
          channels.handle_packet(now, *packet);
      }
    }
  }
  void note(const sctp::Association::Event& event) {
    if (const auto* message = std::get_if<sctp::MessageReceived>(&event)) {
      std::string what = "message";
      if (message->ppid == kPpidDcep) what = message->bytes == hex("02") ? "ack" : "open";
      if (message->unordered) what = "unordered " + what;
      answers.emplace_back(std::to_underlying(message->stream), what);
    } else if (const auto* reset_streams = std::get_if<sctp::IncomingStreamsReset>(&event)) {
      for (const auto stream : reset_streams->streams) {
        answers.emplace_back(std::to_underlying(stream), "reset");
        keeping_ = keep_after_reset;
        if (answer_resets) peer.reset_streams(now, {&stream, 1});
      }
    } else if (std::holds_alternative<sctp::Closed>(event)) {
      answers.emplace_back(0, "the association closed");
    }
  }
};

// docs/failures.md row 98: each of these closes its own channel only, and gets no ACK.
TEST(HostileOpen, ClosesItsOwnStreamOnly) {
  const struct {
    const char* what;
    std::uint16_t stream;
    Buffer bytes;
  } table[] = {
      {"truncated at the type", 5, hex("03")},
      {"truncated in the head", 5, hex("03 00 0000 00000000 0000")},
      {"a label that is shorter than said", 5, hex("03 00 0000 00000000 0002 0000 61")},
      {"a label that is much shorter", 5, hex("03 00 0000 00000000 ffff ffff 61")},
      {"a protocol that is shorter", 5, hex("03 00 0000 00000000 0001 0002 6162")},
      {"more than said", 5, hex("03 00 0000 00000000 0000 0000 61")},
      {"a label that is not UTF-8", 5, hex("03 00 0000 00000000 0001 0000 ff")},
      {"a protocol that is not UTF-8", 5, hex("03 00 0000 00000000 0000 0001 ff")},
      {"an unassigned channel type", 5, hex("03 03 0000 00000000 0000 0000")},
      {"the reserved channel type", 5, hex("03 7f 0000 00000000 0000 0000")},
      {"the other reserved channel type", 5, hex("03 ff 0000 00000000 0000 0000")},
      {"message type 0", 5, hex("00")},
      {"message type 1", 5, hex("01 00 0000 00000000 0000 0000")},
      {"message type 4", 5, hex("04 00 0000 00000000 0000 0000")},
      {"message type 255", 5, hex("ff")},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    Hostile hostile;
    hostile.say_open(1);
    EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1"));
    hostile.say(row.stream, kPpidDcep, row.bytes);
    EXPECT_THAT(hostile.happened(), ElementsAre("refused stream " + std::to_string(row.stream)));
    EXPECT_EQ(hostile.answer(row.stream), "reset");
    EXPECT_EQ(hostile.channels.totals().refused, 1u);
    // Again and again: it is told once, until it has reset its own.
    for (int i = 0; i < 5; ++i) hostile.say(row.stream, kPpidDcep, row.bytes);
    EXPECT_THAT(hostile.happened(), IsEmpty());
    EXPECT_EQ(std::ranges::count(hostile.answers, std::pair(row.stream, std::string("reset"))), 1);
    // The other channel is none the worse, and the stream may be used after its reset.
    hostile.say(1, kPpidText, as_bytes("fine"));
    EXPECT_THAT(hostile.happened(), ElementsAre("text 1 fine"));
    hostile.reset(row.stream);
    EXPECT_THAT(hostile.happened(), IsEmpty());
    if (row.stream % 2 == 1) {
      hostile.say_open(row.stream, "better");
      EXPECT_THAT(hostile.happened(), ElementsAre("incoming 2 better", "opened 2"));
    }
  }
}

TEST(HostileOpen, TwiceClosesTheChannel) {
  Hostile hostile;
  hostile.answer_resets = true;
  hostile.say_open(1);
  hostile.say_open(3);
  hostile.say_open(1);
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1", "incoming 2 x",
                                              "opened 2", "failed 1 NetworkError", "closed 1"));
  EXPECT_EQ(hostile.channels.state(ChannelId{2}), DataChannelState::Open);
}

// Such as rustrtc, which takes even ids as the DTLS server: pion and libwebrtc take them, too.
TEST(OpenOfTheWrongParity, IsTakenWhereNoChannelOfOursIs) {
  Hostile hostile;  // the DTLS server: it should have taken an odd one
  hostile.say_open(4);
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1"));
  // Ours go around it.
  std::vector<std::optional<std::uint16_t>> ids;
  for (int i = 0; i < 3; ++i) {
    const ChannelId mine = *hostile.channels.create(hostile.now, "mine", {});
    ids.push_back(hostile.channels.info(mine)->options.id);
  }
  EXPECT_THAT(ids, ElementsAre(0, 2, 6));
}

TEST(OpenThatIsRefused, IsToldWithItsStreamAndReason) {
  Hostile hostile;
  hostile.answer_resets = true;
  hostile.say(1, kPpidDcep, hex("03"));
  EXPECT_THAT(hostile.happened(), ElementsAre("refused stream 1"));
  hostile.say(3, kPpidDcep, hex("77"));
  EXPECT_THAT(hostile.happened(), ElementsAre("refused stream 3"));
}

TEST(HostileOpen, OnAStreamOfOursClosesThatChannel) {
  Hostile hostile;
  hostile.answer_resets = true;
  (void)*hostile.channels.create(hostile.now, "mine", {});
  (void)*hostile.channels.create(hostile.now, "", {.negotiated = true, .id = 7});
  hostile.run_for(1s);
  hostile.say_open(0);
  hostile.say_open(7);
  EXPECT_THAT(hostile.happened(),
              UnorderedElementsAre("opened 2", "failed 1 NetworkError", "failed 2 NetworkError",
                                   "closed 1", "closed 2"));
}

// Its stream is not reset yet when all ends.
TEST(HostileOpen, AFailureIsToldOnceThoughTheAssociationFailsToo) {
  Hostile hostile;
  hostile.say_open(1);
  hostile.say_open(1);
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1", "failed 1 NetworkError"));
  hostile.peer.abort(hostile.now, "enough");
  EXPECT_THAT(hostile.happened(), ElementsAre("closed 1", "ended by an error"));
}

TEST(HostileDcep, OfAnUnknownTypeClosesTheChannelItCameOn) {
  Hostile hostile;
  hostile.answer_resets = true;
  hostile.say_open(1);
  hostile.say(1, kPpidDcep, hex("77"));
  EXPECT_THAT(hostile.happened(),
              ElementsAre("incoming 1 x", "opened 1", "failed 1 NetworkError", "closed 1"));
}

TEST(HostileDcep, AckThatNobodyWaitsForDoesNothing) {
  Hostile hostile;
  hostile.say(1, kPpidDcep, hex("02"));
  hostile.say_open(3);
  hostile.say(3, kPpidDcep, hex("02"));
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1"));
  EXPECT_EQ(hostile.answer(1), "");
}

// RFC 8832 §6, docs/failures.md row 99.
TEST(Dcep, IsOrderedWhateverTheChannelIs) {
  Hostile hostile;
  hostile.say_open(1, "x", ChannelType::PartialReliableRexmitUnordered);
  const ChannelId ours = *hostile.channels.create(hostile.now, "", {.ordered = false});
  hostile.run_for(1s);
  hostile.say(0, kPpidDcep, hex("02"));
  EXPECT_TRUE(hostile.channels.send(hostile.now, ChannelId{1}, MessageKind::Binary, hex("00")));
  EXPECT_TRUE(hostile.channels.send(hostile.now, ours, MessageKind::Binary, hex("00")));
  hostile.run_for(1s);
  EXPECT_THAT(hostile.answers, UnorderedElementsAre(std::pair(1, "ack"), std::pair(0, "open"),
                                                    std::pair(1, "unordered message"),
                                                    std::pair(0, "unordered message")));
}

// Some implementations pad it to four bytes.
TEST(Ack, OfFourBytesOpensTheChannel) {
  Hostile hostile;
  (void)*hostile.channels.create(hostile.now, "mine", {});
  hostile.run_for(1s);
  EXPECT_EQ(hostile.answer(0), "open");
  hostile.say(0, kPpidDcep, hex("02 000000"));
  EXPECT_THAT(hostile.happened(), ElementsAre("opened 1"));
}

// RFC 8832 §6: any message says what the ACK says; on an unordered channel it may overtake it.
TEST(Ack, IsImpliedByAMessage) {
  Hostile hostile;
  const ChannelId id = *hostile.channels.create(hostile.now, "mine", {.ordered = false});
  hostile.run_for(1s);
  hostile.say(0, kPpidText, as_bytes("first"), true);
  hostile.say(0, kPpidDcep, hex("02"));
  EXPECT_THAT(hostile.happened(), ElementsAre("opened 1", "text 1 first"));
  EXPECT_EQ(hostile.channels.state(id), DataChannelState::Open);
}

// RFC 8832 §6: a reset instead of an ACK.
TEST(Refusal, OfOurOpenFailsTheChannel) {
  Hostile hostile;
  (void)*hostile.channels.create(hostile.now, "mine", {});
  hostile.run_for(1s);
  hostile.reset(0);
  EXPECT_THAT(hostile.happened(), ElementsAre("failed 1 OperationError", "closed 1"));
  const ChannelId next = *hostile.channels.create(hostile.now, "mine", {});
  EXPECT_EQ(hostile.channels.info(next)->options.id, 0);
}

// The peer may use a stream anew as soon as it has seen our reset. What says that it has may come
// after that.
TEST(Reuse, MayOvertakeTheConfirmationOfOurReset) {
  Hostile hostile;
  hostile.say_open(1, "first");
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 first", "opened 1"));
  hostile.keep_after_reset = true;
  hostile.reset(1);
  EXPECT_EQ(hostile.answer(1), "ack");
  hostile.say_open(1, "second");
  hostile.say(1, kPpidText, as_bytes("hello"));
  EXPECT_THAT(take(hostile.events), ElementsAre("closing 1"));
  hostile.deliver_backwards();
  EXPECT_THAT(hostile.happened(),
              ElementsAre("closed 1", "incoming 2 second", "opened 2", "text 2 hello"));
  EXPECT_EQ(hostile.channels.totals().refused, 0u);
}

TEST(Messages, OvertakingTheirOpenWaitForIt) {
  Hostile hostile;
  hostile.say(1, kPpidBinary, hex("01"), true);
  hostile.say(1, kPpidBinary, hex("0203"), true);
  EXPECT_THAT(hostile.happened(), IsEmpty());
  hostile.say_open(1);
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1", "binary 1 of 1 bytes",
                                              "binary 1 of 2 bytes"));
}

TEST(Messages, ForNoChannelAreBounded) {
  Hostile hostile;
  for (std::size_t i = 0; i < HeldMessages::kMaxMessages + 10; ++i)
    hostile.say(static_cast<std::uint16_t>(i % 100), kPpidBinary, hex("00"));
  EXPECT_THAT(hostile.happened(), IsEmpty());
  EXPECT_EQ(hostile.channels.totals().messages_dropped, 10u);
  hostile.say_open(1);
  EXPECT_THAT(hostile.happened(), Contains("opened 1"));
}

TEST(Messages, OfTheDeprecatedPartialKindsAreTakenForWholeOnes) {
  Hostile hostile;
  hostile.say_open(1);
  hostile.say(1, kPpidTextPartial, as_bytes("a"));
  hostile.say(1, kPpidBinaryPartial, as_bytes("b"));
  EXPECT_THAT(hostile.happened(),
              ElementsAre("incoming 1 x", "opened 1", "text 1 a", "binary 1 of 1 bytes"));
}

// RFC 8831 §6.6: whatever stands in for nothing is nothing.
TEST(Messages, ThatAreEmptyAreEmptyWhateverTheyCarry) {
  Hostile hostile;
  hostile.say_open(1);
  hostile.say(1, kPpidTextEmpty, hex("00"));
  hostile.say(1, kPpidBinaryEmpty, hex("ffffff"));
  EXPECT_THAT(hostile.happened(),
              ElementsAre("incoming 1 x", "opened 1", "text 1 ", "binary 1 of 0 bytes"));
}

TEST(Messages, OfAnUnknownPpidCloseTheirChannel) {
  for (const std::uint32_t ppid : {0u, 49u, 55u, 58u, 0xffffffffu}) {
    Hostile hostile;
    hostile.answer_resets = true;
    hostile.say_open(1);
    hostile.say(1, sctp::Ppid{ppid}, hex("00"));
    hostile.say(1, kPpidText, as_bytes("late"));
    EXPECT_THAT(hostile.happened(),
                ElementsAre("incoming 1 x", "opened 1", "failed 1 NetworkError", "closed 1"));
  }
}

// Labels of 128 KiB on every stream would be 4 GiB: they end, and what fits stays.
TEST(HostileOpen, FindsTheEndOfTheRoomForNames) {
  Hostile hostile;
  const std::string label(65'000, 'x');
  int opened = 0;
  for (std::uint16_t stream = 1; stream < 800; stream += 2) {
    hostile.say_open(stream, label);
    opened += static_cast<int>(std::ranges::count_if(
        hostile.happened(), [](const std::string& each) { return each.starts_with("opened"); }));
  }
  EXPECT_EQ(opened, (16 << 20) / 65'000);
  EXPECT_EQ(hostile.channels.totals().refused, 400u - static_cast<unsigned>(opened));
}

TEST(HostileReset, OfStreamsWithoutChannelsIsAnsweredOnceEach) {
  Hostile hostile;
  hostile.say(11, kPpidBinary, hex("00"));
  hostile.reset(11);
  hostile.reset(12);
  EXPECT_THAT(hostile.happened(), IsEmpty());
  EXPECT_EQ(hostile.answer(11), "reset");
  EXPECT_EQ(hostile.answer(12), "reset");
  EXPECT_EQ(hostile.answers.size(), 2u);
  hostile.say_open(11);
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1"));
}

TEST(HostileReset, ThatNeverComesKeepsTheChannelClosing) {
  Hostile hostile;
  hostile.say_open(1);
  hostile.channels.close(hostile.now, ChannelId{1});
  EXPECT_THAT(hostile.happened(), ElementsAre("incoming 1 x", "opened 1"));
  EXPECT_EQ(hostile.channels.state(ChannelId{1}), DataChannelState::Closing);
  hostile.reset(1);
  EXPECT_THAT(hostile.happened(), ElementsAre("closed 1"));
}

TEST(HostileDcep, OfAnyBytesLeavesTheAssociationAlone) {
  Hostile hostile;
  simulation::SeededRandom random(31);
  for (int round = 0; round < 1500; ++round) {
    Buffer bytes(1 + random.below(24));
    random.fill(bytes);
    if (random.chance(0.7)) bytes[0] = random.chance(0.8) ? 0x03 : 0x02;
    if (bytes.size() >= 12 && random.chance(0.7)) {
      bytes[1] &= 0x83;
      bytes[8] = bytes[10] = bytes[11] = 0;
      bytes[9] = static_cast<std::uint8_t>(bytes.size() - 12);
    }
    const auto stream = static_cast<std::uint16_t>(random.below(40));
    hostile.say(stream, random.chance(0.8) ? kPpidDcep : sctp::Ppid{50 + random.below(9)}, bytes);
    if (random.chance(0.1)) hostile.reset(static_cast<std::uint16_t>(random.below(40)));
    hostile.run_for(10ms);
  }
  hostile.run_for(30s);
  EXPECT_THAT(hostile.answers, Not(Contains(std::pair<std::uint16_t, std::string>(
                                   std::uint16_t{0}, "the association closed"))));
  hostile.say_open(901);
  EXPECT_THAT(hostile.happened(), Contains(::testing::HasSubstr("opened")));
}

}  // namespace
}  // namespace specter::channel
