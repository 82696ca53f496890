#include "control/resources/provider_references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProviderReferencesTest : public testing::Test {
 protected:
  void add(std::string name, std::string fallback = {}) {
    store::ProviderRow row;
    row.provider.name = std::move(name);
    row.provider.fallback = std::move(fallback);
    rows.providers.push_back(std::move(row));
  }
  std::string problem(std::string_view name, std::string_view fallback) {
    return fallback_problem(rows, environment, name, fallback).value_or("");
  }
  store::CatalogRows rows;
  std::vector<domain::Provider> environment;
};

TEST_F(ProviderReferencesTest, EverythingThatNamesAProviderUsesIt) {
  add("a", "b");
  add("b", "b");
  rows.models = {{.name = "own", .provider = "b"}, {.name = "other", .provider = "a"}, {.name = "target", .provider = "a"}};
  rows.models[2].targets.emplace_back().provider = "b";
  rows.prices.emplace_back().price.provider = "b";
  rows.prices[0].price.model = "m";
  EXPECT_THAT(uses_of_provider(rows, "b"),
              ElementsAre("model own", "model target", "fallback of provider a", "price of m"));
  EXPECT_THAT(uses_of_provider(rows, "c"), IsEmpty());
}

TEST_F(ProviderReferencesTest, AFallbackIsAProviderThatLeadsNowhereTwice) {
  add("a", "b");
  add("b");
  environment.emplace_back().name = "openai";
  EXPECT_EQ(problem("b", ""), "");
  EXPECT_EQ(problem("b", "openai"), "");
  EXPECT_EQ(problem("b", "litellm"), "") << "whichever is in force, now or later";
  EXPECT_EQ(problem("new", "a"), "");
  EXPECT_THAT(problem("b", "nobody"), HasSubstr("there are: a, litellm, openai"));
  EXPECT_THAT(problem("b", "a"), HasSubstr("leads back"));
  EXPECT_THAT(problem("new", "new"), HasSubstr("leads back"));
}

}  // namespace
}  // namespace relayna::control
