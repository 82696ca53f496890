#include "relayna/pipeline/pipeline.hpp"

#include "relayna/telemetry/log.hpp"

#include "pipeline/answers.hpp"
#include "pipeline/policy_cache.hpp"
#include "pipeline/probe.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

Pipeline::Pipeline(Parts parts, Settings settings)
    : parts_(parts),
      settings_(std::move(settings)),
      probe_(std::make_unique<Probe>(parts.metrics)),
      policies_(std::make_unique<PolicyCache>()),
      prices_(std::make_unique<PriceMemo>()) {}

Pipeline::~Pipeline() = default;

namespace {

/// Leaves the function with an answer in the caller's dialect when a step failed.
#define RELAYNA_STEP(step) \
  if (auto done = (step); !done) co_return error_answer(*x, done.error())

}  // namespace

// The life of a request, in the order the contract fixes (section 5). Nothing is sent upstream before step 7,
// and whatever happens after step 2 is accounted for in step 9.
runtime::Task<http::Response> Pipeline::run(http::Request request, identity::CachedKeyPtr caller) {
  // 1. Ids first, so that every answer and log line below carries them. A client's own x-request-id is only
  // echoed.
  auto x = std::make_unique<Exchange>(parts_, *probe_, *prices_, std::move(request));
  x->trusted_worker = !settings_.worker_token.empty() &&
                      core::constant_time_equal(x->request.head.fields.get("x-relayna-worker-token"),
                                                settings_.worker_token.reveal());
  auto target = http::parse_target(x->request.head.target);
  if (!target) co_return error_answer(*x, target.error());
  x->target = std::move(*target);
  x->api = api_of_path(x->target.path, x->request.head.fields.count("anthropic-version") > 0);

  // 2. Who is calling. Before the route is matched, so that nobody without a key learns which routes or
  // services exist.
  x->key = std::move(caller);
  RELAYNA_STEP(check_declared_size(*x, x->request.body->length(), settings_.max_request_body_bytes));
  RELAYNA_STEP(co_await identify(*x));

  // 3. What is asked: the route and whether it is switched on, the body, and what of it later steps look at.
  x->enter(Stage::read);
  RELAYNA_STEP(find_route(*x));
  if (!x->is_list()) {
    RELAYNA_STEP(co_await read_body(*x, settings_.max_request_body_bytes));
    if (settings_.log_message_body) {
      telemetry::log("proxy")->warn("request {} body (triage): {}", x->id_view(),
                                    x->body.view().substr(0, 2048));
    }
    RELAYNA_STEP(co_await read_features(*x, reader_));
  }

  // 4. Policy: where the request may go, what the rules say of it, what it may take of which limits. The
  // simulator decides by the same function.
  x->enter(Stage::policy);
  RELAYNA_STEP(decide(*x, *policies_, *prices_));
  parts_.keys.mark_used(x->key);  // only a request that was let in keeps an idle key alive
  if (x->is_list()) {
    auto listed = co_await list_models(*x, *policies_);
    if (!listed) co_return error_answer(*x, listed.error());
    co_return std::move(*listed);
  }
  RELAYNA_STEP(check_remembered_refusals(*x));

  // 5. Guardrails pre_call stand here.

  // 6. Rate, tokens, concurrency and budget in one atomic step: all of it is reserved, or nothing.
  x->enter(Stage::admit);
  RELAYNA_STEP(co_await admit(*x));

  // 7. The upstream: candidates in turn until one answers, before the first byte only.
  x->enter(Stage::upstream);
  set_deadline(*x);
  auto answer = co_await send_upstream(*x);
  if (!answer) co_return error_answer(*x, answer.error());

  // 8 and 9. Relay the answer; its body settles the exchange when it ends or is dropped.
  x->enter(Stage::stream);
  auto response = relay(x, std::move(*answer));
  if (!response) co_return error_answer(*x, response.error());
  co_return std::move(*response);
}

#undef RELAYNA_STEP

http::Response Pipeline::refuse(std::string_view target, const core::Error& error) {
  http::Request request;
  request.head.target = std::string(target);
  request.received = parts_.shard.clock().now();
  Exchange x(parts_, *probe_, *prices_, std::move(request));
  x.api = api_of_path(target, false);
  return error_answer(x, error);
}

}  // namespace relayna::pipeline
