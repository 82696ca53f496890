#include "pipeline/exchange.hpp"

#include <algorithm>
#include <array>

#include "relayna/core/encoding.hpp"
#include "relayna/telemetry/log.hpp"

#include "pipeline/metering.hpp"
#include "pipeline/probe.hpp"

namespace relayna::pipeline {

namespace {

constexpr std::size_t kMaxCorrelationId = 128;

bool presentable(std::string_view id) noexcept {
  return !id.empty() && id.size() <= kMaxCorrelationId &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void hex(std::span<const std::uint8_t> bytes, char* out) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const auto b : bytes) {
    *out++ = digits[b >> 4];
    *out++ = digits[b & 15];
  }
}

bool lower_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// W3C trace context, version 00 or later; all-zero ids are invalid.
bool valid_traceparent(std::string_view t) noexcept {
  if (t.size() < 55 || t[2] != '-' || t[35] != '-' || t[52] != '-') return false;
  if (t.size() > 55 && (t.substr(0, 2) == "00" || t[55] != '-')) return false;
  const auto trace = t.substr(3, 32);
  const auto span = t.substr(36, 16);
  return t.substr(0, 2) != "ff" && lower_hex(t.substr(0, 2)) && lower_hex(trace) && lower_hex(span) &&
         lower_hex(t.substr(53, 2)) && trace.find_first_not_of('0') != std::string_view::npos &&
         span.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

Exchange::Exchange(Parts& parts, Probe& probe, PriceMemo& prices, http::Request&& incoming)
    : request(std::move(incoming)), parts_(parts), probe_(probe), prices_(prices), stages_(request.received) {
  auto& ids = parts.shard.ids();
  ids.uuid7().write(id);
  const auto inbound = request.head.fields.get("traceparent");
  std::string_view flags = "01";
  if (valid_traceparent(inbound)) {
    std::copy_n(inbound.data() + 3, 32, trace_id);
    flags = inbound.substr(53, 2);
  } else {
    hex(ids.trace_id(), trace_id);
  }
  traceparent[0] = traceparent[1] = '0';
  traceparent[2] = traceparent[35] = traceparent[52] = '-';
  std::copy_n(trace_id, 32, traceparent + 3);
  hex(ids.span_id(), traceparent + 36);
  std::copy_n(flags.data(), 2, traceparent + 53);
  const auto correlation = request.head.fields.get("x-request-id");
  if (presentable(correlation)) correlation_id = correlation;
  began = parts.shard.clock().wall();
  method = request.head.method;
  source = request.peer.address;
  wanted_provider = request.head.fields.get("x-relayna-provider");
  named_end_user = request.head.fields.find("x-relayna-end-user");
  draw = std::hash<std::string_view>()(id_view());  // the random part of the id
  probe_.request_began();
}

Exchange::~Exchange() {
  if (!settled_) client_gone = true;
  settle();
}

core::Duration Exchange::elapsed() const noexcept {
  return parts_.shard.clock().now() - request.received;
}

void Exchange::enter(Stage stage) noexcept {
  stages_.enter(stage, parts_.shard.clock().now());
}

std::int64_t Exchange::output_so_far(const dialect::UsageReader& reader) const noexcept {
  const std::int64_t about = reader.estimated_output_tokens();
  if (!features.max_output_tokens) return about;
  const std::int64_t most =
      domain::estimate_usage(0, features.max_output_tokens, features.choices, std::nullopt).output;
  return std::min(about, std::max(most, reader.least_output_tokens()));
}

void Exchange::take_usage(const dialect::UsageReader& reader) {
  const auto reported_cost = usage.reported_cost;  // told by the answer's head
  usage = reader.usage();
  if (!usage.reported_cost) usage.reported_cost = reported_cost;
  usage_is_final = reader.usage_is_final();
  streamed_tokens = output_so_far(reader);
}

runtime::StopSource* Exchange::stop_for_upstream() {
  if (!route_settings.drain_on_disconnect || request.stop == nullptr) return request.stop;
  if (!follows) {
    runtime::StopSource* from = request.stop;
    follows.emplace(from, [this, from] {
      if (from->reason() == runtime::StopReason::draining) upstream_stop.request_stop(from->reason());
    });
  }
  return &upstream_stop;
}

void Exchange::outlive_client() {
  client_gone = true;
  follows.emplace(&parts_.stop_drains, [this] { upstream_stop.request_stop(runtime::StopReason::draining); });
  request.stop = nullptr;
  request.body.reset();
}

core::Error Exchange::real_cause(core::Error error) const {
  const bool going = request.stop != nullptr && request.stop->stop_requested() &&
                     request.stop->reason() == runtime::StopReason::draining;
  if (error.code == core::ErrorCode::client_closed && going)
    return core::Error(core::ErrorCode::shutting_down);
  return error;
}

void Exchange::failed(const core::Error& error) {
  error_code = error.info().name;
  error_reason = error.reason;
  status = error.info().http_status;
  client_gone = error.code == core::ErrorCode::client_closed;
  const auto severity = error.info().severity;
  if (severity >= core::Severity::warn) {
    telemetry::log("proxy")->warn("request {} failed: {}", id_view(), error.describe());
  }
}

void Exchange::settle() noexcept {
  if (settled_) return;
  settled_ = true;
  enter(Stage::settle);
  try {
    if (client_gone && status == 0) {
      status = core::error_info(core::ErrorCode::client_closed).http_status;
      error_code = core::error_info(core::ErrorCode::client_closed).name;
    }
    lease.release();
    probe_.request_ended(*this);
    settle_usage();
    write_access_line();
  } catch (const std::exception& e) {
    telemetry::log("proxy")->error("request {} could not be settled: {}", id_view(), e.what());
  }
  enter(Stage::settle);
  remember();
}

domain::UsageEvent Exchange::event() const {
  domain::UsageEvent event;
  event.request_id.assign(id, sizeof id);
  event.correlation_id = correlation_id;
  event.key_id = key->key.id;
  event.project_id = key->key.project_id;
  event.team_id = team_id;
  event.route = domain::route_label(match.route);
  event.model = features.model;
  event.end_user = end_user();
  event.tags = request.head.fields.get("x-relayna-tags");
  event.stream = features.stream;
  event.http_method = request.head.method;
  event.endpoint_path = target.path;
  if (trusted_worker) {
    event.task_id = request.head.fields.get("x-relayna-task-id");
    event.run_id = request.head.fields.get("x-relayna-run-id");
  }
  event.trace_id.assign(trace_id, sizeof trace_id);
  event.created_at = began;
  return event;
}

void Exchange::complete(domain::UsageEvent& event) const {
  if (!model.empty()) event.model = model;
  if (!provider.empty()) event.provider = provider;
  event.error_code = error_code;
  event.status_code = status;
  event.stream = stream;
  event.credential_source = credential_source;
  event.upstream_attempts = attempts.made;
  event.fallback_count = attempts.fallbacks;
  event.latency_ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed()).count();
  if (time_to_first_token) {
    event.time_to_first_token_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(*time_to_first_token).count();
  }
}

void Exchange::settle_usage() {
  // Without a key there is nobody to account to: such requests are in the metrics and the access log.
  if (key == nullptr || match.route == domain::Route::unknown) return;
  if (reservation) {
    domain::UsageEvent& done = reservation.event();
    complete(done);
    const counters::Amounts used = meter(*this, done);
    cost_nanos = done.cost_nanos;
    input_tokens = done.input_tokens;
    output_tokens = done.output_tokens;
    usage_source = done.usage_source;
    reserved = reservation.reserved();
    reservation.settle(used);
  } else if (status >= 400) {  // a list of models uses nothing and refuses nothing
    domain::UsageEvent refused = event();
    complete(refused);
    refused.refused_count = 1;
    refused.charged = false;  // no limit counted it, so none may when it is read back
    parts_.ledger.record_refused(std::move(refused));
  }
}

void Exchange::write_access_line() {
  if (!parts_.access_log.enabled()) return;
  const auto microseconds = [](core::Duration d) {
    return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
  };
  const std::string client = request.peer.address.to_string();
  telemetry::AccessRecord record;
  record.time = began;
  record.request_id = id_view();
  record.correlation_id = correlation_id;
  record.trace_id = trace_id_view();
  record.method = request.head.method;
  record.route = domain::route_label(match.route);
  record.path = target.path;
  record.client = client;
  if (key != nullptr) {
    record.key_id = key->key.id;
    record.project_id = key->key.project_id;
  }
  record.model = model.empty() ? std::string_view(features.model) : std::string_view(model);
  record.upstream = provider;
  record.error_code = error_code;
  record.status = status;
  record.stream = stream;
  record.client_gone = client_gone;
  record.attempts = attempts.made;
  record.duration_us = microseconds(elapsed());
  record.overhead_us = microseconds(overhead);
  record.request_bytes = static_cast<std::int64_t>(request_bytes);
  record.response_bytes = static_cast<std::int64_t>(response_bytes);
  if (time_to_first_token) record.ttft_us = microseconds(*time_to_first_token);
  record.input_tokens = usage.input;
  record.output_tokens = usage.output;
  record.cost_nanos = cost_nanos;
  parts_.access_log.write(record);
}

}  // namespace relayna::pipeline
