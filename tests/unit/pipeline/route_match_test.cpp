#include "pipeline/route_match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::pipeline {
namespace {

using dialect::Api;
using dialect::Operation;
using domain::Route;
using testing::HasSubstr;

core::Result<RouteMatch> match(std::string_view method, std::string_view path) {
  return match_route(method, path, path);
}

TEST(RouteMatch, FindsTheFixedRoutes) {
  struct Case {
    std::string_view path;
    Route route;
    Operation operation;
  };
  for (const Case& c : {Case{"/v1/chat/completions", Route::chat_completions, Operation::chat_completions},
                        Case{"/v1/completions", Route::completions, Operation::completions},
                        Case{"/v1/responses", Route::responses, Operation::responses},
                        Case{"/v1/embeddings", Route::embeddings, Operation::embeddings},
                        Case{"/v1/messages", Route::messages, Operation::messages},
                        Case{"/v1/messages/count_tokens", Route::count_tokens, Operation::count_tokens}}) {
    const auto found = match("POST", c.path);
    ASSERT_TRUE(found) << c.path;
    EXPECT_EQ(found->route, c.route) << c.path;
    EXPECT_EQ(found->operation, c.operation) << c.path;
    EXPECT_EQ(found->metered, c.operation) << c.path;
    const auto refused = match("GET", c.path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::method_not_allowed);
    EXPECT_THAT(refused.error().message, HasSubstr("use POST"));
  }
}

TEST(RouteMatch, ListsModelsAndShowsOne) {
  ASSERT_TRUE(match("GET", "/v1/models"));
  EXPECT_EQ(match("GET", "/v1/models")->route, Route::models);
  const auto one = match("GET", "/v1/models/openai/gpt-4o");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->route, Route::model);
  EXPECT_EQ(one->argument, "openai/gpt-4o") << "names have slashes";
  for (const char* path : {"/v1/models", "/v1/models/gpt-4o"}) {
    const auto refused = match("DELETE", path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::method_not_allowed);
    EXPECT_THAT(refused.error().message, HasSubstr("DELETE"));
    EXPECT_THAT(refused.error().message, HasSubstr("use GET"));
  }
  EXPECT_FALSE(match("GET", "/v1/models/"));
}

TEST(RouteMatch, MethodsHaveACase) {
  EXPECT_FALSE(match("post", "/v1/completions"));
}

TEST(RouteMatch, APassthroughKeepsTheRawRest) {
  const auto found = match_route("PATCH", "/providers/acme/v1/a b", "/providers/acme/v1/a%20b");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->route, Route::provider_passthrough);
  EXPECT_EQ(found->operation, Operation::other);
  EXPECT_EQ(found->argument, "acme");
  EXPECT_EQ(found->rest, "/v1/a%20b");
}

TEST(RouteMatch, AnEncodedProviderNameIsDecodedAndItsRestIsNot) {
  const auto found = match_route("GET", "/providers/my one/x", "/providers/my%20one/x");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->argument, "my one");
  EXPECT_EQ(found->rest, "/x");
}

TEST(RouteMatch, APassthroughWithoutPathAsksForTheRoot) {
  const auto bare = match("GET", "/providers/acme");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->argument, "acme");
  EXPECT_EQ(bare->rest, "/");
  const auto slash = match("GET", "/providers/acme/");
  ASSERT_TRUE(slash);
  EXPECT_EQ(slash->argument, "acme");
  EXPECT_EQ(slash->rest, "/");
}

TEST(RouteMatch, ARawCallIsMeteredAsWhatItsPathEndsIn) {
  const auto metered = [](std::string_view method, const std::string& rest) {
    const auto found = match(method, "/providers/acme" + rest);
    return found ? found->metered : Operation::models;
  };
  EXPECT_EQ(metered("POST", "/v1/chat/completions"), Operation::chat_completions);
  EXPECT_EQ(metered("POST", "/openai/deployments/x/chat/completions"), Operation::chat_completions);
  EXPECT_EQ(metered("POST", "/v1/completions"), Operation::completions);
  EXPECT_EQ(metered("POST", "/openai/v1/responses"), Operation::responses);
  EXPECT_EQ(metered("POST", "/v1/embeddings"), Operation::embeddings);
  EXPECT_EQ(metered("POST", "/v1/messages"), Operation::messages);
  EXPECT_EQ(metered("POST", "/v1/messages/count_tokens"), Operation::count_tokens);
  EXPECT_EQ(metered("POST", "/v1beta/models/gemini-2.5-pro:generateContent"), Operation::generate_content);
  EXPECT_EQ(metered("POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent"),
            Operation::generate_content);
  EXPECT_EQ(metered("POST", "/v1/images/generations"), Operation::other);
  EXPECT_EQ(metered("POST", "/v1/chat/completions/abc"), Operation::other);
  EXPECT_EQ(metered("GET", "/v1/responses"), Operation::other) << "it makes no tokens";
  EXPECT_EQ(match("POST", "/providers/acme/v1/messages")->operation, Operation::other)
      << "its answer stays as it is";
}

TEST(RouteMatch, TheRestIsNowhere) {
  for (const char* path :
       {"/", "/v1", "/v1/chat", "/v1/chat/completions/", "/V1/models", "/v1/modelsx", "/providers",
        "/providers/", "/providers//x", "/v1/messages/batches", "/v1/messages/count_tokens/x"}) {
    const auto found = match("POST", path);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().code, core::ErrorCode::unsupported_route) << path;
  }
}

TEST(RouteMatch, ThePathSaysInWhichShapeToFail) {
  EXPECT_EQ(api_of_path("/v1/messages", false), Api::anthropic);
  EXPECT_EQ(api_of_path("/v1/messages/count_tokens", false), Api::anthropic);
  EXPECT_EQ(api_of_path("/v1/models", true), Api::anthropic);
  EXPECT_EQ(api_of_path("/v1/models", false), Api::openai);
  EXPECT_EQ(api_of_path("/v1beta/models/gemini-2.5-pro:generateContent", false), Api::gemini);
  EXPECT_EQ(api_of_path("/v1/chat/completions", true), Api::openai);
  EXPECT_EQ(api_of_path("/anything", false), Api::openai);
}

}  // namespace
}  // namespace relayna::pipeline
