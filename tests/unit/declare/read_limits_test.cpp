#include "relayna/config/schema.hpp"
#include "relayna/json/document.hpp"

#include "fixture.hpp"

namespace relayna::declare {
namespace {

using domain::LimitKind;
using domain::LimitScope;
using testing::HasSubstr;

const std::string kOwners =
    "projects: [{name: search, team: platform}]\nkeys: [{name: backend, project: search}]\n"
    "providers: [{name: azure, kind: azure-openai, base_url: 'https://h'}]\n";

File read_right(const std::string& text) {
  Reading reading = read(kOwners + text, "f.yaml", {});
  EXPECT_EQ(problems_of(reading), "");
  return std::move(reading.file);
}

TEST(ReadLimits, EveryFieldUnderThePolicysNames) {
  const File file = read_right(
      "limits:\n"
      "- {name: all, scope: project, target: search, model: 'gpt-4o*', rpm_limit: 1, max_requests_per_day: "
      "2, "
      "tpm_limit: 3, max_tokens_per_day: 4, max_concurrent_requests: 5, daily_budget_usd: 0.000000006, "
      "weekly_budget_usd: 0.000000007, monthly_budget_usd: 0.000000008, total_budget_usd: 0.000000009}\n"
      "- {name: each, scope: end_user, soft: true, monthly_budget_usd: 12.50}\n"
      "- {name: ada, scope: end_user, target: ada@example.test, rpm_limit: 0}\n"
      "- {name: whole, scope: global, total_budget_usd: 1}\n"
      "- {name: t, scope: team, target: platform, tpm_limit: 1}\n"
      "- {name: k, scope: key, target: backend, tpm_limit: 1}\n");
  ASSERT_EQ(file.limits.size(), 6U);
  EXPECT_EQ(file.limits[0].name, "all");
  EXPECT_EQ(file.limits[0].scope, LimitScope::project);
  EXPECT_EQ(file.limits[0].target, "search");
  EXPECT_EQ(file.limits[0].model, "gpt-4o*");
  EXPECT_FALSE(file.limits[0].soft);
  EXPECT_EQ(file.limits[0].limits.most, (domain::PerLimit{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(file.limits[1].target, "");
  EXPECT_TRUE(file.limits[1].soft);
  domain::LimitSet budget;
  budget.set(LimitKind::usd_per_month, 12'500'000'000);
  EXPECT_EQ(file.limits[1].limits, budget);
  EXPECT_EQ(file.limits[2].target, "ada@example.test");
  EXPECT_EQ(file.limits[2].limits.of(LimitKind::requests_per_minute), 0) << "nobody by that name gets in";
}

TEST(ReadLimits, TheSchemaNamesWhatDomainCounts) {
  using config::schema::find;
  const auto* section = find(config::schema::sections(), "limits");
  for (const std::string_view scope : find(section->fields, "scope")->choices) {
    EXPECT_TRUE(domain::parse_limit_scope(scope)) << scope;
  }
  EXPECT_EQ(find(section->fields, "scope")->choices.size(), 5U);
  std::size_t numbers = 0;
  for (const auto& field : section->fields) {
    if (field.shape != config::schema::Shape::integer && field.shape != config::schema::Shape::dollars)
      continue;
    ++numbers;
    const auto policy = domain::policy_from_json("{\"" + std::string(field.key) + "\": 1}");
    ASSERT_TRUE(policy) << field.key;
    EXPECT_FALSE(domain::limits_of(*policy).empty()) << field.key << " would be accepted and do nothing";
  }
  EXPECT_EQ(numbers, domain::kLimitKinds);
}

TEST(ReadLimits, RulesAreReportedWhereTheyAreBroken) {
  EXPECT_EQ(
      problems_in("limits:\n- {name: a, scope: global}\n"
                  "- {name: a, scope: global, target: x, rpm_limit: 1}\n"
                  "- {name: c, scope: team, soft: true, rpm_limit: 1, daily_budget_usd: 1}\n"
                  "- {name: d, scope: global, model: 'a*b', rpm_limit: 1}\n"
                  "- {name: e, scope: end_user, rpm_limit: ''}\n"),
      "f.yaml:2:3: limits[0]: limits nothing; give it at least one number; example: rpm_limit: 600\n"
      "f.yaml:3:10: limits[1].name: is the same as in line 2\n"
      "f.yaml:3:36: limits[1].target: does not go with the scope global\n"
      "f.yaml:4:49: limits[2].rpm_limit: does not go with soft: only a budget can warn before it is used "
      "up\n"
      "f.yaml:5:35: limits[3].model: `*` may only stand at the end\n"
      "f.yaml:6:3: limits[4]: limits nothing; give it at least one number; example: rpm_limit: 600\n");
  EXPECT_THAT(problems_in("limits: [{name: a, scope: end_user, rpm_limit: 1, target: " +
                          std::string(257, 'x') + "}]\n"),
              HasSubstr("limits[0].target: is longer than 256 bytes"));
}

TEST(ReadLimits, WhatTheSchemaReportedIsNotReportedTwice) {
  EXPECT_EQ(
      problems_in("limits: [{name: a, scope: nobody, rpm_limit: x}]\n"),
      "f.yaml:1:27: limits[0].scope: must be one of key, project, team, global, end_user; example: "
      "project\n"
      "f.yaml:1:46: limits[0].rpm_limit: must be a whole number from 0 to 9223372036854775807; example: "
      "600\n");
  for (const auto text :
       {"limits: [1, ~, []]\n", "limits: {a: b}\n", "limits: [{name: {}, rpm_limit: []}]\n"}) {
    EXPECT_NE(problems_in(text), "") << text;
  }
}

TEST(ReadLimits, TargetsMustBeDeclared) {
  const std::string problems = problems_in(
      kOwners +
      "limits:\n- {name: a, scope: project, target: serach, rpm_limit: 1}\n- {name: b, scope: team, target: "
      "search, rpm_limit: 1}\n- {name: c, scope: key, target: backand, rpm_limit: 1}\n- {name: d, scope: "
      "end_user, target: anybody, rpm_limit: 1}\n");
  EXPECT_EQ(problems,
            "f.yaml:5:37: limits[0].target: names a project that the file does not declare; did you mean "
            "`search`?\n"
            "f.yaml:6:34: limits[1].target: names a team that the file does not declare\n"
            "f.yaml:7:33: limits[2].target: names a key that the file does not declare; did you mean "
            "`backend`?\n");
}

TEST(ReadPrices, EveryField) {
  const File file = read_right(
      "pricing:\n- provider: azure\n  model: gpt-4o*\n  effective_from: 2026-12-01\n  input_usd_per_million: "
      "2.75\n  output_usd_per_million: '11'\n  request_usd: 0.000000001\n  long_context: "
      "{above_input_tokens: "
      "200000, input_usd_per_million: 5.5}\n- {provider: azure, model: m, effective_from: "
      "'1970-01-01T00:00:00Z', input_usd_per_million: 0}\n");
  ASSERT_EQ(file.prices.size(), 2U);
  const domain::Price& price = file.prices[0];
  EXPECT_EQ(price.provider, "azure");
  EXPECT_EQ(price.model, "gpt-4o*");
  EXPECT_EQ(core::to_rfc3339(*price.effective_from), "2026-12-01T00:00:00Z");
  EXPECT_EQ(price.rates.input, core::Money::nanos(2'750'000'000));
  EXPECT_EQ(price.rates.output, core::Money::nanos(11'000'000'000));
  EXPECT_EQ(price.per_request, core::Money::nanos(1));
  ASSERT_TRUE(price.long_context);
  EXPECT_EQ(price.long_context->above_input_tokens, 200'000);
  EXPECT_EQ(price.long_context->rates.input, core::Money::nanos(5'500'000'000));
  EXPECT_EQ(file.prices[1].effective_from, std::nullopt) << "has always held";
}

TEST(ReadPrices, TheSchemaNamesExactlyTheFieldsOfAPrice) {
  domain::Price price{.provider = "p", .model = "m", .rates = {.input = core::Money{}}};
  price.long_context = {.above_input_tokens = 1, .rates = price.rates};
  const auto* section = config::schema::find(config::schema::sections(), "pricing");
  const auto same_names = [](const json::Document& shown, std::span<const config::schema::Field> fields) {
    std::vector<std::string> of_domain, of_schema;
    for (const auto& [key, value] : shown.items()) of_domain.push_back(key);
    for (const auto& field : fields) of_schema.emplace_back(field.key);
    EXPECT_THAT(of_schema, testing::UnorderedElementsAreArray(of_domain));
  };
  const auto shown = json::parse(domain::to_json(price)).value();
  same_names(shown, section->fields);
  same_names(shown.at("long_context"), config::schema::find(section->fields, "long_context")->fields);
}

TEST(ReadPrices, DomainRulesAreReportedWhereTheFieldStands) {
  EXPECT_EQ(
      problems_in(kOwners +
                  "pricing:\n- {provider: azure, model: 'a*b', input_usd_per_million: 1}\n"
                  "- {provider: azure, model: m}\n"
                  "- {provider: azure, model: m, effective_from: soon, input_usd_per_million: 1}\n"
                  "- provider: azure\n  model: m\n  request_usd: 1\n  long_context: {above_input_tokens: 5}\n"
                  "- {provider: azure, model: n, input_usd_per_million: 1}\n"
                  "- {provider: azure, model: n, effective_from: 1969-01-01, input_usd_per_million: 2}\n"
                  "- {provider: azuer, model: n, input_usd_per_million: 1}\n"),
      "f.yaml:5:28: pricing[0].model: `*` may only stand at the end\n"
      "f.yaml:6:3: pricing[1]: has no rate\n"
      "f.yaml:7:47: pricing[2].effective_from: must be a date such as 2026-11-20 or a time such as "
      "2026-11-20T09:00:00Z\n"
      "f.yaml:11:17: pricing[3].long_context: has no rate\n"
      "f.yaml:13:3: pricing[5]: is the same as in line 12\n"
      "f.yaml:14:14: pricing[6].provider: names a provider that the file does not declare; did you mean "
      "`azure`?\n");
}

TEST(ReadPrices, WhatTheSchemaReportedIsNotReportedTwice) {
  EXPECT_EQ(
      problems_in(
          kOwners +
          "pricing:\n- {provider: azure, model: m, input_usd_per_million: much}\n"
          "- {provider: azure, model: m, input_per_million: 1}\n"
          "- {provider: azure, model: m, request_usd: 1, long_context: {input_usd_per_million: 1}}\n"),
      "f.yaml:5:54: pricing[0].input_usd_per_million: must be US dollars as a decimal of at most 9 places; "
      "example: 0.15\n"
      "f.yaml:6:31: pricing[1].input_per_million: is not a known key; did you mean "
      "`input_usd_per_million`?\n"
      "f.yaml:7:61: pricing[2].long_context.above_input_tokens: is required; example: 200000\n");
  for (const auto text : {"pricing: [1, ~, []]\n", "pricing: {a: b}\n", "pricing: [{provider: []}]\n"}) {
    EXPECT_NE(problems_in(text), "") << text;
  }
}

}  // namespace
}  // namespace relayna::declare
