#include <algorithm>

#include "relayna/ledger/limit_use.hpp"
#include "relayna/runtime/offload.hpp"

#include "control/api/schemas.hpp"
#include "control/limits/limits.hpp"
#include "control/limits/reset.hpp"
#include "control/limits/window_use.hpp"

namespace relayna::control {

namespace {

using domain::LimitInForce;
using json::Document;
using AsyncAnswer = runtime::Task<core::Result<http::Response>>;
using InForce = std::vector<LimitInForce>;

std::string_view name_of(LimitInForce::Source source) {
  switch (source) {
    case LimitInForce::Source::key_policy:
      return "key_policy";
    case LimitInForce::Source::policy_layer:
      return "policy_layer";
    case LimitInForce::Source::limit:
      return "limit";
  }
  return "unknown";
}

/// Blocks.
core::Result<InForce> load_limits(store::Store& store, const Call& call, std::string_view end_user) {
  auto key = store.administration().of<domain::VirtualKey>().get(call.at("id"));
  if (!key) return std::unexpected(std::move(key.error()));
  if (!*key) return core::fail(core::ErrorCode::not_found, "There is no virtual key with this id.");
  auto rows = store.catalog().load();
  if (!rows) return std::unexpected(std::move(rows.error()));
  const auto project = std::ranges::find(rows->projects, (*key)->project_id, &domain::Project::id);
  const domain::PolicyScope scope{
      .project_id = (*key)->project_id,
      .team_id = project == rows->projects.end() ? "" : std::string_view(project->team_id),
      .route = {},
      .model = {},
      .key_id = (*key)->id};
  return domain::limits_in_force(rows->layers, rows->limits, (*key)->policy, scope, end_user);
}

Document or_null(const std::string& text) {
  return text.empty() ? Document() : Document(text);
}

Document shown(const LimitInForce& one, const counters::Use& use, core::SystemTime at) {
  const auto& counter = one.counter;
  return {{"source", {{"type", name_of(one.source)}, {"id", one.source_id}, {"name", or_null(one.name)}}},
          {"scope", domain::to_string(counter.scope)},
          {"model", or_null(counter.target.model)},
          {"route", or_null(counter.target.route)},
          {"end_user", counter.target.end_user ? Document(*counter.target.end_user) : Document()},
          {"counter", counter.id()},
          {"windows", window_uses(counter, use, at)}};
}

AsyncAnswer show_limits(const Resources* with, std::shared_ptr<Call> call) {
  const auto end_user = call->query.take("end_user").value_or("");
  if (!call->problems.empty()) co_return std::unexpected(call->problems.error());
  const auto found = co_await runtime::offload(
      with->pool, [with, call, end_user] { return load_limits(with->store, *call, end_user); });
  if (!found) co_return std::unexpected(found.error());
  std::vector<domain::LimitedScope> scopes;
  for (const auto& one : *found) scopes.push_back(one.counter);
  const auto uses = co_await with->use.read(std::move(scopes));
  if (!uses) co_return std::unexpected(uses.error());
  Document data = Document::array();
  for (std::size_t i = 0; i < found->size(); ++i)
    data.push_back(shown((*found)[i], uses->scopes[i], uses->at));
  co_return json_answer(
      200, {{"key_id", call->at("id")}, {"at", core::to_rfc3339(uses->at)}, {"data", std::move(data)}},
      call->request_id);
}

/// The counters that count this key alone, once each.
std::vector<domain::LimitedScope> own_counters(const InForce& in_force) {
  std::vector<domain::LimitedScope> own;
  for (const auto& one : in_force) {
    if (one.counter.scope != domain::LimitScope::key) continue;
    const auto same = std::ranges::find(own, one.counter.target, &domain::LimitedScope::target);
    if (same == own.end()) {
      own.push_back(one.counter);
    } else {
      same->hard.tighten(one.counter.hard);
      same->soft.tighten(one.counter.soft);
    }
  }
  return own;
}

/// Blocks.
core::Result<ResetPlan> read_plan(store::Store& store, Call& call) {
  auto in_force = load_limits(store, call, {});
  if (!in_force) return std::unexpected(std::move(in_force.error()));
  ResetPlan plan{
      .target_type = "keys", .target_id = call.at("id"), .scopes = own_counters(*in_force), .kinds = {}};
  for (const auto& scope : plan.scopes) {
    plan.kinds.merge(resettable(scope.hard));
    plan.kinds.merge(resettable(scope.soft));
  }
  const auto body = call.body.is_null() ? Document::object() : call.body;
  const auto among = plan.kinds;
  for (const auto& [name, given] : body.items()) {
    if (name == "windows") {
      plan.kinds = read_windows(given, name, among, call.problems);
    } else {
      call.problems.add(name, "is unknown; there is: windows");
    }
  }
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return plan;
}

AsyncAnswer reset(const Resources* with, std::shared_ptr<Call> call) {
  auto plan = co_await runtime::offload(with->pool, [with, call] { return read_plan(with->store, *call); });
  if (!plan) co_return std::unexpected(std::move(plan.error()));
  co_return co_await reset_counters(with, std::move(call), std::move(*plan));
}

Document limits_schema() {
  const Document text{{"type", "string"}};
  return object_schema(
      {{"key_id", text},
       {"at", {{"type", "string"}, {"format", "date-time"}}},
       {"data", array_of(object_schema(
                    {{"source",
                      object_schema(
                          {{"type", {{"type", "string"}, {"enum", {"key_policy", "policy_layer", "limit"}}}},
                           {"id", text},
                           {"name", nullable(text)}})},
                     {"scope", text},
                     {"model", nullable(text)},
                     {"route", nullable(text)},
                     {"end_user", nullable(text)},
                     {"counter", text},
                     {"windows", array_of(reference("WindowUse"))}}))}});
}

}  // namespace

void add_key_limits(Api& api, const Resources& with) {
  Operation limits;
  limits.method = "GET";
  limits.path = "/admin/keys/{id}/limits";
  limits.scope = "limits:read";
  limits.id = "keys.limits";
  limits.tag = "Virtual keys";
  limits.summary = "Everything that limits a key, and what is used of it now";
  limits.about =
      "Numbers of its policy, of layers and of limits, each with where it comes from, whichever model and "
      "route it "
      "is about. Those about the same requests share a counter; the tightest holds.";
  limits.query = {{"end_user",
                   {{"type", "string"}},
                   "Whose use of limits on end users; without it, those who name none."}};
  limits.response = limits_schema();
  limits.errors = {core::ErrorCode::not_found, core::ErrorCode::control_state_unavailable};
  limits.run = Operation::Async([with = &with](std::shared_ptr<Call> call, runtime::StopSource*) {
    return show_limits(with, std::move(call));
  });
  api.add(std::move(limits));

  Operation back;
  back.method = "POST";
  back.path = "/admin/keys/{id}/limits/reset";
  back.scope = "limits:write";
  back.id = "keys.limits.reset";
  back.tag = "Virtual keys";
  back.summary = "Set what a key has used back to nothing";
  back.about =
      "Of the limits that are its own: its policy's, layers', and limits of scope `key`. Those it shares "
      "with others "
      "are reset at the limit.";
  back.request = reset_request_schema(Document::object());
  back.response = reset_response_schema();
  back.errors = reset_errors();
  back.run = Operation::Async([with = &with](std::shared_ptr<Call> call, runtime::StopSource*) {
    return reset(with, std::move(call));
  });
  api.add(std::move(back));
}

}  // namespace relayna::control
