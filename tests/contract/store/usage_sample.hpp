#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "relayna/store/analytics.hpp"

#include "samples.hpp"

// Random usage, and what it adds up to, worked out the long way.

namespace relayna::test {

inline const core::SystemTime kUsageStart = std::chrono::sys_days{std::chrono::year{2026} / 9 / 1};

struct UsageWorld {
  std::vector<std::string> keys{"", new_id(), new_id(), new_id(), new_id()};
  std::vector<std::string> projects{"", new_id(), new_id()};
  std::vector<std::string> teams{"", new_id()};
  std::vector<std::string> models{"", "gpt-4o", "GPT-4o", "modèle-模型", "a'b\"c\\d;--"};
  std::vector<std::string> providers{"", "openai", "litellm"};
  std::vector<std::string> services{"", "summary"};
  std::vector<std::string> routes{"/v1/chat/completions", "/v1/messages"};
  std::vector<std::string> end_users{"", "ada", "Ada", "用户", "x' OR '1'='1"};
  std::vector<std::string> headers{"", "env=prod", "env=prod, team=a", "team=a,,team=a ,\tb", " , ", "%_,b"};
  std::vector<std::string> tasks{"", "task-1", "task-2"};
  std::vector<std::string> endpoints{"/v1/chat/completions", "/v1/messages", "/x%_"};
  int days = 6;
};

template <class T>
const T& pick(std::mt19937& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}

inline domain::UsageEvent random_event(std::mt19937& random, const UsageWorld& world) {
  domain::UsageEvent event;
  event.request_id = new_id();
  event.correlation_id = random() % 3 == 0 ? "corr-" + std::to_string(random() % 5) : "";
  event.key_id = pick(random, world.keys);
  event.project_id = pick(random, world.projects);
  event.team_id = pick(random, world.teams);
  event.model = pick(random, world.models);
  event.provider = pick(random, world.providers);
  event.service_name = pick(random, world.services);
  event.route = pick(random, world.routes);
  event.end_user = pick(random, world.end_users);
  event.tags = pick(random, world.headers);
  event.task_id = pick(random, world.tasks);
  event.run_id = random() % 4 == 0 ? "run-1" : "";
  event.trace_id = "trace-" + std::to_string(random() % 20);
  event.http_method = random() % 2 == 0 ? "POST" : "GET";
  event.endpoint_path = pick(random, world.endpoints);
  event.stream = random() % 2 == 0;
  event.latency_ms = static_cast<std::int64_t>(random() % 5'000);
  // Many at the same moment, and some right where hours and days begin.
  const auto hours = std::chrono::hours(random() % static_cast<unsigned>(world.days * 24));
  const auto rest = std::chrono::microseconds(random() % 3 == 0 ? 0 : 600'000'000LL * (random() % 6) + 1);
  event.created_at = kUsageStart + hours + rest;
  const std::vector<std::pair<int, std::string>> outcomes{{200, ""},
                                                          {200, ""},
                                                          {200, ""},
                                                          {200, "client_closed"},
                                                          {429, "rate_limit_exceeded"},
                                                          {403, "policy_denied"},
                                                          {402, "budget_exceeded"},
                                                          {504, "upstream_timeout"},
                                                          {404, ""}};
  std::tie(event.status_code, event.error_code) = pick(random, outcomes);
  if (event.status_code == 429 || event.status_code == 402) {
    event.refused_count = static_cast<int>(random() % 4);
    event.charged = event.refused_count == 0;
  }
  const auto maybe = [&](std::optional<std::int64_t>& field, unsigned most) {
    if (random() % 4 != 0) field = static_cast<std::int64_t>(random() % most);
  };
  maybe(event.time_to_first_token_ms, 900);
  maybe(event.input_tokens, 1'000);
  maybe(event.output_tokens, 1'000);
  maybe(event.cache_read_tokens, 100);
  maybe(event.cache_write_tokens, 100);
  maybe(event.reasoning_tokens, 100);
  maybe(event.audio_input_tokens, 100);
  maybe(event.audio_output_tokens, 100);
  maybe(event.total_tokens, 3'000);
  maybe(event.cost_nanos, 1'000'000);
  event.usage_source = random() % 2 == 0 ? "reported" : "estimated";
  event.fallback_count = static_cast<int>(random() % 3);
  return event;
}

inline bool has_failed(const domain::UsageEvent& event) {
  return event.status_code >= 400 || !event.error_code.empty();
}

/// The tags of UsageWorld's headers, split in a simpler way than the store's.
inline std::set<std::string> tags_in(const std::string& header) {
  std::set<std::string> tags;
  std::string tag;
  for (const char c : header + ",") {
    if (c == ',') {
      if (!tag.empty()) tags.insert(tag);
      tag.clear();
    } else if (c != ' ' && c != '\t') {
      tag += c;
    }
  }
  return tags;
}

inline bool matches(const domain::UsageEvent& event, const store::UsageFilter& filter) {
  const auto is = [](const auto& wanted, const auto& value) { return !wanted || *wanted == value; };
  if (filter.from && event.created_at < *filter.from) return false;
  if (filter.to && event.created_at >= *filter.to) return false;
  if (filter.tag &&
      (filter.tag->empty() ? !tags_in(event.tags).empty() : !tags_in(event.tags).contains(*filter.tag)))
    return false;
  if (filter.request_id && *filter.request_id != event.request_id &&
      *filter.request_id != event.correlation_id)
    return false;
  if (filter.min_latency_ms && event.latency_ms < *filter.min_latency_ms) return false;
  if (filter.status_class && event.status_code / 100 != *filter.status_class) return false;
  if (filter.min_cost_nanos && event.cost_nanos.value_or(-1) < *filter.min_cost_nanos) return false;
  return is(filter.key_id, event.key_id) && is(filter.project_id, event.project_id) &&
         is(filter.team_id, event.team_id) && is(filter.model, event.model) &&
         is(filter.provider, event.provider) && is(filter.service, event.service_name) &&
         is(filter.route, event.route) && is(filter.end_user, event.end_user) &&
         is(filter.task_id, event.task_id) && is(filter.failed, has_failed(event)) &&
         is(filter.status_code, event.status_code) && is(filter.error_code, event.error_code) &&
         is(filter.trace_id, event.trace_id) && is(filter.run_id, event.run_id) &&
         is(filter.method, event.http_method) && is(filter.endpoint, event.endpoint_path) &&
         is(filter.usage_source, event.usage_source) && is(filter.stream, event.stream);
}

inline void add(store::UsageSummary& sum, const domain::UsageEvent& event) {
  const bool refused = event.refused_count > 0;
  const std::int64_t times = refused ? event.refused_count : 1;
  sum.requests += times;
  sum.refused += refused ? times : 0;
  sum.failures += has_failed(event) ? times : 0;
  sum.policy_denials += event.status_code == 403 ? times : 0;
  sum.rate_limit_denials += event.status_code == 429 ? times : 0;
  sum.budget_denials += event.status_code == 402 ? times : 0;
  sum.input_tokens += event.input_tokens.value_or(0);
  sum.output_tokens += event.output_tokens.value_or(0);
  sum.cache_read_tokens += event.cache_read_tokens.value_or(0);
  sum.cache_write_tokens += event.cache_write_tokens.value_or(0);
  sum.reasoning_tokens += event.reasoning_tokens.value_or(0);
  sum.audio_input_tokens += event.audio_input_tokens.value_or(0);
  sum.audio_output_tokens += event.audio_output_tokens.value_or(0);
  sum.total_tokens += event.total_tokens.value_or(0);
  sum.cost_nanos += event.cost_nanos.value_or(0);
  sum.unpriced += event.charged && !event.cost_nanos && event.total_tokens.value_or(0) > 0 ? 1 : 0;
  sum.fallbacks += event.fallback_count > 0 ? 1 : 0;
  if (refused) return;
  sum.latency_ms += event.latency_ms;
  sum.first_tokens += event.time_to_first_token_ms ? 1 : 0;
  sum.first_token_ms += event.time_to_first_token_ms.value_or(0);
}

/// The names an event counts under.
inline std::vector<std::string> names_of(const domain::UsageEvent& event, store::UsageDimension dimension) {
  using enum store::UsageDimension;
  const auto named = [](const std::string& name) {
    return name.empty() ? std::vector<std::string>{} : std::vector{name};
  };
  switch (dimension) {
    case key:
      return {event.key_id};
    case project:
      return {event.project_id};
    case team:
      return {event.team_id};
    case model:
      return {event.model};
    case provider:
      return {event.provider};
    case service:
      return {event.service_name};
    case route:
      return {event.route};
    case end_user:
      return named(event.end_user);
    case tag: {
      const auto tags = tags_in(event.tags);
      return {tags.begin(), tags.end()};
    }
    case error_code:
      return {event.error_code};
    case task:
      return named(event.task_id);
    case endpoint:
      return {event.endpoint_path};
  }
  return {};
}

inline constexpr store::UsageDimension kDimensions[] = {
    store::UsageDimension::key,        store::UsageDimension::project,  store::UsageDimension::team,
    store::UsageDimension::model,      store::UsageDimension::provider, store::UsageDimension::service,
    store::UsageDimension::route,      store::UsageDimension::end_user, store::UsageDimension::tag,
    store::UsageDimension::error_code, store::UsageDimension::task,     store::UsageDimension::endpoint};

}  // namespace relayna::test
