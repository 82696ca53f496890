#include "relayna/ledger/limit_use.hpp"

#include "relayna/runtime/offload.hpp"

#include "control/api/schemas.hpp"
#include "control/limits/limits.hpp"
#include "control/limits/reset.hpp"
#include "control/limits/whose.hpp"
#include "control/limits/window_use.hpp"

namespace relayna::control {

namespace {

using json::Document;
using AsyncAnswer = runtime::Task<core::Result<http::Response>>;

core::Result<domain::Limit> find_limit(store::Administration& store, const Call& call) {
  auto found = store.of<domain::Limit>().get(call.at("id"));
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return core::fail(core::ErrorCode::not_found, "There is no limit with this id.");
  return std::move(**found);
}

core::Result<domain::LimitedScope> find_counter(store::Administration& store, Call& call,
                                                const domain::Limit& limit, const Whose& whose) {
  auto counter = counter_meant(store, limit, whose, call.problems);
  if (!counter) return std::unexpected(std::move(counter.error()));
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  return std::move(**counter);
}

/// Blocks.
core::Result<domain::LimitedScope> counter_to_show(store::Administration& store, Call& call) {
  auto limit = find_limit(store, call);
  if (!limit) return std::unexpected(std::move(limit.error()));
  const auto whose = take_whose(call.query);
  return find_counter(store, call, *limit, whose);
}

AsyncAnswer show_use(const Resources* with, std::shared_ptr<Call> call) {
  auto counter = co_await runtime::offload(
      with->pool, [with, call] { return counter_to_show(with->store.administration(), *call); });
  if (!counter) co_return std::unexpected(std::move(counter.error()));
  const auto uses = co_await with->use.read({*counter});
  if (!uses) co_return std::unexpected(uses.error());
  co_return json_answer(200,
                        {{"limit_id", call->at("id")},
                         {"counter", counter->id()},
                         {"at", core::to_rfc3339(uses->at)},
                         {"windows", window_uses(*counter, uses->scopes.front(), uses->at)}},
                        call->request_id);
}

/// Blocks.
core::Result<ResetPlan> read_plan(store::Administration& store, Call& call) {
  auto limit = find_limit(store, call);
  if (!limit) return std::unexpected(std::move(limit.error()));
  ResetPlan plan{
      .target_type = "limits", .target_id = limit->id, .scopes = {}, .kinds = resettable(limit->limits)};
  Whose whose;
  const auto body = call.body.is_null() ? Document::object() : call.body;
  for (const auto& [name, given] : body.items()) {
    if (name == "windows") {
      plan.kinds = read_windows(given, name, resettable(limit->limits), call.problems);
    } else if (!read_whose(name, given, whose, call.problems)) {
      call.problems.add(name, "is unknown; there are: windows, key_id, project_id, team_id, end_user");
    }
  }
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto counter = find_counter(store, call, *limit, whose);
  if (!counter) return std::unexpected(std::move(counter.error()));
  plan.scopes.push_back(std::move(*counter));
  return plan;
}

AsyncAnswer reset(const Resources* with, std::shared_ptr<Call> call) {
  auto plan = co_await runtime::offload(
      with->pool, [with, call] { return read_plan(with->store.administration(), *call); });
  if (!plan) co_return std::unexpected(std::move(plan.error()));
  co_return co_await reset_counters(with, std::move(call), std::move(*plan));
}

Document whose_properties() {
  Document properties = Document::object();
  for (auto& parameter : whose_parameters()) {
    properties[parameter.name] = std::move(parameter.schema);
    properties[parameter.name]["description"] = parameter.about;
  }
  return properties;
}

}  // namespace

void add_limit_use(Api& api, const Resources& with) {
  api.add_schema("WindowUse", window_use_schema());

  Operation use;
  use.method = "GET";
  use.path = "/admin/limits/{id}/use";
  use.scope = "limits:read";
  use.id = "limits.use";
  use.tag = "Limits";
  use.summary = "What is used of a limit now";
  use.about =
      "Of all replicas together, at one moment. A limit that each key, project, team or end user has by "
      "itself "
      "needs to be told whose use is meant.";
  use.query = whose_parameters();
  use.response = object_schema({{"limit_id", {{"type", "string"}}},
                                {"counter", {{"type", "string"}}},
                                {"at", {{"type", "string"}, {"format", "date-time"}}},
                                {"windows", array_of(reference("WindowUse"))}});
  use.errors = {core::ErrorCode::not_found, core::ErrorCode::control_state_unavailable};
  use.run = Operation::Async([with = &with](std::shared_ptr<Call> call, runtime::StopSource*) {
    return show_use(with, std::move(call));
  });
  api.add(std::move(use));

  Operation back;
  back.method = "POST";
  back.path = "/admin/limits/{id}/reset";
  back.scope = "limits:write";
  back.id = "limits.reset";
  back.tag = "Limits";
  back.summary = "Set what is used of a limit back to nothing";
  back.about =
      "For the present day, week, month, and ever; minutes begin afresh. What requests under way hold stays, "
      "and "
      "becomes what they really use. Limits that count the same requests share the counter.";
  back.request = reset_request_schema(whose_properties());
  back.response = reset_response_schema();
  back.errors = reset_errors();
  back.run = Operation::Async([with = &with](std::shared_ptr<Call> call, runtime::StopSource*) {
    return reset(with, std::move(call));
  });
  api.add(std::move(back));
}

}  // namespace relayna::control
