#include <fmt/format.h>

#include "pipeline/answers.hpp"
#include "pipeline/policy_cache.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

/// Whether this key could call the model: the policy in force for what its name resolves to, model layers
/// included.
bool may_call(Exchange& x, PolicyCache& policies, const upstream::ListedModel& listed) {
  const auto* declared = x.snapshot->model(listed.entry.id);
  const std::string& resolved =
      declared != nullptr && !declared->upstream_model.empty() ? declared->upstream_model : listed.entry.id;
  const auto governed =
      policies.get(*x.snapshot, x.key, x.team_id, domain::route_label(x.match.route), resolved);
  return !governed->policy.deny && domain::may_call_model(governed->policy, resolved, listed.provider->name,
                                                          domain::to_string(listed.provider->kind));
}

}  // namespace

runtime::Task<core::Result<http::Response>> list_models(Exchange& x, PolicyCache& policies) {
  auto listed = co_await x.parts().models.list(x.snapshot, x.request.stop);
  std::vector<dialect::ModelEntry> allowed;
  for (auto& model : listed) {
    if (may_call(x, policies, model)) allowed.push_back(std::move(model.entry));
  }
  if (x.match.route == domain::Route::models)
    co_return json_answer(x, dialect::render_models(x.api, allowed));
  for (const auto& model : allowed) {
    if (model.id == x.match.argument) co_return json_answer(x, dialect::render_model(x.api, model));
  }
  co_return std::unexpected(
      core::Error(core::ErrorCode::model_not_found,
                  fmt::format("Model '{}' does not exist or this key may not call it.", x.match.argument))
          .with_param("model"));
}

}  // namespace relayna::pipeline
