#include "control/usage/usage_filter.hpp"

#include <fmt/format.h>

#include "relayna/core/ids.hpp"
#include "relayna/core/money.hpp"

namespace relayna::control {

namespace {

using json::Document;
using store::UsageFilter;

constexpr std::string_view kStatuses[] = {"success", "failure"};
constexpr std::string_view kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::string_view kSources[] = {"reported", "estimated", "interrupted"};
constexpr std::string_view kFlags[] = {"true", "false"};

/// A condition on a text: its parameter, where it goes, and what is said of it.
struct TextCondition {
  std::string_view name;
  std::optional<std::string> UsageFilter::* member;
  bool id;  ///< a UUID
  std::string_view about;
};
constexpr TextCondition kTexts[] = {
    {"key_id", &UsageFilter::key_id, true, "Of this virtual key; `null`: of none."},
    {"project_id", &UsageFilter::project_id, true, "Of this project; `null`: of none."},
    {"team_id", &UsageFilter::team_id, true, "Of this team; `null`: of none."},
    {"model", &UsageFilter::model, false, "With this model, exactly; `null`: without one."},
    {"provider", &UsageFilter::provider, false, "Answered or last tried by this provider."},
    {"service", &UsageFilter::service, false, "Of this service; `null`: not of a service."},
    {"route", &UsageFilter::route, false, "On this route: `/v1/chat/completions`."},
    {"end_user", &UsageFilter::end_user, false, "Of this end user; `null`: naming none."},
    {"tag", &UsageFilter::tag, false, "With this among its tags; `null`: without any."},
    {"task_id", &UsageFilter::task_id, false, "Of this task."},
    {"run_id", &UsageFilter::run_id, false, "Of this run."},
    {"trace_id", &UsageFilter::trace_id, false, "Of this trace."},
    {"error_code", &UsageFilter::error_code, false, "With this error code; `null`: without one."},
    {"method", &UsageFilter::method, false, "`POST`"},
    {"endpoint", &UsageFilter::endpoint, false, "The path as called."},
    {"request_id", &UsageFilter::request_id, false, "The gateway's id or the caller's correlation id."},
    {"request_id_prefix", &UsageFilter::request_id_prefix, false,
     "What the gateway's id begins with: at least 8 hexadecimal digits."},
};

void read_text(Call& call, const TextCondition& condition, UsageFilter& filter) {
  auto given = call.query.take(condition.name);
  if (!given) return;
  if (*given == "null") given->clear();
  if (condition.id && !given->empty() && !core::Uuid::parse(*given))
    call.problems.add(std::string(condition.name), "must be a UUID, or null");
  filter.*condition.member = std::move(*given);
}

void read_numbers(Call& call, UsageFilter& filter) {
  constexpr std::int64_t kNone = -1;
  const auto number = [&](std::string_view name, std::int64_t min, std::int64_t max) {
    return call.query.take_number(name, min, max, kNone, call.problems);
  };
  if (const auto code = number("status_code", 100, 599); code != kNone)
    filter.status_code = static_cast<int>(code);
  if (const auto least = number("min_duration_ms", 0, std::int64_t{1} << 53); least != kNone)
    filter.min_latency_ms = least;
  const auto cost = call.query.take("min_cost_usd");
  if (!cost) return;
  if (const auto money = core::Money::parse(*cost); money && money->nanos() >= 0) {
    filter.min_cost_nanos = money->nanos();
  } else {
    call.problems.add("min_cost_usd", "must be US dollars, such as 0.25, with at most nine decimals");
  }
}

void read_choices(Call& call, UsageFilter& filter) {
  const auto choice = [&](std::string_view name, std::span<const std::string_view> among) {
    return call.query.take_choice(name, among, call.problems);
  };
  if (const auto status = choice("status", kStatuses)) filter.failed = *status == "failure";
  if (const auto wanted = choice("status_class", kClasses)) filter.status_class = wanted->front() - '0';
  if (const auto source = choice("usage_source", kSources)) filter.usage_source = *source;
  if (const auto stream = choice("stream", kFlags)) filter.stream = *stream == "true";
}

/// Whether there is no need to say when it was.
bool names_few(const UsageFilter& filter) {
  return filter.request_id || filter.request_id_prefix || filter.trace_id;
}

std::string span_text(std::chrono::hours span) {
  constexpr std::chrono::hours kTwoDays{48};
  return span < kTwoDays ? fmt::format("{} hours", span.count()) : fmt::format("{} days", span.count() / 24);
}

Document choice_schema(std::span<const std::string_view> names) {
  return {{"type", "string"}, {"enum", std::vector<std::string_view>(names.begin(), names.end())}};
}

}  // namespace

void read_period(Call& call, const PeriodRule& rule, UsageFilter& filter) {
  const auto before = call.problems.all().size();
  filter.from = call.query.take_moment("from", call.problems);
  filter.to = call.query.take_moment("to", call.problems);
  if (call.problems.all().size() != before) return;
  if (!filter.to) filter.to = call.now;
  if (!filter.from && rule.ever_by_id && names_few(filter)) return;
  if (!filter.from) filter.from = *filter.to - rule.usual;
  if (*filter.from >= *filter.to) {
    call.problems.add("from", fmt::format("must be before to, {}", core::to_rfc3339(*filter.to)));
  } else if (*filter.to - *filter.from > rule.most) {
    call.problems.add("from", fmt::format("must be at most {} before to", span_text(rule.most)));
  }
}

UsageFilter read_usage_filter(Call& call, const PeriodRule& rule) {
  UsageFilter filter;
  for (const TextCondition& condition : kTexts) read_text(call, condition, filter);
  read_period(call, rule, filter);
  read_numbers(call, filter);
  read_choices(call, filter);
  return filter;
}

std::vector<Parameter> period_parameters(const PeriodRule& rule) {
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  return {{"from", moment,
           fmt::format("At this moment or later (a date: its midnight in UTC); by default {} before `to`{}, "
                       "at most {} before it.",
                       span_text(rule.usual), rule.ever_by_id ? " (ever, of a request or trace id)" : "",
                       span_text(rule.most))},
          {"to", moment, "Before this moment; by default now."}};
}

std::vector<Parameter> usage_filter_parameters(const PeriodRule& rule) {
  auto all = period_parameters(rule);
  for (const TextCondition& condition : kTexts) {
    Document schema{{"type", "string"}};
    all.push_back({std::string(condition.name), std::move(schema), std::string(condition.about)});
  }
  all.push_back(
      {"status_code", {{"type", "integer"}, {"minimum", 100}, {"maximum", 599}}, "With this status."});
  all.push_back({"min_duration_ms", {{"type", "integer"}, {"minimum", 0}}, "Taking at least so long."});
  all.push_back({"min_cost_usd",
                 {{"type", "string"}},
                 "Costing at least so many US dollars: `0.25`. Those without a price cost less."});
  all.push_back(
      {"status", choice_schema(kStatuses), "failure: status 400 and above, or an answer that broke."});
  all.push_back({"status_class", choice_schema(kClasses), "With such a status."});
  all.push_back({"usage_source", choice_schema(kSources), "Who counted the tokens."});
  all.push_back({"stream", {{"type", "boolean"}}, "Whether it was to be streamed."});
  return all;
}

Document show_period(const UsageFilter& filter) {
  const auto moment = [](const std::optional<core::SystemTime>& time) {
    return time ? Document(core::to_rfc3339(*time)) : Document();
  };
  return {{"from", moment(filter.from)}, {"to", moment(filter.to)}};
}

}  // namespace relayna::control
