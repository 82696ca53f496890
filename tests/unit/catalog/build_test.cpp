#include "relayna/catalog/build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relayna::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

core::Result<core::Secret> open(std::string_view sealed, std::string_view context) {
  if (sealed == "broken") return core::fail(core::ErrorCode::internal_error, {}, "does not open");
  return core::Secret(std::string(context) + "/" + std::string(sealed));
}

store::ProviderRow provider(const std::string& name, const std::string& sealed) {
  store::ProviderRow row;
  row.provider.name = name;
  row.sealed_credential = sealed;
  return row;
}

domain::Limit limit(const std::string& name, bool enabled) {
  domain::Limit out{.name = name, .enabled = enabled};
  out.limits.set(domain::LimitKind::requests_per_minute, 5);
  return out;
}

domain::PriceOverride price(const std::string& model, std::int64_t nanos) {
  domain::PriceOverride out;
  out.price = {.provider = "openai", .model = model, .rates = {.input = core::Money::nanos(nanos)}};
  return out;
}

const domain::Price* gpt_4o(const Snapshot& snapshot) {
  return snapshot.prices.lookup({.provider = "openai",
                                 .kind = domain::ProviderKind::openai,
                                 .model = "gpt-4o",
                                 .at = core::parse_rfc3339("2026-11-20T00:00:00Z").value()});
}

TEST(BuildSnapshot, ARowWhoseCredentialDoesNotOpenIsLeftOutAndReported) {
  store::CatalogRows rows;
  rows.revision = 7;
  rows.providers = {provider("good", "sealed"), provider("bad", "broken")};
  domain::Provider environment;
  environment.name = "bad";
  const Built built = build_snapshot(rows, {environment}, open);
  EXPECT_EQ(built.snapshot->revision, 7);
  ASSERT_EQ(built.snapshot->providers.size(), 1U) << "the environment's of that name stays hidden";
  EXPECT_EQ(built.snapshot->providers[0].credential.reveal(), "provider:good:credential/sealed");
  EXPECT_THAT(built.problems, ElementsAre(HasSubstr("provider bad left out")));
}

TEST(BuildSnapshot, WhatIsSwitchedOffIsNotThereAndHidesTheEnvironments) {
  store::CatalogRows rows;
  rows.providers = {provider("off", "broken"), provider("open", "")};
  rows.providers[0].provider.enabled = false;
  rows.models = {{.name = "on", .provider = "open"}, {.name = "off", .provider = "open", .enabled = false}};
  domain::Provider off, other;
  off.name = "off";
  other.name = "other";
  const Built built = build_snapshot(rows, {off, other}, open);
  std::vector<std::string> names;
  for (const auto& one : built.snapshot->providers) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("open", "other"));
  EXPECT_TRUE(built.snapshot->providers[0].credential.empty()) << "nothing was sealed";
  ASSERT_EQ(built.snapshot->models.size(), 1U);
  EXPECT_EQ(built.snapshot->models[0].name, "on");
  EXPECT_THAT(built.problems, IsEmpty()) << "what is off need not open";
}

TEST(BuildSnapshot, AMappingThatDoesNotOpenIsLeftOutAndTheOthersServe) {
  store::CatalogRows rows;
  for (const char* id : {"m1", "m2", "m3"}) {
    store::CredentialMappingRow row;
    row.mapping.id = id;
    row.mapping.target_id = "k";
    row.sealed_credential = row.mapping.id == "m2" ? "broken" : "sealed";
    row.mapping.enabled = row.mapping.id != "m3";
    rows.mappings.push_back(std::move(row));
  }
  const Built built = build_snapshot(rows, {}, open);
  ASSERT_EQ(built.snapshot->mappings.size(), 1U);
  EXPECT_EQ(built.snapshot->mappings[0].credential.reveal(), "credential_mapping:m1:credential/sealed");
  EXPECT_THAT(built.problems, ElementsAre(HasSubstr("credential mapping m2 left out")));
}

TEST(BuildSnapshot, FindsByIdAndRoute) {
  store::CatalogRows rows;
  rows.projects = {{.id = "p", .name = "one", .team_id = "t"}};
  rows.teams = {{.id = "t", .name = "us"}};
  rows.routes = {{.route = domain::Route::messages, .enabled = false}};
  rows.layers = {{.kind = domain::LayerKind::team, .scope_id = "t"}};
  const Built built = build_snapshot(rows, {}, open);
  EXPECT_EQ(built.snapshot->projects.at("p").team_id, "t");
  EXPECT_EQ(built.snapshot->teams.at("t").name, "us");
  EXPECT_FALSE(built.snapshot->route(domain::Route::messages).enabled);
  EXPECT_EQ(built.snapshot->layers.size(), 1U);
}

TEST(BuildSnapshot, HasTheLimitsThatAreOn) {
  store::CatalogRows rows;
  rows.limits = {limit("on", true), limit("off", false)};
  const Built built = build_snapshot(rows, {}, open);
  ASSERT_EQ(built.snapshot->limits.size(), 1U);
  EXPECT_EQ(built.snapshot->limits[0].name, "on");
}

TEST(BuildSnapshot, HasTheBuiltInPricesUnderTheOperators) {
  store::CatalogRows rows;
  const Built listed = build_snapshot(rows, {}, open);
  ASSERT_NE(gpt_4o(*listed.snapshot), nullptr);
  EXPECT_NE(gpt_4o(*listed.snapshot)->rates.input, core::Money::nanos(3));
  rows.prices = {price("gpt-4o", 3), price("other", 4)};
  const Built built = build_snapshot(rows, {}, open);
  EXPECT_EQ(gpt_4o(*built.snapshot)->rates.input, core::Money::nanos(3));
  EXPECT_THAT(built.problems, IsEmpty());
  rows.prices[0].enabled = false;
  EXPECT_EQ(gpt_4o(*build_snapshot(rows, {}, open).snapshot)->rates, gpt_4o(*listed.snapshot)->rates);
}

TEST(BuildSnapshot, PricesThatContradictEachOtherAreReported) {
  store::CatalogRows rows;
  rows.prices = {price("gpt-4o", 3), price("gpt-4o", 4)};
  const Built built = build_snapshot(rows, {}, open);
  EXPECT_THAT(built.problems, ElementsAre(HasSubstr("openai/gpt-4o")));
  EXPECT_NE(gpt_4o(*built.snapshot), nullptr);
}

}  // namespace
}  // namespace relayna::catalog
