#include "relayna/domain/catalog_objects.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace relayna::domain {
namespace {

TEST(ProviderKind, SpellingsRoundTrip) {
  std::set<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(ProviderKind::echo); ++i) {
    const auto kind = static_cast<ProviderKind>(i);
    EXPECT_EQ(parse_provider_kind(to_string(kind)), kind) << to_string(kind);
    EXPECT_TRUE(seen.insert(to_string(kind)).second);
  }
  EXPECT_EQ(to_string(ProviderKind::azure_openai), "azure-openai");
  EXPECT_EQ(to_string(ProviderKind::internal_service), "internal-service");
}

TEST(ProviderKind, OtherSpellings) {
  EXPECT_EQ(parse_provider_kind("openai-compatible"), ProviderKind::openai);
  for (const char* text : {"", "OpenAI", "azure_openai", "openai ", "unknown"}) {
    EXPECT_FALSE(parse_provider_kind(text)) << text;
  }
}

TEST(Route, LabelsAndIds) {
  struct Row {
    Route route;
    std::string_view label;
    std::string_view id;
  };
  const Row rows[] = {
      {Route::chat_completions, "/v1/chat/completions", "chat-completions"},
      {Route::completions, "/v1/completions", "completions"},
      {Route::responses, "/v1/responses", "responses"},
      {Route::embeddings, "/v1/embeddings", "embeddings"},
      {Route::models, "/v1/models", "models"},
      {Route::model, "/v1/models/*", "model"},
      {Route::messages, "/v1/messages", "messages"},
      {Route::count_tokens, "/v1/messages/count_tokens", "messages-count-tokens"},
      {Route::provider_passthrough, "/providers/*", "provider-passthrough"},
      {Route::health, "/health", "health"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(route_label(row.route), row.label);
    EXPECT_EQ(route_id(row.route), row.id);
    EXPECT_EQ(parse_route_label(row.label), row.route) << row.label;
  }
  EXPECT_FALSE(parse_route_label("unknown"));
  EXPECT_FALSE(parse_route_label("/v1/models/gpt-4o"));
  EXPECT_FALSE(parse_route_label(""));
  EXPECT_EQ(route_label(static_cast<Route>(200)), "unknown");
}

TEST(CredentialHeader, OrdinaryNamesAreFine) {
  for (const char* name : {"api-key", "X-Custom-Auth", "ocp-apim-subscription-key", "x-goog-api-key", "a"}) {
    EXPECT_FALSE(credential_header_problem(name)) << name;
  }
}

TEST(CredentialHeader, RefusedNames) {
  for (const char* name : {"",
                           " ",
                           "Host",
                           "content-length",
                           "Content-Type",
                           "AUTHORIZATION",
                           "proxy-authorization",
                           "Transfer-Encoding",
                           "connection",
                           "Upgrade",
                           "x-api-key",
                           "X-AIH-Api-Key",
                           "x-relayna-key",
                           "X-Relayna-Worker-Token",
                           "x-relayna-",
                           "x-apigee-entra-identity",
                           "X-Apigee-Entra-Signature",
                           "two words",
                           "colon:",
                           "x-\xc3\xa9",
                           "line\r\nbreak"}) {
    EXPECT_TRUE(credential_header_problem(name)) << name;
  }
  EXPECT_TRUE(credential_header_problem(std::string(129, 'a')));
  EXPECT_FALSE(credential_header_problem(std::string(128, 'a')));
}

}  // namespace
}  // namespace relayna::domain
