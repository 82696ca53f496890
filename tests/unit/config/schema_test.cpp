#include "relayna/config/schema.hpp"

#include "fixture.hpp"

namespace relayna::config::schema {
namespace {

using testing::HasSubstr;

std::string check_text(std::string_view text, const Environment& environment = {}) {
  yaml::Diagnostics diagnostics("f.yaml");
  auto root = yaml::parse(text, diagnostics);
  if (root) check(*root, environment, diagnostics);
  return text_of(diagnostics.problems());
}

TEST(Schema, AcceptsWhatIsRight) {
  EXPECT_EQ(check_text("providers:\n- {name: o, kind: openai, base_url: 'https://h', timeouts: {connect: "
                       "5s}, enabled: no}\n"
                       "keys:\n- name: k\n  expires_at: 2030-01-01T00:00:00Z\n  policy: {allowed_hours_utc: "
                       "[0, 23], daily_budget_usd: 1.5}\n"
                       "policies: [{kind: global, deny: false}]\nservices: []\nlimits: []\npricing:\nserver: "
                       "{anything: goes here}\n"),
            "");
}

TEST(Schema, UnknownKeysAnywhere) {
  EXPECT_EQ(check_text("provider: []\nkeys:\n- {name: k, polcy: {}, policy: {rpm: 1, alow_tools: true}}\n"),
            "f.yaml:1:1: provider: is not a known key; did you mean `providers`?\n"
            "f.yaml:3:13: keys[0].polcy: is not a known key; did you mean `policy`?\n"
            "f.yaml:3:33: keys[0].policy.rpm: is not a known key\n"
            "f.yaml:3:41: keys[0].policy.alow_tools: is not a known key; did you mean `allow_tools`?\n");
}

TEST(Schema, EveryShapeIsChecked) {
  const std::string problems = check_text(
      "providers:\n- name: [x]\n  kind: openia\n  base_url: h\n  enabled: perhaps\n  timeouts: {connect: 0, "
      "idle: 2h}\n"
      "keys:\n- name: k\n  expires_at: tomorrow\n  policy:\n    rpm_limit: -1\n    daily_budget_usd: much\n  "
      "  allowed_hours_utc: [24, '']\n"
      "    allowed_models: gpt\nmodels: {a: b}\nprojects: [a]\n");
  for (const auto part :
       {"f.yaml:2:9: providers[0].name: must be a single value",
        "f.yaml:3:9: providers[0].kind: must be one of litellm, ", "providers[0].base_url: must be a URL",
        "providers[0].enabled: must be true or false",
        "providers[0].timeouts.connect: must be a duration from 1ms to 1h",
        "providers[0].timeouts.idle: must be", "keys[0].expires_at: must be an RFC 3339 time",
        "keys[0].policy.rpm_limit: must be a whole number",
        "keys[0].policy.daily_budget_usd: must be US dollars",
        "keys[0].policy.allowed_hours_utc[0]: must be a whole number from 0 to 23",
        "keys[0].policy.allowed_hours_utc[1]: must not be empty",
        "keys[0].policy.allowed_models: must be a list", "f.yaml:15:9: models: must be a list",
        "f.yaml:16:12: projects[0]: must be a mapping"}) {
    EXPECT_THAT(problems, HasSubstr(part));
  }
}

TEST(Schema, RequiredKeys) {
  EXPECT_EQ(check_text("models:\n- upstream_model: x\n- {name: '', provider: ~}\n"),
            "f.yaml:2:3: models[0].name: is required; example: fast\n"
            "f.yaml:2:3: models[0].provider: is required; example: openai\n"
            "f.yaml:3:3: models[1].name: is required; example: fast\n"
            "f.yaml:3:3: models[1].provider: is required; example: openai\n");
}

TEST(Schema, AVariableThatIsUnsetIsReportedOnce) {
  EXPECT_EQ(check_text("models: [{name: '${N}', provider: p}]\n"),
            "f.yaml:1:17: models[0].name: the variable N is not set\n");
  EXPECT_EQ(check_text("providers: '${N}'\n"), "f.yaml:1:12: providers: the variable N is not set\n");
}

TEST(Schema, SectionsOfLaterVersionsAreRefusedUnlessEmpty) {
  EXPECT_EQ(check_text("services: [{name: x}]\nguardrails: {a: 1}\n"),
            "f.yaml:1:11: services: is not supported by this version of the gateway; remove the section\n"
            "f.yaml:2:13: guardrails: is not supported by this version of the gateway; remove the section\n");
  EXPECT_EQ(check_text("services: []\nguardrails: {}\n"), "");
}

TEST(Schema, LimitsAndPrices) {
  EXPECT_EQ(check_text("limits: [{name: l, scope: end_user, rpm_limit: 5, total_budget_usd: 0.5, soft: no}]\n"
                       "pricing: [{provider: p, model: m, effective_from: 2030-01-31, input_usd_per_million: "
                       "0.000000001, long_context: {above_input_tokens: 1, output_usd_per_million: 3}}]\n"),
            "");
  EXPECT_EQ(check_text(
                "limits:\n- {name: l, scope: user, rpm: 5}\npricing:\n- {provider: p, "
                "input_per_million: 1, output_usd_per_million: -1, long_context: {above_input_tokens: 0}}\n"),
            "f.yaml:2:20: limits[0].scope: must be one of key, project, team, global, end_user; example: "
            "project\n"
            "f.yaml:2:26: limits[0].rpm: is not a known key\n"
            "f.yaml:4:3: pricing[0].model: is required; example: gpt-4o*\n"
            "f.yaml:4:17: pricing[0].input_per_million: is not a known key; did you mean "
            "`input_usd_per_million`?\n"
            "f.yaml:4:63: pricing[0].output_usd_per_million: must be US dollars as a decimal of at most 9 "
            "places; example: 0.15\n"
            "f.yaml:4:102: pricing[0].long_context.above_input_tokens: must be a whole number from 1 to "
            "9223372036854775807; example: 200000\n");
}

TEST(Schema, RoutesMayBeAMapping) {
  yaml::Diagnostics diagnostics("f.yaml");
  auto root =
      yaml::parse(
          "routes:\n  chat-completions: {timeout: 60s}\n  /v1/embeddings:\n  models: {enabled: maybe}\n",
          diagnostics)
          .value();
  check(root, {}, diagnostics);
  EXPECT_EQ(text_of(diagnostics.problems()),
            "f.yaml:4:21: routes[2].enabled: must be true or false; example: false\n");
  const yaml::Node& routes = *root.find("routes");
  ASSERT_EQ(routes.items.size(), 3U);
  EXPECT_EQ(routes.items[0].find("route")->text, "chat-completions");
  EXPECT_EQ(routes.items[0].find("timeout")->text, "60s");
  EXPECT_EQ(routes.items[1].find("route")->text, "/v1/embeddings");
}

TEST(Schema, StopsAtTooManyProblems) {
  std::string text = "keys:\n- name: k\n";
  for (int i = 0; i < 20'000; ++i) text += "  k" + std::to_string(i) + ": 1\n";
  yaml::Diagnostics diagnostics("f.yaml");
  auto root = yaml::parse(text, diagnostics).value();
  check(root, {}, diagnostics);
  EXPECT_GE(diagnostics.problems().size(), yaml::kMaxProblems);
  EXPECT_LE(diagnostics.problems().size(), yaml::kMaxProblems + 1);
}

TEST(Schema, EveryFieldIsDescribed) {
  const auto walk = [](const auto& self, std::span<const Field> fields) -> void {
    for (const Field& field : fields) {
      EXPECT_TRUE(field.help.ends_with('.')) << field.key;
      self(self, field.fields);
    }
  };
  walk(walk, sections());
}

}  // namespace
}  // namespace relayna::config::schema
