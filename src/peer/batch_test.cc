#include "peer/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter::peer {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using enum Batch::Sealing;
using enum Batch::Fragmenting;

const Path kPath{*Endpoint::parse("192.0.2.1:5000"), *Endpoint::parse("192.0.2.2:5001")};

void write(Batch& batch, std::size_t size, std::uint8_t byte, Batch::Sealing sealing = Done,
           Batch::Fragmenting fragmenting = Forbidden) {
  batch.bytes().resize(batch.bytes().size() + size, byte);
  batch.add(sealing, fragmenting);
}

TEST(Batch, OfNothingIsNone) {
  Batch batch(kPath, Buffer{1, 2, 3});
  EXPECT_TRUE(batch.is_open());
  EXPECT_FALSE(batch.take_misfit());
  EXPECT_EQ(batch.count(), 0);
  EXPECT_TRUE(batch.take().bytes.empty());
}

TEST(Batch, TakesDatagramsOfOneSizeUntilAShorterOne) {
  Batch batch(kPath, {});
  write(batch, 4, 1);
  write(batch, 4, 2);
  EXPECT_TRUE(batch.is_open());
  write(batch, 3, 3);
  EXPECT_FALSE(batch.is_open());
  EXPECT_EQ(batch.count(), 3);
  EXPECT_FALSE(batch.take_misfit());
  const Transmit out = batch.take();
  EXPECT_EQ(out.path, kPath);
  EXPECT_EQ(out.segment_size, 4);
  EXPECT_THAT(out.bytes, ElementsAre(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3));
}

TEST(Batch, GivesBackALargerDatagram) {
  Batch batch(kPath, {});
  write(batch, 2, 1);
  write(batch, 3, 2);
  EXPECT_FALSE(batch.is_open());
  const auto misfit = batch.take_misfit();
  ASSERT_TRUE(misfit);
  EXPECT_THAT(misfit->bytes, ElementsAre(2, 2, 2));
  EXPECT_EQ(batch.count(), 1);
  EXPECT_THAT(batch.take().bytes, ElementsAre(1, 1));
}

TEST(Batch, KeepsWhatMayBeFragmentedApart) {
  Batch batch(kPath, {});
  write(batch, 2, 1, Open, Allowed);
  write(batch, 2, 2, Open, Forbidden);
  const auto misfit = batch.take_misfit();
  ASSERT_TRUE(misfit);
  EXPECT_EQ(misfit->fragmenting, Forbidden);
  const Transmit out = batch.take();
  EXPECT_TRUE(out.may_fragment);
  EXPECT_THAT(out.bytes, ElementsAre(1, 1));
}

TEST(Batch, SealsOpenRecordsTogetherAndTheMisfitByItself) {
  Batch batch(kPath, {});
  write(batch, 2, 1, Done);
  write(batch, 2, 2, Open);
  write(batch, 2, 3, Open);
  write(batch, 3, 4, Open);
  const auto [records, misfit] = batch.to_seal();
  EXPECT_THAT(records.bytes, ElementsAre(2, 2, 3, 3));
  EXPECT_EQ(records.record_bytes, 2);
  EXPECT_THAT(misfit.bytes, ElementsAre(4, 4, 4));
  EXPECT_EQ(misfit.record_bytes, 3);
}

TEST(Batch, HasNothingToSealWhereAllIsDone) {
  Batch batch(kPath, {});
  write(batch, 2, 1);
  write(batch, 3, 2);
  for (const Batch::Records& records : batch.to_seal()) EXPECT_TRUE(records.bytes.empty());
}

TEST(Batch, LeavesWhatIsDoneBehindOpenRecordsToTheNextOne) {
  Batch batch(kPath, {});
  write(batch, 2, 1, Open);
  write(batch, 2, 2, Done);
  const auto [records, misfit] = batch.to_seal();
  EXPECT_THAT(records.bytes, ElementsAre(1, 1));
  EXPECT_TRUE(misfit.bytes.empty());
  EXPECT_THAT(batch.take_misfit()->bytes, Each(2));
}

TEST(Batch, EndsAtItsLimits) {
  Batch many(kPath, {});
  for (; many.is_open(); write(many, 100, 0)) {
  }
  EXPECT_EQ(many.count(), Batch::kMaxDatagrams);
  Batch large(kPath, {});
  for (; large.is_open(); write(large, 1300, 0)) {
  }
  EXPECT_EQ(large.count(), Batch::kMaxBytes / 1300);
}

}  // namespace
}  // namespace specter::peer
