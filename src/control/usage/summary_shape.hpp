#pragma once

#include "relayna/store/analytics.hpp"

#include "control/api/shape.hpp"

namespace relayna::control {

/// How sums are shown.
const Shape<store::UsageSummary>& summary_shape();

/// What is in `all` beside `part`; nothing below 0.
store::UsageSummary without(const store::UsageSummary& all, const store::UsageSummary& part) noexcept;
void add_to(store::UsageSummary& sum, const store::UsageSummary& part) noexcept;

/// `{from, to, complete}`: what an answer is about.
json::Document show(const store::Coverage& covered);
json::Document coverage_schema();

}  // namespace relayna::control
