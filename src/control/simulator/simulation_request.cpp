#include "control/simulator/simulation_request.hpp"

#include <boost/asio/ip/address.hpp>

#include "control/resources/key_shape.hpp"
#include "control/resources/money_part.hpp"
#include "control/simulator/unsaved_changes.hpp"

namespace relayna::control {

using json::Document;

namespace {

constexpr std::size_t kMostPath = 4'096;
constexpr std::size_t kMostText = 256;

Codec<std::string> method_codec() {
  std::vector<std::pair<std::string, std::string_view>> names;
  for (const std::string_view name : {"POST", "GET", "PUT", "PATCH", "DELETE", "HEAD"})
    names.emplace_back(name, name);
  return choice(std::move(names));
}

Codec<std::optional<bool>> optional_flag() {
  Codec<std::optional<bool>> codec;
  codec.schema = {{"type", Document::array({"boolean", "null"})}};
  codec.nullable = true;
  codec.read = [](const Document& given, std::optional<bool>& value, const std::string& path,
                  Problems& problems) { flag().read(given, value.emplace(), path, problems); };
  codec.show = [](const std::optional<bool>& value) { return value ? Document(*value) : Document(); };
  return codec;
}

/// A part that is read later, when what it changes is known.
auto object_into(Document SimulationRequest::* member, std::string name) {
  return [member, name = std::move(name)](const Document& given, SimulationRequest& row, Problems& problems) {
    if (given.is_object() || given.is_null()) {
      row.*member = given;
    } else {
      problems.add(name, "must be an object, not " + std::string(type_name(given)));
    }
  };
}

Document key_schema() {
  auto schema = create_schema(key_shape().fields());
  schema.erase("required");
  return nullable(std::move(schema));
}

std::optional<std::string> path_of(const std::string& route) {
  auto known = domain::parse_route_id(route);
  if (!known) known = domain::parse_route_label(route);
  return known ? pipeline::path_of_route(*known) : std::nullopt;
}

void check_target(const SimulationRequest& row, Problems& problems) {
  if (row.path.empty() == row.route.empty()) {
    problems.add("path", row.path.empty() ? "is required, or `route`" : "does not go with `route`");
  } else if (!row.route.empty() && !path_of(row.route)) {
    problems.add("route",
                 "is no route with one path; give its label, for example /v1/chat/completions, or a `path`");
  } else if (!row.path.empty() && !row.path.starts_with('/')) {
    problems.add("path", "must be a path of the proxy listener such as /v1/chat/completions");
  }
}

void check_address(const SimulationRequest& row, Problems& problems) {
  boost::system::error_code failed;
  if (!row.source_address.empty()) boost::asio::ip::make_address(row.source_address, failed);
  if (failed) problems.add("source_address", "must be an IP address, for example 192.0.2.7");
}

void add_caller(Shape<SimulationRequest>& shape) {
  using Row = SimulationRequest;
  shape.field("key_id", &Row::key_id, optional_uuid(), Field::settable,
              "The stored key that asks; null: one that is not stored, as `key` describes it.");
  shape.input("key", key_schema(), object_into(&Row::key, "key"),
              "What would be different about the stored key, or a key to be: `policy`, `project_id`, "
              "`disabled`, `expires_at`, `preset` of a new one.");
  shape.field("source_address", &Row::source_address, optional_text(64), Field::settable,
              "Where it asks from; null: where you do.");
  shape.field("at", &Row::at, optional_moment(), Field::settable, "When it asks; null: now.");
  shape.field("end_user", &Row::end_user, optional_text(kMostText), Field::settable,
              "As `x-relayna-end-user` names it; null: what the body says.");
}

void add_request(Shape<SimulationRequest>& shape) {
  using Row = SimulationRequest;
  shape.field("path", &Row::path, optional_text(kMostPath), Field::settable,
              "Of the proxy listener: `/v1/chat/completions`.");
  shape.field("route", &Row::route, optional_text(kMostText), Field::settable,
              "Instead of `path`: the id or the label of a route that has one path.");
  shape.field("method", &Row::method, method_codec(), Field::settable, "By default what the route serves.");
  shape.field("model", &Row::model, optional_text(kMostText), Field::settable, "Goes before the body's.");
  shape.field("stream", &Row::stream, optional_flag(), Field::settable, "Goes before the body's.");
  shape.field("provider", &Row::provider, optional_text(kMostText), Field::settable,
              "As `x-relayna-provider` names it.");
  shape.field("service_name", &Row::service_name, optional_text(kMostText), Field::settable,
              "The service it is for.");
  shape.input(
      "body", {{"description", "What would be sent."}},
      [](const Document& given, Row& row, Problems& problems) {
        if (!given.is_object() && !given.is_null())
          return problems.add("body", "must be an object, not " + std::string(type_name(given)));
        row.body = given;
      },
      "The JSON body; everything below is read from it unless it is given.");
}

void add_amounts(Shape<SimulationRequest>& shape) {
  using Row = SimulationRequest;
  const auto amount = [&](const char* name, auto member, const char* about) {
    shape.field(name, member, optional_number(0), Field::settable, about);
  };
  amount("request_body_bytes", &Row::request_body_bytes, "");
  amount("estimated_input_tokens", &Row::estimated_input_tokens, "By default a third of the bytes.");
  amount("max_output_tokens", &Row::max_output_tokens, "The most it asks for.");
  amount("tool_count", &Row::tool_count, "Tools it declares.");
  amount("tool_schema_bytes", &Row::tool_schema_bytes, "Bytes of `tools`.");
  shape.field("estimated_cost_usd", &Row::estimated_cost, optional_dollars(), Field::settable,
              "Instead of what the prices say.");
}

/// The body that is read: what was given, with what goes before it.
std::string body_of(const SimulationRequest& wanted) {
  Document body = wanted.body;
  if (!wanted.model.empty()) body["model"] = wanted.model;
  if (wanted.stream) body["stream"] = *wanted.stream;
  return body.is_null() ? std::string() : json::dump(body);
}

}  // namespace

const Shape<SimulationRequest>& simulation_shape() {
  static const auto shape = [] {
    Shape<SimulationRequest> request("PolicySimulation", "A request nobody has sent.");
    add_caller(request);
    add_request(request);
    add_amounts(request);
    request.input("changes", unsaved_changes_schema(), object_into(&SimulationRequest::changes, "changes"),
                  "What would be different about the configuration.");
    request.rule({"path", "route"}, check_target);
    request.rule({"source_address"}, check_address);
    return request;
  }();
  return shape;
}

pipeline::SimulatedRequest simulated(const SimulationRequest& wanted, const Call& call) {
  pipeline::SimulatedRequest request;
  request.target = wanted.path.empty() ? path_of(wanted.route).value_or("") : wanted.path;
  request.method = wanted.method.empty() ? pipeline::usual_method(request.target) : wanted.method;
  request.source = call.address;
  if (!wanted.source_address.empty()) request.source = boost::asio::ip::make_address(wanted.source_address);
  request.at = wanted.at.value_or(call.now);
  request.wanted_provider = wanted.provider;
  if (!wanted.end_user.empty()) request.end_user = wanted.end_user;
  request.service = wanted.service_name;
  request.body = core::Buffer(body_of(wanted));
  const auto unsigned_of = [](const std::optional<std::int64_t>& amount) -> std::optional<std::size_t> {
    return amount ? std::optional(static_cast<std::size_t>(*amount)) : std::nullopt;
  };
  request.body_bytes = unsigned_of(wanted.request_body_bytes);
  request.tool_count = unsigned_of(wanted.tool_count);
  request.tool_schema_bytes = unsigned_of(wanted.tool_schema_bytes);
  request.estimated_input_tokens = wanted.estimated_input_tokens;
  request.max_output_tokens = wanted.max_output_tokens;
  request.cost = wanted.estimated_cost;
  return request;
}

}  // namespace relayna::control
