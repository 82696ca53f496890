#include "relayna/store/analytics.hpp"

#include "control/live/finished_request_json.hpp"
#include "control/live/live.hpp"
#include "control/usage/event_shape.hpp"

namespace relayna::control {

using json::Document;

namespace {

Document policy_trace(const pipeline::AppliedRules& rules) {
  Document layers = Document::array();
  for (const auto& layer : rules.layers) {
    layers.push_back({{"kind", std::string(domain::to_string(layer.kind))},
                      {"scope_id", layer.scope_id.empty() ? Document() : Document(layer.scope_id)},
                      {"policy_version", layer.policy_version}});
  }
  return {{"policy_version", rules.policy_version},
          {"catalog_revision", rules.catalog_revision},
          {"layers", std::move(layers)}};
}

Document limit_trace(const pipeline::FinishedRequest& request) {
  Document counters = Document::array();
  for (const auto& name : request.rules->scopes.for_end_user(request.end_user.view()).names())
    counters.push_back(name);
  return {{"counters", std::move(counters)},
          {"reserved_tokens", request.reserved_tokens},
          {"reserved_cost_nanos", request.reserved_nanos}};
}

/// Why the traces are missing.
constexpr const char* kServedElsewhere =
    "Another replica served this request, or this one remembers it no more: only what the store keeps is "
    "shown. Ask "
    "the replica that served it for the traces.";

/// nullopt: the store has none, or the id could be none of ours.
core::Result<std::optional<domain::UsageEvent>> find_event(store::Store& store, const std::string& id) {
  if (!core::Uuid::parse(id)) return std::optional<domain::UsageEvent>();
  auto event = store.analytics().event(id);
  if (event) return std::optional(std::move(*event));
  if (event.error().code == core::ErrorCode::not_found) return std::optional<domain::UsageEvent>();
  return std::unexpected(std::move(event.error()));
}

core::Result<Answer> bundle(const Live& with, Call& call) {
  const std::string& id = call.at("request_id");
  auto event = find_event(with.store, id);
  if (!event) return std::unexpected(std::move(event.error()));
  const auto remembered = with.feed.find(id);
  if (!*event && !remembered) return core::fail(core::ErrorCode::debug_bundle_not_found);

  Document body{{"request_id", id}, {"replica", show(with.replica)}};
  body["note"] = remembered ? Document() : Document(kServedElsewhere);
  body["usage_event"] = *event ? event_shape().show(**event, {}) : Document();
  body["request"] = remembered ? show(*remembered) : Document();
  body["selection_trace"] = remembered ? show_attempts(*remembered) : Document();
  const bool ruled = remembered && remembered->rules != nullptr;
  body["policy_trace"] = ruled ? policy_trace(*remembered->rules) : Document();
  body["limit_trace"] = ruled ? limit_trace(*remembered) : Document();
  Answer answer;
  answer.body = std::move(body);
  return answer;
}

Document bundle_schema() {
  const auto object = [](std::string_view about) -> Document {
    return {{"type", {"object", "null"}}, {"description", std::string(about)}};
  };
  return {
      {"type", "object"},
      {"properties",
       {{"request_id", {{"type", "string"}}},
        {"replica", replica_schema()},
        {"note",
         {{"type", {"string", "null"}},
          {"description", "Says so where the traces are not this replica's to tell."}}},
        {"usage_event", object("A UsageEvent; null until it is stored, or when it keeps nothing.")},
        {"request", object("A FinishedRequest; null unless this replica served it and still remembers.")},
        {"selection_trace",
         {{"type", {"array", "null"}},
          {"items", {{"type", "object"}}},
          {"description",
           "The candidates tried, in their order: provider, status or error code, microseconds."}}},
        {"policy_trace", object("The policy's version, the catalog's revision, the layers that took part.")},
        {"limit_trace", object("The counters it was held to, and what it held of them in the end.")}}}};
}

}  // namespace

void add_debug_bundles(Api& api, const Live& with) {
  Operation made;
  made.method = "GET";
  made.path = "/admin/debug-bundles/{request_id}";
  made.scope = "requests:read";
  made.id = "debug-bundles.get";
  made.tag = "Live requests";
  made.summary = "What is known of one request";
  made.about =
      "By the id in `x-relayna-request-id`. Traces are this replica's: ask the one that served the request. "
      "No "
      "part of a body, and no secret.";
  made.response = bundle_schema();
  made.errors = {core::ErrorCode::debug_bundle_not_found};
  made.run = Operation::Blocking([with](Call& call) { return bundle(with, call); });
  api.add(std::move(made));
}

}  // namespace relayna::control
