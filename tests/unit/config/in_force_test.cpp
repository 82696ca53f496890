// What operators are told of the process settings.
#include "relayna/config/in_force.hpp"

#include <set>

#include "config/setting.hpp"
#include "fixture.hpp"

namespace relayna::config {
namespace {

std::optional<SettingInForce> told(const Loaded& loaded, std::string_view name) {
  for (auto& setting : settings_in_force(loaded)) {
    if (setting.name == name) return std::move(setting);
  }
  return std::nullopt;
}

TEST(SettingsInForce, TellsEveryDeclaredSettingOnce) {
  const auto all = settings_in_force(load(minimal(), {}));
  EXPECT_EQ(all.size(), all_settings().size());
  std::string last;
  std::set<std::string> groups;
  for (const auto& setting : all) {
    if (setting.group != last)
      EXPECT_TRUE(groups.insert(setting.group).second) << setting.group << " stands apart";
    last = setting.group;
    EXPECT_FALSE(setting.group_title.empty());
    EXPECT_FALSE(setting.help.empty()) << setting.name;
  }
}

TEST(SettingsInForce, TellsValueSourceAndDefaultInOneForm) {
  auto environment = minimal_and("GATEWAY_AUTH_CACHE_TTL", "90");
  environment["GATEWAY_CORS_ALLOWED_ORIGINS"] = "https://a.example, https://b.example";
  environment["GATEWAY_BIND_ADDR"] = "[::1]:80";
  environment["GATEWAY_RETENTION_USAGE_DAYS"] = "30";
  environment["OTEL_TRACES_SAMPLER_ARG"] = "0.5";
  Overrides flags;
  flags.port = 9'000;
  const auto loaded = load(environment, flags);
  const auto expect = [&](std::string_view name, const json::Document& value, const json::Document& otherwise,
                          std::string_view source) {
    const auto setting = told(loaded, name);
    ASSERT_TRUE(setting) << name;
    EXPECT_EQ(setting->value, value) << name;
    EXPECT_EQ(setting->default_value, otherwise) << name;
    EXPECT_EQ(setting->source, source) << name;
    EXPECT_EQ(setting->configured, !value.is_null()) << name;
  };
  expect("GATEWAY_AUTH_CACHE_TTL", "90s", "1m", "environment");
  expect("GATEWAY_CORS_ALLOWED_ORIGINS", json::Document::array({"https://a.example", "https://b.example"}),
         nullptr, "environment");
  expect("GATEWAY_BIND_ADDR", "[::1]:9000", "0.0.0.0:8080", "flag");
  expect("GATEWAY_CONTROL_BIND_ADDR", "0.0.0.0:8081", "0.0.0.0:8081", "default");
  expect("GATEWAY_RETENTION_USAGE_DAYS", 30, 0, "environment");
  expect("GATEWAY_RUN_MIGRATIONS", true, true, "default");
  expect("GATEWAY_REPLICAS", nullptr, nullptr, "default");
  expect("GATEWAY_UPSTREAM_PRIVATE", "allow", "allow", "default");
  expect("OTEL_TRACES_SAMPLER_ARG", "0.5", "1.0", "environment");
}

TEST(SettingsInForce, OfSecretsItTellsOnlyWhetherThereIsOne) {
  for (const Setting* setting : all_settings()) {
    if (!setting->secret || file_only(*setting)) continue;
    // Whatever its form: one that was wrong is told neither.
    const auto loaded = load(minimal_and(std::string(setting->name), "https://user:hunter2@h/x"), {});
    const auto one = told(loaded, setting->name);
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->secret);
    EXPECT_TRUE(one->value.is_null() && one->default_value.is_null()) << one->name;
  }
  const auto loaded = load(minimal_and("RELAYNA_WORKER_TOKEN", "hunter2hunter2"), {});
  EXPECT_TRUE(told(loaded, "RELAYNA_WORKER_TOKEN")->configured);
  EXPECT_TRUE(told(loaded, "DATABASE_URL")->configured);
  EXPECT_FALSE(told(loaded, "RELAYNA_STUDIO_TOKEN")->configured);
}

}  // namespace
}  // namespace relayna::config
