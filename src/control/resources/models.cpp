#include <algorithm>

#include "control/api/add_resource.hpp"
#include "control/api/parts.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/provider_references.hpp"
#include "control/resources/resources.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

namespace {

using domain::Model;
using domain::ModelTarget;

constexpr std::size_t kMostModelName = 256;

std::optional<std::string> operation_problem(std::string_view label) {
  if (domain::parse_route_label(label)) return std::nullopt;
  return "is no route's label; for example /v1/chat/completions";
}

const Shape<ModelTarget>& target_shape() {
  static const auto shape = [] {
    Shape<ModelTarget> target("ModelTarget", "A further place a model is served.");
    target.field("provider", &ModelTarget::provider, text(1, kMostName), Field::required,
                 "The name of a provider.");
    target.field("upstream_model", &ModelTarget::upstream_model, optional_text(kMostModelName),
                 Field::settable, "What it is called there; null: the same.");
    target.field("priority", &ModelTarget::priority, number(0, 100), Field::settable,
                 "Lower ones are tried first; the model's own provider has 0.");
    target.field("weight", &ModelTarget::weight, number(1, 1000), Field::settable,
                 "The share among targets of one priority.");
    target.field("operations", &ModelTarget::operations, texts(operation_problem), Field::settable,
                 "Labels of the routes it can serve; none: all.");
    target.field("enabled", &ModelTarget::enabled, flag(), Field::settable, "");
    return target;
  }();
  return shape;
}

}  // namespace

const Shape<Model>& model_shape() {
  static const auto shape = [] {
    Shape<Model> model("Model", "A model name clients may use and where it leads.");
    model.field("name", &Model::name, text(1, kMostModelName), Field::fixed_required, "What clients write.")
        .listed("name", true);
    model.field("provider", &Model::provider, text(1, kMostName), Field::required, "The name of a provider.")
        .listed("provider", true);
    model.field("upstream_model", &Model::upstream_model, optional_text(kMostModelName), Field::settable,
                "What the provider is asked for; null: the same name.");
    model.field("targets", &Model::targets, list_of(target_shape(), kMostTargets), Field::settable,
                "Where else it is served.");
    model.field("enabled", &Model::enabled, flag(), Field::settable, "").listed("enabled");
    add_provenance(model);
    return model;
  }();
  return shape;
}

void add_models(Api& api, const Resources& with) {
  auto& store = with.store.administration();
  Resource<Model> models{.path = "models",
                         .tag = "Models",
                         .one = "model",
                         .shape = &model_shape(),
                         .read_scope = "models:read",
                         .write_scope = "models:write",
                         .search = "name"};
  models.check_body = [&with](const Call& call) { return wrong_providers_of_model(with, call.body); };
  add_resource(api, store, models);
  const auto set_enabled = [](bool enabled) {
    return [enabled](Change<Model>& change) -> core::Result<void> {
      change.row.enabled = enabled;
      return {};
    };
  };
  add_action<Model>(api, store, models, "enable", "Offer a model again", "models:write", set_enabled(true));
  add_action<Model>(api, store, models, "disable", "Stop offering a model", "models:write",
                    set_enabled(false));
}

}  // namespace relayna::control
