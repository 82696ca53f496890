#pragma once

#include <tuple>

#include "relayna/store/store.hpp"

// Rows compared field by field: the bindings stop compiling when a field is added that no test looks at.

namespace relayna::test {

inline auto parts(const domain::Team& team) {
  const auto& [id, name, managed_by, disabled, created_at, updated_at] = team;
  return std::tuple(id, name, managed_by, disabled, created_at, updated_at);
}

inline auto parts(const domain::Project& project) {
  const auto& [id, name, team_id, managed_by, disabled, created_at, updated_at] = project;
  return std::tuple(id, name, team_id, managed_by, disabled, created_at, updated_at);
}

inline auto parts(const domain::VirtualKey& key) {
  const auto& [id, name, project_id, prefix, hash, previous_hash, previous_valid_until, disabled, revoked_at,
               expires_at, rotation_due_at, last_used_at, policy, managed_by, created_at, updated_at] = key;
  return std::tuple(id, name, project_id, prefix, hash, previous_hash, previous_valid_until, disabled,
                    revoked_at, expires_at, rotation_due_at, last_used_at, policy, managed_by, created_at,
                    updated_at);
}

inline auto parts(const store::ProviderRow& row) {
  const auto& [id, name, kind, base_url, enabled, credential, header, fallback, connect, first_byte, idle,
               managed_by, created_at, updated_at] = row.provider;
  return std::tuple(id, name, kind, base_url, enabled, credential.empty(), header, fallback, connect,
                    first_byte, idle, managed_by, created_at, updated_at, row.sealed_credential);
}

inline auto parts(const store::CredentialMappingRow& row) {
  const auto& [id, scope, target_id, enabled, credential] = row.mapping;
  return std::tuple(id, scope, target_id, enabled, credential.empty(), row.sealed_credential);
}

inline auto parts(const domain::Model& model) {
  const auto& [name, provider, upstream_model, targets, enabled, managed_by, created_at, updated_at] = model;
  return std::tuple(name, provider, upstream_model, targets, enabled, managed_by, created_at, updated_at);
}

inline auto parts(const domain::RouteSettings& settings) {
  const auto& [route, enabled, timeout, request_bytes, response_bytes, drain, cost] = settings;
  return std::tuple(route, enabled, timeout, request_bytes, response_bytes, drain, cost);
}

inline auto parts(const domain::PolicyLayer& layer) {
  const auto& [id, kind, scope_id, policy, managed_by, created_at, updated_at] = layer;
  return std::tuple(id, kind, scope_id, policy, managed_by, created_at, updated_at);
}

inline auto parts(const domain::Limit& limit) {
  const auto& [id, name, scope, target, model, limits, soft, enabled, managed_by, created_at, updated_at] =
      limit;
  return std::tuple(id, name, scope, target, model, limits, soft, enabled, managed_by, created_at,
                    updated_at);
}

inline auto parts(const domain::PriceOverride& row) {
  const auto& [id, price, enabled, managed_by, created_at, updated_at] = row;
  return std::tuple(id, price, enabled, managed_by, created_at, updated_at);
}

inline auto parts(const store::Replica& replica) {
  const auto& [id, version, host, started_at, seen_at] = replica;
  return std::tuple(id, version, host, started_at, seen_at);
}

inline auto parts(const domain::UsageEvent& event) {
  const auto& [request_id, correlation_id, key_id, project_id, team_id, route, model, provider, service_name,
               end_user, tags, error_code, status_code, stream, latency_ms, ttft, input, output, total,
               cache_read, cache_write, reasoning, cost_nanos, cost_source, usage_source, credential_source,
               attempts, fallbacks, http_method, endpoint_path, task_id, run_id, trace_id, created_at,
               accounted_at, audio_input, audio_output, charged, refused_count] = event;
  return std::tuple(request_id, correlation_id, key_id, project_id, team_id, route, model, provider,
                    service_name, end_user, tags, error_code, status_code, stream, latency_ms, ttft, input,
                    output, total, cache_read, cache_write, reasoning, cost_nanos, cost_source, usage_source,
                    credential_source, attempts, fallbacks, http_method, endpoint_path, task_id, run_id,
                    trace_id, created_at, accounted_at, audio_input, audio_output, charged, refused_count);
}

inline auto parts(const domain::ProviderCredential& credential) {
  const auto& [id, provider_id, name, enabled, secret, weight, rpm, concurrent, created_at, updated_at] =
      credential;
  return std::tuple(id, provider_id, name, enabled, secret.empty(), weight, rpm, concurrent, created_at,
                    updated_at);
}

inline auto parts(const store::ProviderCredentialRow& row) {
  return std::tuple_cat(parts(row.credential), std::tuple(row.sealed_credential));
}

inline auto parts(const domain::Setting& setting) {
  const auto& [name, value, sealed_secret, updated_at] = setting;
  return std::tuple(name, value, sealed_secret, updated_at);
}

inline auto parts(const domain::Operator& row) {
  const auto& [id, name, prefix, hash, previous_hash, previous_valid_until, scopes, email, password_hash,
               password_expired, bootstrap, disabled, revoked_at, expires_at, last_used_at, created_at,
               updated_at] = row;
  return std::tuple(id, name, prefix, hash, previous_hash, previous_valid_until, scopes, email, password_hash,
                    password_expired, bootstrap, disabled, revoked_at, expires_at, last_used_at, created_at,
                    updated_at);
}

inline auto parts(const domain::Session& session) {
  const auto& [id, operator_id, hash, ip, user_agent, created_at, last_seen_at, expires_at] = session;
  return std::tuple(id, operator_id, hash, ip, user_agent, created_at, last_seen_at, expires_at);
}

inline auto parts(const domain::AuditEvent& event) {
  const auto& [id, created_at, actor_id, actor_name, action, target_type, target_id, before, after,
               request_id, ip, user_agent] = event;
  return std::tuple(id, created_at, actor_id, actor_name, action, target_type, target_id, before, after,
                    request_id, ip, user_agent);
}

inline auto parts(const domain::AlertWebhook& webhook) {
  const auto& [id, name, url, events, enabled, sealed_secret, created_at, updated_at] = webhook;
  return std::tuple(id, name, url, events, enabled, sealed_secret, created_at, updated_at);
}

inline auto parts(const domain::AlertDelivery& delivery) {
  const auto& [id, webhook_id, event, occasion, payload, attempts, next_attempt_at, delivered_at, last_error,
               created_at] = delivery;
  return std::tuple(id, webhook_id, event, occasion, payload, attempts, next_attempt_at, delivered_at,
                    last_error, created_at);
}

inline auto parts(const store::IdempotentAnswer& answer) {
  const auto& [operator_id, key, request, status, location, body, created_at] = answer;
  return std::tuple(operator_id, key, request, status, location, body, created_at);
}

/// Whether all fields are equal.
template <class T>
bool same(const T& a, const T& b) {
  return parts(a) == parts(b);
}

}  // namespace relayna::test
