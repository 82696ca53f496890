#pragma once

#include <concepts>
#include <type_traits>

#include "relayna/store/store.hpp"

// Which column holds which field, said once for both databases: those that write, read, check or list a row's
// columns are visitors of these functions, called in this order. What a visitor must offer:
//   id, id_or_null        a UUID as text; empty is NULL
//   text, text_or_null    empty is NULL
//   flag, number, number_or_null, time, time_or_null, digest, digest_or_null, policy
//   choice                an enumeration, stored by name (choices.hpp)

namespace relayna::store {

template <class R, class T>
concept Is = std::same_as<std::remove_const_t<R>, T>;

template <class V>
void fields(Is<domain::Team> auto& team, V& visit) {
  visit.id("id", team.id);
  visit.text("name", team.name);
  visit.text("managed_by", team.managed_by);
  visit.flag("disabled", team.disabled);
  visit.time("created_at", team.created_at);
  visit.time("updated_at", team.updated_at);
}

template <class V>
void fields(Is<domain::Project> auto& project, V& visit) {
  visit.id("id", project.id);
  visit.text("name", project.name);
  visit.id_or_null("team_id", project.team_id);
  visit.text("managed_by", project.managed_by);
  visit.flag("disabled", project.disabled);
  visit.time("created_at", project.created_at);
  visit.time("updated_at", project.updated_at);
}

template <class V>
void fields(Is<domain::VirtualKey> auto& key, V& visit) {
  visit.id("id", key.id);
  visit.text("name", key.name);
  visit.id_or_null("project_id", key.project_id);
  visit.text("prefix", key.prefix);
  visit.digest("hash", key.hash);
  visit.digest_or_null("previous_hash", key.previous_hash);
  visit.time_or_null("previous_valid_until", key.previous_valid_until);
  visit.flag("disabled", key.disabled);
  visit.time_or_null("revoked_at", key.revoked_at);
  visit.time_or_null("expires_at", key.expires_at);
  visit.time_or_null("rotation_due_at", key.rotation_due_at);
  visit.time_or_null("last_used_at", key.last_used_at);
  visit.policy("policy", key.policy);
  visit.text("managed_by", key.managed_by);
  visit.time("created_at", key.created_at);
  visit.time("updated_at", key.updated_at);
}

template <class V>
void fields(Is<domain::PolicyLayer> auto& layer, V& visit) {
  visit.id("id", layer.id);
  visit.choice("kind", layer.kind);
  visit.text("scope_id", layer.scope_id);
  visit.policy("policy", layer.policy);
  visit.text("managed_by", layer.managed_by);
  visit.time("created_at", layer.created_at);
  visit.time("updated_at", layer.updated_at);
}

template <class V>
void fields(Is<ProviderRow> auto& row, V& visit) {
  auto& provider = row.provider;
  visit.id("id", provider.id);
  visit.text("name", provider.name);
  visit.choice("kind", provider.kind);
  visit.text("base_url", provider.base_url);
  visit.flag("enabled", provider.enabled);
  visit.text("sealed_credential", row.sealed_credential);
  visit.choice("header_mode", provider.header.mode);
  visit.text("header_name", provider.header.name);
  visit.choice("header_format", provider.header.format);
  visit.text("fallback", provider.fallback);
  visit.number("connect_timeout_ms", provider.connect_timeout_ms);
  visit.number("first_byte_timeout_ms", provider.first_byte_timeout_ms);
  visit.number("idle_timeout_ms", provider.idle_timeout_ms);
  visit.text("managed_by", provider.managed_by);
  visit.time("created_at", provider.created_at);
  visit.time("updated_at", provider.updated_at);
}

template <class V>
void fields(Is<CredentialMappingRow> auto& row, V& visit) {
  visit.id("id", row.mapping.id);
  visit.choice("scope", row.mapping.scope);
  visit.id("target_id", row.mapping.target_id);
  visit.flag("enabled", row.mapping.enabled);
  visit.text("sealed_credential", row.sealed_credential);
}

template <class V>
void fields(Is<domain::Model> auto& model, V& visit) {
  visit.text("name", model.name);
  visit.text("provider", model.provider);
  visit.text("upstream_model", model.upstream_model);
  visit.flag("enabled", model.enabled);
  visit.text("managed_by", model.managed_by);
  visit.time("created_at", model.created_at);
  visit.time("updated_at", model.updated_at);
}

template <class V>
void fields(Is<domain::RouteSettings> auto& settings, V& visit) {
  visit.choice("route", settings.route);
  visit.flag("enabled", settings.enabled);
  visit.number_or_null("timeout_ms", settings.timeout_ms);
  visit.number_or_null("max_request_body_bytes", settings.max_request_body_bytes);
  visit.number_or_null("max_response_body_bytes", settings.max_response_body_bytes);
  visit.flag("drain_on_disconnect", settings.drain_on_disconnect);
}

template <class V>
void fields(Is<Replica> auto& replica, V& visit) {
  visit.text("id", replica.id);
  visit.text("version", replica.version);
  visit.text("host", replica.host);
  visit.time("started_at", replica.started_at);
  visit.time("seen_at", replica.seen_at);
}

template <class V>
void fields(Is<domain::UsageEvent> auto& event, V& visit) {
  visit.id("request_id", event.request_id);
  visit.time("created_at", event.created_at);
  visit.text_or_null("correlation_id", event.correlation_id);
  visit.id_or_null("key_id", event.key_id);
  visit.id_or_null("project_id", event.project_id);
  visit.id_or_null("team_id", event.team_id);
  visit.text("route", event.route);
  visit.text_or_null("model", event.model);
  visit.text_or_null("provider", event.provider);
  visit.text_or_null("service_name", event.service_name);
  visit.text_or_null("end_user", event.end_user);
  visit.text_or_null("tags", event.tags);
  visit.text_or_null("error_code", event.error_code);
  visit.number("status_code", event.status_code);
  visit.flag("stream", event.stream);
  visit.number("latency_ms", event.latency_ms);
  visit.number_or_null("time_to_first_token_ms", event.time_to_first_token_ms);
  visit.number_or_null("input_tokens", event.input_tokens);
  visit.number_or_null("output_tokens", event.output_tokens);
  visit.number_or_null("total_tokens", event.total_tokens);
  visit.number_or_null("cache_read_tokens", event.cache_read_tokens);
  visit.number_or_null("cache_write_tokens", event.cache_write_tokens);
  visit.number_or_null("reasoning_tokens", event.reasoning_tokens);
  visit.number_or_null("cost_nanos", event.cost_nanos);
  visit.text_or_null("cost_source", event.cost_source);
  visit.text_or_null("usage_source", event.usage_source);
  visit.text_or_null("credential_source", event.credential_source);
  visit.number("upstream_attempts", event.upstream_attempts);
  visit.number("fallback_count", event.fallback_count);
  visit.text_or_null("http_method", event.http_method);
  visit.text_or_null("endpoint_path", event.endpoint_path);
  visit.text_or_null("task_id", event.task_id);
  visit.text_or_null("run_id", event.run_id);
  visit.text_or_null("trace_id", event.trace_id);
  visit.time_or_null("accounted_at", event.accounted_at);
  visit.number_or_null("audio_input_tokens", event.audio_input_tokens);
  visit.number_or_null("audio_output_tokens", event.audio_output_tokens);
  visit.flag("charged", event.charged);
  visit.number("refused_count", event.refused_count);
}

}  // namespace relayna::store
