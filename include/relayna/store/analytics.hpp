#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/core/result.hpp"
#include "relayna/core/time.hpp"
#include "relayna/domain/catalog_objects.hpp"
#include "relayna/domain/key.hpp"

// What was used, looked at from outside: sums, series, breakdowns, single requests, exports, and how long the
// requests themselves are kept. Threads and errors are those of store.hpp. Periods go by `created_at` and are
// half-open; hours and days are UTC.

namespace relayna::store {

/// What usage can be told apart by.
enum class UsageDimension : std::uint8_t {
  key,
  project,
  team,
  model,
  provider,
  service,
  route,
  end_user,
  tag,  ///< each of a request's tags: the parts of `x-relayna-tags` between commas, trimmed
  error_code,
  task,
  endpoint,  ///< the path as called
};

/// Which requests are meant: those for which everything that is set holds. Texts are compared exactly; an
/// empty one means "names none". Ids must be UUIDs or empty (invalid_request; `param` names the field).
struct UsageFilter {
  std::optional<core::SystemTime> from, to;
  std::optional<std::string> key_id, project_id, team_id;
  std::optional<std::string> model, provider, service, route, end_user, tag, task_id;
  std::optional<bool> failed;  ///< status 400 and above, or any error code
  std::optional<int> status_code;
  std::optional<int> status_class;  ///< 4: status 400 to 499
  std::optional<std::string> error_code;
  // With any of these the events themselves are read: see Coverage.
  std::optional<std::string> request_id;  ///< the gateway's id, or the caller's correlation id
  /// What the gateway's id begins with: at least 8 hexadecimal digits (which is about a minute), dashes
  /// aside.
  std::optional<std::string> request_id_prefix;
  std::optional<std::string> trace_id, run_id, method, endpoint, usage_source;
  std::optional<std::int64_t> min_cost_nanos;  ///< unpriced requests cost less than anything
  std::optional<std::int64_t> min_latency_ms;
  std::optional<bool> stream;
};

/// The part of the asked period that an answer is about: all of it, unless sums cannot serve the filter and
/// the period holds more events than one call reads (the newest are read), or they were purged.
struct Coverage {
  std::optional<core::SystemTime> from, to;  ///< half-open; unset: without end
  bool complete = true;                      ///< false: less than was asked for
};

/// Sums saturate. A row that stands for several refused requests counts as so many.
struct UsageSummary {
  std::int64_t requests = 0;  ///< successes and failures
  std::int64_t failures = 0;  ///< refused ones included
  std::int64_t refused = 0;   ///< by the gateway, before any upstream was asked
  std::int64_t policy_denials = 0, rate_limit_denials = 0, budget_denials = 0;  ///< status 403, 429, 402
  std::int64_t input_tokens = 0, output_tokens = 0, cache_read_tokens = 0, cache_write_tokens = 0,
               reasoning_tokens = 0, audio_input_tokens = 0, audio_output_tokens = 0, total_tokens = 0;
  std::int64_t cost_nanos = 0;
  std::int64_t unpriced = 0;                          ///< charged requests that used tokens without a price
  std::int64_t latency_ms = 0;                        ///< of all but the refused ones
  std::int64_t first_tokens = 0, first_token_ms = 0;  ///< requests whose first token was timed, and their sum
  std::int64_t fallbacks = 0;                         ///< requests that another upstream answered

  [[nodiscard]] std::int64_t successes() const noexcept { return requests - failures; }
  [[nodiscard]] std::optional<double> average_latency_ms() const noexcept;
  [[nodiscard]] std::optional<double> average_first_token_ms() const noexcept;
  [[nodiscard]] double fallback_rate() const noexcept;  ///< 0 to 1
  friend bool operator==(const UsageSummary&, const UsageSummary&) = default;
};

struct UsageTotals {
  UsageSummary summary;
  Coverage covered;
};

enum class UsageInterval : std::uint8_t { hour, day };

struct SeriesQuery {
  UsageFilter filter;
  UsageInterval interval = UsageInterval::day;
  std::optional<UsageDimension> split;
  std::size_t most_names = 10;  ///< when split: the names with the most requests; the others are left out
};
struct UsagePoint {
  core::SystemTime bucket{};  ///< where the hour or day begins
  std::string name;           ///< when split
  UsageSummary summary;
};
struct UsageSeries {
  std::vector<UsagePoint> points;  ///< by bucket, then name; a bucket without requests has none
  Coverage covered;
};

enum class BreakdownOrder : std::uint8_t { requests, cost, failures, latency, tokens, fallbacks, name };

struct BreakdownQuery {
  UsageFilter filter;
  UsageDimension by = UsageDimension::key;
  BreakdownOrder order = BreakdownOrder::requests;  ///< the most first, names from the least; ties by name
  std::size_t limit = 20, offset = 0;
};
struct UsageGroup {
  std::string name;  ///< empty: those that name none; tags have no such group
  UsageSummary summary;
};
struct UsageBreakdown {
  std::vector<UsageGroup> groups;
  bool more = false;  ///< beyond offset + limit
  Coverage covered;
};

enum class EventOrder : std::uint8_t { created_at, cost, latency, tokens };

/// The place behind an event in an order.
struct EventCursor {
  core::SystemTime created_at{};
  std::string request_id;
  std::int64_t value = 0;  ///< what cost, latency or tokens are ordered by
};
struct EventQuery {
  UsageFilter filter;
  EventOrder order = EventOrder::created_at;  ///< ties by request id
  bool ascending = false;
  std::size_t limit = 50;
  std::optional<EventCursor> after;
};
/// By created_at, a page may hold fewer events than asked for, even none, and have a next one nevertheless:
/// one call looks at a bounded number of them. The other orders are over the newest events only when there
/// are too many; `covered` says from when.
struct EventPage {
  std::vector<domain::UsageEvent> events;
  std::optional<EventCursor> next;
  Coverage covered;
};

/// What a key used of one model of one provider, or of one service, on one day (UTC). Empty: none.
struct DailyUsage {
  core::SystemTime day{};
  std::string key_id, project_id, team_id, model, provider, service;
  UsageSummary summary;
};
struct DailyUsageQuery {
  core::SystemTime from{}, to{};  ///< days, half-open
  std::optional<std::string> key_id, project_id, team_id, model, provider, service;
  std::optional<DailyUsage> after;  ///< the last of the page before; its sums are not looked at
  std::size_t limit = 1'000;
};

class AnalyticsRepository {
 public:
  virtual ~AnalyticsRepository() = default;
  virtual core::Result<UsageTotals> summary(const UsageFilter& filter) = 0;
  virtual core::Result<UsageSeries> series(const SeriesQuery& query) = 0;
  virtual core::Result<UsageBreakdown> breakdown(const BreakdownQuery& query) = 0;
  /// Pages of created_at ascending, until one has no `next`, are an export of any size.
  virtual core::Result<EventPage> events(const EventQuery& query) = 0;
  /// By day, then by the other names in the order the database keeps them; fewer than `limit`: there are no
  /// more. From sums alone, so whatever was purged is in it.
  virtual core::Result<std::vector<DailyUsage>> daily(const DailyUsageQuery& query) = 0;
  /// By the gateway's id; not_found.
  virtual core::Result<domain::UsageEvent> event(const std::string& request_id) = 0;
  /// Names that occur, in order, at most `limit` (and 100), beginning with `prefix` without regard to the
  /// case of ASCII letters.
  virtual core::Result<std::vector<std::string>> values(UsageDimension dimension, const std::string& prefix,
                                                        const UsageFilter& filter, std::size_t limit) = 0;
  /// Keys that are neither disabled nor revoked and have no request in the period, oldest first.
  virtual core::Result<std::vector<domain::VirtualKey>> unused_keys(std::optional<core::SystemTime> from,
                                                                    std::optional<core::SystemTime> to) = 0;
  /// Deletes events from before `before`, the oldest first, and returns how many: below `at_most` when none
  /// are left. Sums keep them. Small chunks keep other writers from waiting long.
  virtual core::Result<std::int64_t> purge_events(core::SystemTime before, std::size_t at_most) = 0;
  /// How many events there are from before `before`.
  virtual core::Result<std::int64_t> count_events(core::SystemTime before) = 0;
};

}  // namespace relayna::store
