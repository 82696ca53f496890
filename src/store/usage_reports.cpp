#include "store/usage_reports.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

namespace relayna::store {

namespace {

constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kAnyUnit = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMostValues = 100;
constexpr std::size_t kMostNames = 50;

std::int64_t seconds(UsageInterval interval) noexcept {
  return interval == UsageInterval::hour ? kHour : kDay;
}

/// Many names: to rank them by one number and then look at the first is quicker than adding up everything.
bool many_names(UsageField field) noexcept {
  return field == UsageField::key || field == UsageField::end_user || field == UsageField::task;
}

std::string ordered(const UsageDialect& dialect, UsageField field) {
  if (column_of(field).kind == UsageFieldKind::id) return "name";
  return fmt::format(fmt::runtime(dialect.by_bytes), "name");
}

/// The next text in byte order that does not begin with `prefix`; empty when there is none.
std::string behind(std::string prefix) {
  // 0x7f and above never come from folding a letter; the last character that can be counted up ends it.
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) >= 0x7f) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

/// Leaves out the groups of which nothing remains once everything is taken off.
std::string of_something(const UsageDialect& dialect) {
  return fmt::format(" HAVING {} > 0", order_measure(dialect, BreakdownOrder::requests));
}

UsageValue value_of(UsageField field, const std::string& name) {
  if (column_of(field).kind != UsageFieldKind::id) return name;
  return core::Uuid::parse(name).value_or(core::Uuid{});
}

}  // namespace

struct UsageReports::Question {
  std::vector<UsageCondition> conditions;
  std::optional<UsageField> grouped;
  UsagePlan plan;
  std::vector<std::string> names;  ///< only these, when not empty
};

core::Result<UsageReports::Question> UsageReports::ask(const UsageFilter& filter,
                                                       std::optional<UsageField> grouped, std::int64_t unit) {
  auto conditions = conditions_of(filter);
  if (!conditions) return std::unexpected(std::move(conditions.error()));
  Question question{.conditions = std::move(*conditions), .grouped = grouped, .plan = {}, .names = {}};
  question.plan =
      plan_usage(question.conditions, grouped, unit, {filter.from, filter.to}, history_of(snapshot_));
  bound_scan(question);
  return question;
}

/// Leaves out the part of the period that would take too long, so that what remains is in one piece.
void UsageReports::bound_scan(Question& question) {
  if (pinpointed(dialect_, question.conditions)) return;
  UsagePlan& plan = question.plan;
  const auto end = [&](const UsagePeriod& period) {
    return scan_end(snapshot_, question.conditions, period, false, std::nullopt);
  };
  if (plan.tail && end(plan.tail->period)) plan.give_up_tail();
  if (!plan.head) return;
  if (const auto last = end(plan.head->period)) {
    if (plan.head->taken_off) return plan.give_up_head();
    plan.head->period.from = last->created_at + std::chrono::microseconds(1);
    plan.covered.from = plan.head->period.from;
    plan.covered.complete = false;
  }
}

std::string UsageReports::rollup_rows(UsageStatement& statement, const Question& question,
                                      const UsageSumsRange& range, std::int64_t bucket_unit) {
  std::vector<std::string> conditions;
  for (const UsageCondition& condition : question.conditions)
    conditions.push_back(on_rollup(statement, condition));
  if (range.first) conditions.push_back(fmt::format("period >= {}", statement.parameter(*range.first)));
  if (range.last) conditions.push_back(fmt::format("period < {}", statement.parameter(*range.last)));
  std::string columns = bucket_unit == 0 ? "0"
                        : bucket_unit == range.rollup->unit
                            ? "period"
                            : fmt::format("period / {}", bucket_unit / range.rollup->unit);
  columns += " AS bucket, ";
  const std::string_view name = question.grouped ? column_of(*question.grouped).rollup : "''";
  if (!question.names.empty()) {
    std::vector<std::string> wanted;
    for (const std::string& one : question.names)
      wanted.push_back(statement.parameter(value_of(*question.grouped, one)));
    conditions.push_back(fmt::format("{} IN ({})", name, fmt::join(wanted, ", ")));
  }
  columns += fmt::format("{} AS name, status_code, error_code", name);
  for (const UsageMeasure& measure : usage_measures())
    columns += fmt::format(", {0}{1} AS {1}", range.taken_off ? "-" : "", measure.column);
  return fmt::format("SELECT {} FROM {} WHERE {}", columns, range.rollup->table, all_of(conditions));
}

std::string UsageReports::event_rows(UsageStatement& statement, const Question& question, const UsageEnd& end,
                                     std::int64_t bucket_unit) {
  std::vector<std::string> conditions;
  within(statement, end.period, conditions);
  for (const UsageCondition& condition : question.conditions)
    conditions.push_back(on_events(statement, condition));
  std::string name = "''";
  if (question.grouped) {
    name = value_of_event(dialect_, *question.grouped);
    if (only_named(*question.grouped) && *question.grouped != UsageField::tag)
      conditions.push_back(fmt::format("{} IS NOT NULL", column_of(*question.grouped).event));
    if (!question.names.empty()) {
      std::vector<std::string> wanted;
      for (const std::string& one : question.names)
        wanted.push_back(statement.parameter(value_of(*question.grouped, one)));
      conditions.push_back(fmt::format("{} IN ({})", name, fmt::join(wanted, ", ")));
    }
  }
  std::string columns = bucket_unit == 0 ? "0" : period_of_event(dialect_, bucket_unit);
  columns += fmt::format(" AS bucket, {} AS name, status_code, coalesce(error_code, '') AS error_code", name);
  for (const UsageMeasure& measure : usage_measures())
    columns += fmt::format(", {}({}) AS {}", end.taken_off ? "-" : "", measure.event, measure.column);
  return fmt::format("SELECT {} FROM usage_events {} WHERE {}", columns,
                     question.grouped == UsageField::tag ? dialect_.join_tags : "", all_of(conditions));
}

std::string UsageReports::rows(UsageStatement& statement, const Question& question,
                               std::int64_t bucket_unit) {
  std::vector<std::string> parts;
  for (const UsageSumsRange& range : question.plan.ranges(bucket_unit == 0 ? kAnyUnit : bucket_unit))
    parts.push_back(rollup_rows(statement, question, range, bucket_unit));
  for (const auto& end : {question.plan.head, question.plan.tail}) {
    if (end) parts.push_back(event_rows(statement, question, *end, bucket_unit));
  }
  return fmt::format("({}) AS used", fmt::join(parts, " UNION ALL "));
}

core::Result<UsageTotals> UsageReports::summary(const UsageFilter& filter) {
  auto question = ask(filter, std::nullopt, kDay);
  if (!question) return std::unexpected(std::move(question.error()));
  UsageStatement statement(dialect_);
  const std::string used = rows(statement, *question, 0);
  statement.text = fmt::format("SELECT 0, '', {} FROM {}", summary_list(dialect_), used);
  const auto found = snapshot_.groups(statement);
  return UsageTotals{.summary = summary_of(found.at(0).numbers), .covered = question->plan.covered};
}

core::Result<UsageSeries> UsageReports::series(const SeriesQuery& query) {
  const std::int64_t unit = seconds(query.interval);
  const auto grouped = query.split ? std::optional(field_of(*query.split)) : std::nullopt;
  auto question = ask(query.filter, grouped, unit);
  if (!question) return std::unexpected(std::move(question.error()));
  UsageSeries series{.points = {}, .covered = question->plan.covered};
  if (grouped) {
    const auto names = ranked(*question, BreakdownOrder::requests, std::min(query.most_names, kMostNames), 0);
    if (names.empty()) return series;
    for (const UsageGroupRow& row : names) question->names.push_back(row.name);
  }
  UsageStatement statement(dialect_);
  const std::string used = rows(statement, *question, unit);
  const std::string name = grouped ? ordered(dialect_, *grouped) : "name";
  statement.text =
      fmt::format("SELECT bucket, name, {} FROM {} GROUP BY bucket, name{} ORDER BY bucket{}",
                  summary_list(dialect_), used, of_something(dialect_), grouped ? ", " + name : "");
  for (UsageGroupRow& row : snapshot_.groups(statement)) {
    series.points.push_back({.bucket = core::SystemTime(std::chrono::seconds(row.bucket * unit)),
                             .name = std::move(row.name),
                             .summary = summary_of(row.numbers)});
  }
  return series;
}

/// Names with everything they add up to; in order, `limit` of them from `offset` on.
std::vector<UsageGroupRow> UsageReports::ranked(const Question& question, BreakdownOrder order,
                                                std::size_t limit, std::size_t offset) {
  const bool in_two_steps = many_names(*question.grouped);
  UsageStatement statement(dialect_);
  const std::string used = rows(statement, question, 0);
  const std::string measure = order_measure(dialect_, order);
  const std::string by_name = ordered(dialect_, *question.grouped);
  statement.text = fmt::format("SELECT 0, name, {} FROM {} GROUP BY name{} ORDER BY {}{} LIMIT {} OFFSET {}",
                               in_two_steps ? measure : summary_list(dialect_), used, of_something(dialect_),
                               order == BreakdownOrder::name ? "" : measure + " DESC, ", by_name,
                               statement.parameter(static_cast<std::int64_t>(limit)),
                               statement.parameter(static_cast<std::int64_t>(offset)));
  auto names = snapshot_.groups(statement);
  if (!in_two_steps || names.empty()) return names;

  Question about = question;
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    about.names.push_back(names[i].name);
    places.emplace(names[i].name, i);
  }
  UsageStatement details(dialect_);
  const std::string theirs = rows(details, about, 0);
  details.text = fmt::format("SELECT 0, name, {} FROM {} GROUP BY name", summary_list(dialect_), theirs);
  for (UsageGroupRow& row : snapshot_.groups(details)) names[places.at(row.name)] = std::move(row);
  return names;
}

core::Result<UsageBreakdown> UsageReports::breakdown(const BreakdownQuery& query) {
  constexpr std::size_t kMostGroups = 500;
  const std::size_t limit = std::min(query.limit, kMostGroups);
  auto question = ask(query.filter, field_of(query.by), kDay);
  if (!question) return std::unexpected(std::move(question.error()));
  UsageBreakdown breakdown{.groups = {}, .more = false, .covered = question->plan.covered};
  for (UsageGroupRow& row : ranked(*question, query.order, limit + 1, query.offset))
    breakdown.groups.push_back({.name = std::move(row.name), .summary = summary_of(row.numbers)});
  breakdown.more = breakdown.groups.size() > limit;
  if (breakdown.more) breakdown.groups.pop_back();
  return breakdown;
}

core::Result<std::vector<std::string>> UsageReports::values(UsageDimension dimension,
                                                            const std::string& prefix,
                                                            const UsageFilter& filter, std::size_t limit) {
  const UsageField field = field_of(dimension);
  auto question = ask(filter, field, kDay);
  if (!question) return std::unexpected(std::move(question.error()));
  // Whole hours or days alone: a name that occurs just beside the period does no harm.
  UsagePlan& plan = question->plan;
  if (plan.rollup != nullptr) {
    if (plan.head && !plan.head->taken_off) --*plan.first;
    if (plan.tail && !plan.tail->taken_off) ++*plan.last;
    plan.head.reset(), plan.tail.reset();
  }
  UsageStatement statement(dialect_);
  const std::string used = rows(statement, *question, 0);
  const bool by_id = column_of(field).kind == UsageFieldKind::id;
  const std::string key = by_id ? "name" : fmt::format(fmt::runtime(dialect_.folded), "name");
  std::vector<std::string> conditions;
  if (!prefix.empty() && !by_id) {
    const std::string first = core::to_lower(prefix);
    conditions.push_back(fmt::format("{} >= {}", key, statement.parameter(first)));
    if (std::string last = behind(first); !last.empty())
      conditions.push_back(fmt::format("{} < {}", key, statement.parameter(std::move(last))));
  }
  if (!by_id) conditions.emplace_back("name <> ''");
  statement.text =
      fmt::format("SELECT 0, name FROM {} WHERE {} GROUP BY {}, name{} ORDER BY {}, {} LIMIT {}", used,
                  all_of(conditions), key, of_something(dialect_), key, ordered(dialect_, field),
                  statement.parameter(static_cast<std::int64_t>(std::min(limit, kMostValues))));
  std::vector<std::string> names;
  for (UsageGroupRow& row : snapshot_.groups(statement)) {
    if (!row.name.empty()) names.push_back(std::move(row.name));
  }
  return names;
}

core::Result<std::vector<std::string>> UsageReports::used_keys(const UsagePeriod& period) {
  auto question = ask({.from = period.from, .to = period.to}, UsageField::key, kDay);
  if (!question) return std::unexpected(std::move(question.error()));
  UsageStatement statement(dialect_);
  const std::string used = rows(statement, *question, 0);
  statement.text = fmt::format("SELECT 0, name FROM {} GROUP BY name{}", used, of_something(dialect_));
  std::vector<std::string> keys;
  for (UsageGroupRow& row : snapshot_.groups(statement)) keys.push_back(std::move(row.name));
  return keys;
}

void leave_unused(std::vector<domain::VirtualKey>& keys, const std::vector<std::string>& used) {
  const std::unordered_set<std::string_view> known(used.begin(), used.end());
  std::erase_if(keys, [&](const domain::VirtualKey& key) { return known.contains(key.id); });
}

}  // namespace relayna::store
