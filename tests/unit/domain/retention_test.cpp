#include "relayna/domain/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using testing::HasSubstr;

TEST(Retention, IsReadBackAsItWasWritten) {
  const Retention retention{.usage_days = 90, .audit_days = 400};
  EXPECT_EQ(parse_retention(to_json(retention)).value(), retention);
}

TEST(Retention, WhatIsNotSavedIsAsConfigured) {
  const Retention configured{.usage_days = 30, .audit_days = 60};
  EXPECT_EQ(parse_retention("{}", configured).value(), configured);
  EXPECT_EQ(parse_retention(R"({"usage_days":7})", configured).value(), (Retention{7, 60}));
  EXPECT_EQ(parse_retention(R"({"audit_days":0})", configured).value(), (Retention{30, 0}));
}

TEST(Retention, EveryProblemIsNamed) {
  const auto read = parse_retention(R"({"usage_days":-1,"audit_days":36501,"log_days":1})");
  ASSERT_FALSE(read);
  for (const char* field :
       {"usage_days: must be a whole number from 0", "audit_days: ", "log_days: is unknown"})
    EXPECT_THAT(std::string(read.error().public_message()), HasSubstr(field));
  EXPECT_FALSE(parse_retention(R"({"usage_days":1.5})"));
  EXPECT_FALSE(parse_retention("[]"));
}

TEST(Retention, ZeroDaysKeepForEver) {
  const core::SystemTime now{std::chrono::days(20'000)};
  EXPECT_EQ(kept_since(0, now), std::nullopt);
  EXPECT_EQ(kept_since(30, now), core::SystemTime(std::chrono::days(19'970)));
}

}  // namespace
}  // namespace relayna::domain
