#include <algorithm>

#include "control/live/finished_request_json.hpp"
#include "control/live/live.hpp"

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
  return {{"counters", request.rules->limits},
          {"reserved_tokens", request.reserved_tokens},
          {"reserved_cost_nanos", request.reserved_nanos}};
}

Document text(const std::string& value) {
  return value.empty() ? Document() : Document(value);
}
template <class N>
Document number(const std::optional<N>& value) {
  return value ? Document(*value) : Document();
}

/// Why the traces are missing.
constexpr const char* kServedElsewhere =
    "Another replica served this request, or this one remembers it no more: only what the store keeps is shown. Ask "
    "the replica that served it for the traces.";

/// What the store keeps of it.
Document show_event(const domain::UsageEvent& event) {
  return {{"request_id", event.request_id},
          {"correlation_id", text(event.correlation_id)},
          {"trace_id", text(event.trace_id)},
          {"key_id", text(event.key_id)},
          {"project_id", text(event.project_id)},
          {"team_id", text(event.team_id)},
          {"route", text(event.route)},
          {"method", text(event.http_method)},
          {"endpoint", text(event.endpoint_path)},
          {"model", text(event.model)},
          {"provider", text(event.provider)},
          {"end_user", text(event.end_user)},
          {"tags", text(event.tags)},
          {"status_code", event.status_code},
          {"error_code", text(event.error_code)},
          {"stream", event.stream},
          {"latency_ms", event.latency_ms},
          {"time_to_first_token_ms", number(event.time_to_first_token_ms)},
          {"input_tokens", number(event.input_tokens)},
          {"output_tokens", number(event.output_tokens)},
          {"total_tokens", number(event.total_tokens)},
          {"cost_nanos", number(event.cost_nanos)},
          {"cost_source", text(event.cost_source)},
          {"usage_source", text(event.usage_source)},
          {"credential_source", text(event.credential_source)},
          {"upstream_attempts", event.upstream_attempts},
          {"fallback_count", event.fallback_count},
          {"refused_count", event.refused_count},
          {"created_at", core::to_rfc3339(event.created_at)}};
}

/// Among the newest only: the store has no look-up by id yet.
core::Result<std::optional<domain::UsageEvent>> find_event(store::Store& store, const std::string& id) {
  constexpr std::size_t kNewest = 1'000;
  auto newest = store.usage().recent(kNewest);
  if (!newest) return std::unexpected(std::move(newest.error()));
  const auto found = std::ranges::find(*newest, id, &domain::UsageEvent::request_id);
  if (found == newest->end()) return std::optional<domain::UsageEvent>();
  return std::optional(std::move(*found));
}

core::Result<Answer> bundle(const Live& with, Call& call) {
  call.query.finish(call.problems);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  const std::string& id = call.at("request_id");
  auto event = find_event(with.store, id);
  if (!event) return std::unexpected(std::move(event.error()));
  const auto remembered = with.feed.find(id);
  if (!*event && !remembered) return core::fail(core::ErrorCode::debug_bundle_not_found);

  Document body{{"request_id", id}, {"replica", show(with.replica)}};
  body["note"] = remembered ? Document() : Document(kServedElsewhere);
  body["usage_event"] = *event ? show_event(**event) : Document();
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
        {"note", {{"type", {"string", "null"}}, {"description", "Says so where the traces are not this replica's to tell."}}},
        {"usage_event", object("What the store keeps; null until it is stored, or when it keeps nothing.")},
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
  made.id = "debug_bundles.get";
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
