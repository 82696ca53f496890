#include <fmt/format.h>

#include "pipeline/answers.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

runtime::Task<core::Result<http::Response>> list_models(Exchange& x) {
  auto listed = co_await x.parts().models.list(x.snapshot, x.request.stop);
  std::vector<dialect::ModelEntry> allowed;
  for (auto& model : listed) {
    if (domain::may_call_model(*x.policy, model.entry.id, model.provider->name, domain::to_string(model.provider->kind))) {
      allowed.push_back(std::move(model.entry));
    }
  }
  if (x.match.route == domain::Route::models) co_return json_answer(x, dialect::render_models(x.api, allowed));
  for (const auto& model : allowed) {
    if (model.id == x.match.argument) co_return json_answer(x, dialect::render_model(x.api, model));
  }
  co_return std::unexpected(core::Error(core::ErrorCode::model_not_found,
                                        fmt::format("Model '{}' does not exist or this key may not call it.", x.match.argument))
                                .with_param("model"));
}

}  // namespace relayna::pipeline
