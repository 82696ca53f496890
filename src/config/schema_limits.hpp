#pragma once

#include "config/schema_fields.hpp"

// The sections `limits` and `pricing`.
namespace relayna::config::schema {

inline constexpr std::array<std::string_view, 5> kLimitScopes{"key", "project", "team", "global", "end_user"};
inline constexpr std::array kLimits{
    Field{.key = "name", .help = "Unique.", .example = "search-monthly", .required = true},
    Field{.key = "scope",
          .shape = Shape::choice,
          .help = "Whose requests count together.",
          .example = "project",
          .required = true,
          .choices = kLimitScopes},
    Field{.key = "target",
          .help =
              "The key's, project's or team's name, or the end user. Unset: each of them has the limit by "
              "itself. None for `global`.",
          .example = "search"},
    Field{.key = "model",
          .help = "Counts only this model, by the name its provider is asked for; a trailing `*` covers what "
                  "follows, "
                  "counted together.",
          .example = "gpt-4o*"},
    Field{.key = "soft",
          .shape = Shape::boolean,
          .help = "Warns from 80 % on instead of refusing; for budgets only.",
          .example = "true",
          .default_text = "false"},
    number("rpm_limit", "Requests per minute.", "600"),
    number("tpm_limit", "Tokens per minute.", "300000"),
    number("max_requests_per_day", "Requests per day.", "100000"),
    number("max_tokens_per_day", "Tokens per day.", "10000000"),
    number("max_concurrent_requests", "Requests at the same time.", "32"),
    dollars("daily_budget_usd", "US dollars per day."),
    dollars("weekly_budget_usd", "US dollars per week, from Monday."),
    dollars("monthly_budget_usd", "US dollars per month."),
    dollars("total_budget_usd", "US dollars in all."),
};

constexpr Field rate(std::string_view key, std::string_view help) {
  return {.key = key, .shape = Shape::dollars, .help = help, .example = "0.15"};
}
/// US dollars per million tokens.
inline constexpr std::array kRates{
    rate("input_usd_per_million", "US dollars per million input tokens."),
    rate("output_usd_per_million", "US dollars per million output tokens."),
    rate("cache_read_usd_per_million", "Input read from a prompt cache; as input when unset."),
    rate("cache_write_usd_per_million", "Input written to a prompt cache; as input when unset."),
    rate("cache_write_1h_usd_per_million",
         "Input written to a cache for an hour; as `cache_write` when unset."),
    rate("reasoning_usd_per_million", "Reasoning tokens; as output when unset."),
    rate("audio_input_usd_per_million", "Audio in; unknown when unset."),
    rate("audio_output_usd_per_million", "Audio out; unknown when unset."),
    rate("image_input_usd_per_million", "Images in; as input when unset."),
    rate("image_output_usd_per_million", "Images out; unknown when unset."),
};
inline constexpr std::array kPriceHead{
    Field{.key = "provider",
          .help = "The provider whose requests cost this.",
          .example = "openai",
          .required = true},
    Field{.key = "model",
          .help = "What the provider is asked for; a trailing `*` covers what follows.",
          .example = "gpt-4o*",
          .required = true},
    Field{.key = "effective_from",
          .help = "The date or time (UTC) it begins; unset: it has always held.",
          .example = "2030-01-31"},
};
inline constexpr auto kLongContext = joined(std::array{Field{.key = "above_input_tokens",
                                                             .shape = Shape::integer,
                                                             .help = "Input tokens above which they hold.",
                                                             .example = "200000",
                                                             .required = true,
                                                             .min = 1}},
                                            kRates);
inline constexpr auto kPricing =
    joined(joined(kPriceHead, kRates),
           std::array{dollars("request_usd", "US dollars per request, on top of its tokens."),
                      Field{.key = "long_context",
                            .shape = Shape::object,
                            .help = "Rates of the whole request when its input is long.",
                            .fields = kLongContext}});

}  // namespace relayna::config::schema
