#include "relayna/pipeline/body_admission.hpp"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::pipeline {
namespace {

using testing::HasSubstr;

void expect_overloaded(const core::Result<void>& result, const char* setting) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::ErrorCode::gateway_overloaded);
  EXPECT_EQ(result.error().retry_after, std::chrono::seconds(1));
  EXPECT_THAT(result.error().describe(), HasSubstr(setting));
}

TEST(BodyAdmission, SoManyBodiesAtOnce) {
  BodyAdmission admission(2, 100);
  auto first = admission.lease(), second = admission.lease(), third = admission.lease();
  EXPECT_TRUE(first.begin());
  EXPECT_TRUE(first.begin()) << "it has its slot";
  EXPECT_TRUE(second.begin());
  expect_overloaded(third.begin(), "GATEWAY_MAX_BUFFERED_REQUESTS");
  EXPECT_EQ(admission.requests(), 2U);
  EXPECT_EQ(admission.rejections(), 1U);
  first.received();
  first.received();
  EXPECT_EQ(admission.requests(), 1U);
  EXPECT_TRUE(third.begin());
}

TEST(BodyAdmission, SoManyBytesUntilTheyAreReleased) {
  BodyAdmission admission(10, 100);
  auto first = admission.lease(), second = admission.lease();
  ASSERT_TRUE(first.begin());
  EXPECT_TRUE(first.grow(60));
  EXPECT_TRUE(second.grow(40)) << "to the last byte";
  expect_overloaded(second.grow(1), "GATEWAY_MAX_INFLIGHT_BUFFER_BYTES");
  EXPECT_EQ(second.bytes(), 40U);
  EXPECT_EQ(admission.bytes(), 100U);
  first.received();
  EXPECT_EQ(admission.bytes(), 100U) << "they wait for their upstream";
  first.release();
  first.release();
  EXPECT_EQ(admission.bytes(), 40U);
  EXPECT_TRUE(second.grow(60));
}

TEST(BodyAdmission, ADestroyedLeaseGivesEverythingBackOnce) {
  BodyAdmission admission(1, 100);
  {
    auto lease = admission.lease();
    ASSERT_TRUE(lease.begin());
    ASSERT_TRUE(lease.grow(70));
    BodyAdmission::Lease moved(std::move(lease));
    BodyAdmission::Lease assigned;
    assigned = std::move(moved);
    EXPECT_EQ(assigned.bytes(), 70U);
    EXPECT_EQ(admission.requests(), 1U);
    EXPECT_EQ(admission.bytes(), 70U);
  }
  EXPECT_EQ(admission.requests(), 0U);
  EXPECT_EQ(admission.bytes(), 0U);
}

TEST(BodyAdmission, AssigningGivesBackWhatWasHeld) {
  BodyAdmission admission(1, 100);
  auto lease = admission.lease();
  ASSERT_TRUE(lease.begin());
  ASSERT_TRUE(lease.grow(70));
  lease = admission.lease();
  EXPECT_EQ(admission.requests(), 0U);
  EXPECT_EQ(admission.bytes(), 0U);
}

TEST(BodyAdmission, NobodysLeaseHoldsNothing) {
  BodyAdmission::Lease lease;
  EXPECT_TRUE(lease.begin());
  EXPECT_TRUE(lease.grow(1'000'000'000));
  EXPECT_EQ(lease.bytes(), 0U);
}

}  // namespace
}  // namespace relayna::pipeline
