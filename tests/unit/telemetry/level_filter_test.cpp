#include "telemetry/level_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relayna/telemetry/log.hpp"

namespace relayna::telemetry {
namespace {

using testing::HasSubstr;

TEST(LevelFilter, OneLevelIsForEverything) {
  EXPECT_EQ(LevelFilter::parse("trace")->level_of("http"), spdlog::level::trace);
  EXPECT_EQ(LevelFilter::parse(" WARN ")->level_of("http"), spdlog::level::warn);
  EXPECT_EQ(LevelFilter::parse("error")->level_of(""), spdlog::level::err);
  EXPECT_EQ(LevelFilter().level_of("http"), spdlog::level::info);
}

TEST(LevelFilter, TargetsHaveTheirOwnInAnyOrder) {
  for (const char* text : {"proxy=debug,store=warn,error", "error, store = warn ,proxy=debug",
                           "proxy=off,proxy=debug,info,error,store=warn"}) {
    const auto filter = LevelFilter::parse(text);
    ASSERT_TRUE(filter.has_value()) << text;
    EXPECT_EQ(filter->level_of("proxy"), spdlog::level::debug);
    EXPECT_EQ(filter->level_of("store"), spdlog::level::warn);
    EXPECT_EQ(filter->level_of("http"), spdlog::level::err);
  }
  EXPECT_EQ(LevelFilter::parse("access=off")->level_of("access"), spdlog::level::off);
  EXPECT_EQ(LevelFilter::parse("access=off")->level_of("proxy"), spdlog::level::info);
}

TEST(LevelFilter, KnowsTheNamesOfOtherGateways) {
  const auto filter = LevelFilter::parse("gateway_api=debug,gateway_proxy=trace");
  EXPECT_EQ(filter->level_of("control"), spdlog::level::debug);
  EXPECT_EQ(filter->level_of("proxy"), spdlog::level::trace);
  EXPECT_EQ(filter->level_of("gateway_proxy"), spdlog::level::trace);
}

TEST(LevelFilter, NamesThePartThatIsWrong) {
  for (const auto& [text, part] :
       {std::pair{"", "\"\""}, std::pair{"verbose", "\"verbose\""}, std::pair{"info,", "\"\""},
        std::pair{"info,proxy=loud", "\"proxy=loud\""}, std::pair{"=debug", "\"=debug\""},
        std::pair{"proxy=,info", "\"proxy=\""}, std::pair{"a b=debug", "\"a b=debug\""},
        std::pair{"info;debug", "\"info;debug\""}}) {
    const auto result = check_level(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, core::ErrorCode::invalid_configuration);
    EXPECT_THAT(result.error().message, HasSubstr(part)) << text;
    EXPECT_FALSE(set_level(text).has_value());
    EXPECT_FALSE(init_logging({.level = text}).has_value());
  }
  EXPECT_TRUE(check_level("proxy=debug,store=warn,info").has_value());
}

}  // namespace
}  // namespace relayna::telemetry
