#include "control/live/finished_request_json.hpp"

namespace relayna::control {

using json::Document;

namespace {

Document text(std::string_view value) {
  return value.empty() ? Document() : Document(std::string(value));
}
Document number(const std::optional<std::int64_t>& value) {
  return value ? Document(*value) : Document();
}

Document stages(const pipeline::FinishedRequest& request) {
  Document shown = Document::object();
  for (std::size_t i = 0; i < pipeline::kStages; ++i)
    shown[std::string(to_string(static_cast<pipeline::Stage>(i)))] = microseconds(request.stages[i]);
  // Within `upstream`: of the candidate that answered.
  const auto made =
      std::min<std::size_t>(static_cast<std::size_t>(request.attempts_made), request.attempts.size());
  if (made > 0) {
    const auto& last = request.attempts[made - 1];
    shown["upstream_connect"] = microseconds(last.connect);
    shown["upstream_first_byte"] = microseconds(last.took - last.connect);
  }
  return shown;
}

Document nullable(std::string_view type, std::string_view about) {
  return {{"type", {std::string(type), "null"}}, {"description", std::string(about)}};
}
Document plain(std::string_view type, std::string_view about) {
  return {{"type", std::string(type)}, {"description", std::string(about)}};
}

}  // namespace

std::int64_t microseconds(core::Duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

Document show(const pipeline::FinishedRequest& request) {
  Document shown = {
      {"request_id", text(request.request_id.view())},
      {"correlation_id", text(request.correlation_id.view())},
      {"trace_id", text(request.trace_id.view())},
      {"created_at", core::to_rfc3339(request.began)},
      {"key_id", text(request.key_id.view())},
      {"project_id", text(request.project_id.view())},
      {"team_id", text(request.team_id.view())},
      {"method", text(request.method.view())},
      {"route", text(request.route)},
      {"path", text(request.path.view())},
      {"model", text(request.model.view())},
      {"provider", text(request.provider.view())},
      {"status", request.status},
      {"error_code", text(request.error_code)},
      {"error_reason", text(request.error_reason.view())},
      {"stream", request.stream},
      {"client_gone", request.client_gone},
      {"input_tokens", number(request.input_tokens)},
      {"output_tokens", number(request.output_tokens)},
      {"cost_nanos", number(request.cost_nanos)},
      {"usage_source", text(request.usage_source.view())},
      {"request_bytes", request.request_bytes},
      {"response_bytes", request.response_bytes},
      {"upstream_attempts", request.attempts_made},
      {"fallback_count", request.fallbacks},
      {"duration_us", microseconds(request.took)},
  };
  shown["time_to_first_token_us"] =
      request.time_to_first_token ? Document(microseconds(*request.time_to_first_token)) : Document();
  shown["stages_us"] = stages(request);
  return shown;
}

Document finished_request_schema() {
  Document stage_fields = Document::object();
  for (std::size_t i = 0; i < pipeline::kStages; ++i)
    stage_fields[std::string(to_string(static_cast<pipeline::Stage>(i)))] = {{"type", "integer"}};
  for (const char* name : {"upstream_connect", "upstream_first_byte"})
    stage_fields[name] = {{"type", "integer"}};
  return {
      {"type", "object"},
      {"description", "A request of this replica that has ended. No part of its body, and no secret."},
      {"properties",
       {{"request_id", plain("string", "The gateway's own id.")},
        {"correlation_id", nullable("string", "The caller's `x-request-id`.")},
        {"trace_id", nullable("string", "")},
        {"created_at", {{"type", "string"}, {"format", "date-time"}}},
        {"key_id", nullable("string", "null: nobody was identified.")},
        {"project_id", nullable("string", "")},
        {"team_id", nullable("string", "")},
        {"method", nullable("string", "")},
        {"route", nullable("string", "")},
        {"path", nullable("string", "")},
        {"model", nullable("string", "")},
        {"provider", nullable("string", "")},
        {"status", plain("integer", "Of the answer; 499 when the client left before it.")},
        {"error_code", nullable("string", "")},
        {"error_reason", nullable("string", "The rule or the limit that refused.")},
        {"stream", plain("boolean", "")},
        {"client_gone", plain("boolean", "")},
        {"input_tokens", nullable("integer", "")},
        {"output_tokens", nullable("integer", "")},
        {"cost_nanos", nullable("integer", "Billionths of a US dollar.")},
        {"usage_source", nullable("string", "reported, estimated or interrupted")},
        {"request_bytes", plain("integer", "")},
        {"response_bytes", plain("integer", "")},
        {"upstream_attempts", plain("integer", "")},
        {"fallback_count", plain("integer", "")},
        {"duration_us", plain("integer", "Microseconds from the complete head to the end of the answer.")},
        {"time_to_first_token_us", nullable("integer", "")},
        {"stages_us",
         {{"type", "object"},
          {"description",
           "What the time was spent on, microseconds. `upstream_connect` and "
           "`upstream_first_byte` are parts of `upstream`, of the last attempt."},
          {"properties", std::move(stage_fields)}}}}}};
}

Document show_attempts(const pipeline::FinishedRequest& request) {
  Document shown = Document::array();
  const auto made =
      std::min<std::size_t>(static_cast<std::size_t>(request.attempts_made), request.attempts.size());
  for (std::size_t i = 0; i < made; ++i) {
    const auto& attempt = request.attempts[i];
    shown.push_back({{"provider", text(attempt.provider.view())},
                     {"status", attempt.status == 0 ? Document() : Document(attempt.status)},
                     {"error_code", text(attempt.error_code)},
                     {"connect_us", microseconds(attempt.connect)},
                     {"duration_us", microseconds(attempt.took)}});
  }
  return shown;
}

}  // namespace relayna::control
