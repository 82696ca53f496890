#include "relayna/json/document.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::json {
namespace {

using testing::HasSubstr;

TEST(Document, KeepsTheWritersOrder) {
  const auto document = parse(R"({"z":1,"a":{"y":[1,2.5,"x"],"b":null}})");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(dump(*document), R"({"z":1,"a":{"y":[1,2.5,"x"],"b":null}})");
}

TEST(Document, FailuresNameTheirOffsetAndNeverThrow) {
  for (const auto& [text, offset] :
       {std::pair{"", "byte 0:"}, std::pair{"{\"a\":}", "byte 5:"}, std::pair{"[1,2", "byte 4:"},
        std::pair{"\"\xFF\"", "byte 1:"}, std::pair{"nul", "byte 0:"}, std::pair{"{} x", "byte 3:"}}) {
    const auto result = parse(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().code, core::ErrorCode::invalid_json);
    EXPECT_THAT(result.error().message, HasSubstr(offset)) << text;
  }
}

TEST(Document, RefusesWhatNoDoubleOrCharacterCanHold) {
  EXPECT_EQ(parse("[1e400]").error().code, core::ErrorCode::invalid_json);
  EXPECT_EQ(parse(R"(["\ud800"])").error().code, core::ErrorCode::invalid_json);
}

TEST(Document, NestingEndsAt256) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse(nested(256)).has_value());
  EXPECT_THAT(parse(nested(257)).error().message, HasSubstr("nested too deeply"));
  EXPECT_FALSE(parse(nested(1'000'000)).has_value());
}

TEST(Document, DumpReplacesWhatIsNotUtf8) {
  Document document;
  document["text"] = "a\xFF";
  EXPECT_EQ(dump(document), "{\"text\":\"a\uFFFD\"}");
}

}  // namespace
}  // namespace relayna::json
