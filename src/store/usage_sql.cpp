#include "store/usage_sql.hpp"

#include <fmt/format.h>

#include "relayna/core/encoding.hpp"

#include "store/checks.hpp"
#include "store/daily_rollup.hpp"

namespace relayna::store {

namespace {
constexpr UsageField kPinpoints[] = {UsageField::request_id, UsageField::request_prefix, UsageField::trace_id,
                                     UsageField::run_id, UsageField::task};
constexpr UsageField kSqlitePinpoints[] = {UsageField::request_prefix};
constexpr UsageField kOrdered[] = {UsageField::key, UsageField::end_user};
}  // namespace

const UsageDialect kPostgresUsage{
    .id_parameter = "${}::uuid",
    .text_parameter = "${}::text",
    .number_parameter = "${}::bigint",
    .time_parameter = "${}::timestamptz",
    .no_id = "'00000000-0000-0000-0000-000000000000'::uuid",
    .cut = "left({}, 256)",
    .period = "floor(extract(epoch FROM created_at) / {})::bigint",
    .sum = "least(coalesce(sum({}), 0), 9223372036854775807)::bigint",
    .folded = "lower({} COLLATE \"C\")",
    .by_bytes = "{} COLLATE \"C\"",
    .join_tags =
        "CROSS JOIN LATERAL (SELECT left(btrim(part, E' \\t'), 256) AS tag "
        "FROM unnest(string_to_array(tags, ',')) WITH ORDINALITY AS split (part, place) "
        "WHERE btrim(part, E' \\t') <> '' GROUP BY 1 ORDER BY min(place) LIMIT 16) AS tag_list",
    .tag = "tag_list.tag",
    .created_at = "(extract(epoch FROM created_at) * 1000000)::bigint",
    .pinpoints = kPinpoints,
    .ordered = kOrdered,
};

const UsageDialect kSqliteUsage{
    .id_parameter = "?{}",
    .text_parameter = "?{}",
    .number_parameter = "?{}",
    .time_parameter = "?{}",
    .no_id = "zeroblob(16)",
    .cut = "substr({}, 1, 256)",
    .period = "(created_at / ({} * 1000000))",
    .sum = "saturating_sum({})",
    .folded = "lower({})",
    .by_bytes = "{}",
    .join_tags = "CROSS JOIN json_each(tags_json(tags)) AS tag_list",
    .tag = "tag_list.value",
    .created_at = "created_at",
    .pinpoints = kSqlitePinpoints,
    .ordered = {},
};
static_assert(kNameCharacters == 256 && kTagsPerRequest == 16, "as the dialects spell it");

namespace {

using enum UsageField;

std::string with(std::string_view pattern, std::string_view what) {
  return fmt::format(fmt::runtime(pattern), what);
}

constexpr std::size_t kLeastIdPrefix = 8;

/// Collects a filter's conditions, and the first thing wrong with it.
class Collector {
 public:
  std::vector<UsageCondition> conditions;
  std::optional<core::Error> problem;

  void id(UsageField field, std::string_view name, const std::optional<std::string>& value) {
    if (!value) return;
    const auto parsed = value->empty() ? core::Uuid{} : core::Uuid::parse(*value);
    if (!parsed)
      note(bad_id(name));
    else
      conditions.push_back({field, *parsed});
  }
  void text(UsageField field, std::string_view name, const std::optional<std::string>& value) {
    if (!value) return;
    if (!storable(*value)) note(bad_text(name));
    conditions.push_back({field, *value});
  }
  void number(UsageField field, const auto& value) {
    if (value) conditions.push_back({field, static_cast<std::int64_t>(*value)});
  }
  /// Kept as its digits alone.
  void id_prefix(UsageField field, std::string_view name, const std::optional<std::string>& value) {
    if (!value) return;
    std::string digits = core::to_lower(*value);
    std::erase(digits, '-');
    const bool fits = digits.size() >= kLeastIdPrefix && digits.size() <= 32 &&
                      digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!fits)
      note(core::Error(core::ErrorCode::invalid_request,
                       fmt::format("{} has 8 to 32 hexadecimal digits, dashes aside", name))
               .with_param(std::string(name)));
    conditions.push_back({field, std::move(digits)});
  }

 private:
  void note(core::Error error) {
    if (!problem) problem = std::move(error);
  }
};

/// The first or the last id that begins with these digits.
core::Uuid id_with(std::string digits, char rest) {
  digits.resize(32, rest);
  for (const std::size_t dash : {8, 13, 18, 23}) digits.insert(dash, 1, '-');
  return core::Uuid::parse(digits).value_or(core::Uuid{});
}

/// Whether `name` may have been cut to what it is in a rollup.
bool may_be_cut(const std::string& name) {
  return name.size() >= kNameCharacters;
}

std::string equals(UsageStatement& statement, const std::string& column, const UsageCondition& condition) {
  return fmt::format("{} = {}", column, statement.parameter(condition.value));
}

std::string failure(const UsageCondition& condition, std::string_view no_error) {
  const bool wanted = std::get<std::int64_t>(condition.value) != 0;
  return fmt::format("{}(status_code >= 400 OR {})", wanted ? "" : "NOT ", no_error);
}

std::string in_class(UsageStatement& statement, const UsageCondition& condition) {
  const std::int64_t first = std::get<std::int64_t>(condition.value) * 100;
  return fmt::format("(status_code >= {} AND status_code < {})", statement.parameter(first),
                     statement.parameter(first + 100));
}

std::string event_prefix(UsageStatement& statement, const UsageCondition& condition) {
  const auto& digits = std::get<std::string>(condition.value);
  return fmt::format("(request_id >= {} AND request_id <= {})", statement.parameter(id_with(digits, '0')),
                     statement.parameter(id_with(digits, 'f')));
}

std::string event_name(UsageStatement& statement, const UsageCondition& condition) {
  const std::string column(column_of(condition.field).event);
  const auto& wanted = std::get<std::string>(condition.value);
  if (wanted.empty()) return fmt::format("coalesce({}, '') = ''", column);
  // An index knows the whole name.
  if (!may_be_cut(wanted)) return equals(statement, column, condition);
  return equals(statement, with(statement.dialect.cut, column), {condition.field, daily_name(wanted)});
}

std::string event_tag(UsageStatement& statement, const UsageCondition& condition) {
  const auto& wanted = std::get<std::string>(condition.value);
  const auto& dialect = statement.dialect;
  // The second SELECT is the same row: the join takes `tags` from it.
  const std::string some =
      fmt::format("FROM (SELECT usage_events.tags AS tags) AS of_event {}", dialect.join_tags);
  if (wanted.empty()) return fmt::format("NOT EXISTS (SELECT 1 {})", some);
  return fmt::format("EXISTS (SELECT 1 {} WHERE {} = {})", some, dialect.tag,
                     statement.parameter(daily_name(wanted)));
}

std::string event_request(UsageStatement& statement, const UsageCondition& condition) {
  const auto& wanted = std::get<std::string>(condition.value);
  const std::string correlation = fmt::format("correlation_id = {}", statement.parameter(wanted));
  const auto id = core::Uuid::parse(wanted);
  if (!id) return correlation;
  return fmt::format("(request_id = {} OR {})", statement.parameter(*id), correlation);
}

}  // namespace

std::string UsageStatement::parameter(UsageValue value) {
  const std::string_view pattern = std::holds_alternative<core::Uuid>(value)     ? dialect.id_parameter
                                   : std::holds_alternative<std::string>(value)  ? dialect.text_parameter
                                   : std::holds_alternative<std::int64_t>(value) ? dialect.number_parameter
                                                                                 : dialect.time_parameter;
  values.push_back(std::move(value));
  return fmt::format(fmt::runtime(pattern), values.size());
}

bool UsageCondition::asks_for_none() const noexcept {
  if (const auto* id = std::get_if<core::Uuid>(&value)) return id->is_nil();
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->empty();
}

core::Result<std::vector<UsageCondition>> conditions_of(const UsageFilter& filter) {
  Collector out;
  out.id(key, "key_id", filter.key_id);
  out.id(project, "project_id", filter.project_id);
  out.id(team, "team_id", filter.team_id);
  out.text(model, "model", filter.model);
  out.text(provider, "provider", filter.provider);
  out.text(service, "service", filter.service);
  out.text(route, "route", filter.route);
  out.text(end_user, "end_user", filter.end_user);
  out.text(tag, "tag", filter.tag);
  out.text(task, "task_id", filter.task_id);
  out.number(failed, filter.failed);
  out.number(status_code, filter.status_code);
  out.number(status_class, filter.status_class);
  out.text(error_code, "error_code", filter.error_code);
  out.text(request_id, "request_id", filter.request_id);
  out.id_prefix(request_prefix, "request_id_prefix", filter.request_id_prefix);
  out.text(trace_id, "trace_id", filter.trace_id);
  out.text(run_id, "run_id", filter.run_id);
  out.text(method, "method", filter.method);
  out.text(endpoint, "endpoint", filter.endpoint);
  out.text(usage_source, "usage_source", filter.usage_source);
  out.number(min_cost, filter.min_cost_nanos);
  out.number(min_latency, filter.min_latency_ms);
  out.number(stream, filter.stream);
  if (out.problem) return std::unexpected(std::move(*out.problem));
  return std::move(out.conditions);
}

UsageField field_of(UsageDimension dimension) noexcept {
  switch (dimension) {
    case UsageDimension::key:
      return key;
    case UsageDimension::project:
      return project;
    case UsageDimension::team:
      return team;
    case UsageDimension::model:
      return model;
    case UsageDimension::provider:
      return provider;
    case UsageDimension::service:
      return service;
    case UsageDimension::route:
      return route;
    case UsageDimension::end_user:
      return end_user;
    case UsageDimension::tag:
      return tag;
    case UsageDimension::error_code:
      return error_code;
    case UsageDimension::task:
      return task;
    case UsageDimension::endpoint:
      return endpoint;
  }
  return key;
}

std::string on_rollup(UsageStatement& statement, const UsageCondition& condition) {
  if (condition.field == failed) return failure(condition, "error_code <> ''");
  if (condition.field == status_class) return in_class(statement, condition);
  UsageCondition spelled = condition;
  if (auto* name = std::get_if<std::string>(&spelled.value)) *name = daily_name(*name);
  return equals(statement, std::string(column_of(condition.field).rollup), spelled);
}

std::string on_events(UsageStatement& statement, const UsageCondition& condition) {
  const UsageColumn& column = column_of(condition.field);
  switch (condition.field) {
    case failed:
      return failure(condition, "error_code IS NOT NULL");
    case tag:
      return event_tag(statement, condition);
    case request_id:
      return event_request(statement, condition);
    case request_prefix:
      return event_prefix(statement, condition);
    case status_class:
      return in_class(statement, condition);
    case min_latency:
      return fmt::format("latency_ms >= {}", statement.parameter(condition.value));
    case min_cost:
      return fmt::format("cost_nanos >= {}", statement.parameter(condition.value));
    case stream:
      return std::get<std::int64_t>(condition.value) != 0 ? "stream" : "NOT stream";
    default:
      break;
  }
  if (column.kind == UsageFieldKind::name) return event_name(statement, condition);
  if (condition.asks_for_none()) return fmt::format("{} IS NULL", column.event);
  return equals(statement, std::string(column.event), condition);
}

std::string value_of_event(const UsageDialect& dialect, UsageField field) {
  const UsageColumn& column = column_of(field);
  if (field == tag) return std::string(dialect.tag);
  if (column.kind == UsageFieldKind::id) return fmt::format("coalesce({}, {})", column.event, dialect.no_id);
  if (column.kind == UsageFieldKind::number) return std::string(column.event);
  return with(dialect.cut, fmt::format("coalesce({}, '')", column.event));
}

std::string period_of_event(const UsageDialect& dialect, std::int64_t unit) {
  return with(dialect.period, std::to_string(unit));
}

std::string all_of(const std::vector<std::string>& conditions) {
  if (conditions.empty()) return "true";
  return fmt::format("{}", fmt::join(conditions, " AND "));
}

std::string summary_list(const UsageDialect& dialect) {
  std::string list;
  for (const UsageMeasure& measure : usage_measures()) list += with(dialect.sum, measure.column) + ", ";
  constexpr std::string_view kOfRequests[] = {"(status_code >= 400 OR error_code <> '')", "status_code = 403",
                                              "status_code = 429", "status_code = 402"};
  for (const std::string_view condition : kOfRequests) {
    if (!list.ends_with(", ")) list += ", ";
    list += with(dialect.sum, fmt::format("CASE WHEN {} THEN requests ELSE 0 END", condition));
  }
  return list;
}

UsageSummary summary_of(const std::array<std::int64_t, kSummaryColumns>& numbers) noexcept {
  return {.requests = numbers[0],
          .failures = numbers[16],
          .refused = numbers[1],
          .policy_denials = numbers[17],
          .rate_limit_denials = numbers[18],
          .budget_denials = numbers[19],
          .input_tokens = numbers[2],
          .output_tokens = numbers[3],
          .cache_read_tokens = numbers[4],
          .cache_write_tokens = numbers[5],
          .reasoning_tokens = numbers[6],
          .audio_input_tokens = numbers[7],
          .audio_output_tokens = numbers[8],
          .total_tokens = numbers[9],
          .cost_nanos = numbers[10],
          .unpriced = numbers[11],
          .latency_ms = numbers[12],
          .first_tokens = numbers[13],
          .first_token_ms = numbers[14],
          .fallbacks = numbers[15]};
}

std::string order_measure(const UsageDialect& dialect, BreakdownOrder order) {
  switch (order) {
    case BreakdownOrder::cost:
      return with(dialect.sum, "cost_nanos");
    case BreakdownOrder::failures:
      return with(dialect.sum, "CASE WHEN status_code >= 400 OR error_code <> '' THEN requests ELSE 0 END");
    case BreakdownOrder::latency:
      return with(dialect.sum, "latency_ms");
    case BreakdownOrder::tokens:
      return with(dialect.sum, "total_tokens");
    case BreakdownOrder::fallbacks:
      return with(dialect.sum, "fallbacks");
    default:
      return with(dialect.sum, "requests");
  }
}

std::optional<double> UsageSummary::average_latency_ms() const noexcept {
  const std::int64_t served = requests - refused;
  if (served <= 0) return std::nullopt;
  return static_cast<double>(latency_ms) / static_cast<double>(served);
}

std::optional<double> UsageSummary::average_first_token_ms() const noexcept {
  if (first_tokens <= 0) return std::nullopt;
  return static_cast<double>(first_token_ms) / static_cast<double>(first_tokens);
}

double UsageSummary::fallback_rate() const noexcept {
  return requests > 0 ? static_cast<double>(fallbacks) / static_cast<double>(requests) : 0.0;
}

}  // namespace relayna::store
