#pragma once

#include "relayna/domain/catalog_objects.hpp"

namespace relayna::ledger {

/// The number of each field in records on disk and in memos. A number is never given to another field; new
/// ones are below kRecordFields.
template <class E, class V>
void event_fields(E& event, V& visit) {
  visit.id(1, event.request_id);
  visit.text(2, event.correlation_id);
  visit.id(3, event.key_id);
  visit.id(4, event.project_id);
  visit.id(5, event.team_id);
  visit.text(6, event.route);
  visit.text(7, event.model);
  visit.text(8, event.provider);
  visit.text(9, event.service_name);
  visit.text(10, event.end_user);
  visit.text(11, event.tags);
  visit.text(12, event.error_code);
  visit.number(13, event.status_code);
  visit.flag(14, event.stream);
  visit.number(15, event.latency_ms);
  visit.optional(16, event.time_to_first_token_ms);
  visit.optional(17, event.input_tokens);
  visit.optional(18, event.output_tokens);
  visit.optional(19, event.total_tokens);
  visit.optional(20, event.cache_read_tokens);
  visit.optional(21, event.cache_write_tokens);
  visit.optional(22, event.reasoning_tokens);
  visit.optional(23, event.cost_nanos);
  visit.text(24, event.cost_source);
  visit.text(25, event.usage_source);
  visit.text(26, event.credential_source);
  visit.number(27, event.upstream_attempts);
  visit.number(28, event.fallback_count);
  visit.text(29, event.http_method);
  visit.text(30, event.endpoint_path);
  visit.text(31, event.task_id);
  visit.text(32, event.run_id);
  visit.text(33, event.trace_id);
  visit.time(34, event.created_at);
  visit.optional_time(35, event.accounted_at);
  visit.optional(36, event.audio_input_tokens);
  visit.optional(37, event.audio_output_tokens);
  visit.flag(38, event.charged);
  visit.number(39, event.refused_count);
}

/// What a record says beside its event.
inline constexpr std::uint32_t kRecordFields = 1000;
enum class RecordField : std::uint32_t {
  scope = kRecordFields,  ///< repeated
  tokens,
  cost_nanos,
  admitted_at,
  epoch,
  counted,
};

}  // namespace relayna::ledger
