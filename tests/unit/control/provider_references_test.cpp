#include "control/resources/provider_references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::control {
namespace {

using testing::HasSubstr;

class ProviderReferencesTest : public testing::Test {
 protected:
  void add(std::string name, std::string fallback = {}) {
    store::ProviderRow row;
    row.provider.name = std::move(name);
    row.provider.fallback = std::move(fallback);
    known.stored.push_back(std::move(row));
  }
  std::string problem(std::string_view name, std::string_view fallback) {
    return fallback_problem(known, name, fallback).value_or("");
  }
  std::string problem(std::string_view name) { return unknown_provider_problem(known, name).value_or(""); }
  KnownProviders known;
};

TEST_F(ProviderReferencesTest, ANameIsOneOfTheStoredOrTheEnvironments) {
  EXPECT_EQ(problem("a"), "names no provider; there is none yet");
  add("b");
  known.of_environment.emplace_back().provider.name = "a";
  EXPECT_EQ(problem("a"), "");
  EXPECT_EQ(problem("b"), "");
  EXPECT_EQ(problem("c"), "names no provider; there are: a, b");
}

TEST_F(ProviderReferencesTest, AModelLeadsToAProviderThatServesModels) {
  add("lite");
  add("azure");
  known.stored.back().provider.kind = domain::ProviderKind::azure_openai;
  EXPECT_EQ(model_provider_problem(known, "lite"), std::nullopt);
  EXPECT_EQ(model_provider_problem(known, "azure"),
            "is of kind azure-openai, which serves no models; it is called at /providers/azure/");
  EXPECT_EQ(model_provider_problem(known, "none"), "names no provider; there are: azure, lite");
}

TEST_F(ProviderReferencesTest, AMessageDoesNotNameHundreds) {
  for (int i = 100; i < 140; ++i) add("p" + std::to_string(i));
  EXPECT_THAT(problem("c"), testing::EndsWith("p119 and 20 more"));
}

TEST_F(ProviderReferencesTest, AFallbackIsAProviderThatLeadsNowhereTwice) {
  add("a", "b");
  add("b");
  known.of_environment.emplace_back().provider.name = "openai";
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
