#include "pipeline/trace.hpp"

#include <algorithm>
#include <array>

namespace relayna::pipeline {

using Outcome = RuleResult::Outcome;

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::passed:
      return "passed";
    case Outcome::refused:
      return "refused";
    case Outcome::not_applicable:
      return "not_applicable";
    case Outcome::not_reached:
      return "not_reached";
  }
  return "unknown";
}

Trace::Trace() {
  constexpr std::array kBefore{kPathRule,  kBodyCapRule,      kKeyStatusRule,  kKeySourceRule,
                               kRouteRule, kRouteEnabledRule, kRouteBodyRule,  kBodyRule,
                               kModelRule, kIdleRule,         kLayerSourceRule};
  const auto add = [this](const RuleName& name) { rules_.push_back({name.step, name.rule, {}, {}}); };
  for (const auto& name : kBefore) add(name);
  for (const auto rule : domain::policy_rules()) add({"policy", rule});
  for (const auto& name : {kPriceRule, kCostRule}) add(name);
  for (auto& rule : rules_) rule.outcome = Outcome::not_reached;
}

RuleResult& Trace::at(const RuleName& name) {
  return *std::ranges::find_if(
      rules_, [&](const RuleResult& rule) { return rule.step == name.step && rule.rule == name.rule; });
}

void Trace::note(const RuleName& name, const core::Result<void>& outcome, bool applies) {
  auto& rule = at(name);
  if (!outcome) {
    rule.outcome = Outcome::refused;
    rule.message = outcome.error().public_message();
  } else {
    rule.outcome = applies ? Outcome::passed : Outcome::not_applicable;
  }
}

void Trace::note(const std::vector<domain::RuleVerdict>& policy) {
  for (const auto& verdict : policy) {
    auto& rule = at({"policy", verdict.rule});
    rule.message = verdict.message;
    rule.outcome = verdict.verdict == domain::Verdict::passed    ? Outcome::passed
                   : verdict.verdict == domain::Verdict::refused ? Outcome::refused
                                                                 : Outcome::not_applicable;
  }
}

std::optional<std::size_t> Trace::finish() {
  const auto refused =
      std::ranges::find_if(rules_, [](const RuleResult& rule) { return rule.outcome == Outcome::refused; });
  for (auto rule = rules_.begin(); rule != refused; ++rule) {
    if (rule->outcome == Outcome::not_reached) rule->outcome = Outcome::not_applicable;
  }
  if (refused == rules_.end()) return std::nullopt;
  return static_cast<std::size_t>(refused - rules_.begin());
}

}  // namespace relayna::pipeline
