#include "control/alerts/alerts.hpp"
#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"

namespace relayna::control {

namespace {

using domain::AlertDelivery;
using Test = store::Filter::Test;

/// The body as it was sent, which is JSON.
Codec<std::string> payload() {
  Codec<std::string> codec;
  codec.schema = {{"type", {"object", "null"}}};
  codec.show = [](const std::string& text) { return json::parse(text).value_or(json::Document()); };
  return codec;
}

std::vector<std::string> event_names() {
  std::vector<std::string> names;
  for (const auto& event : kAlertEvents) names.emplace_back(event.name);
  return names;
}

json::Document state_schema() {
  return {{"type", "string"}, {"enum", {"pending", "delivered", "failed"}}};
}

const Shape<AlertDelivery>& delivery_shape() {
  static const auto shape = [] {
    Shape<AlertDelivery> delivery("AlertDelivery", "One alert on its way to one webhook.");
    delivery
        .field("id", &AlertDelivery::id, uuid(), Field::shown, "Also the field `webhook-id` of each attempt.")
        .listed("id");
    delivery.field("webhook_id", &AlertDelivery::webhook_id, uuid(), Field::shown, "").listed("webhook_id");
    delivery.field("event", &AlertDelivery::event, text(0, 64), Field::shown, "").listed("event");
    delivery.computed(
        "state", state_schema(),
        [](const AlertDelivery& row, core::SystemTime) { return json::Document(std::string(state_of(row))); },
        "`failed`: given up after 24 hours; it can be retried.");
    delivery.field("attempts", &AlertDelivery::attempts, number(0), Field::shown, "").listed("attempts");
    delivery.field("next_attempt_at", &AlertDelivery::next_attempt_at, optional_moment(), Field::shown,
                   "null: it has ended.");
    delivery.field("delivered_at", &AlertDelivery::delivered_at, optional_moment(), Field::shown, "")
        .listed("delivered_at");
    delivery.field("last_error", &AlertDelivery::last_error, optional_text(500), Field::shown,
                   "Why the last attempt failed.");
    delivery.field("payload", &AlertDelivery::payload, payload(), Field::shown, "What is sent.");
    delivery.field("created_at", &AlertDelivery::created_at, moment(), Field::shown, "")
        .listed("created_at", true);
    return delivery;
  }();
  return shape;
}

/// A state follows from which of its moments are set.
void read_state(Call& call, store::ListQuery& query) {
  const auto state = call.query.take("state");
  if (!state) return;
  const auto where = [&](const char* column, Test test) { query.where.push_back({column, test, {}}); };
  if (*state == "pending") {
    where("next_attempt_at", Test::is_not_null);
  } else if (*state == "delivered") {
    where("delivered_at", Test::is_not_null);
  } else {
    where("next_attempt_at", Test::is_null);
    where("delivered_at", Test::is_null);
  }
}

core::Result<Answer> list(store::Administration& store, Call& call) {
  const auto fields = delivery_shape().fields();
  auto query = read_list_query(call, fields, {});
  read_state(call, query);
  check_cursor(call, query);
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto page = store.of<AlertDelivery>().list(query);
  if (!page) return std::unexpected(in_terms_of_fields(std::move(page.error()), fields));
  json::Document data = json::Document::array();
  for (const auto& row : page->rows) data.push_back(delivery_shape().show(row, call.now));
  Answer answer;
  answer.body = page_document(std::move(data), page->next);
  return answer;
}

}  // namespace

void add_alert_deliveries(Api& api, const Resources& with, AlertSender& sender) {
  auto* store = &with.store.administration();
  Resource<AlertDelivery> deliveries{.path = "alerts/deliveries",
                                     .kind = "alert-deliveries",
                                     .tag = "Alerts",
                                     .one = "alert delivery",
                                     .shape = &delivery_shape(),
                                     .read_scope = "alerts:read",
                                     .write_scope = "alerts:write",
                                     .lists = false,
                                     .creates = false,
                                     .patches = false,
                                     .removes = false};
  Operation listed;
  listed.method = "GET";
  listed.path = deliveries.collection();
  listed.id = "alert-deliveries.list";
  listed.tag = "Alerts";
  listed.summary = "List each alert delivery";
  listed.about = "What has ended is kept for 30 days.";
  listed.scope = "alerts:read";
  listed.query = list_parameters(delivery_shape().fields(), {}, {{"event", event_names()}});
  listed.query.push_back({"state", state_schema(), "Only these."});
  listed.response = page_schema(delivery_shape().name());
  listed.run = Operation::Blocking([store](Call& call) { return list(*store, call); });
  api.add(std::move(listed));
  add_readings(api, *store, deliveries);

  auto* send = &sender;
  add_action<AlertDelivery>(api, *store, deliveries, "retry", "Try a delivery again at once", "alerts:write",
                            [send](Change<AlertDelivery>& change) -> core::Result<void> {
                              if (change.before->delivered_at)
                                return core::fail(core::ErrorCode::conflict, "It was delivered already.");
                              change.row.next_attempt_at = change.call.now;
                              send->hurry();
                              return {};
                            });
}

}  // namespace relayna::control
