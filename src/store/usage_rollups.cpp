#include "store/usage_rollups.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "store/daily_rollup.hpp"

namespace relayna::store {

namespace {

using enum UsageField;
using domain::UsageEvent;

constexpr UsageField kTraffic[] = {model, provider, service, route, status_code, error_code};
constexpr UsageField kByScope[] = {key, project, team, status_code, error_code};
constexpr UsageField kByKey[] = {key,     project, team,        model,     provider,
                                 service, route,   status_code, error_code};
constexpr UsageField kByEndUser[] = {end_user, key, project, team, status_code, error_code};
constexpr UsageField kByTag[] = {tag, project, team, status_code, error_code};
constexpr UsageField kByTask[] = {task, key, project, team, status_code, error_code};

constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kWeek = 7 * kDay;
constexpr UsageRollup kRollups[] = {
    {"usage_hourly_traffic", kHour, kTraffic},
    {"usage_daily_scopes", kDay, kByScope},
    {"usage_daily_keys", kDay, kByKey},
    {"usage_daily_end_users", kDay, kByEndUser},
    {"usage_daily_tags", kDay, kByTag},
    {"usage_daily_tasks", kDay, kByTask},
    {"usage_weekly_end_users", kWeek, kByEndUser},
};

constexpr std::int64_t bounded(std::int64_t value) noexcept {
  return std::clamp<std::int64_t>(value, 0, kMostPerDay);
}
constexpr std::int64_t bounded(const std::optional<std::int64_t>& value) noexcept {
  return bounded(value.value_or(0));
}

UsageSums::Measures measures_of(const UsageEvent& event) noexcept {
  const bool refused = event.refused_count > 0;
  const bool unpriced = event.charged && !event.cost_nanos && event.total_tokens.value_or(0) > 0;
  const bool timed = !refused && event.time_to_first_token_ms.has_value();
  return {refused ? event.refused_count : 1,
          refused ? event.refused_count : 0,
          bounded(event.input_tokens),
          bounded(event.output_tokens),
          bounded(event.cache_read_tokens),
          bounded(event.cache_write_tokens),
          bounded(event.reasoning_tokens),
          bounded(event.audio_input_tokens),
          bounded(event.audio_output_tokens),
          bounded(event.total_tokens),
          bounded(event.cost_nanos),
          unpriced ? 1 : 0,
          refused ? 0 : bounded(event.latency_ms),
          timed ? 1 : 0,
          timed ? bounded(event.time_to_first_token_ms) : 0,
          event.fallback_count > 0 ? 1 : 0};
}

/// Appends so that the bytes' order is that of the numbers.
void append_number(std::string& bytes, std::int64_t number) {
  const auto ordered = static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63U);
  for (unsigned shift = 64; shift > 0; shift -= 8) bytes += static_cast<char>(ordered >> (shift - 8));
}

/// Where a group lies in the primary key's order: names hold no NUL.
void append_field(std::string& bytes, const UsageEvent& event, UsageField field,
                  const std::string& event_tag) {
  switch (column_of(field).kind) {
    case UsageFieldKind::id: {
      const core::Uuid id = core::Uuid::parse(text_of(event, field)).value_or(core::Uuid{});
      bytes.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
      return;
    }
    case UsageFieldKind::number:
      return append_number(bytes, event.status_code);
    case UsageFieldKind::name:
      bytes += field == tag ? event_tag : daily_name(text_of(event, field));
      bytes += '\0';
  }
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

const UsageColumn& column_of(UsageField field) noexcept {
  using enum UsageFieldKind;
  static constexpr UsageColumn kColumns[] = {
      {"key_id", "key_id", id},
      {"project_id", "project_id", id},
      {"team_id", "team_id", id},
      {"model", "model", name},
      {"provider", "provider", name},
      {"service", "service_name", name},
      {"route", "route", name},
      {"end_user", "end_user", name},
      {"tag", "tags", name},
      {"task_id", "task_id", name},
      {"status_code", "status_code", number},
      {"error_code", "error_code", name},
      {"", "", number},
      {"", "request_id", id},
      {"", "trace_id", name},
      {"", "run_id", name},
      {"", "http_method", name},
      {"", "endpoint_path", name},
      {"", "usage_source", name},
      {"", "cost_nanos", number},
      {"", "stream", number},
      {"status_code", "status_code", number},
      {"", "request_id", id},
      {"", "latency_ms", number},
  };
  static_assert(std::size(kColumns) == static_cast<std::size_t>(UsageField::min_latency) + 1);
  return kColumns[static_cast<std::size_t>(field)];
}

std::span<const UsageRollup> usage_rollups() noexcept {
  return kRollups;
}

const UsageRollup* coarser(const UsageRollup& rollup) noexcept {
  const auto found = std::ranges::find_if(kRollups, [&](const UsageRollup& other) {
    return other.unit > rollup.unit && other.dimensions.data() == rollup.dimensions.data();
  });
  return found == std::end(kRollups) ? nullptr : &*found;
}

bool has(const UsageRollup& rollup, UsageField field) noexcept {
  // Whether a request failed, and the class of its status, are said by what all of them have.
  return field == failed || field == status_class ||
         std::ranges::find(rollup.dimensions, field) != rollup.dimensions.end();
}

const std::array<UsageMeasure, kUsageMeasures>& usage_measures() {
  static const std::array<UsageMeasure, kUsageMeasures> measures = [] {
    const auto bounded_sql = [](std::string_view column) {
      return fmt::format("CASE WHEN {0} > {1} THEN {1} WHEN {0} > 0 THEN {0} ELSE 0 END", column,
                         kMostPerDay);
    };
    const auto same = [&](std::string_view column) { return UsageMeasure{column, bounded_sql(column)}; };
    const auto served = [&](std::string_view column) {
      return fmt::format("CASE WHEN refused_count > 0 THEN 0 ELSE {} END", bounded_sql(column));
    };
    return std::array<UsageMeasure, kUsageMeasures>{
        UsageMeasure{"requests", "CASE WHEN refused_count > 0 THEN refused_count ELSE 1 END"},
        UsageMeasure{"refused", "CASE WHEN refused_count > 0 THEN refused_count ELSE 0 END"},
        same("input_tokens"),
        same("output_tokens"),
        same("cache_read_tokens"),
        same("cache_write_tokens"),
        same("reasoning_tokens"),
        same("audio_input_tokens"),
        same("audio_output_tokens"),
        same("total_tokens"),
        same("cost_nanos"),
        UsageMeasure{"unpriced",
                     "CASE WHEN charged AND cost_nanos IS NULL AND total_tokens > 0 THEN 1 ELSE 0 END"},
        UsageMeasure{"latency_ms", served("latency_ms")},
        UsageMeasure{"first_tokens",
                     "CASE WHEN refused_count <= 0 AND time_to_first_token_ms IS NOT NULL THEN 1 ELSE 0 END"},
        UsageMeasure{"first_token_ms", served("time_to_first_token_ms")},
        UsageMeasure{"fallbacks", "CASE WHEN fallback_count > 0 THEN 1 ELSE 0 END"}};
  }();
  return measures;
}

std::vector<std::string> tags_of(std::string_view header) {
  std::vector<std::string> tags;
  while (!header.empty() && tags.size() < kTagsPerRequest) {
    const std::size_t comma = std::min(header.find(','), header.size());
    const std::string_view part = trimmed(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    if (part.empty()) continue;
    std::string name = daily_name(part);
    if (std::ranges::find(tags, name) == tags.end()) tags.push_back(std::move(name));
  }
  return tags;
}

const std::string& text_of(const UsageEvent& event, UsageField field) noexcept {
  switch (field) {
    case key:
      return event.key_id;
    case project:
      return event.project_id;
    case team:
      return event.team_id;
    case model:
      return event.model;
    case provider:
      return event.provider;
    case service:
      return event.service_name;
    case end_user:
      return event.end_user;
    case task:
      return event.task_id;
    case error_code:
      return event.error_code;
    default:
      return event.route;
  }
}

void UsageSums::add(const UsageEvent& event) {
  // Most requests have no end user, no task and no tags: no row stands for these.
  switch (rollup_->dimensions.front()) {
    case end_user:
    case task:
      if (text_of(event, rollup_->dimensions.front()).empty()) return;
      break;
    case tag:
      for (const std::string& each : tags_of(event.tags)) add(event, each);
      return;
    default:
      break;
  }
  add(event, {});
}

void UsageSums::add(const UsageEvent& event, const std::string& event_tag) {
  const std::int64_t period = event.created_at.time_since_epoch().count() / (rollup_->unit * 1'000'000);
  std::string place;
  place.reserve(160);
  append_number(place, period);
  for (const UsageField field : rollup_->dimensions) append_field(place, event, field, event_tag);
  Row& row = rows_[std::move(place)];
  if (row.event == nullptr) row.event = &event, row.period = period, row.tag = event_tag;
  const Measures measures = measures_of(event);
  for (std::size_t i = 0; i < measures.size(); ++i) row.measures[i] = bounded(row.measures[i] + measures[i]);
}

std::vector<const UsageSums::Row*> UsageSums::rows() const {
  std::vector<std::pair<std::string_view, const Row*>> ordered;
  ordered.reserve(rows_.size());
  for (const auto& [place, row] : rows_) ordered.emplace_back(place, &row);
  std::ranges::sort(ordered, {}, [](const auto& entry) { return entry.first; });
  std::vector<const Row*> rows;
  rows.reserve(ordered.size());
  for (const auto& entry : ordered) rows.push_back(entry.second);
  return rows;
}

}  // namespace relayna::store
