#include "control/usage/report_rows.hpp"

#include "control/api/schemas.hpp"

namespace relayna::control {

using json::Document;
using std::chrono::hours;

namespace {

Document described(std::string about) {
  return {{"type", {"string", "null"}}, {"description", std::move(about)}};
}
Document name_schema() {
  return described("null: those that name none.");
}
Document label_schema() {
  return described("What a key, project or team with this id is called now.");
}

}  // namespace

core::Result<Document> show_groups(const std::vector<store::UsageGroup>& groups,
                                   store::UsageDimension dimension, Names& names) {
  Document data = Document::array();
  for (const auto& group : groups) {
    const auto label = names.of(dimension, group.name);
    if (!label) return std::unexpected(label.error());
    data.push_back({{"name", shown_name(group.name)},
                    {"label", shown_name(*label)},
                    {"summary", summary_shape().show(group.summary, {})}});
  }
  return data;
}

Document group_schema() {
  return object_schema(
      {{"name", name_schema()}, {"label", label_schema()}, {"summary", reference(summary_shape().name())}});
}

std::vector<store::UsagePoint> without_gaps(std::vector<store::UsagePoint> points,
                                            const store::Coverage& covered, hours bucket) {
  if (!covered.from || !covered.to) return points;
  std::vector<store::UsagePoint> filled;
  auto known = points.begin();
  const auto length = std::chrono::duration_cast<std::chrono::microseconds>(bucket);
  const auto rest = covered.from->time_since_epoch() % length;
  for (auto start = *covered.from - rest; start < *covered.to; start += length) {
    const bool there = known != points.end() && known->bucket == start;
    filled.push_back(there ? std::move(*known++)
                           : store::UsagePoint{.bucket = start, .name = {}, .summary = {}});
  }
  return filled;
}

core::Result<Document> show_points(const std::vector<store::UsagePoint>& points, const Dimension* split,
                                   hours bucket, Names& names) {
  Document data = Document::array();
  for (const auto& point : points) {
    Document shown{{"start", core::to_rfc3339(point.bucket)},
                   {"end", core::to_rfc3339(point.bucket + bucket)}};
    if (split != nullptr) {
      const auto label = names.of(split->dimension, point.name);
      if (!label) return std::unexpected(label.error());
      shown["name"] = shown_name(point.name);
      shown["label"] = shown_name(*label);
    }
    shown["summary"] = summary_shape().show(point.summary, {});
    data.push_back(std::move(shown));
  }
  return data;
}

Document point_schema() {
  const Document moment{{"type", "string"}, {"format", "date-time"}};
  Document point =
      object_schema({{"start", moment}, {"end", moment}, {"summary", reference(summary_shape().name())}});
  point["properties"]["name"] = name_schema();
  point["properties"]["label"] = label_schema();
  return point;
}

}  // namespace relayna::control
