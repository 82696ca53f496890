#include "control/api/add_resource.hpp"
#include "control/resources/money_part.hpp"
#include "control/resources/resources.hpp"
#include "control/resources/shapes.hpp"

namespace relayna::control {

namespace {

using domain::Route;
using domain::RouteSettings;

constexpr std::int64_t kMostTimeoutMs = 3'600'000;
constexpr std::int64_t kMostBodyBytes = 1'073'741'824;

/// The routes that can be set; /health is always there.
constexpr bool configurable(Route route) noexcept {
  return route != Route::health && route != Route::unknown;
}

}  // namespace

const Shape<RouteSettings>& route_shape() {
  static const auto shape = [] {
    Shape<RouteSettings> route("Route", "How a route of the proxy listener behaves.");
    route
        .computed(
            "id", {{"type", "string"}},
            [](const RouteSettings& row, core::SystemTime) -> json::Document {
              return std::string(domain::route_id(row.route));
            },
            "")
        .listed("id", true);
    route
        .computed(
            "route", {{"type", "string"}},
            [](const RouteSettings& row, core::SystemTime) -> json::Document {
              return std::string(domain::route_label(row.route));
            },
            "As policies, metrics and usage call it.")
        .listed("route", true);
    route
        .field("enabled", &RouteSettings::enabled, flag(), Field::settable,
               "Off: every request is refused with disabled_route.")
        .listed("enabled", true);
    route.field("timeout_ms", &RouteSettings::timeout_ms, optional_number(1, kMostTimeoutMs), Field::settable,
                "From the request's first byte to the answer's last; null: no limit.");
    route.field("max_request_body_bytes", &RouteSettings::max_request_body_bytes,
                optional_number(1, kMostBodyBytes), Field::settable, "null: the global cap alone.");
    route.field("max_response_body_bytes", &RouteSettings::max_response_body_bytes,
                optional_number(1, kMostBodyBytes), Field::settable, "null: no limit.");
    route
        .field("drain_on_disconnect", &RouteSettings::drain_on_disconnect, flag(), Field::settable,
               "Read the answer to its end although the client left, so that its usage is known.")
        .listed("drain_on_disconnect");
    route.field("request_usd", &RouteSettings::request_cost, optional_dollars(), Field::settable,
                "What a request costs when neither the upstream nor the price list says; null: unknown.");
    return route;
  }();
  return shape;
}

namespace {

std::optional<RouteSettings> defaults_of(const std::string& id) {
  const auto route = domain::parse_route_id(id);
  if (!route || !configurable(*route)) return std::nullopt;
  RouteSettings settings;
  settings.route = *route;
  return settings;
}

/// Every route as it is shown, in the order of domain::Route, also those nobody has set.
core::Result<std::vector<json::Document>> all_routes(store::Administration& store, core::SystemTime now) {
  std::vector<json::Document> all;
  for (auto route = Route{}; route != Route::unknown;
       route = static_cast<Route>(static_cast<std::uint8_t>(route) + 1)) {
    const std::string id(domain::route_id(route));
    const auto defaults = defaults_of(id);
    if (!defaults) continue;
    auto stored = store.of<RouteSettings>().get(id);
    if (!stored) return std::unexpected(std::move(stored.error()));
    all.push_back(route_shape().show(stored->value_or(*defaults), now));
  }
  return all;
}

core::Result<Answer> list_routes(store::Administration& store, Call& call) {
  const auto fields = route_shape().fields();
  auto query = read_list_query(call, fields, {});
  if (!call.query.take("sort")) query.sort.clear();
  if (!call.problems.empty()) return std::unexpected(call.problems.error());
  auto all = all_routes(store, call.now);
  if (!all) return std::unexpected(std::move(all.error()));
  auto page = page_of(std::move(*all), query, fields);
  if (!page) {
    call.problems.add("cursor", "is the id of no route");
    return std::unexpected(call.problems.error());
  }
  Answer answer;
  answer.body = std::move(*page);
  return answer;
}

}  // namespace

void add_routes(Api& api, const Resources& with) {
  auto& store = with.store.administration();
  Resource<RouteSettings> routes{.path = "routes",
                                 .tag = "Routes",
                                 .one = "route",
                                 .shape = &route_shape(),
                                 .read_scope = "policies:read",
                                 .write_scope = "policies:write",
                                 .lists = false,
                                 .creates = false,
                                 .removes = false};
  routes.unstored = defaults_of;
  Operation list;
  list.method = "GET";
  list.path = routes.collection();
  list.id = "routes.list";
  list.tag = routes.tag;
  list.summary = "List every route with its settings";
  list.scope = routes.read_scope;
  list.query = list_parameters(route_shape().fields(), {});
  list.response = page_schema(route_shape().name());
  list.run = Operation::Blocking([&store](Call& call) { return list_routes(store, call); });
  api.add(std::move(list));
  add_resource(api, store, routes);
  const auto set_enabled = [](bool enabled) {
    return [enabled](Change<RouteSettings>& change) -> core::Result<void> {
      change.row.enabled = enabled;
      return {};
    };
  };
  add_action<RouteSettings>(api, store, routes, "enable", "Serve a route again", routes.write_scope,
                            set_enabled(true));
  add_action<RouteSettings>(api, store, routes, "disable", "Stop serving a route", routes.write_scope,
                            set_enabled(false));
}

}  // namespace relayna::control
