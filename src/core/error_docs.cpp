#include "relayna/core/error_docs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "relayna/core/error.hpp"

namespace relayna::core {

namespace {

constexpr std::string_view kIntroduction = R"(# Errors

<!-- Generated from src/core/error_table.hpp; edit that file, not this one. -->

Every answer the gateway makes itself carries a stable code: in the header `x-relayna-error`, and in the body
in the shape of the API that was called. A code always has the same HTTP status. Errors of an upstream that
speaks the caller's dialect pass through unchanged and carry no `x-relayna-error`.

| API | shape |
|---|---|
| OpenAI and services | `{"error":{"message","type","param","code","request_id"[,"retry_after_seconds"]}}` |
| Anthropic | `{"type":"error","error":{"type","message","code"},"request_id"}` |
| Gemini | `{"error":{"code","status","message"}}`, `code` being the HTTP status |
| control listener | `{"error":{"code","message","request_id"[,"fields":[{"path","message"}]]}}` |

Where a policy refused, the `error` object of the first two also holds `reason`, the name of the rule; where a limit
did, `scope` (`key`, `project`, `team`, `global`, `end_user`) and `window` (`requests_per_minute`, `usd_per_day`, …).

*Retry* says whether the same request may succeed later without change.

)";

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return "debug";
    case Severity::info:
      return "info";
    case Severity::warn:
      return "warn";
    case Severity::error:
      return "error";
  }
  return "error";
}

}  // namespace

std::string errors_markdown() {
  std::vector<const ErrorInfo*> rows;
  for (const ErrorInfo& row : error_table()) rows.push_back(&row);
  std::ranges::sort(rows, {}, [](const ErrorInfo* row) { return std::pair(row->http_status, row->code); });

  std::string out(kIntroduction);
  const auto to = std::back_inserter(out);
  fmt::format_to(
      to,
      "| code | status | OpenAI `type` | Anthropic `type` | Gemini `status` | retry | logged as |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const ErrorInfo* row : rows) {
    fmt::format_to(to, "| [`{0}`](#{0}) | {1} | `{2}` | `{3}` | `{4}` | {5} | {6} |\n", row->name,
                   row->http_status, row->openai_type, row->anthropic_type, row->gemini_status,
                   row->retryable ? "yes" : "no", severity_name(row->severity));
  }
  for (const ErrorInfo* row : rows) {
    fmt::format_to(to, "\n## {}\n\n{} · {}\n\n{}\n", row->name, row->http_status, row->message, row->meaning);
  }
  return out;
}

}  // namespace relayna::core
