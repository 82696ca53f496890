#include "control/usage/event_shape.hpp"

#include "relayna/core/money.hpp"

namespace relayna::control {

namespace {

using domain::UsageEvent;
using json::Document;

constexpr std::size_t kMostText = 8'192;  // callers' headers and paths

void add_text(Shape<UsageEvent>& event, std::string name, std::string UsageEvent::* member,
              std::string about) {
  event.field(std::move(name), member, optional_text(kMostText), Field::shown, std::move(about));
}
void add_count(Shape<UsageEvent>& event, std::string name, std::optional<std::int64_t> UsageEvent::* member,
               std::string about) {
  event.field(std::move(name), member, optional_number(0), Field::shown, std::move(about));
}
void add_number(Shape<UsageEvent>& event, std::string name, int UsageEvent::* member, std::string about) {
  event.computed(
      std::move(name), {{"type", "integer"}},
      [member](const UsageEvent& row, core::SystemTime) { return Document(row.*member); }, std::move(about));
}

void add_identity(Shape<UsageEvent>& event) {
  event.field("request_id", &UsageEvent::request_id, uuid(), Field::shown, "The gateway's own id.");
  event.field("created_at", &UsageEvent::created_at, moment(), Field::shown, "When the request arrived.");
  event.field("key_id", &UsageEvent::key_id, optional_uuid(), Field::shown, "null: no key was recognised.");
  event.field("project_id", &UsageEvent::project_id, optional_uuid(), Field::shown, "");
  event.field("team_id", &UsageEvent::team_id, optional_uuid(), Field::shown, "");
  add_text(event, "route", &UsageEvent::route, "`/v1/chat/completions`");
  add_text(event, "model", &UsageEvent::model, "");
  add_text(event, "provider", &UsageEvent::provider, "That answered, or was tried last.");
  add_text(event, "service", &UsageEvent::service_name, "");
  event.computed(
      "status", {{"type", "string"}, {"enum", {"success", "failure"}}},
      [](const UsageEvent& row, core::SystemTime) {
        return Document(row.status_code >= 400 || !row.error_code.empty() ? "failure" : "success");
      },
      "failure: status 400 and above, or an answer that broke.");
  add_number(event, "status_code", &UsageEvent::status_code, "499: the client left before the answer.");
  add_text(event, "error_code", &UsageEvent::error_code, "");
}

void add_amounts(Shape<UsageEvent>& event) {
  event.field("latency_ms", &UsageEvent::latency_ms, number(0), Field::shown, "Until the answer had ended.");
  add_count(event, "time_to_first_token_ms", &UsageEvent::time_to_first_token_ms, "");
  add_count(event, "input_tokens", &UsageEvent::input_tokens, "null: nothing is known.");
  add_count(event, "output_tokens", &UsageEvent::output_tokens, "");
  add_count(event, "total_tokens", &UsageEvent::total_tokens, "");
  add_count(event, "cache_read_tokens", &UsageEvent::cache_read_tokens, "");
  add_count(event, "cache_write_tokens", &UsageEvent::cache_write_tokens, "");
  add_count(event, "reasoning_tokens", &UsageEvent::reasoning_tokens, "");
  add_count(event, "audio_input_tokens", &UsageEvent::audio_input_tokens, "");
  add_count(event, "audio_output_tokens", &UsageEvent::audio_output_tokens, "");
  add_count(event, "cost_nanos", &UsageEvent::cost_nanos,
            "Billionths of a US dollar; null: refused, or nobody knows the price.");
  event.computed(
      "cost_usd", {{"type", {"string", "null"}}, {"pattern", "^[0-9]+(\\.[0-9]{1,9})?$"}},
      [](const UsageEvent& row, core::SystemTime) {
        return row.cost_nanos ? Document(core::Money::nanos(*row.cost_nanos).str()) : Document();
      },
      "The same in US dollars, an exact decimal.");
  add_text(event, "cost_source", &UsageEvent::cost_source, "Who knew the cost.");
  add_text(event, "usage_source", &UsageEvent::usage_source,
           "reported, estimated or interrupted; null: refused.");
}

void add_circumstances(Shape<UsageEvent>& event) {
  event.field("stream", &UsageEvent::stream, flag(), Field::shown, "");
  add_number(event, "upstream_attempts", &UsageEvent::upstream_attempts, "");
  add_number(event, "fallback_count", &UsageEvent::fallback_count,
             "Candidates that were given up before the one that answered.");
  add_text(event, "credential_source", &UsageEvent::credential_source, "Whose credential was used.");
  add_number(event, "refused_count", &UsageEvent::refused_count,
             "How many refused requests the row stands for; 0: it was admitted.");
  event.field("charged", &UsageEvent::charged, flag(), Field::shown, "Whether limits count it as a request.");
  add_text(event, "end_user", &UsageEvent::end_user, "");
  add_text(event, "tags", &UsageEvent::tags, "`x-relayna-tags` as sent.");
  add_text(event, "task_id", &UsageEvent::task_id, "");
  add_text(event, "run_id", &UsageEvent::run_id, "");
  add_text(event, "trace_id", &UsageEvent::trace_id, "");
  add_text(event, "correlation_id", &UsageEvent::correlation_id, "The caller's `x-request-id`.");
  add_text(event, "method", &UsageEvent::http_method, "");
  add_text(event, "endpoint", &UsageEvent::endpoint_path, "The path as called.");
  event.field("accounted_at", &UsageEvent::accounted_at, optional_moment(), Field::shown,
              "The moment that says which day and month of a limit it counts in; null: created_at.");
}

}  // namespace

const Shape<UsageEvent>& event_shape() {
  static const auto shape = [] {
    Shape<UsageEvent> event("UsageEvent", "A request that has ended. No part of its body, and no secret.");
    add_identity(event);
    add_amounts(event);
    add_circumstances(event);
    return event;
  }();
  return shape;
}

}  // namespace relayna::control
