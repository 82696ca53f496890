#pragma once

#include <algorithm>
#include <array>
#include <type_traits>

#include "relayna/store/store.hpp"

#include "store/operator_fields.hpp"
#include "store/row_type.hpp"

// Which column holds which field, said once for both databases: those that write, read, check or list a row's
// columns are visitors of these functions, called in this order. What a visitor must offer:
//   id, id_or_null        a UUID as text; empty is NULL
//   text, text_or_null    empty is NULL
//   flag, number, number_or_null, time, time_or_null, digest, digest_or_null, policy
//   choice                an enumeration, stored by name (choices.hpp)
//   json                  a list (json_columns.hpp)

namespace relayna::store {

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
void fields(Is<ProviderCredentialRow> auto& row, V& visit) {
  auto& credential = row.credential;
  visit.id("id", credential.id);
  visit.id("provider_id", credential.provider_id);
  visit.text("name", credential.name);
  visit.flag("enabled", credential.enabled);
  visit.text("sealed_credential", row.sealed_credential);
  visit.number("weight", credential.weight);
  visit.number_or_null("requests_per_minute", credential.requests_per_minute);
  visit.number_or_null("max_concurrent_requests", credential.max_concurrent_requests);
  visit.time("created_at", credential.created_at);
  visit.time("updated_at", credential.updated_at);
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
void fields(Is<UsageReset> auto& reset, V& visit) {
  visit.id("id", reset.id);
  visit.text("counter", reset.counter);
  visit.number("number", reset.number);
  visit.number("day", reset.day);
  visit.number("requests_today", reset.requests_today);
  visit.number("tokens_today", reset.tokens_today);
  visit.number("cost_today", reset.cost_today);
  visit.number("cost_this_week", reset.cost_this_week);
  visit.number("cost_this_month", reset.cost_this_month);
  visit.number("cost_total", reset.cost_total);
  visit.flag("requests_of_minute", reset.requests_of_minute);
  visit.flag("tokens_of_minute", reset.tokens_of_minute);
  visit.number("stamp", reset.stamp);
  visit.flag("confirmed", reset.confirmed);
  visit.time("created_at", reset.created_at);
}

template <class V>
void fields(Is<domain::Model> auto& model, V& visit) {
  visit.text("name", model.name);
  visit.text("provider", model.provider);
  visit.text("upstream_model", model.upstream_model);
  visit.json("targets", model.targets);
  visit.flag("enabled", model.enabled);
  visit.text("managed_by", model.managed_by);
  visit.time("created_at", model.created_at);
  visit.time("updated_at", model.updated_at);
}

/// Nano-USD.
template <class V>
void money_or_null(V& visit, std::string_view name, auto& money) {
  std::optional<std::int64_t> nanos;
  if (money) nanos = money->nanos();
  visit.number_or_null(name, nanos);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(money)>>) {
    money = nanos ? std::optional(core::Money::nanos(*nanos)) : std::nullopt;
  }
}

template <class V>
void fields(Is<domain::RouteSettings> auto& settings, V& visit) {
  visit.choice("route", settings.route);
  visit.flag("enabled", settings.enabled);
  visit.number_or_null("timeout_ms", settings.timeout_ms);
  visit.number_or_null("max_request_body_bytes", settings.max_request_body_bytes);
  visit.number_or_null("max_response_body_bytes", settings.max_response_body_bytes);
  visit.flag("drain_on_disconnect", settings.drain_on_disconnect);
  money_or_null(visit, "request_nanos", settings.request_cost);
}

/// A number whose column is NULL when it is `none`.
template <class V>
void number_unless(V& visit, std::string_view name, auto& number, std::int64_t none) {
  std::optional<std::int64_t> stored;
  if (number != none) stored = number;
  visit.number_or_null(name, stored);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(number)>>) number = stored.value_or(none);
}

template <class V>
void fields(Is<domain::Limit> auto& limit, V& visit) {
  visit.id("id", limit.id);
  visit.text("name", limit.name);
  visit.choice("scope", limit.scope);
  visit.text("target", limit.target);
  visit.text("model", limit.model);
  for (std::size_t kind = 0; kind < domain::kLimitKinds; ++kind) {
    number_unless(visit, domain::to_string(static_cast<domain::LimitKind>(kind)), limit.limits.most[kind],
                  domain::kUnlimited);
  }
  visit.flag("soft", limit.soft);
  visit.flag("enabled", limit.enabled);
  visit.text("managed_by", limit.managed_by);
  visit.time("created_at", limit.created_at);
  visit.time("updated_at", limit.updated_at);
}

struct RateColumn {
  std::string_view name;
  std::string_view long_name;  ///< of the long-context rate
  std::optional<core::Money> domain::Rates::* rate;
};
inline constexpr std::array kRateColumns{
    RateColumn{"input_nanos", "long_input_nanos", &domain::Rates::input},
    RateColumn{"output_nanos", "long_output_nanos", &domain::Rates::output},
    RateColumn{"cache_read_nanos", "long_cache_read_nanos", &domain::Rates::cache_read},
    RateColumn{"cache_write_nanos", "long_cache_write_nanos", &domain::Rates::cache_write},
    RateColumn{"cache_write_1h_nanos", "long_cache_write_1h_nanos", &domain::Rates::cache_write_1h},
    RateColumn{"reasoning_nanos", "long_reasoning_nanos", &domain::Rates::reasoning},
    RateColumn{"audio_input_nanos", "long_audio_input_nanos", &domain::Rates::audio_input},
    RateColumn{"audio_output_nanos", "long_audio_output_nanos", &domain::Rates::audio_output},
    RateColumn{"image_input_nanos", "long_image_input_nanos", &domain::Rates::image_input},
    RateColumn{"image_output_nanos", "long_image_output_nanos", &domain::Rates::image_output},
};

template <class V>
void long_context(V& visit, auto& context) {
  domain::LongContext stored;
  if (context) stored = *context;
  number_unless(visit, "long_above_tokens", stored.above_input_tokens, 0);
  for (const RateColumn& column : kRateColumns)
    money_or_null(visit, column.long_name, stored.rates.*column.rate);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(context)>>) {
    context = stored.above_input_tokens != 0 ? std::optional(stored) : std::nullopt;
  }
}

/// Never NULL, for it is part of the identity: what has always held is from 1970.
template <class V>
void effective_from(V& visit, auto& from) {
  core::SystemTime stored = std::max(from.value_or(core::SystemTime{}), core::SystemTime{});
  visit.time("effective_from", stored);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(from)>>) {
    from = stored > core::SystemTime{} ? std::optional(stored) : std::nullopt;
  }
}

template <class V>
void fields(Is<domain::PriceOverride> auto& row, V& visit) {
  auto& price = row.price;
  visit.id("id", row.id);
  visit.text("provider", price.provider);
  visit.text("model", price.model);
  effective_from(visit, price.effective_from);
  visit.flag("enabled", row.enabled);
  for (const RateColumn& column : kRateColumns) money_or_null(visit, column.name, price.rates.*column.rate);
  money_or_null(visit, "request_nanos", price.per_request);
  long_context(visit, price.long_context);
  visit.text("managed_by", row.managed_by);
  visit.time("created_at", row.created_at);
  visit.time("updated_at", row.updated_at);
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
