#include "relayna/domain/passthrough.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

using testing::HasSubstr;

TEST(LitellmPassthrough, LetsNothingThroughUnlessSwitchedOn) {
  LitellmPassthrough settings;
  EXPECT_FALSE(settings.allows("GET", "/v1/anything"));
  settings.enabled = true;
  EXPECT_TRUE(settings.allows("GET", "/v1/anything"));
  EXPECT_TRUE(settings.allows("POST", "/v1/any/thing"));
  EXPECT_FALSE(settings.allows("DELETE", "/v1/anything"));
  EXPECT_FALSE(settings.allows("GET", "/v2/anything"));
  EXPECT_FALSE(settings.allows("GET", "/v1"));
}

TEST(LitellmPassthrough, APathWithoutAStarIsThatPath) {
  LitellmPassthrough settings{.enabled = true, .allowed_paths = {"/utils/token_counter"}};
  EXPECT_TRUE(settings.allows("POST", "/utils/token_counter"));
  EXPECT_FALSE(settings.allows("POST", "/utils/token_counter/more"));
}

TEST(LitellmPassthrough, IsReadBackAsItWasWritten) {
  LitellmPassthrough settings{
      .enabled = true, .allowed_paths = {"/a", "/b/*"}, .allowed_methods = {"GET"}, .timeout_ms = 5};
  EXPECT_EQ(parse_litellm_passthrough(to_json(settings)).value(), settings);
  EXPECT_EQ(parse_litellm_passthrough("{}").value(), LitellmPassthrough{});
}

TEST(LitellmPassthrough, EveryProblemIsNamed) {
  const auto read = parse_litellm_passthrough(
      R"({"enabled":1,"allowed_paths":["v1"],"allowed_methods":["get"],"timeout_ms":0,"max_request_body_bytes":1.5,"more":1})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, core::ErrorCode::invalid_request);
  const auto text = read.error().public_message();
  for (const char* field : {"enabled: ", "allowed_paths: ", "allowed_methods: ", "timeout_ms: ",
                            "max_request_body_bytes: ", "more: "})
    EXPECT_THAT(std::string(text), HasSubstr(field));
  for (const char* path : {R"(["/a/../b"])", R"(["/a b"])", R"(["/a*b"])", "[]", R"("/v1")"})
    EXPECT_FALSE(parse_litellm_passthrough(std::string(R"({"allowed_paths":)") + path + "}")) << path;
}

}  // namespace
}  // namespace relayna::domain
