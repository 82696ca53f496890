#include "control/simulator/simulation_json.hpp"

#include "control/api/schemas.hpp"
#include "control/resources/key_shape.hpp"
#include "control/resources/money_part.hpp"
#include "control/resources/policy_part.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

using json::Document;
using pipeline::Simulation;

namespace {

Document text(std::string_view value) {
  return value.empty() ? Document() : Document(std::string(value));
}
Document dollars(std::int64_t nanos) {
  return nanos_as_dollars().show(nanos);
}

/// The name of what a layer stands for, where it has one beside its scope.
std::string name_of(const domain::PolicyLayer& layer, const catalog::Snapshot& snapshot) {
  const auto named = [&](const auto& rows) {
    const auto found = rows.find(layer.scope_id);
    return found == rows.end() ? std::string() : found->second.name;
  };
  if (layer.kind == domain::LayerKind::project) return named(snapshot.projects);
  if (layer.kind == domain::LayerKind::team) return named(snapshot.teams);
  return {};
}

Document source(const domain::PolicySource& from, const Simulation& simulation) {
  if (const auto* layer = from.layer) {
    return {{"kind", std::string(domain::to_string(layer->kind))},
            {"id", layer->id},
            {"scope_id", text(layer->scope_id)},
            {"name", text(name_of(*layer, *simulation.snapshot))},
            {"policy_version", layer->policy.policy_version}};
  }
  const auto& key = simulation.key->key;
  return {{"kind", "key_policy"},
          {"id", key.id},
          {"scope_id", nullptr},
          {"name", text(key.name)},
          {"policy_version", key.policy.policy_version}};
}

Document sources(const std::vector<domain::PolicySource>& all, const Simulation& simulation) {
  Document shown = Document::array();
  for (const auto& from : all) shown.push_back(source(from, simulation));
  return shown;
}

Document final_decision(const Simulation& simulation) {
  const auto& refusal = simulation.refusal;
  const auto* rule = simulation.decided_by ? &simulation.rules[*simulation.decided_by] : nullptr;
  return {{"allowed", !refusal},
          {"status", refusal ? Document(refusal->info().http_status) : Document()},
          {"error_code", refusal ? Document(std::string(refusal->info().name)) : Document()},
          {"reason", refusal ? text(refusal->reason) : Document()},
          {"message", refusal ? text(refusal->public_message()) : Document()},
          {"step", rule != nullptr ? text(rule->step) : Document()},
          {"rule", rule != nullptr ? text(rule->rule) : Document()},
          {"sources", sources(simulation.deciding_sources, simulation)}};
}

Document auth(const Simulation& simulation, bool stored_key, core::SystemTime now) {
  const auto& key = simulation.key->key;
  return {{"source", stored_key ? "stored_key" : "unsaved_key"},
          {"key_id", stored_key ? Document(key.id) : Document()},
          {"name", text(key.name)},
          {"status", key_shape().show(key, now)["status"]},
          {"project_id", text(key.project_id)},
          {"team_id", text(simulation.team_id)}};
}

Document route_match(const Simulation& simulation) {
  if (!simulation.route) return nullptr;
  return {{"id", std::string(domain::route_id(simulation.route->route))},
          {"route", std::string(domain::route_label(simulation.route->route))},
          {"enabled", simulation.route->enabled}};
}

Document policy_merge(const Simulation& simulation) {
  if (!simulation.policy) return nullptr;
  Document origins = Document::array();
  for (const auto& origin : simulation.origins) {
    origins.push_back(
        {{"field", std::string(origin.field)}, {"sources", sources(origin.sources, simulation)}});
  }
  return {{"policy", policy_codec().show(*simulation.policy)},
          {"also_allowed_models", simulation.policy->also_allowed_models},
          {"also_allowed_providers", simulation.policy->also_allowed_providers},
          {"sources", sources(simulation.sources, simulation)},
          {"origins", std::move(origins)}};
}

Document rules(const Simulation& simulation) {
  Document shown = Document::array();
  for (const auto& rule : simulation.rules) {
    shown.push_back({{"step", std::string(rule.step)},
                     {"rule", std::string(rule.rule)},
                     {"outcome", std::string(to_string(rule.outcome))},
                     {"message", text(rule.message)}});
  }
  return shown;
}

Document candidates(const Simulation& simulation) {
  Document shown = Document::array();
  for (const auto& [candidate, refusal] : simulation.candidates) {
    shown.push_back({{"provider", candidate.provider->name},
                     {"provider_kind", std::string(domain::to_string(candidate.provider->kind))},
                     {"model", text(candidate.model)},
                     {"fallback", candidate.fallback},
                     {"allowed", !refusal},
                     {"reason", refusal ? text(refusal->reason) : Document()}});
  }
  return shown;
}

Document amounts(const domain::LimitSet& limits) {
  Document shown = Document::object();
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    const auto kind = static_cast<domain::LimitKind>(i);
    if (!limits.has(kind)) continue;
    shown[std::string(domain::to_string(kind))] =
        domain::is_money(kind) ? dollars(limits.of(kind)) : Document(limits.of(kind));
  }
  return shown;
}

Document counter(const domain::LimitedScope& scope) {
  const auto& target = scope.target;
  return {{"counter", scope.id()},
          {"scope", std::string(domain::to_string(scope.scope))},
          {"key_id", text(target.key_id)},
          {"project_id", text(target.project_id)},
          {"team_id", text(target.team_id)},
          {"end_user", target.end_user ? Document(*target.end_user) : Document()},
          {"model", text(target.model)},
          {"route", text(target.route)},
          {"limits", amounts(scope.hard)},
          {"warns_at", amounts(scope.soft)}};
}

Document limits(const Simulation& simulation) {
  const bool known = !simulation.refusal ||
                     (simulation.decided_by && simulation.rules[*simulation.decided_by].step == "cost");
  if (!known) return nullptr;
  Document counters = Document::array();
  for (const auto& scope : simulation.scopes) counters.push_back(counter(scope));
  return {{"requests", 1},
          {"input_tokens", simulation.tokens.input},
          {"output_tokens", simulation.tokens.output},
          {"tokens", simulation.tokens.total()},
          {"cost_usd", simulation.cost ? dollars(simulation.cost->nanos()) : Document()},
          {"counters", std::move(counters)}};
}

Document described(std::string_view type, std::string_view about) {
  return {{"type", std::string(type)}, {"description", std::string(about)}};
}
Document maybe(std::string_view type, std::string_view about = {}) {
  Document schema{{"type", {std::string(type), "null"}}};
  if (!about.empty()) schema["description"] = std::string(about);
  return schema;
}

Document source_schema() {
  return object_schema({{"kind", described("string", "Of a layer, or `key_policy`: the key's own.")},
                        {"id", described("string", "Of the layer or the key.")},
                        {"scope_id", maybe("string")},
                        {"name", maybe("string", "Of the project, the team or the key.")},
                        {"policy_version", {{"type", "integer"}}}});
}

Document sources_schema(std::string_view about) {
  auto schema = array_of(reference("PolicySource"));
  schema["description"] = std::string(about);
  return schema;
}

Document decision_schema() {
  return object_schema(
      {{"allowed", described("boolean", "It would be sent, as far as its limits have room.")},
       {"status", maybe("integer", "Of the answer the client would get.")},
       {"error_code", maybe("string")},
       {"reason", maybe("string", "As in the error.")},
       {"message", maybe("string")},
       {"step", maybe("string")},
       {"rule", maybe("string", "The one that refused, as `rules` names it.")},
       {"sources", sources_schema("Whose policy refuses by itself, or together when none does alone.")}});
}

Document limits_schema() {
  const Document set{{"type", "object"}, {"additionalProperties", {{"type", "number"}}}};
  return nullable(object_schema(
      {{"requests", {{"type", "integer"}}},
       {"input_tokens", {{"type", "integer"}}},
       {"output_tokens", {{"type", "integer"}}},
       {"tokens", described("integer", "The most it can use, which is what would be reserved.")},
       {"cost_usd", maybe("number", "The most it can cost; null: nobody knows.")},
       {"counters", array_of(object_schema({{"counter", {{"type", "string"}}},
                                            {"scope", {{"type", "string"}}},
                                            {"key_id", maybe("string")},
                                            {"project_id", maybe("string")},
                                            {"team_id", maybe("string")},
                                            {"end_user", maybe("string")},
                                            {"model", maybe("string")},
                                            {"route", maybe("string")},
                                            {"limits", set},
                                            {"warns_at", set}}))}}));
}

Document policy_merge_schema() {
  const auto lists = array_of(array_of({{"type", "string"}}));
  return nullable(object_schema(
      {{"policy", policy_schema()},
       {"also_allowed_models", lists},
       {"also_allowed_providers", lists},
       {"sources", sources_schema("What was merged, in this order.")},
       {"origins",
        array_of(object_schema({{"field", {{"type", "string"}}},
                                {"sources", sources_schema("Who made the field what it is.")}}))}}));
}

}  // namespace

Document show(const Simulation& simulation, bool stored_key, core::SystemTime now) {
  return {{"final_decision", final_decision(simulation)},
          {"auth", auth(simulation, stored_key, now)},
          {"route_match", route_match(simulation)},
          {"rules", rules(simulation)},
          {"policy_merge", policy_merge(simulation)},
          {"candidates", candidates(simulation)},
          {"limits", limits(simulation)},
          {"catalog_revision", simulation.snapshot->revision}};
}

void add_simulation_schemas(Api& api) {
  api.add_schema("PolicySource", source_schema());
  Document outcomes = {"passed", "refused", "not_applicable", "not_reached"};
  auto simulation = object_schema(
      {{"final_decision", decision_schema()},
       {"auth", object_schema({{"source", {{"type", "string"}, {"enum", {"stored_key", "unsaved_key"}}}},
                               {"key_id", maybe("string")},
                               {"name", maybe("string")},
                               {"status", {{"type", "string"}}},
                               {"project_id", maybe("string")},
                               {"team_id", maybe("string")}})},
       {"route_match", nullable(object_schema({{"id", {{"type", "string"}}},
                                               {"route", {{"type", "string"}}},
                                               {"enabled", {{"type", "boolean"}}}}))},
       {"rules", array_of(object_schema({{"step", {{"type", "string"}}},
                                         {"rule", {{"type", "string"}}},
                                         {"outcome", {{"type", "string"}, {"enum", std::move(outcomes)}}},
                                         {"message", maybe("string")}}))},
       {"policy_merge", policy_merge_schema()},
       {"candidates", array_of(object_schema({{"provider", {{"type", "string"}}},
                                              {"provider_kind", {{"type", "string"}}},
                                              {"model", maybe("string")},
                                              {"fallback", {{"type", "boolean"}}},
                                              {"allowed", {{"type", "boolean"}}},
                                              {"reason", maybe("string")}}))},
       {"limits", limits_schema()},
       {"catalog_revision", {{"type", "integer"}}}});
  api.add_schema("PolicySimulation", std::move(simulation));
}

}  // namespace relayna::control
