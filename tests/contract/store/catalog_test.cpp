#include <algorithm>
#include <thread>

#include "backend.hpp"
#include "samples.hpp"

namespace relayna::test {
namespace {

using domain::LayerKind;
using domain::LimitScope;
using Scope = domain::CredentialMapping::Scope;

class CatalogContract : public StoreContract {
 protected:
  store::CatalogRepository& catalog() { return store().catalog(); }
  store::CatalogRows load() {
    auto rows = catalog().load();
    EXPECT_TRUE(rows) << rows.error().describe();
    return rows ? std::move(*rows) : store::CatalogRows{};
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, CatalogContract, kBackends, backend_name);

TEST_P(CatalogContract, StartsEmptyAtRevisionZero) {
  const auto rows = load();
  EXPECT_EQ(rows.revision, 0);
  EXPECT_TRUE(rows.providers.empty() && rows.mappings.empty() && rows.models.empty() && rows.routes.empty() &&
              rows.layers.empty() && rows.projects.empty() && rows.teams.empty() && rows.limits.empty() &&
              rows.prices.empty());
}

TEST_P(CatalogContract, KeepsEveryField) {
  const auto team = sample_team("team ⚙");
  const auto project = sample_project("project", team.id);
  const auto key = sample_key("key");
  const auto provider = sample_provider("azure");
  const auto key_mapping = sample_mapping(Scope::key, key.id);
  const auto project_mapping = sample_mapping(Scope::project, project.id);
  const auto model = sample_model("gpt-4o");
  const domain::RouteSettings route{.route = domain::Route::chat_completions,
                                    .enabled = false,
                                    .timeout_ms = 1,
                                    .max_request_body_bytes = std::numeric_limits<std::int64_t>::max(),
                                    .max_response_body_bytes = 3,
                                    .drain_on_disconnect = true,
                                    .request_cost = core::Money::nanos(40'000'000)};
  ASSERT_OK(catalog().upsert_team(team, kActor));
  ASSERT_OK(catalog().upsert_project(project, kActor));
  ASSERT_OK(store().keys().create(key, kActor));
  ASSERT_OK(catalog().upsert_provider(provider, kActor));
  ASSERT_OK(catalog().upsert_mapping(key_mapping, kActor));
  ASSERT_OK(catalog().upsert_mapping(project_mapping, kActor));
  ASSERT_OK(catalog().upsert_model(model, kActor));
  ASSERT_OK(catalog().put_route_settings(route, kActor));
  std::vector<domain::PolicyLayer> layers{sample_layer(LayerKind::global, ""),
                                          sample_layer(LayerKind::key, key.id),
                                          sample_layer(LayerKind::model, "gpt-4o"),
                                          sample_layer(LayerKind::project, project.id),
                                          sample_layer(LayerKind::route, "/v1/messages"),
                                          sample_layer(LayerKind::team, team.id)};
  for (const auto& layer : layers) ASSERT_OK(catalog().upsert_layer(layer, kActor));

  const auto rows = load();
  ASSERT_EQ(rows.teams.size(), 1U);
  EXPECT_TRUE(same(rows.teams[0], team));
  ASSERT_EQ(rows.projects.size(), 1U);
  EXPECT_TRUE(same(rows.projects[0], project));
  ASSERT_EQ(rows.providers.size(), 1U);
  EXPECT_TRUE(same(rows.providers[0], provider));
  ASSERT_EQ(rows.mappings.size(), 2U);
  EXPECT_TRUE(same(rows.mappings[0], key_mapping));
  EXPECT_TRUE(same(rows.mappings[1], project_mapping));
  ASSERT_EQ(rows.models.size(), 1U);
  EXPECT_TRUE(same(rows.models[0], model));
  ASSERT_EQ(rows.routes.size(), 1U);
  EXPECT_TRUE(same(rows.routes[0], route));
  ASSERT_EQ(rows.layers.size(), layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) EXPECT_TRUE(same(rows.layers[i], layers[i])) << i;
}

TEST_P(CatalogContract, KeepsWhatIsUnset) {
  domain::RouteSettings route;
  route.route = domain::Route::messages;
  ASSERT_OK(catalog().put_route_settings(route, kActor));
  store::ProviderRow provider;
  provider.provider.id = new_id();
  provider.provider.name = "echo";
  provider.provider.kind = domain::ProviderKind::echo;
  ASSERT_OK(catalog().upsert_provider(provider, kActor));
  ASSERT_OK(catalog().upsert_project(sample_project("individual"), kActor));
  const auto rows = load();
  EXPECT_TRUE(same(rows.routes.at(0), route));
  EXPECT_TRUE(same(rows.providers.at(0), provider));
  EXPECT_TRUE(rows.projects.at(0).team_id.empty());
}

TEST_P(CatalogContract, KeepsEveryFieldOfLimits) {
  const auto team = sample_team("team");
  const auto project = sample_project("project");
  const auto key = sample_key("key");
  ASSERT_OK(catalog().upsert_team(team, kActor));
  ASSERT_OK(catalog().upsert_project(project, kActor));
  ASSERT_OK(store().keys().create(key, kActor));
  std::vector<domain::Limit> limits{
      sample_limit("a", LimitScope::key, key.id),        sample_limit("b", LimitScope::project, project.id),
      sample_limit("c", LimitScope::team, team.id),      sample_limit("d", LimitScope::global, ""),
      sample_limit("e", LimitScope::end_user, "ada ⚙"),  sample_limit("f", LimitScope::project, ""),
      sample_limit("g", LimitScope::end_user, new_id()),
  };
  domain::Limit one = sample_limit("h", LimitScope::key, "");
  one.limits = {};
  one.limits.set(domain::LimitKind::usd_total, 0);
  one.model.clear();
  one.soft = one.enabled = true;
  limits.push_back(one);
  for (const auto& limit : limits) ASSERT_OK(catalog().upsert_limit(limit, kActor));
  const auto rows = load();
  ASSERT_EQ(rows.limits.size(), limits.size());
  for (std::size_t i = 0; i < limits.size(); ++i) EXPECT_TRUE(same(rows.limits[i], limits[i])) << i;
}

TEST_P(CatalogContract, KeepsEveryFieldOfPrices) {
  std::vector<domain::PriceOverride> prices{
      sample_price("azure", "gpt-4o*"), sample_price("openai", "gpt-4o"), sample_price("openai", "gpt-4o")};
  prices[1].price = {.provider = "openai", .model = "gpt-4o", .rates = {.output = core::Money{}}};
  prices[1].enabled = true;
  prices[2].price.effective_from = at(11, 12);
  prices[2].price.long_context->rates = {.input = core::Money::nanos(1)};
  for (const auto& price : prices) ASSERT_OK(catalog().upsert_price(price, kActor));
  const auto rows = load();
  ASSERT_EQ(rows.prices.size(), prices.size());
  for (std::size_t i = 0; i < prices.size(); ++i) EXPECT_TRUE(same(rows.prices[i], prices[i])) << i;
}

TEST_P(CatalogContract, APriceThatHasAlwaysHeldIsOneWhateverItsDate) {
  auto price = sample_price("p", "m");
  price.price.effective_from.reset();
  ASSERT_OK(catalog().upsert_price(price, kActor));
  price.price.effective_from = core::SystemTime(std::chrono::seconds(-5));
  price.price.per_request = core::Money::nanos(2);
  ASSERT_OK(catalog().upsert_price(price, kActor));
  const auto rows = load();
  ASSERT_EQ(rows.prices.size(), 1U);
  EXPECT_EQ(rows.prices[0].price.effective_from, std::nullopt);
  EXPECT_EQ(rows.prices[0].price.per_request, core::Money::nanos(2));
}

TEST_P(CatalogContract, UpsertFindsItsRowByNameAndKeepsIdAndCreation) {
  const auto first = sample_team("stable");
  ASSERT_OK(catalog().upsert_team(first, kActor));
  auto second = sample_team("stable");
  second.disabled = false;
  second.managed_by.clear();
  second.created_at = at(500);
  second.updated_at = at(501);
  ASSERT_OK(catalog().upsert_team(second, kActor));
  second.id = first.id;
  second.created_at = first.created_at;
  const auto rows = load();
  ASSERT_EQ(rows.teams.size(), 1U);
  EXPECT_TRUE(same(rows.teams[0], second));
}

TEST_P(CatalogContract, UpsertsOfEveryKindOverwriteByIdentity) {
  const auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  auto provider = sample_provider("p");
  auto mapping = sample_mapping(Scope::key, key.id);
  auto model = sample_model("m");
  auto layer = sample_layer(LayerKind::model, "m");
  domain::RouteSettings route{.route = domain::Route::responses, .timeout_ms = 5};
  auto limit = sample_limit("l", LimitScope::key, key.id);
  auto price = sample_price("p", "m");
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(catalog().upsert_provider(provider, kActor));
    ASSERT_OK(catalog().upsert_mapping(mapping, kActor));
    ASSERT_OK(catalog().upsert_model(model, kActor));
    ASSERT_OK(catalog().upsert_layer(layer, kActor));
    ASSERT_OK(catalog().put_route_settings(route, kActor));
    ASSERT_OK(catalog().upsert_limit(limit, kActor));
    ASSERT_OK(catalog().upsert_price(price, kActor));
    limit.scope = LimitScope::global;
    limit.target.clear();
    limit.limits.most.back() = domain::kUnlimited;
    price.price.long_context.reset();
    price.price.rates.input.reset();
    provider.sealed_credential = "v1:another";
    mapping.sealed_credential.clear();
    mapping.mapping.enabled = true;
    model.provider = "litellm";
    layer.policy = {};
    route.timeout_ms.reset();
  }
  const auto rows = load();
  EXPECT_EQ(rows.providers.at(0).sealed_credential, "v1:another");
  EXPECT_TRUE(rows.mappings.at(0).mapping.enabled);
  EXPECT_EQ(rows.mappings.at(0).sealed_credential, "");
  EXPECT_EQ(rows.models.at(0).provider, "litellm");
  EXPECT_EQ(rows.layers.at(0).policy, domain::Policy{});
  EXPECT_FALSE(rows.routes.at(0).timeout_ms);
  EXPECT_TRUE(same(rows.limits.at(0), limit));
  EXPECT_TRUE(same(rows.prices.at(0), price));
  EXPECT_EQ(rows.providers.size() + rows.mappings.size() + rows.models.size() + rows.layers.size() +
                rows.routes.size() + rows.limits.size() + rows.prices.size(),
            7U);
}

TEST_P(CatalogContract, ReferencesMustExist) {
  const auto refused = [](const core::Result<void>& result, std::string_view field) {
    EXPECT_FAILS(invalid_request, result);
    if (!result) EXPECT_EQ(result.error().param, field) << result.error().describe();
  };
  refused(catalog().upsert_project(sample_project("p", new_id()), kActor), "team_id");
  refused(catalog().upsert_mapping(sample_mapping(Scope::key, new_id()), kActor), "target_id");
  refused(catalog().upsert_mapping(sample_mapping(Scope::project, new_id()), kActor), "target_id");
  refused(catalog().upsert_layer(sample_layer(LayerKind::project, new_id()), kActor), "scope_id");
  refused(catalog().upsert_layer(sample_layer(LayerKind::team, new_id()), kActor), "scope_id");
  refused(catalog().upsert_layer(sample_layer(LayerKind::key, new_id()), kActor), "scope_id");
  refused(catalog().upsert_layer(sample_layer(LayerKind::key, "no uuid"), kActor), "scope_id");
  for (const LimitScope scope : {LimitScope::key, LimitScope::project, LimitScope::team}) {
    refused(catalog().upsert_limit(sample_limit("l", scope, new_id()), kActor), "target");
    refused(catalog().upsert_limit(sample_limit("l", scope, "no uuid"), kActor), "target");
  }
  EXPECT_EQ(load().revision, 0);
}

TEST_P(CatalogContract, ALimitsTargetMeansTheSameInAnySpelling) {
  const auto team = sample_team("t");
  ASSERT_OK(catalog().upsert_team(team, kActor));
  auto limit = sample_limit("l", LimitScope::team, team.id);
  std::ranges::transform(limit.target, limit.target.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  ASSERT_OK(catalog().upsert_limit(limit, kActor));
  EXPECT_EQ(load().limits.at(0).target, team.id);
}

TEST_P(CatalogContract, RefusesLimitsAndPricesThatMakeNoSense) {
  auto limit = sample_limit("l", LimitScope::global, "someone");
  EXPECT_FAILS(invalid_request, catalog().upsert_limit(limit, kActor));
  limit = sample_limit("", LimitScope::global, "");
  EXPECT_FAILS(invalid_request, catalog().upsert_limit(limit, kActor));
  limit = sample_limit("l", LimitScope::global, "");
  limit.limits = {};
  EXPECT_FAILS(invalid_request, catalog().upsert_limit(limit, kActor));
  limit.limits.set(domain::LimitKind::tokens_per_day, -2);
  EXPECT_FAILS(invalid_request, catalog().upsert_limit(limit, kActor));
  limit.limits.set(domain::LimitKind::tokens_per_day, 2);
  limit.limits.set(domain::LimitKind::usd_per_day, 2);
  limit.soft = true;
  EXPECT_FAILS(invalid_request, catalog().upsert_limit(limit, kActor));  // a soft rate warns of nothing
  auto price = sample_price("p", "m");
  price.price.rates.input = core::Money::nanos(-1);
  EXPECT_FAILS(invalid_request, catalog().upsert_price(price, kActor));
  EXPECT_FAILS(invalid_request, catalog().upsert_price(sample_price("p", "a*b"), kActor));
  EXPECT_FAILS(invalid_request, catalog().upsert_price(sample_price("", "m"), kActor));
  price = sample_price("p", "m");
  price.price = {.provider = "p", .model = "m"};
  EXPECT_FAILS(invalid_request, catalog().upsert_price(price, kActor));  // no price at all
  EXPECT_EQ(load().revision, 0);
}

TEST_P(CatalogContract, ALayersScopeMeansTheSameInAnySpelling) {
  const auto project = sample_project("p");
  ASSERT_OK(catalog().upsert_project(project, kActor));
  auto layer = sample_layer(LayerKind::project, project.id);
  ASSERT_OK(catalog().upsert_layer(layer, kActor));
  std::ranges::transform(layer.scope_id, layer.scope_id.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  layer.policy.deny = true;
  ASSERT_OK(catalog().upsert_layer(layer, kActor));
  const auto rows = load();
  ASSERT_EQ(rows.layers.size(), 1U);
  EXPECT_EQ(rows.layers[0].scope_id, project.id);
  EXPECT_TRUE(rows.layers[0].policy.deny);
}

TEST_P(CatalogContract, RefusesWhatMakesNoSense) {
  EXPECT_FAILS(invalid_request, catalog().upsert_layer(sample_layer(LayerKind::global, "something"), kActor));
  EXPECT_FAILS(invalid_request, catalog().upsert_layer(sample_layer(LayerKind::model, ""), kActor));
  auto provider = sample_provider("p");
  provider.provider.base_url = "ftp://example.test";
  EXPECT_FAILS(invalid_request, catalog().upsert_provider(provider, kActor));
  provider = sample_provider("p");
  provider.provider.header.name.clear();
  EXPECT_FAILS(invalid_request, catalog().upsert_provider(provider, kActor));
  provider = sample_provider("p");
  provider.provider.connect_timeout_ms = 0;
  EXPECT_FAILS(invalid_request, catalog().upsert_provider(provider, kActor));
  EXPECT_FAILS(invalid_request, catalog().upsert_team(sample_team(""), kActor));
  auto model = sample_model("m");
  model.provider.clear();
  EXPECT_FAILS(invalid_request, catalog().upsert_model(model, kActor));
  EXPECT_FAILS(invalid_request,
               catalog().put_route_settings({.route = domain::Route::models, .timeout_ms = 0}, kActor));
  EXPECT_EQ(load().revision, 0);
}

TEST_P(CatalogContract, AnIdBelongsToOneRow) {
  const auto team = sample_team("a");
  ASSERT_OK(catalog().upsert_team(team, kActor));
  auto other = sample_team("b");
  other.id = team.id;
  const auto refused = catalog().upsert_team(other, kActor);
  EXPECT_FAILS(conflict, refused);
  EXPECT_EQ(refused.error().param, "id");
}

TEST_P(CatalogContract, EveryChangeMovesTheRevisionByOne) {
  std::int64_t expected = 0;
  const auto moved = [&] {
    const auto revision = catalog().revision();
    return revision && *revision == ++expected;
  };
  auto team = sample_team("t");
  ASSERT_OK(catalog().upsert_team(team, kActor));
  EXPECT_TRUE(moved());
  auto key = sample_key("k");
  ASSERT_OK(store().keys().create(key, kActor));
  EXPECT_TRUE(moved());
  key.disabled = !key.disabled;
  ASSERT_OK(store().keys().update(key, kActor));
  EXPECT_TRUE(moved());
  ASSERT_OK(store().keys().revoke(key.id, at(1), kActor));
  EXPECT_TRUE(moved());
  ASSERT_OK(catalog().upsert_model(sample_model("m"), kActor));
  EXPECT_TRUE(moved());
  EXPECT_EQ(load().revision, expected);
}

TEST_P(CatalogContract, AnUpsertWithoutChangeTellsNobody) {
  auto provider = sample_provider("p");
  ASSERT_OK(catalog().upsert_provider(provider, kActor));
  const auto revision = *catalog().revision();
  provider.provider.updated_at = at(900);
  ASSERT_OK(catalog().upsert_provider(provider, kActor));
  EXPECT_EQ(*catalog().revision(), revision);
  auto layer = sample_layer(LayerKind::global, "");
  ASSERT_OK(catalog().upsert_layer(layer, kActor));
  ASSERT_OK(catalog().upsert_layer(layer, kActor));
  EXPECT_EQ(*catalog().revision(), revision + 1);
  for (int i = 0; i < 2; ++i) {
    auto limit = sample_limit("l", LimitScope::global, "");
    limit.updated_at = at(900 + i);
    ASSERT_OK(catalog().upsert_limit(limit, kActor));
    auto price = sample_price("p", "m");
    price.updated_at = at(900 + i);
    ASSERT_OK(catalog().upsert_price(price, kActor));
  }
  EXPECT_EQ(*catalog().revision(), revision + 3);
}

TEST_P(CatalogContract, ConcurrentChangesAreAllCounted) {
  constexpr int kThreads = 4;
  constexpr int kEach = 10;
  auto other = backend().open();
  std::atomic<int> failures = 0;
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      auto& target = (t % 2 == 0 ? store() : *other).catalog();
      for (int i = 0; i < kEach; ++i) {
        if (!target.upsert_model(sample_model("m" + std::to_string(t) + "-" + std::to_string(i)), kActor))
          ++failures;
      }
    });
  }
  std::int64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    const auto rows = load();
    EXPECT_GE(rows.revision, last) << "the revision never goes back";
    EXPECT_EQ(rows.models.size(), static_cast<std::size_t>(rows.revision))
        << "rows and revision are of one moment";
    last = rows.revision;
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(*catalog().revision(), kThreads * kEach);
  EXPECT_EQ(load().models.size(), static_cast<std::size_t>(kThreads * kEach));
}

TEST_P(CatalogContract, LeavesOutWhatOnlyANewerVersionCanServe) {
  ASSERT_OK(catalog().upsert_provider(sample_provider("known"), kActor));
  ASSERT_OK(catalog().upsert_provider(sample_provider("unknown"), kActor));
  backend().sql("UPDATE providers SET kind = 'from-the-future' WHERE name = 'unknown'");
  backend().sql("INSERT INTO route_settings (route) VALUES ('/v9/thoughts')");
  const auto rows = load();
  ASSERT_EQ(rows.providers.size(), 1U);
  EXPECT_EQ(rows.providers[0].provider.name, "known");
  EXPECT_TRUE(rows.routes.empty());
}

TEST_P(CatalogContract, ALayerItCannotReadFailsTheLoad) {
  ASSERT_OK(catalog().upsert_layer(sample_layer(LayerKind::global, ""), kActor));
  backend().sql("UPDATE policy_layers SET policy = '{\"a_rule_from_the_future\": true}'");
  EXPECT_FAILS(internal_error, catalog().load());
}

TEST_P(CatalogContract, ALimitItCannotReadFailsTheLoad) {
  ASSERT_OK(catalog().upsert_limit(sample_limit("l", LimitScope::end_user, ""), kActor));
  backend().sql("UPDATE limits SET scope = 'planet'");
  const auto rows = catalog().load();
  EXPECT_FAILS(internal_error, rows);
  if (!rows) EXPECT_NE(rows.error().describe().find("scope"), std::string::npos) << rows.error().describe();
}

}  // namespace
}  // namespace relayna::test
