#pragma once

#include <utility>
#include <vector>

#include "relayna/pipeline/simulation.hpp"

namespace relayna::pipeline {

/// A rule as traces call it: the step it belongs to, and its own name.
struct RuleName {
  std::string_view step;
  std::string_view rule;
};
inline constexpr RuleName kPathRule{"request", "path"};
inline constexpr RuleName kBodyCapRule{"request", "max_request_body_bytes"};
inline constexpr RuleName kKeyStatusRule{"key", "status"};
inline constexpr RuleName kKeySourceRule{"key", "allowed_source_addresses"};
inline constexpr RuleName kRouteRule{"route", "path"};
inline constexpr RuleName kRouteEnabledRule{"route", "enabled"};
inline constexpr RuleName kRouteBodyRule{"route", "max_request_body_bytes"};
inline constexpr RuleName kBodyRule{"body", "form"};
inline constexpr RuleName kModelRule{"model", "reachable"};
inline constexpr RuleName kIdleRule{"policy", "unused_key_auto_disable_after_days"};
inline constexpr RuleName kLayerSourceRule{"policy", "allowed_source_addresses"};
inline constexpr RuleName kPriceRule{"cost", "allow_unpriced_models"};
inline constexpr RuleName kCostRule{"cost", "max_cost_per_request"};

/// What the rules said of a simulated request. A live request has none.
class Trace {
 public:
  Trace();
  void note(const RuleName& rule, const core::Result<void>& outcome, bool applies);
  void note(const std::vector<domain::RuleVerdict>& policy);
  /// Tells rules that had nothing to say from those that were not asked. Returns which one refused.
  std::optional<std::size_t> finish();
  [[nodiscard]] std::vector<RuleResult> take() { return std::move(rules_); }

  std::vector<upstream::Candidate> candidates;  ///< before policy left any of them out

 private:
  RuleResult& at(const RuleName& rule);
  std::vector<RuleResult> rules_;  ///< every rule there is, from the start
};

/// Passes on what a rule said. `applies`: it had something to compare.
inline core::Result<void> noted(Trace* trace, const RuleName& rule, core::Result<void> outcome,
                                bool applies = true) {
  if (trace != nullptr) [[unlikely]]
    trace->note(rule, outcome, applies);
  return outcome;
}

}  // namespace relayna::pipeline
