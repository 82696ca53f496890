#include "relayna/domain/operator.hpp"

#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

const core::SystemTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20};

TEST(OperatorState, RevokedOverDisabledOverExpired) {
  Operator who;
  EXPECT_EQ(operator_state(who, kNow), OperatorState::active);
  who.expires_at = kNow;
  EXPECT_EQ(operator_state(who, kNow - std::chrono::microseconds(1)), OperatorState::active);
  EXPECT_EQ(operator_state(who, kNow), OperatorState::expired);
  who.disabled = true;
  EXPECT_EQ(operator_state(who, kNow), OperatorState::disabled);
  who.revoked_at = kNow;
  EXPECT_EQ(operator_state(who, kNow), OperatorState::revoked);
}

TEST(OperatorToken, IsOfItsOwnFormat) {
  EXPECT_TRUE(well_formed_operator_token("op_live_" + std::string(64, 'a')));
  EXPECT_FALSE(well_formed_operator_token("rk_live_" + std::string(64, 'a')));
  EXPECT_FALSE(well_formed_operator_token("op_live_" + std::string(63, 'a')));
  EXPECT_FALSE(well_formed_operator_token("op_live_" + std::string(63, 'a') + "g"));
  EXPECT_FALSE(well_formed_operator_token(""));
}

}  // namespace
}  // namespace relayna::domain
