#include "control/limits/reset.hpp"

#include "relayna/ledger/limit_use.hpp"
#include "relayna/runtime/offload.hpp"

#include "control/api/changes.hpp"
#include "control/api/schemas.hpp"
#include "control/limits/window_use.hpp"

namespace relayna::control {

namespace {

using json::Document;
using Prepared = std::vector<ledger::LimitUse::PreparedReset>;

/// Of what is to be set back, what this counter counts.
std::set<domain::LimitKind> kinds_of(const ResetPlan& plan, const domain::LimitedScope& scope) {
  auto kinds = resettable(scope.hard);
  kinds.merge(resettable(scope.soft));
  std::erase_if(kinds, [&](domain::LimitKind kind) { return !plan.kinds.contains(kind); });
  return kinds;
}

Document shown(const ResetPlan& plan, const Prepared& prepared) {
  Document counters = Document::array();
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    counters.push_back({{"counter", prepared[i].reset.counter},
                        {"windows", window_resets(kinds_of(plan, plan.scopes[i]), prepared[i].before)}});
  }
  return {{"counters", std::move(counters)}};
}

/// The answer, and the resets as they are stored; none when this is the repetition of an earlier request.
struct Stored {
  core::Result<Answer> answer;
  std::vector<store::UsageReset> resets;
};

/// Blocks.
Stored store_resets(store::Administration& store, Call& call, const ResetPlan& plan,
                    const Prepared& prepared) {
  std::vector<store::UsageReset> stored;
  auto answer = change(store, call, [&](store::Unit& unit, Note& note) -> core::Result<Answer> {
    stored.clear();
    for (const auto& one : prepared) {
      auto reset = one.reset;
      reset.id = Call::new_id();
      auto stamp = unit.take_off(reset);
      if (!stamp && stamp.error().code == core::ErrorCode::conflict)
        return core::fail(
            core::ErrorCode::conflict,
            "It is being reset by somebody else at this moment; look at its use before you try again.");
      if (!stamp) return std::unexpected(std::move(stamp.error()));
      reset.stamp = *stamp;
      stored.push_back(std::move(reset));
    }
    Answer done;
    done.body = shown(plan, prepared);
    note = {plan.target_type + ".reset", plan.target_type, plan.target_id, done.body, {}};
    return done;
  });
  if (!answer) stored.clear();
  return {std::move(answer), std::move(stored)};
}

}  // namespace

runtime::Task<core::Result<http::Response>> reset_counters(const Resources* with, std::shared_ptr<Call> call,
                                                           ResetPlan plan) {
  std::erase_if(plan.scopes,
                [&](const domain::LimitedScope& scope) { return kinds_of(plan, scope).empty(); });
  auto prepared = co_await with->use.prepare_reset(plan.scopes, plan.kinds);
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  auto stored = co_await runtime::offload(
      with->pool, [with, call, plan = std::move(plan), prepared = std::move(*prepared)] {
        return store_resets(with->store.administration(), *call, plan, prepared);
      });
  if (!stored.answer) co_return std::unexpected(std::move(stored.answer.error()));
  (void)co_await with->use.tell(std::move(stored.resets));
  co_return write_answer(std::move(*stored.answer), *call);
}

Document reset_request_schema(Document properties) {
  properties["windows"] = {
      {"type", "array"},
      {"minItems", 1},
      {"items", {{"type", "string"}}},
      {"description",
       "Which numbers of the limit: `requests_per_day`, `usd_per_month`, …; all that can be "
       "when absent."}};
  return {{"type", "object"},
          {"additionalProperties", false},
          {"x-optional", true},
          {"properties", std::move(properties)}};
}

Document reset_response_schema() {
  return object_schema(
      {{"counters", array_of(object_schema({{"counter", {{"type", "string"}}},
                                            {"windows", array_of(window_reset_schema())}}))}});
}

std::vector<core::ErrorCode> reset_errors() {
  return {core::ErrorCode::not_found, core::ErrorCode::conflict, core::ErrorCode::idempotency_conflict,
          core::ErrorCode::control_state_unavailable};
}

}  // namespace relayna::control
