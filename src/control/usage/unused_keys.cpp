#include <algorithm>
#include <tuple>

#include "control/api/lists.hpp"
#include "control/resources/key_shape.hpp"
#include "control/usage/event_cursor.hpp"
#include "control/usage/usage.hpp"

namespace relayna::control {

namespace {

using domain::VirtualKey;

constexpr std::int64_t kMostDays = 1'000;
constexpr std::string_view kOrder = "created_at";

/// Oldest first, then by id: the order the store gives them in.
bool comes_after(const VirtualKey& key, const store::EventCursor& place) {
  return std::tie(key.created_at, key.id) > std::tie(place.created_at, place.request_id);
}

core::Result<Answer> list(store::AnalyticsRepository& analytics, Call& call) {
  const auto days = call.query.take_number("days", 1, kMostDays, 30, call.problems);
  const auto limit =
      static_cast<std::size_t>(call.query.take_number("limit", 1, kMostPage, kDefaultPage, call.problems));
  const auto project = call.query.take("project_id");
  if (project && !core::Uuid::parse(*project)) call.problems.add("project_id", "must be a UUID");
  std::optional<store::EventCursor> after;
  if (const auto cursor = call.query.take("cursor")) {
    after = event_cursor(*cursor, kOrder);
    if (!after) call.problems.add("cursor", "is none of this list");
  }
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto keys = analytics.unused_keys(call.now - std::chrono::days(days), std::nullopt);
  if (!keys) return std::unexpected(std::move(keys.error()));
  std::erase_if(*keys, [&](const VirtualKey& key) {
    return (project && key.project_id != *project) || (after && !comes_after(key, *after));
  });

  json::Document data = json::Document::array();
  for (std::size_t i = 0; i < std::min(limit, keys->size()); ++i)
    data.push_back(key_shape().show((*keys)[i], call.now));
  std::string next;
  if (keys->size() > limit) {
    const VirtualKey& last = (*keys)[limit - 1];
    next = to_text({.created_at = last.created_at, .request_id = last.id}, kOrder);
  }
  Answer answer;
  answer.body = page_document(std::move(data), next);
  return answer;
}

}  // namespace

void add_unused_keys(Api& api, const Resources& with) {
  auto made = usage_reading("/admin/usage/unused-keys", "usage.unused-keys", "Keys that nobody uses");
  made.about = "Neither disabled nor revoked, and without a request in the last days; the oldest first.";
  made.query = {
      {"days", {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostDays}, {"default", 30}}, "How many."},
      {"project_id", {{"type", "string"}, {"format", "uuid"}}, "Of this project."},
      {"limit",
       {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostPage}, {"default", kDefaultPage}},
       "Keys per page."},
      {"cursor", {{"type", "string"}}, "`next_cursor` of the page before."}};
  made.response = page_schema(key_shape().name());
  made.run = Operation::Blocking([&store = with.store](Call& call) { return list(store.analytics(), call); });
  api.add(std::move(made));
}

}  // namespace relayna::control
