#include "relayna/telemetry/log_targets.hpp"

#include <algorithm>

#include <gmock/gmock.h>

namespace relayna::telemetry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LogTargets, AreInOrder) {
  EXPECT_TRUE(std::ranges::is_sorted(log_targets()));
}

TEST(LogTargets, NamesThoseThatNothingLogsTo) {
  EXPECT_THAT(unknown_log_targets("info"), IsEmpty());
  EXPECT_THAT(unknown_log_targets("store=debug,access=off,gateway_api=trace,gateway_proxy=warn,info"),
              IsEmpty());
  EXPECT_THAT(unknown_log_targets("stroe=debug,store=warn,http2=info"), ElementsAre("http2", "stroe"));
  EXPECT_THAT(unknown_log_targets("stroe=loud"), IsEmpty()) << "check_level says what is wrong with it";
}

}  // namespace
}  // namespace relayna::telemetry
