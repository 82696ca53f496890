#include "control/limits/window_use.hpp"

#include <algorithm>
#include <optional>

#include "control/api/schemas.hpp"
#include "control/resources/money_part.hpp"

namespace relayna::control {

using domain::LimitKind;
using json::Document;

namespace {

std::int64_t of(const domain::PerLimit& amounts, LimitKind kind) {
  return amounts[static_cast<std::size_t>(kind)];
}

Document amount(LimitKind kind, std::int64_t number) {
  if (domain::is_money(kind)) return nanos_as_dollars().show(number);
  return number;
}

Document name_of(LimitKind kind) {
  return std::string(domain::to_string(kind));
}

std::set<LimitKind> kinds_of(const domain::LimitSet& limits) {
  std::set<LimitKind> kinds;
  for (std::size_t i = 0; i < domain::kLimitKinds; ++i) {
    if (limits.has(static_cast<LimitKind>(i))) kinds.insert(static_cast<LimitKind>(i));
  }
  return kinds;
}

Document names_of(const std::set<LimitKind>& kinds) {
  Document names = Document::array();
  for (const auto kind : kinds) names.push_back(name_of(kind));
  return names;
}

/// When a period is over, or the first of a full minute leaves it; nullopt: nothing to wait for, or forever.
std::optional<core::SystemTime> resets_at(LimitKind kind, const counters::Standing& standing,
                                          core::SystemTime at) {
  if (kind != LimitKind::requests_per_minute && kind != LimitKind::tokens_per_minute)
    return domain::period_end(kind, at);
  const auto seconds = kind == LimitKind::requests_per_minute ? standing.requests_reset_seconds
                                                              : standing.tokens_reset_seconds;
  if (seconds == 0) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(at) + std::chrono::seconds(seconds);
}

Document window_use(LimitKind kind, std::int64_t limit, bool soft, const counters::Use& use,
                    core::SystemTime at) {
  // Less than nothing for a moment, when counters were emptied and not all is delivered that was set back.
  const auto used = std::max<std::int64_t>(0, of(use.standing.used, kind));
  const auto ends = resets_at(kind, use.standing, at);
  return {{"window", name_of(kind)},
          {"soft", soft},
          {"limit", amount(kind, limit)},
          {"used", amount(kind, used)},
          {"reserved", amount(kind, of(use.reserved, kind))},
          {"remaining", amount(kind, std::max<std::int64_t>(0, limit - used))},
          {"resets_at", ends ? Document(core::to_rfc3339(*ends)) : Document()},
          {"refuses", !soft && used >= limit}};
}

Document kind_schema() {
  domain::LimitSet all;
  all.most.fill(0);
  return {{"type", "string"}, {"enum", names_of(kinds_of(all))}};
}

Document amount_schema(std::string about) {
  return {{"type", "number"}, {"minimum", 0}, {"description", std::move(about)}};
}

}  // namespace

std::set<LimitKind> resettable(const domain::LimitSet& limits) {
  auto kinds = kinds_of(limits);
  kinds.erase(LimitKind::concurrent_requests);
  return kinds;
}

std::set<LimitKind> read_windows(const Document& given, const std::string& path,
                                 const std::set<LimitKind>& among, Problems& problems) {
  std::set<LimitKind> wanted;
  if (!given.is_array() || given.empty()) {
    problems.add(path, "must be a list of windows, among " + names_of(among).dump());
    return wanted;
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto kind = std::ranges::find(among, given[i], name_of);
    if (kind != among.end()) {
      wanted.insert(*kind);
    } else {
      problems.add(path + '[' + std::to_string(i) + ']', "must be one of " + names_of(among).dump());
    }
  }
  return wanted;
}

Document window_uses(const domain::LimitedScope& scope, const counters::Use& use, core::SystemTime at) {
  Document windows = Document::array();
  for (const auto kind : kinds_of(scope.hard))
    windows.push_back(window_use(kind, scope.hard.of(kind), false, use, at));
  for (const auto kind : kinds_of(scope.soft))
    windows.push_back(window_use(kind, scope.soft.of(kind), true, use, at));
  return windows;
}

Document window_use_schema() {
  return object_schema(
      {{"window", kind_schema()},
       {"soft", {{"type", "boolean"}, {"description", "It warns and never refuses."}}},
       {"limit", amount_schema("US dollars of `usd_…`.")},
       {"used", amount_schema("What requests under way have reserved is part of it.")},
       {"reserved", amount_schema("That part: settling replaces it by what they really used.")},
       {"remaining", amount_schema("")},
       {"resets_at",
        {{"type", Document::array({"string", "null"})},
         {"format", "date-time"},
         {"description",
          "When the day, week or month is over; of minutes, when the oldest of what counts leaves. null: "
          "nothing leaves by itself, or nothing is used."}}},
       {"refuses", {{"type", "boolean"}, {"description", "Nothing is left: every request is refused."}}}});
}

Document window_resets(const std::set<LimitKind>& kinds, const counters::Use& before) {
  Document windows = Document::array();
  for (const auto kind : kinds) {
    windows.push_back({{"window", name_of(kind)},
                       {"used", amount(kind, std::max<std::int64_t>(0, of(before.standing.used, kind)))},
                       {"kept", amount(kind, domain::is_durable(kind) ? of(before.reserved, kind) : 0)}});
  }
  return windows;
}

Document window_reset_schema() {
  return object_schema({{"window", kind_schema()},
                        {"used", amount_schema("Before.")},
                        {"kept", amount_schema("What requests under way hold of it, which stays.")}});
}

}  // namespace relayna::control
