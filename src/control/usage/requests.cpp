#include <algorithm>

#include "control/api/lists.hpp"
#include "control/api/schemas.hpp"
#include "control/usage/event_cursor.hpp"
#include "control/usage/event_shape.hpp"
#include "control/usage/summary_shape.hpp"
#include "control/usage/usage.hpp"
#include "control/usage/usage_filter.hpp"

namespace relayna::control {

namespace {

using json::Document;

constexpr PeriodRule kPeriod{.ever_by_id = true};

struct Order {
  std::string_view name;  ///< as `sort` spells it
  store::EventOrder order;
  bool ascending;
};
constexpr Order kOrders[] = {
    {"-created_at", store::EventOrder::created_at, false},
    {"created_at", store::EventOrder::created_at, true},
    {"-cost", store::EventOrder::cost, false},
    {"cost", store::EventOrder::cost, true},
    {"-latency", store::EventOrder::latency, false},
    {"latency", store::EventOrder::latency, true},
    {"-tokens", store::EventOrder::tokens, false},
    {"tokens", store::EventOrder::tokens, true},
};

std::vector<std::string_view> order_names() {
  std::vector<std::string_view> names;
  for (const Order& known : kOrders) names.push_back(known.name);
  return names;
}

core::Result<Answer> list(store::AnalyticsRepository& analytics, Call& call) {
  const auto names = order_names();
  const auto sort = call.query.take_choice("sort", names, call.problems).value_or("-created_at");
  const Order& order = *std::ranges::find(kOrders, sort, &Order::name);
  store::EventQuery query{.filter = {}, .order = order.order, .ascending = order.ascending, .after = {}};
  query.limit =
      static_cast<std::size_t>(call.query.take_number("limit", 1, kMostPage, kDefaultPage, call.problems));
  if (const auto cursor = call.query.take("cursor")) {
    query.after = event_cursor(*cursor, sort);
    if (!query.after) call.problems.add("cursor", "is none of this list in this order");
  }
  query.filter = read_usage_filter(call, kPeriod);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  const auto page = analytics.events(query);
  if (!page) return std::unexpected(page.error());

  Document data = Document::array();
  for (const auto& event : page->events) data.push_back(event_shape().show(event, {}));
  Answer answer;
  answer.body = page_document(std::move(data), page->next ? to_text(*page->next, sort) : "");
  answer.body["covered"] = show(page->covered);
  return answer;
}

core::Result<Answer> get(store::AnalyticsRepository& analytics, Call& call) {
  const auto& id = call.at("request_id");
  if (!core::Uuid::parse(id)) call.problems.add("request_id", "must be the gateway's own id, a UUID");
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  const auto event = analytics.event(id);
  if (!event && event.error().code == core::ErrorCode::not_found) {
    return core::fail(
        core::ErrorCode::not_found,
        "No request with this id is stored. What has just ended is stored within seconds, what is "
        "older than the retention is gone.");
  }
  if (!event) return std::unexpected(event.error());
  Answer answer;
  answer.body = event_shape().show(*event, {});
  return answer;
}

Document list_schema() {
  Document schema = page_schema(event_shape().name());
  schema["properties"]["covered"] = coverage_schema();
  schema["required"].push_back("covered");
  return schema;
}

}  // namespace

void add_usage_requests(Api& api, const Resources& with) {
  auto listed =
      usage_reading("/admin/usage/requests", "usage.requests.list", "List requests that have ended");
  listed.about =
      "A page looks at a bounded number of requests: it may hold fewer than `limit`, even none, and have a "
      "next "
      "one. In the orders of cost, latency and tokens only the newest of a long period are looked at; "
      "`covered` "
      "says from when.";
  listed.query = {{"limit",
                   {{"type", "integer"}, {"minimum", 1}, {"maximum", kMostPage}, {"default", kDefaultPage}},
                   "Requests per page."},
                  {"cursor", {{"type", "string"}}, "`next_cursor` of the page before."},
                  {"sort",
                   {{"type", "string"}, {"enum", order_names()}, {"default", "-created_at"}},
                   "`-`: the newest or the most first."}};
  for (auto& parameter : usage_filter_parameters(kPeriod)) listed.query.push_back(std::move(parameter));
  listed.response = list_schema();
  listed.run =
      Operation::Blocking([&store = with.store](Call& call) { return list(store.analytics(), call); });
  // The name it has beside the other reports' paths.
  Operation events = listed;
  events.path = "/admin/usage/events";
  events.id = "usage.events";
  events.about = "The same as `/admin/usage/requests`.";
  api.add(std::move(listed));
  api.add(std::move(events));

  auto one = usage_reading("/admin/usage/requests/{request_id}", "usage.requests.get",
                           "All that is stored of a request");
  one.response = reference(event_shape().name());
  one.errors = {core::ErrorCode::not_found};
  one.run = Operation::Blocking([&store = with.store](Call& call) { return get(store.analytics(), call); });
  api.add(std::move(one));
}

}  // namespace relayna::control
