#include <algorithm>

#include <fmt/format.h>

#include "store/checks.hpp"
#include "store/usage_reports.hpp"

namespace relayna::store {

namespace {

constexpr std::size_t kMostEvents = 10'000;

/// Whether a page by created_at is read straight from an index, without looking at other events.
bool all_indexed(const UsageDialect& dialect, std::span<const UsageCondition> conditions) noexcept {
  const auto is_ordered = [&](const UsageCondition& condition) {
    return std::ranges::find(dialect.ordered, condition.field) != dialect.ordered.end();
  };
  return conditions.empty() || (conditions.size() == 1 && is_ordered(conditions.front()));
}

std::string order_value(EventOrder order) {
  switch (order) {
    case EventOrder::cost:
      return "coalesce(cost_nanos, -1)";
    case EventOrder::latency:
      return "latency_ms";
    case EventOrder::tokens:
      return "coalesce(total_tokens, -1)";
    case EventOrder::created_at:
      break;
  }
  return "created_at";
}

EventCursor place_of(const domain::UsageEvent& event, EventOrder order) {
  EventCursor place{.created_at = event.created_at, .request_id = event.request_id};
  if (order == EventOrder::cost) place.value = event.cost_nanos.value_or(-1);
  if (order == EventOrder::latency) place.value = event.latency_ms;
  if (order == EventOrder::tokens) place.value = event.total_tokens.value_or(-1);
  return place;
}

/// `(created_at, request_id) < (…)`: on the side of `place` that `compare` says.
std::string beside(UsageStatement& statement, const EventCursor& place, std::string_view compare) {
  return fmt::format("(created_at, request_id) {} ({}, {})", compare, statement.parameter(place.created_at),
                     statement.parameter(core::Uuid::parse(place.request_id).value_or(core::Uuid{})));
}

/// The events from `after` on, in the order of created_at or of a value.
void continue_behind(UsageStatement& statement, const EventQuery& query,
                     std::vector<std::string>& conditions) {
  if (!query.after) return;
  const std::string_view compare = query.ascending ? ">" : "<";
  const EventCursor& after = *query.after;
  if (query.order == EventOrder::created_at) {
    // The first is what an index on created_at alone understands.
    conditions.push_back(fmt::format("created_at {}= {}", compare, statement.parameter(after.created_at)));
    conditions.push_back(beside(statement, after, compare));
    return;
  }
  conditions.push_back(fmt::format(
      "({}, request_id) {} ({}, {})", order_value(query.order), compare, statement.parameter(after.value),
      statement.parameter(core::Uuid::parse(after.request_id).value_or(core::Uuid{}))));
}

}  // namespace

bool pinpointed(const UsageDialect& dialect, std::span<const UsageCondition> conditions) noexcept {
  return std::ranges::any_of(conditions, [&](const UsageCondition& condition) {
    return !condition.asks_for_none() &&
           std::ranges::find(dialect.pinpoints, condition.field) != dialect.pinpoints.end();
  });
}

void within(UsageStatement& statement, const UsagePeriod& period, std::vector<std::string>& conditions) {
  if (period.from) conditions.push_back(fmt::format("created_at >= {}", statement.parameter(*period.from)));
  if (period.to) conditions.push_back(fmt::format("created_at < {}", statement.parameter(*period.to)));
}

UsageHistory history_of(UsageSnapshot& snapshot) {
  const UsageDialect& dialect = snapshot.dialect();
  UsageStatement statement(dialect);
  statement.text = fmt::format(
      "SELECT 0, '', purged_before, (SELECT {} FROM usage_events ORDER BY created_at DESC LIMIT 1) FROM "
      "usage_retention",
      dialect.created_at);
  const auto found = snapshot.groups(statement);
  UsageHistory history;
  if (found.empty()) return history;
  const auto moment = [](std::int64_t micros) { return core::SystemTime(std::chrono::microseconds(micros)); };
  if (found[0].numbers[0] != 0) history.purged_before = moment(found[0].numbers[0]);
  if (found[0].numbers[1] != 0) history.newest = moment(found[0].numbers[1]);
  return history;
}

std::optional<EventCursor> scan_end(UsageSnapshot& snapshot, std::span<const UsageCondition> conditions,
                                    const UsagePeriod& period, bool ascending,
                                    const std::optional<EventCursor>& after) {
  const UsageDialect& dialect = snapshot.dialect();
  UsageStatement statement(dialect);
  std::vector<std::string> where;
  within(statement, period, where);
  for (const UsageCondition& condition : conditions) {
    if (!condition.asks_for_none() &&
        std::ranges::find(dialect.ordered, condition.field) != dialect.ordered.end())
      where.push_back(on_events(statement, condition));
  }
  if (after) {
    where.push_back(
        fmt::format("created_at {}= {}", ascending ? ">" : "<", statement.parameter(after->created_at)));
    where.push_back(beside(statement, *after, ascending ? ">" : "<"));
  }
  const std::string_view direction = ascending ? "" : " DESC";
  // In whole: created_at alone is in the index, the id is read for one row.
  statement.text = fmt::format(
      "SELECT {0}, request_id FROM usage_events WHERE created_at = (SELECT created_at FROM usage_events "
      "WHERE {1} "
      "ORDER BY created_at{2} LIMIT 1 OFFSET {3}) ORDER BY request_id{4} LIMIT 1",
      dialect.created_at, all_of(where), direction, statement.parameter(kScanRows), ascending ? " DESC" : "");
  const auto found = snapshot.groups(statement);
  if (found.empty()) return std::nullopt;
  return EventCursor{.created_at = core::SystemTime(std::chrono::microseconds(found[0].bucket)),
                     .request_id = found[0].name};
}

core::Result<EventPage> event_page(UsageSnapshot& snapshot, const EventQuery& query) {
  const UsageDialect& dialect = snapshot.dialect();
  auto filters = conditions_of(query.filter);
  if (!filters) return std::unexpected(std::move(filters.error()));
  if (query.after && !core::Uuid::parse(query.after->request_id)) return std::unexpected(bad_id("after"));
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kMostEvents);
  const bool by_time = query.order == EventOrder::created_at;
  EventPage page;
  page.covered = {.from = query.filter.from, .to = query.filter.to};
  if (const auto purged = history_of(snapshot).purged_before;
      purged && (!page.covered.from || *page.covered.from < *purged)) {
    page.covered.from = purged;
    page.covered.complete = false;
  }
  UsagePeriod period{query.filter.from, query.filter.to};

  std::optional<EventCursor> end;
  if (!pinpointed(dialect, *filters) && !(by_time && all_indexed(dialect, *filters)))
    end = scan_end(snapshot, *filters, period, by_time && query.ascending,
                   by_time ? query.after : std::nullopt);

  UsageStatement statement(dialect);
  std::vector<std::string> where;
  if (end && !by_time) {
    period.from = end->created_at + std::chrono::microseconds(1);
    page.covered.from = period.from;
    page.covered.complete = false;
  }
  within(statement, period, where);
  for (const UsageCondition& condition : *filters) where.push_back(on_events(statement, condition));
  continue_behind(statement, query, where);
  if (end && by_time) where.push_back(beside(statement, *end, query.ascending ? "<=" : ">="));
  statement.text =
      fmt::format("SELECT {0} FROM usage_events WHERE {1} ORDER BY {2}{3}, request_id{3} LIMIT {4}",
                  snapshot.event_columns(), all_of(where), order_value(query.order),
                  query.ascending ? "" : " DESC", statement.parameter(static_cast<std::int64_t>(limit) + 1));
  auto events = snapshot.events(statement);
  if (!events) return std::unexpected(std::move(events.error()));
  page.events = std::move(*events);
  if (page.events.size() > limit) {
    page.events.pop_back();
    page.next = place_of(page.events.back(), query.order);
  } else if (end && by_time) {
    page.next = end;
  }
  return page;
}

}  // namespace relayna::store
