#include "fixture.hpp"

namespace relayna::declare {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kOwners =
    "projects: [{name: j, team: t}]\nkeys: [{name: k, project: j, secret: " + key_secret('a') +
    "}]\nproviders: [{name: p, kind: echo}]\n";
const std::string kLimits =
    "limits:\n- {name: of-project, scope: project, target: j, monthly_budget_usd: 5}\n"
    "- {name: of-team, scope: team, target: t, rpm_limit: 5}\n- {name: of-key, scope: key, target: k, "
    "rpm_limit: 5}\n"
    "- {name: of-each, scope: key, rpm_limit: 50}\n- {name: of-all, scope: global, max_concurrent_requests: "
    "9}\n"
    "- {name: of-ada, scope: end_user, target: ada, rpm_limit: 1}\n";
const std::string kPrices =
    "pricing:\n- {provider: p, model: m, input_usd_per_million: 1}\n"
    "- {provider: p, model: m, effective_from: 2027-01-01, input_usd_per_million: 2}\n";

class ApplyLimits : public ApplyTest {
 protected:
  const domain::Limit& limit(std::string_view name) const {
    for (const auto& row : store_.rows.limits) {
      if (row.name == name) return row;
    }
    throw std::out_of_range("no such limit");
  }
};

TEST_F(ApplyLimits, TargetsBecomeIds) {
  const Report report = apply_text(kOwners + kLimits);
  for (const auto name : {"limit of-project", "limit of-team", "limit of-key", "limit of-each",
                          "limit of-all", "limit of-ada"}) {
    EXPECT_THAT(report.created, testing::Contains(name));
  }
  EXPECT_THAT(report.skipped, IsEmpty());
  EXPECT_EQ(limit("of-project").target, store_.rows.projects[0].id);
  EXPECT_EQ(limit("of-team").target, store_.rows.teams[0].id);
  EXPECT_EQ(limit("of-key").target, key("k").id);
  EXPECT_EQ(limit("of-each").target, "");
  EXPECT_EQ(limit("of-each").scope, domain::LimitScope::key);
  EXPECT_EQ(limit("of-ada").target, "ada");
  EXPECT_EQ(limit("of-all").limits.of(domain::LimitKind::concurrent_requests), 9);
  EXPECT_EQ(limit("of-all").managed_by, "file");
  EXPECT_EQ(limit("of-all").created_at, now_);
  EXPECT_TRUE(core::Uuid::parse(limit("of-all").id));
}

TEST_F(ApplyLimits, ApplyingTwiceWritesNothing) {
  const Report first = apply_text(kOwners + kLimits + kPrices);
  EXPECT_THAT(first.created, testing::IsSupersetOf({"price p/m", "price p/m from 2027-01-01T00:00:00Z"}));
  const int writes = store_.writes;
  now_ += std::chrono::hours(1);
  EXPECT_THAT(apply_text(kOwners + kLimits + kPrices).unchanged,
              testing::UnorderedElementsAreArray(first.created));
  EXPECT_EQ(store_.writes, writes);
}

TEST_F(ApplyLimits, EveryFieldCounts) {
  const auto one = [](const std::string& fields) {
    return kOwners + "limits: [{name: l, " + fields + "}]\n";
  };
  const std::string base = "scope: project, daily_budget_usd: 1";
  apply_text(one(base));
  const std::string id = limit("l").id;
  for (const auto fields :
       {"scope: project, daily_budget_usd: 2", "scope: project, weekly_budget_usd: 1",
        "scope: project, daily_budget_usd: 1, soft: true", "scope: project, daily_budget_usd: 1, model: m",
        "scope: project, target: j, daily_budget_usd: 1", "scope: team, daily_budget_usd: 1"}) {
    EXPECT_THAT(apply_text(one(fields)).updated, ElementsAre("limit l")) << fields;
    EXPECT_THAT(apply_text(one(base)).updated, ElementsAre("limit l"));
  }
  EXPECT_EQ(limit("l").id, id);
  EXPECT_EQ(store_.rows.limits.size(), 1U);
}

TEST_F(ApplyLimits, WhatIsGoneIsDisabledOnceAndComesBack) {
  apply_text(kOwners + kLimits + kPrices);
  const Report gone = apply_text(kOwners);
  EXPECT_THAT(gone.disabled, UnorderedElementsAre("limit of-project", "limit of-team", "limit of-key",
                                                  "limit of-each", "limit of-all", "limit of-ada",
                                                  "price p/m", "price p/m from 2027-01-01T00:00:00Z"));
  for (const auto& row : store_.rows.limits) EXPECT_FALSE(row.enabled) << row.name;
  for (const auto& row : store_.rows.prices) EXPECT_FALSE(row.enabled);
  EXPECT_EQ(limit("of-all").limits.of(domain::LimitKind::concurrent_requests), 9) << "kept, to be looked at";
  EXPECT_THAT(apply_text(kOwners).disabled, IsEmpty());
  const Report back = apply_text(kOwners + kLimits + kPrices);
  EXPECT_EQ(back.updated.size(), 8U);
  EXPECT_THAT(back.created, IsEmpty());
  for (const auto& row : store_.rows.limits) EXPECT_TRUE(row.enabled) << row.name;
  for (const auto& row : store_.rows.prices) EXPECT_TRUE(row.enabled);
}

TEST_F(ApplyLimits, OnlyWhatTheFileManagesIsDisabled) {
  apply_text(kOwners + kLimits + kPrices);
  for (auto& row : store_.rows.limits) row.managed_by.clear();
  for (auto& row : store_.rows.prices) row.managed_by.clear();
  EXPECT_THAT(apply_text(kOwners).disabled, IsEmpty());
  EXPECT_EQ(apply_text(kOwners + kLimits + kPrices).updated.size(), 8U) << "taken over";
  EXPECT_EQ(limit("of-all").managed_by, "file");
}

TEST_F(ApplyLimits, ALimitOfAKeyThatDoesNotExistIsSkipped) {
  const Report report =
      apply_text("keys: [{name: k}]\nlimits: [{name: l, scope: key, target: k, rpm_limit: 5}]\n");
  EXPECT_THAT(report.skipped, testing::Contains("limit l: what it is for does not exist"));
  EXPECT_THAT(store_.rows.limits, IsEmpty());
}

TEST_F(ApplyLimits, APriceThatChangesKeepsItsRow) {
  apply_text(kOwners + kPrices);
  const std::string id = store_.rows.prices[0].id;
  std::string text = kOwners + kPrices;
  text.replace(text.find("per_million: 1"), 14, "per_million: 3");
  EXPECT_THAT(apply_text(text).updated, ElementsAre("price p/m"));
  EXPECT_EQ(store_.rows.prices[0].id, id);
  EXPECT_EQ(store_.rows.prices[0].price.rates.input, core::Money::nanos(3'000'000'000));
}

TEST_F(ApplyLimits, AFailureNamesTheObject) {
  apply_text(kOwners);
  store_.fail_after = 0;
  const auto failed = [&](const std::string& text) {
    const auto report = apply(read(kOwners + text, "f.yaml", {}).file, store_, sealing_.get(), now_);
    EXPECT_FALSE(report);
    return report ? "" : std::string(report.error().public_message());
  };
  EXPECT_EQ(failed("limits: [{name: l, scope: global, rpm_limit: 5}]\n"), "limit l: away");
  store_.fail_after = 0;
  EXPECT_EQ(failed(kPrices), "price p/m: away");
}

}  // namespace
}  // namespace relayna::declare
