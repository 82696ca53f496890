#pragma once

#include <chrono>
#include <vector>

#include "control/usage/dimensions.hpp"
#include "control/usage/names.hpp"
#include "control/usage/summary_shape.hpp"

// The rows that reports are made of.

namespace relayna::control {

/// `{name, label, summary}` of each.
core::Result<json::Document> show_groups(const std::vector<store::UsageGroup>& groups,
                                         store::UsageDimension dimension, Names& names);
json::Document group_schema();

/// A point for every bucket of what the answer covers: where nothing was used stands 0, not a gap.
std::vector<store::UsagePoint> without_gaps(std::vector<store::UsagePoint> points,
                                            const store::Coverage& covered, std::chrono::hours bucket);
/// `{start, end, summary}` of each, with `name` and `label` when it is `split` (null: it is not).
core::Result<json::Document> show_points(const std::vector<store::UsagePoint>& points, const Dimension* split,
                                         std::chrono::hours bucket, Names& names);
json::Document point_schema();

}  // namespace relayna::control
