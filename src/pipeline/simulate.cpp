#include <algorithm>

#include "relayna/pipeline/simulation.hpp"

#include "pipeline/decide.hpp"
#include "pipeline/trace.hpp"

namespace relayna::pipeline {

namespace {

core::Result<void> read_path(Inquiry& x, const SimulatedRequest& request) {
  auto target = http::parse_target(request.target);
  if (!target) return noted(x.trace, kPathRule, std::unexpected(std::move(target.error())));
  x.target = std::move(*target);
  return noted(x.trace, kPathRule, {});
}

/// What the body says, and what of it was given instead.
core::Result<void> read_body(Inquiry& x, const SimulatedRequest& request) {
  if (x.match.metered == dialect::Operation::other) return {};
  dialect::RequestReader reader;
  if (auto read = take_features(x, reader.read(x.match.metered, request.body)); !read) return read;
  auto& features = x.features;
  if (request.body_bytes) features.estimated_input_tokens = dialect::estimate_tokens(*request.body_bytes);
  if (request.estimated_input_tokens) features.estimated_input_tokens = request.estimated_input_tokens;
  if (request.max_output_tokens) features.max_output_tokens = request.max_output_tokens;
  features.tool_count = request.tool_count.value_or(features.tool_count);
  features.tool_schema_bytes = request.tool_schema_bytes.value_or(features.tool_schema_bytes);
  return {};
}

/// Steps 1 to 4 in the order of pipeline.cpp.
core::Result<void> run(Inquiry& x, const SimulatedRequest& request, catalog::SnapshotPtr snapshot,
                       std::uint64_t max_bytes) {
  if (auto done = read_path(x, request); !done) return done;
  if (auto done = check_declared_size(x, x.body_bytes, max_bytes); !done) return done;
  if (auto done = check_key_status(x); !done) return done;
  if (auto done = check_key_source(x, std::move(snapshot)); !done) return done;
  if (auto done = find_route(x); !done) return done;
  if (!x.is_list()) {
    if (auto done = check_body_size(x, x.body_bytes, max_bytes); !done) return done;
    if (auto done = read_body(x, request); !done) return done;
  }
  PolicyCache policies;
  PriceMemo prices;
  return decide(x, policies, prices);
}

/// Whose policy cannot be kept without a price; nobody's when it is a shared limit.
std::vector<domain::PolicySource> needing_price(const std::vector<domain::PolicySource>& sources) {
  std::vector<domain::PolicySource> needing;
  std::ranges::copy_if(sources, std::back_inserter(needing), [](const domain::PolicySource& source) {
    return source.policy->max_cost_per_request || domain::limits_of(*source.policy).has_money();
  });
  return needing;
}

/// Who made the rule that refused: those whose policy would refuse by itself, or, where only several together
/// do, all who speak of it.
std::vector<domain::PolicySource> deciding(const Inquiry& x, const Simulation& result,
                                           const RuleResult& refused) {
  if (refused.rule == kPriceRule.rule) return needing_price(result.sources);
  const auto origin = std::ranges::find(result.origins, refused.rule, &domain::FieldOrigin::field);
  if (origin == result.origins.end() || (refused.step != "policy" && refused.step != "cost")) return {};
  const auto input = policy_input(x, x.candidates.empty() ? nullptr : &x.candidates.front());
  std::vector<domain::PolicySource> alone;
  for (const auto& source : origin->sources) {
    const auto verdicts = domain::judge(*source.policy, input);
    const auto own = std::ranges::find(verdicts, refused.rule, &domain::RuleVerdict::rule);
    if (own != verdicts.end() && own->verdict == domain::Verdict::refused) alone.push_back(source);
  }
  return alone.empty() ? origin->sources : alone;
}

void explain_policy(const Inquiry& x, Simulation& result) {
  result.policy = *x.policy;
  const auto& key = x.key->key;
  const std::string_view model =
      x.trace->candidates.empty() ? std::string_view{} : std::string_view(x.trace->candidates.front().model);
  result.sources =
      domain::policy_sources(x.snapshot->layers, key.policy,
                             {key.project_id, x.team_id, domain::route_label(x.match.route), model, key.id});
  result.origins = domain::origins(result.sources);
  for (const auto& candidate : x.trace->candidates)
    result.candidates.push_back({candidate, check_candidate(x, candidate)});
}

}  // namespace

Simulation simulate(catalog::SnapshotPtr snapshot, identity::CachedKeyPtr key,
                    const SimulatedRequest& request, std::uint64_t max_request_body_bytes) {
  Trace trace;
  Inquiry x;
  x.trace = &trace;
  x.began = request.at;
  x.method = request.method;
  x.source = request.source;
  x.wanted_provider = request.wanted_provider;
  x.named_end_user = request.end_user;
  x.service = request.service;
  x.body_bytes = request.body_bytes.value_or(request.body.size());
  x.assumed_cost = request.cost;
  x.key = key;

  Simulation result;
  result.snapshot = snapshot;
  result.key = std::move(key);
  const auto outcome = run(x, request, std::move(snapshot), max_request_body_bytes);
  if (!outcome) result.refusal = outcome.error();
  result.team_id = x.team_id;
  if (x.match.route != domain::Route::unknown) result.route = x.route_settings;
  if (x.policy != nullptr) explain_policy(x, result);
  result.decided_by = trace.finish();
  result.rules = trace.take();
  if (result.decided_by) result.deciding_sources = deciding(x, result, result.rules[*result.decided_by]);
  result.scopes = std::move(x.scopes);
  result.tokens = x.estimate;
  result.cost = x.most_cost;
  return result;
}

}  // namespace relayna::pipeline
