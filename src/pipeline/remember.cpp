#include "pipeline/exchange.hpp"

namespace relayna::pipeline {

namespace {

void remember_attempts(FinishedRequest& out, const upstream::Attempts& attempts) noexcept {
  out.attempts_made = attempts.made;
  out.fallbacks = attempts.fallbacks;
  for (const auto& attempt : attempts.traced()) {
    auto* slot = &out.attempts[out.attempts_traced++];
    slot->provider = attempt.provider->name;
    slot->status = attempt.status;
    slot->error_code = attempt.error_code;
    slot->connect = attempt.connect;
    slot->took = attempt.took;
  }
}

}  // namespace

void Exchange::remember() noexcept {
  parts_.finished.add([this](FinishedRequest& out) noexcept {
    out.began = began;
    out.took = elapsed();
    out.ended = began + std::chrono::duration_cast<core::SystemTime::duration>(out.took);
    out.request_id = id_view();
    out.trace_id = trace_id_view();
    out.correlation_id = correlation_id;
    if (key != nullptr) {
      out.key_id = key->key.id;
      out.project_id = key->key.project_id;
    }
    out.team_id = team_id;
    out.end_user = end_user();
    out.method = request.head.method;
    out.route = domain::route_label(match.route);
    out.path = target.path;
    out.model = model.empty() ? std::string_view(features.model) : std::string_view(model);
    out.provider = provider;
    out.credential_source = credential_source;
    out.status = status;
    out.error_code = error_code;
    out.error_reason = error_reason;
    out.stream = stream;
    out.client_gone = client_gone;
    out.input_tokens = input_tokens;
    out.output_tokens = output_tokens;
    out.cost_nanos = cost_nanos;
    out.usage_source = usage_source.view();
    out.reserved_tokens = reserved.tokens;
    out.reserved_nanos = reserved.cost_nanos;
    out.request_bytes = request_bytes;
    out.response_bytes = response_bytes;
    out.time_to_first_token = time_to_first_token;
    out.stages = stages_.spent();
    remember_attempts(out, attempts);
    if (governed != nullptr) out.rules = governed->rules;
  });
}

}  // namespace relayna::pipeline
