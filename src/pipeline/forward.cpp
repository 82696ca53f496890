#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

#include "pipeline/answers.hpp"
#include "pipeline/limit_fields.hpp"
#include "pipeline/probe.hpp"
#include "pipeline/relay_body.hpp"
#include "pipeline/steps.hpp"

namespace relayna::pipeline {

namespace {

bool counts_usage_by_option(dialect::Operation operation) {
  return operation == dialect::Operation::chat_completions || operation == dialect::Operation::completions;
}

bool passed_on(std::string_view name) noexcept {
  for (const std::string_view dropped : {"content-length", "date", "alt-svc", "x-request-id"}) {
    if (core::iequals(name, dropped)) return false;
  }
  return !http::is_hop_by_hop(name) && !(name.size() > 10 && core::iequals(name.substr(0, 10), "x-relayna-"));
}

bool is_rate_limit(std::string_view name) noexcept {
  constexpr std::string_view prefix = "x-ratelimit-";
  return name.size() > prefix.size() && core::iequals(name.substr(0, prefix.size()), prefix);
}

/// The upstream's end-to-end fields. Its request id stays unless the client gave one of its own to be echoed.
void copy_fields(const Exchange& x, const http::Fields& from, http::Fields& to) {
  const bool names_hops = from.count("connection") > 0;
  const bool own_limits = tells_limits(x.standings());
  for (const auto field : from) {
    if (names_hops && from.has_token("connection", field.name)) continue;
    if (own_limits && is_rate_limit(field.name)) continue;
    if (passed_on(field.name) || (x.correlation_id.empty() && core::iequals(field.name, "x-request-id")))
      to.add(field.name, field.value);
  }
}

bool is_event_stream(const http::Fields& fields) {
  const auto type = fields.get("content-type");
  constexpr std::string_view sse = "text/event-stream";
  return type.size() >= sse.size() && core::iequals(type.substr(0, sse.size()), sse) &&
         fields.get("content-encoding").empty();
}

core::Result<void> check_declared_answer(const Exchange& x, const upstream::Answer& answer) {
  const auto declared = answer.body == nullptr ? std::nullopt : answer.body->length();
  if (!declared) return {};
  for (const auto& limit : {x.policy->max_response_body_bytes, x.route_settings.max_response_body_bytes}) {
    if (limit && *declared > static_cast<std::uint64_t>(*limit))
      return core::fail(core::ErrorCode::response_body_too_large);
  }
  return {};
}

}  // namespace

void set_deadline(Exchange& x) {
  if (x.route_settings.timeout_ms) {
    x.total = core::Deadline(x.request.received + std::chrono::milliseconds(*x.route_settings.timeout_ms));
  }
  if (x.features.stream && x.policy->max_stream_duration_seconds) {
    const auto limit = core::Deadline::in(x.parts().shard.clock(),
                                          std::chrono::seconds(*x.policy->max_stream_duration_seconds));
    x.policy_limits_total = limit.at() < x.total.at();
    x.total = x.total.sooner(limit);
  }
}

runtime::Task<core::Result<upstream::Answer>> send_upstream(Exchange& x) {
  const bool raw = x.is_raw();
  upstream::Outbound outbound;
  outbound.operation = x.match.operation;
  outbound.raw = raw;
  outbound.method = x.request.head.method;
  outbound.path = raw ? x.match.rest : x.target.raw_path;
  outbound.query = x.target.query;
  outbound.client_fields = &x.request.head.fields;
  const bool bodyless = x.body.empty() && (x.request.head.method == "GET" || x.request.head.method == "HEAD");
  outbound.body = bodyless ? nullptr : &x.body;
  outbound.body_was_decoded = x.body_was_decoded;
  outbound.features = &x.features;
  x.hides_usage_chunk =
      x.features.stream && counts_usage_by_option(x.match.operation) && !x.features.include_usage;
  outbound.inject_usage = x.hides_usage_chunk;
  outbound.request_id = x.id_view();
  outbound.traceparent = x.traceparent_view();
  outbound.key_id = x.key->key.id;
  outbound.project_id = x.key->key.project_id;
  if (x.trusted_worker) {
    outbound.task_id = x.request.head.fields.get("x-relayna-task-id");
    outbound.run_id = x.request.head.fields.get("x-relayna-run-id");
  }
  outbound.total = x.total;
  outbound.stop = x.stop_for_upstream();
  // The first candidate was checked in step 4; the rules are asked again only for the ones behind it.
  const upstream::Candidate* first = &x.candidates.front();
  Exchange* exchange = &x;
  const upstream::CandidateCheck check = [exchange,
                                          first](const upstream::Candidate& c) -> std::optional<core::Error> {
    return &c == first ? std::nullopt : check_candidate(*exchange, c);
  };
  auto answer = co_await x.parts().upstream.send(*x.snapshot, x.candidates, outbound, check, x.attempts);
  if (x.attempts.last != nullptr) {
    x.provider = x.attempts.last->provider->name;
    x.model = x.attempts.last->model;
  }
  co_return answer;
}

core::Result<http::Response> relay(std::unique_ptr<Exchange>& x, upstream::Answer answer) {
  if (auto fits = check_declared_answer(*x, answer); !fits) return std::unexpected(fits.error());
  // The head is here, so nothing will be sent again: the request's body has done its work.
  x->body.release();
  x->lease.release();
  x->provider = answer.provider->name;
  x->model = std::move(answer.model);
  x->credential_source = std::move(answer.credential_source);
  x->status = answer.head.status;
  x->answered_by_upstream = true;
  // LiteLLM knows what its own upstream charges.
  x->usage.reported_cost = dialect::parse_reported_cost(answer.head.fields.get("x-litellm-response-cost"));
  x->stream = is_event_stream(answer.head.fields);
  const bool sse = x->stream && x->match.metered != dialect::Operation::other;
  if (x->stream) x->probe().stream_began();

  http::Response response;
  response.head.status = answer.head.status;
  response.head.fields.reserve(answer.head.fields.size() + 8, 1024);
  copy_fields(*x, answer.head.fields, response.head.fields);
  add_gateway_fields(*x, response.head.fields);
  x->overhead = x->elapsed() - x->attempts.upstream_wait;
  auto body = answer.body == nullptr ? http::empty_body() : std::move(answer.body);
  response.body = std::make_unique<RelayBody>(std::move(x), std::move(body), sse);
  return response;
}

}  // namespace relayna::pipeline
