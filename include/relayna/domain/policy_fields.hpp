#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/policy.hpp"

// The fields of a policy by type, each named once: merge, JSON and the save checks all walk these tables, so
// a field cannot be forgotten in one of them.

namespace relayna::domain {

struct NumberField {
  std::string_view name;
  std::optional<std::int64_t> Policy::* member;
  std::int64_t min;
  std::int64_t max;
};
inline constexpr std::int64_t kNoMax = std::numeric_limits<std::int64_t>::max();
inline constexpr std::array kNumberFields{
    NumberField{"rpm_limit", &Policy::rpm_limit, 0, kNoMax},
    NumberField{"tpm_limit", &Policy::tpm_limit, 0, kNoMax},
    NumberField{"max_requests_per_day", &Policy::max_requests_per_day, 0, kNoMax},
    NumberField{"max_tokens_per_day", &Policy::max_tokens_per_day, 0, kNoMax},
    NumberField{"max_concurrent_requests", &Policy::max_concurrent_requests, 0, kNoMax},
    NumberField{"max_input_tokens_per_request", &Policy::max_input_tokens_per_request, 0, kNoMax},
    NumberField{"max_output_tokens_per_request", &Policy::max_output_tokens_per_request, 0, kNoMax},
    NumberField{"default_output_tokens", &Policy::default_output_tokens, 1, kNoMax},
    NumberField{"unused_key_auto_disable_after_days", &Policy::unused_key_auto_disable_after_days, 1, 36'500},
    NumberField{"max_request_body_bytes", &Policy::max_request_body_bytes, 0, kNoMax},
    NumberField{"max_response_body_bytes", &Policy::max_response_body_bytes, 1, kNoMax},
    NumberField{"max_stream_duration_seconds", &Policy::max_stream_duration_seconds, 1, 31'536'000},
    NumberField{"max_sse_event_bytes", &Policy::max_sse_event_bytes, 1, kNoMax},
    NumberField{"max_tool_call_count", &Policy::max_tool_call_count, 0, kNoMax},
    NumberField{"max_tool_schema_bytes", &Policy::max_tool_schema_bytes, 0, kNoMax},
};

/// US dollars.
struct MoneyField {
  std::string_view name;
  std::optional<core::Money> Policy::* member;
};
inline constexpr std::array kMoneyFields{
    MoneyField{"daily_budget_usd", &Policy::daily_budget},
    MoneyField{"weekly_budget_usd", &Policy::weekly_budget},
    MoneyField{"monthly_budget_usd", &Policy::monthly_budget},
    MoneyField{"total_budget_usd", &Policy::total_budget},
    MoneyField{"max_cost_per_request", &Policy::max_cost_per_request},
};

struct BoolField {
  std::string_view name;
  bool Policy::* member;
  bool restricts;  ///< true when `true` is the stricter value (merged by OR instead of AND)
};
inline constexpr std::array kBoolFields{
    BoolField{"deny", &Policy::deny, true},
    BoolField{"allow_streaming", &Policy::allow_streaming, false},
    BoolField{"allow_tools", &Policy::allow_tools, false},
    BoolField{"require_max_tokens", &Policy::require_max_tokens, true},
};

struct PermissionField {
  std::string_view name;
  Permission Policy::* member;
};
inline constexpr std::array kPermissionFields{
    PermissionField{"allow_unpriced_models", &Policy::allow_unpriced_models},
};

enum class ListKind : std::uint8_t { routes, models, providers, services, addresses };
struct ListField {
  std::string_view name;
  std::vector<std::string> Policy::* member;
  ListKind kind;
};
inline constexpr std::array kListFields{
    ListField{"allowed_routes", &Policy::allowed_routes, ListKind::routes},
    ListField{"allowed_models", &Policy::allowed_models, ListKind::models},
    ListField{"allowed_providers", &Policy::allowed_providers, ListKind::providers},
    ListField{"allowed_services", &Policy::allowed_services, ListKind::services},
    ListField{"allowed_source_addresses", &Policy::allowed_source_addresses, ListKind::addresses},
};
inline constexpr std::string_view kHoursField = "allowed_hours_utc";
inline constexpr std::string_view kVersionField = "policy_version";

}  // namespace relayna::domain
