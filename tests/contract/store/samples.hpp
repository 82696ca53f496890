#pragma once

#include <mutex>
#include <string>

#include "relayna/core/ids.hpp"
#include "relayna/store/store.hpp"

#include "same.hpp"

// Objects with every field set to something of its own.

namespace relayna::test {

inline const store::Actor kActor{.name = "tests"};

/// From any thread; later ids are larger.
inline std::string new_id() {
  static std::mutex mutex;
  static core::IdGenerator ids;
  const std::lock_guard lock(mutex);
  return ids.uuid7().str();
}

inline core::SystemTime at(std::int64_t seconds, std::int64_t micros = 0) {
  return core::SystemTime(std::chrono::seconds(1'795'000'000 + seconds) + std::chrono::microseconds(micros));
}

inline core::Digest digest_of(const std::string& text) {
  return core::sha256(text);
}

inline domain::Policy sample_policy() {
  domain::Policy policy;
  policy.allowed_models = {"gpt-4o", "claude-*", "modèle-\"ünïcode\"\\模型"};
  policy.allowed_hours_utc = {0, 9, 23};
  policy.allow_tools = false;
  policy.rpm_limit = 60;
  policy.daily_budget = core::Money::nanos(1'000'000'000'000'000'001);
  policy.max_request_body_bytes = 9'007'199'254'740'993;  // one more than a double can count
  policy.policy_version = 7;
  return policy;
}

inline domain::Team sample_team(const std::string& name) {
  return {.id = new_id(),
          .name = name,
          .managed_by = "file",
          .disabled = true,
          .created_at = at(1, 1),
          .updated_at = at(2, 2)};
}

inline domain::Project sample_project(const std::string& name, const std::string& team_id = {}) {
  return {.id = new_id(),
          .name = name,
          .team_id = team_id,
          .managed_by = "file",
          .disabled = true,
          .created_at = at(1, 1),
          .updated_at = at(2, 2)};
}

/// Everything set but project_id and revoked_at.
inline domain::VirtualKey sample_key(const std::string& name) {
  domain::VirtualKey key;
  key.id = new_id();
  key.name = name;
  key.prefix = "rk_live_01234567";
  key.hash = digest_of("now " + key.id);
  key.previous_hash = digest_of("before " + key.id);
  key.previous_valid_until = at(10, 1);
  key.disabled = true;
  key.expires_at = at(11, 999'999);
  key.rotation_due_at = at(12, 123'456);
  key.last_used_at = at(13, 654'321);
  key.policy = sample_policy();
  key.managed_by = "file";
  key.created_at = at(14, 100'000);
  key.updated_at = at(15, 10);
  return key;
}

inline store::ProviderRow sample_provider(const std::string& name) {
  store::ProviderRow row;
  row.provider.id = new_id();
  row.provider.name = name;
  row.provider.kind = domain::ProviderKind::azure_openai;
  row.provider.base_url = "https://example.test/openai";
  row.provider.enabled = false;
  row.provider.header = {.mode = domain::CredentialHeaderMode::custom_header,
                         .name = "api-key",
                         .format = domain::CredentialValueFormat::bearer};
  row.provider.fallback = "litellm";
  row.provider.connect_timeout_ms = 1;
  row.provider.first_byte_timeout_ms = 2;
  row.provider.idle_timeout_ms = 9'223'372'036'854'775'807;
  row.provider.managed_by = "file";
  row.provider.created_at = at(3, 3);
  row.provider.updated_at = at(4, 4);
  row.sealed_credential = "v1:c2VhbGVk";
  return row;
}

inline store::CredentialMappingRow sample_mapping(domain::CredentialMapping::Scope scope,
                                                  const std::string& target) {
  store::CredentialMappingRow row;
  row.mapping.id = new_id();
  row.mapping.scope = scope;
  row.mapping.target_id = target;
  row.mapping.enabled = false;
  row.sealed_credential = "v1:bWFwcGVk";
  return row;
}

inline domain::Model sample_model(const std::string& name) {
  return {.name = name,
          .provider = "openai",
          .upstream_model = "gpt-4o-2024-11-20",
          .targets = {{.provider = "azure",
                       .upstream_model = "gpt-4o \"eu\" ⚙",
                       .priority = 0,
                       .weight = 1000,
                       .operations = {"/v1/chat/completions", "/v1/messages"},
                       .enabled = false},
                      {.provider = "openai-2"}},
          .enabled = false,
          .managed_by = "file",
          .created_at = at(5, 5),
          .updated_at = at(6, 6)};
}

inline domain::PolicyLayer sample_layer(domain::LayerKind kind, const std::string& scope_id) {
  return {.id = new_id(),
          .kind = kind,
          .scope_id = scope_id,
          .policy = sample_policy(),
          .managed_by = "file",
          .created_at = at(7, 7),
          .updated_at = at(8, 8)};
}

inline domain::Limit sample_limit(const std::string& name, domain::LimitScope scope,
                                  const std::string& target) {
  domain::Limit limit{.id = new_id(),
                      .name = name,
                      .scope = scope,
                      .target = target,
                      .model = "gpt-4*",
                      .enabled = false,
                      .managed_by = "file",
                      .created_at = at(9, 9),
                      .updated_at = at(10, 10)};
  std::int64_t most = 9'223'372'036'854'775'807;
  for (std::int64_t& number : limit.limits.most) number = most--;
  return limit;
}

inline domain::PriceOverride sample_price(const std::string& provider, const std::string& model) {
  std::int64_t nanos = 9'000'000'000'000'000'001;
  const auto rates = [&nanos] {
    const auto next = [&nanos] { return core::Money::nanos(nanos++); };
    return domain::Rates{.input = next(),
                         .output = next(),
                         .cache_read = next(),
                         .cache_write = next(),
                         .cache_write_1h = next(),
                         .reasoning = next(),
                         .audio_input = next(),
                         .audio_output = next(),
                         .image_input = next(),
                         .image_output = next()};
  };
  domain::PriceOverride price;
  price.id = new_id();
  price.price = {.provider = provider,
                 .model = model,
                 .effective_from = at(11, 11),
                 .rates = rates(),
                 .per_request = core::Money::nanos(1),
                 .long_context = domain::LongContext{.above_input_tokens = 200'000, .rates = rates()}};
  price.enabled = false;
  price.managed_by = "file";
  price.created_at = at(12, 12);
  price.updated_at = at(13, 13);
  return price;
}

inline domain::UsageEvent sample_event() {
  domain::UsageEvent event;
  event.request_id = new_id();
  event.correlation_id = "their-id";
  event.key_id = new_id();
  event.project_id = new_id();
  event.team_id = new_id();
  event.route = "/v1/chat/completions";
  event.model = "gpt-4o";
  event.provider = "openai";
  event.service_name = "summary";
  event.end_user = "user@example.test";
  event.tags = "{\"a\": 1, b\\c}";
  event.error_code = "upstream_timeout";
  event.status_code = 504;
  event.stream = true;
  event.latency_ms = 812;
  event.time_to_first_token_ms = 120;
  event.input_tokens = 1;
  event.output_tokens = 2;
  event.total_tokens = 3;
  event.cache_read_tokens = 4;
  event.cache_write_tokens = 5;
  event.reasoning_tokens = 6;
  event.cost_nanos = 7;
  event.cost_source = "catalog";
  event.usage_source = "interrupted";
  event.credential_source = "key_mapping";
  event.upstream_attempts = 2;
  event.fallback_count = 1;
  event.http_method = "POST";
  event.endpoint_path = "/v1/chat/completions";
  event.task_id = "task";
  event.run_id = "run";
  event.trace_id = "0af7651916cd43dd8448eb211c80319c";
  event.created_at = at(20, 123'456);
  event.accounted_at = at(21, 654'321);
  event.audio_input_tokens = 8;
  event.audio_output_tokens = 9;
  event.charged = false;
  event.refused_count = 3;
  return event;
}

}  // namespace relayna::test
