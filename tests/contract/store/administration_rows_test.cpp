#include <algorithm>

#include "administration_examples.hpp"

// Every kind of row through the same life.

namespace relayna::test {
namespace {

class RowsContract : public AdministrationContract {
 protected:
  template <class R>
  void live() {
    using It = Example<R>;
    const World world;
    ASSERT_OK(change([&](store::Unit& unit) { return world.insert(unit); }));
    R row = It::make(world);
    const std::string key = It::key(row);
    EXPECT_FALSE(get<R>(key));
    EXPECT_FALSE(find<R>(key));
    EXPECT_FAILS(not_found, update(row));
    EXPECT_FAILS(not_found, remove<R>(key));

    ASSERT_OK(insert(row));
    expect_stored(key, row);
    EXPECT_FAILS(conflict, insert(row));

    const R before = row;
    It::change(row);
    ASSERT_FALSE(same(row, before));
    ASSERT_OK(update(row));
    expect_stored(key, row);
    keeps_creation(key, row);

    ASSERT_OK(remove<R>(key));
    EXPECT_FALSE(get<R>(key));
    EXPECT_TRUE(std::ranges::none_of(list<R>(), [&](const R& other) { return It::key(other) == key; }));
    EXPECT_FAILS(not_found, remove<R>(key));
    ASSERT_OK(insert(row));  // nothing of it was left
  }

 private:
  template <class R>
  void expect_stored(const std::string& key, const R& row) {
    const auto read = get<R>(key);
    ASSERT_TRUE(read);
    EXPECT_TRUE(same(*read, row));
    const auto found = find<R>(key);
    ASSERT_TRUE(found);
    EXPECT_TRUE(same(*found, row));
    EXPECT_EQ(std::ranges::count_if(list<R>(), [&](const R& listed) { return same(listed, row); }), 1);
  }
  template <class R>
  void keeps_creation(const std::string& key, const R& row) {
    if constexpr (requires { row.created_at; }) {
      R later = row;
      later.created_at = at(1'000);
      ASSERT_OK(update(later));
      expect_stored(key, row);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, RowsContract, kBackends, backend_name);

TEST_P(RowsContract, Keys) {
  live<domain::VirtualKey>();
}
TEST_P(RowsContract, Projects) {
  live<domain::Project>();
}
TEST_P(RowsContract, Teams) {
  live<domain::Team>();
}
TEST_P(RowsContract, PolicyLayers) {
  live<domain::PolicyLayer>();
}
TEST_P(RowsContract, Providers) {
  live<store::ProviderRow>();
}
TEST_P(RowsContract, ProviderCredentials) {
  live<store::ProviderCredentialRow>();
}
TEST_P(RowsContract, CredentialMappings) {
  live<store::CredentialMappingRow>();
}
TEST_P(RowsContract, Models) {
  live<domain::Model>();
}
TEST_P(RowsContract, RouteSettings) {
  live<domain::RouteSettings>();
}
TEST_P(RowsContract, Limits) {
  live<domain::Limit>();
}
TEST_P(RowsContract, Prices) {
  live<domain::PriceOverride>();
}
TEST_P(RowsContract, Operators) {
  live<domain::Operator>();
}
TEST_P(RowsContract, Sessions) {
  live<domain::Session>();
}
TEST_P(RowsContract, Settings) {
  live<domain::Setting>();
}
TEST_P(RowsContract, AlertWebhooks) {
  live<domain::AlertWebhook>();
}
TEST_P(RowsContract, AlertDeliveries) {
  live<domain::AlertDelivery>();
}

TEST_P(RowsContract, IdsAreFoundInAnySpellingAndOthersAreNone) {
  const auto team = sample_team("t");
  ASSERT_OK(insert(team));
  std::string shouted = team.id;
  std::ranges::transform(shouted, shouted.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_TRUE(get<domain::Team>(shouted));
  EXPECT_TRUE(find<domain::Team>(shouted));
  for (const char* odd : {"", "x", "' OR ''='", "\xff"}) {
    EXPECT_FALSE(get<domain::Team>(odd));
    EXPECT_FALSE(find<domain::Team>(odd));
    EXPECT_FALSE(get<domain::Model>(odd));
    EXPECT_FALSE(get<domain::RouteSettings>(odd));
    EXPECT_FAILS(not_found, remove<domain::Team>(odd));
  }
}

TEST_P(RowsContract, WhatRowsMayBeIsCheckedAsInTheCatalog) {
  auto team = sample_team("t");
  team.id = "no uuid";
  EXPECT_FAILS(invalid_request, insert(team));
  EXPECT_FAILS(invalid_request, insert(sample_layer(domain::LayerKind::key, "no uuid")));
  auto price = sample_price("p", "m");
  price.price.rates = {};
  price.price.per_request.reset();
  price.price.long_context.reset();
  EXPECT_FAILS(invalid_request, insert(price));
  auto model = sample_model("m");
  model.targets[0].upstream_model = "\xff";
  const auto refused = insert(model);
  EXPECT_FAILS(invalid_request, refused);
  EXPECT_EQ(refused.error().param, "targets");
}

TEST_P(RowsContract, WhatBrowsersSendIsMadeStorable) {
  const auto admin = sample_operator("o");
  auto session = sample_session(admin.id);
  session.user_agent = std::string("odd\xff\0agent", 10);
  ASSERT_OK(insert(admin));
  ASSERT_OK(insert(session));
  EXPECT_EQ(get<domain::Session>(session.id)->user_agent, "odd\uFFFD\uFFFDagent");
}

TEST_P(RowsContract, CredentialsSettingsAndTargetsAreInTheCatalog) {
  const World world;
  const auto credential = Example<store::ProviderCredentialRow>::make(world);
  const auto setting = Example<domain::Setting>::make(world);
  const auto model = sample_model("m");
  ASSERT_OK(change([&](store::Unit& unit) -> core::Result<void> {
    if (auto done = world.insert(unit); !done) return done;
    if (auto done = unit.of<store::ProviderCredentialRow>().insert(credential); !done) return done;
    if (auto done = unit.of<domain::Model>().insert(model); !done) return done;
    return unit.of<domain::Setting>().insert(setting);
  }));
  const auto rows = store().catalog().load();
  ASSERT_OK(rows);
  ASSERT_EQ(rows->credentials.size(), 1U);
  EXPECT_TRUE(same(rows->credentials[0], credential));
  ASSERT_EQ(rows->settings.size(), 1U);
  EXPECT_TRUE(same(rows->settings[0], setting));
  ASSERT_EQ(rows->models.size(), 1U);
  EXPECT_TRUE(same(rows->models[0], model));
}

TEST_P(RowsContract, TargetsThisVersionDoesNotUnderstandFailTheLoad) {
  ASSERT_OK(insert(sample_model("m")));
  for (const char* odd : {R"([{"provider": 1}])", R"([{"provider": "p", "never": true}])", R"(["p"])"}) {
    backend().sql(std::string("UPDATE models SET targets = '") + odd + "'");
    EXPECT_FAILS(internal_error, store().catalog().load());
  }
}

}  // namespace
}  // namespace relayna::test
