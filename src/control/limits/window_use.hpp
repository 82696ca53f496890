#pragma once

#include <set>
#include <string>

#include "relayna/counters/counters.hpp"
#include "relayna/domain/limit_rules.hpp"

#include "control/api/codec.hpp"

// What is used of limits as the API shows it: a window is one number of a limit, `usd_per_day`.

namespace relayna::control {

/// Those a reset may name: all but `concurrent_requests`.
std::set<domain::LimitKind> resettable(const domain::LimitSet& limits);

/// A list of windows' names, each of which must be one of `among`.
std::set<domain::LimitKind> read_windows(const json::Document& given, const std::string& path,
                                         const std::set<domain::LimitKind>& among, Problems& problems);

/// One entry for each number of `scope`: how much it is, what is used of it, and when there is more.
json::Document window_uses(const domain::LimitedScope& scope, const counters::Use& use, core::SystemTime at);
json::Document window_use_schema();

/// What was used of each of `kinds`, and what requests under way hold of that.
json::Document window_resets(const std::set<domain::LimitKind>& kinds, const counters::Use& before);
json::Document window_reset_schema();

}  // namespace relayna::control
