#include <gtest/gtest.h>

#include "control/alerts/deliveries.hpp"

namespace relayna::control {
namespace {

using namespace std::chrono_literals;

const core::SystemTime kNow = core::parse_rfc3339("2026-11-20T12:00:00Z").value();
const Alert kAlert{"key.expired", "key.expired:k", {{"key_id", "k"}}};

domain::AlertDelivery delivery() {
  domain::AlertWebhook webhook;
  webhook.id = "w";
  return new_delivery(webhook, kAlert, "d", kNow);
}

TEST(AlertDelivery, IsDueAtOnceAndSaysWhatHappened) {
  const auto made = delivery();
  EXPECT_EQ(made.webhook_id, "w");
  EXPECT_EQ(made.occasion, "key.expired:k");
  EXPECT_EQ(made.next_attempt_at, kNow);
  const auto payload = json::parse(made.payload).value();
  EXPECT_EQ(payload, (json::Document{{"id", "d"},
                                     {"type", "key.expired"},
                                     {"created_at", core::to_rfc3339(kNow)},
                                     {"data", {{"key_id", "k"}}}}));
}

TEST(AlertDelivery, IsSignedAsStandardWebhooksSays) {
  const auto at = core::SystemTime(1'700'000'000s);
  const core::Secret secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  const auto made = sign(secret, "msg_1", at, "{}");
  EXPECT_EQ(made.timestamp, "1700000000");
  // printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary |
  // base64
  EXPECT_EQ(made.signature, "v1,2c4VI0bO4Wd5svqP2unEA9pCk0dTAXr/elrHCJ+/efk=");
  EXPECT_NE(sign(secret, "msg_1", at, "{}").signature, sign(secret, "msg_1", at, "{ }").signature);
  EXPECT_NE(sign(secret, "msg_1", at, "{}").signature, sign(secret, "msg_2", at, "{}").signature);
  EXPECT_NE(sign(secret, "msg_1", at, "{}").signature, sign(secret, "msg_1", at + 1s, "{}").signature);
  EXPECT_NE(sign(secret, "msg_1", at, "{}").signature,
            sign(new_webhook_secret(), "msg_1", at, "{}").signature);
}

TEST(WebhookSecret, HasOneForm) {
  EXPECT_TRUE(well_formed_webhook_secret(new_webhook_secret().reveal()));
  EXPECT_FALSE(new_webhook_secret() == new_webhook_secret());
  for (const auto* wrong :
       {"", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 not base64 not base64!!"})
    EXPECT_FALSE(well_formed_webhook_secret(wrong)) << wrong;
}

TEST(AlertDelivery, IsTriedAgainEverMoreSeldomForADay) {
  auto made = delivery();
  auto now = kNow;
  std::vector<std::int64_t> waits;
  while (made.next_attempt_at) {
    now = *made.next_attempt_at;
    note_attempt(made, "status 500", now, 0);
    if (made.next_attempt_at)
      waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(*made.next_attempt_at - now).count());
  }
  EXPECT_EQ(waits[0], 5);
  EXPECT_EQ(waits[1], 10);
  EXPECT_EQ(waits.back(), 3'600);
  EXPECT_GT(now, kNow + 22h);
  EXPECT_LE(now, kNow + 24h);
  EXPECT_EQ(state_of(made), "failed");
  EXPECT_EQ(made.last_error, "status 500");
}

TEST(AlertDelivery, JitterTakesUpToAQuarter) {
  auto made = delivery();
  note_attempt(made, "no", kNow, 1);
  EXPECT_EQ(made.next_attempt_at, kNow + 3'750ms);
  EXPECT_EQ(state_of(made), "pending");
}

TEST(AlertDelivery, EndsWhenItWasTaken) {
  auto made = delivery();
  note_attempt(made, "no", kNow, 0);
  note_attempt(made, {}, kNow + 5s, 0);
  EXPECT_EQ(made.attempts, 2);
  EXPECT_FALSE(made.next_attempt_at);
  EXPECT_EQ(made.delivered_at, kNow + 5s);
  EXPECT_TRUE(made.last_error.empty());
  EXPECT_EQ(state_of(made), "delivered");
}

TEST(AlertWebhook, WantsWhatItNamesOrEverything) {
  domain::AlertWebhook webhook;
  EXPECT_TRUE(wants(webhook, "key.expired"));
  EXPECT_FALSE(wants(webhook, "test"));
  webhook.events = {"replica.lost"};
  EXPECT_TRUE(wants(webhook, "replica.lost"));
  EXPECT_FALSE(wants(webhook, "key.expired"));
  webhook.enabled = false;
  EXPECT_FALSE(wants(webhook, "replica.lost"));
}

}  // namespace
}  // namespace relayna::control
