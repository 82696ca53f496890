#include "store/daily_rollup.hpp"

#include <algorithm>

#include "store/text.hpp"

namespace relayna::store {

namespace {

std::int64_t day_of(core::SystemTime at) noexcept {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

core::Uuid id_of(std::string_view text) noexcept {
  return core::Uuid::parse(text).value_or(core::Uuid{});
}

std::int64_t bounded(std::int64_t value) noexcept {
  return std::clamp<std::int64_t>(value, 0, kMostPerDay);
}

std::int64_t bounded(const std::optional<std::int64_t>& value) noexcept {
  return bounded(value.value_or(0));
}

DailySums sums_of(const domain::UsageEvent& event) noexcept {
  const bool failed = event.refused_count == 0 && (event.status_code >= 400 || !event.error_code.empty());
  const bool unpriced = event.charged && !event.cost_nanos && event.total_tokens.value_or(0) > 0;
  return {event.charged ? 1 : 0,
          bounded(event.refused_count),
          failed ? 1 : 0,
          bounded(event.input_tokens),
          bounded(event.output_tokens),
          bounded(event.cache_read_tokens),
          bounded(event.cache_write_tokens),
          bounded(event.reasoning_tokens),
          bounded(event.audio_input_tokens),
          bounded(event.audio_output_tokens),
          bounded(event.total_tokens),
          bounded(event.cost_nanos),
          unpriced ? 1 : 0};
}

}  // namespace

std::string daily_name(std::string_view text) {
  std::string name = made_storable(text);
  if (name.size() <= kNameCharacters) return name;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(name[i]) & 0xc0U) != 0x80U;
    if (starts && ++characters > kNameCharacters) {
      name.resize(i);
      break;
    }
  }
  return name;
}

void DailyRollup::add(const domain::UsageEvent& event) {
  DailyKey key{.day = day_of(event.accounted_at.value_or(event.created_at)),
               .key_id = id_of(event.key_id),
               .project_id = id_of(event.project_id),
               .team_id = id_of(event.team_id),
               .end_user = daily_name(event.end_user),
               .model = daily_name(event.model),
               .route = daily_name(event.route)};
  DailySums& row = rows_[std::move(key)];
  const DailySums sums = sums_of(event);
  for (std::size_t i = 0; i < sums.size(); ++i) row[i] = bounded(row[i] + sums[i]);
}

BalanceDays BalanceDays::of(core::SystemTime at) noexcept {
  using std::chrono::days;
  const auto today = std::chrono::floor<days>(at);
  const std::chrono::weekday weekday(today);
  const std::chrono::year_month_day date(today);
  const auto number = [](std::chrono::sys_days day) { return std::int64_t{day.time_since_epoch().count()}; };
  const auto monday = today - (weekday - std::chrono::Monday);
  const auto month = date.year() / date.month();
  return {.today = number(today),
          .week_first = number(monday),
          .week_last = number(monday + days(6)),
          .month_first = number(std::chrono::sys_days(month / 1)),
          .month_last = number(std::chrono::sys_days(month / std::chrono::last))};
}

NamePattern NamePattern::of(std::string_view pattern) {
  if (pattern.empty() || pattern == "*") return {};
  if (pattern.ends_with('*'))
    return {.kind = Kind::prefix, .text = daily_name(pattern.substr(0, pattern.size() - 1))};
  return {.kind = Kind::exact, .text = daily_name(pattern)};
}

}  // namespace relayna::store
