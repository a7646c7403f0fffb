#include "sctp/tx/delivery_rate.h"

#include <vector>

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1h};

// draft-ietf-ccwg-bbr §4.1.1: ten chunks sent at once, acknowledged every 10 ms; for each that is
// acknowledged another is sent.
TEST(DeliveryRate, IsThatOfTheAcknowledgements) {
  DeliveryRate rate;
  std::vector<SendRecord> sent;
  for (std::size_t i = 0; i < 10; ++i) sent.push_back(rate.sent(kStart, i * 1000));
  RateSample sample;
  for (std::size_t i = 0; i < 30; ++i) {
    const Timestamp now = kStart + 100ms + i * 10ms;
    rate.begin();
    rate.acknowledged(now, sent[i], static_cast<std::int64_t>(i), 1000, false);
    sample = rate.finish(100ms);
    sent.push_back(rate.sent(now, 9000));
  }
  EXPECT_NEAR(sample.bytes_per_second, 100'000, 1);
  EXPECT_EQ(rate.delivered(), 30'000u);
  EXPECT_EQ(sample.delivered, 10'000u);
  EXPECT_EQ(sample.prior_delivered, 20'000u);
}

TEST(DeliveryRate, ABatchOfAcknowledgementsIsNoFasterThanTheSending) {
  DeliveryRate rate;
  std::vector<SendRecord> sent;
  for (std::size_t i = 0; i < 20; ++i) sent.push_back(rate.sent(kStart + i * 10ms, i * 1000));
  rate.begin();
  rate.acknowledged(kStart + 195ms, sent[0], 0, 1000, false);
  rate.finish({});
  rate.begin();
  for (std::size_t i = 1; i < 20; ++i)
    rate.acknowledged(kStart + 200ms, sent[i], static_cast<std::int64_t>(i), 1000, false);
  EXPECT_NEAR(rate.finish({}).bytes_per_second, 100'000, 5'300);
}

TEST(DeliveryRate, ShorterThanARoundTripIsNoSample) {
  DeliveryRate rate;
  const SendRecord sent = rate.sent(kStart, 0);
  rate.begin();
  rate.acknowledged(kStart + 50ms, sent, 1, 1000, false);
  EXPECT_EQ(rate.finish(100ms).bytes_per_second, 0);
}

TEST(DeliveryRate, APauseIsNotPartOfAnInterval) {
  DeliveryRate rate;
  SendRecord sent = rate.sent(kStart, 0);
  rate.begin();
  rate.acknowledged(kStart + 100ms, sent, 1, 1000, false);
  rate.finish({});
  sent = rate.sent(kStart + 10s, 0);
  rate.begin();
  rate.acknowledged(kStart + 10s + 100ms, sent, 2, 1000, false);
  EXPECT_NEAR(rate.finish({}).bytes_per_second, 10'000, 1);
}

TEST(DeliveryRate, RemembersThatThereWasNothingToSend) {
  DeliveryRate rate;
  EXPECT_FALSE(rate.is_app_limited());
  const SendRecord sent = rate.sent(kStart, 0);
  rate.note_app_limited(1000);
  EXPECT_TRUE(rate.is_app_limited());
  rate.begin();
  rate.acknowledged(kStart + 100ms, sent, 1, 1000, true);
  EXPECT_TRUE(rate.finish({}).is_app_limited);
  EXPECT_TRUE(rate.is_app_limited()) << "until more than what was under way is there";
  rate.begin();
  rate.acknowledged(kStart + 200ms, rate.sent(kStart + 100ms, 0), 2, 1, true);
  rate.finish({});
  EXPECT_FALSE(rate.is_app_limited());
}

TEST(DeliveryRate, CountsWhatWasLostSince) {
  DeliveryRate rate;
  rate.lost(0xffff'ff00);  // near where the kept bits wrap
  const SendRecord sent = rate.sent(kStart, 0);
  rate.lost(500);
  EXPECT_EQ(rate.lost_since(sent), 500u);
}

}  // namespace
}  // namespace specter::sctp
