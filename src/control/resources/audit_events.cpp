#include <algorithm>

#include "control/api/add_resource.hpp"
#include "control/resources/common_fields.hpp"
#include "control/resources/resources.hpp"

namespace relayna::control {

namespace {

using domain::AuditEvent;

/// What a resource showed before or after a change; null when there was nothing.
Codec<std::string> snapshot() {
  Codec<std::string> codec;
  codec.schema = {{"type", json::Document::array({"object", "null"})}};
  codec.show = [](const std::string& text) {
    auto shown = text.empty() ? core::Result<json::Document>() : json::parse(text);
    return shown ? std::move(*shown) : json::Document();
  };
  return codec;
}

const Shape<AuditEvent>& audit_shape() {
  static const auto shape = [] {
    Shape<AuditEvent> event("AuditEvent", "Who did what to what, and how it was before and after.");
    event.field("id", &AuditEvent::id, uuid(), Field::shown, "").listed("id");
    event.field("created_at", &AuditEvent::created_at, moment(), Field::shown, "").listed("created_at", true);
    event
        .field("actor_id", &AuditEvent::actor_id, optional_uuid(), Field::shown,
               "The operator; null: not by the API.")
        .listed("actor_id");
    event.field("actor_name", &AuditEvent::actor_name, text(0, 200), Field::shown, "As it was called then.")
        .listed("actor_name");
    event.field("action", &AuditEvent::action, text(0, 200), Field::shown, "`keys.rotate`").listed("action");
    event.field("target_type", &AuditEvent::target_type, text(0, 200), Field::shown, "`keys`")
        .listed("target_type");
    event
        .field("target_id", &AuditEvent::target_id, optional_text(512), Field::shown,
               "null: there is only one of its type.")
        .listed("target_id");
    event.field("before", &AuditEvent::before, snapshot(), Field::shown, "");
    event.field("after", &AuditEvent::after, snapshot(), Field::shown, "");
    event.field("request_id", &AuditEvent::request_id, text(0, 64), Field::shown, "").listed("request_id");
    event.field("ip", &AuditEvent::ip, optional_text(64), Field::shown, "").listed("ip");
    event.field("user_agent", &AuditEvent::user_agent, optional_text(512), Field::shown, "");
    return event;
  }();
  return shape;
}

/// What is recorded of the operations, by their ids, and of what the gateway, its sign-in and its commands
/// do.
std::vector<std::string> action_names(const Api& api) {
  std::vector<std::string> names{
      "keys.reset",      "operators.bootstrap", "operators.change-password", "operators.reset", "purge",
      "sessions.create", "usage.export",        "usage.export-costs"};
  for (const auto& operation : api.operations()) {
    if (operation->method != "GET" && !operation->scope.empty()) names.push_back(operation->id);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> target_types() {
  return {"alert-deliveries",
          "alert-settings",
          "alert-webhooks",
          "audit-events",
          "data-key",
          "idempotent-answers",
          "keys",
          "limits",
          "litellm-credentials",
          "log-level",
          "models",
          "operators",
          "policy-layers",
          "prices",
          "projects",
          "provider-credentials",
          "providers",
          "routes",
          "sessions",
          "settings",
          "studio",
          "teams",
          "usage",
          "usage-events"};
}

}  // namespace

void add_audit_events(Api& api, const Resources& with) {
  Resource<AuditEvent> events{
      .path = "audit-events",
      .tag = "Audit",
      .one = "audit event",
      .shape = &audit_shape(),
      .read_scope = "audit:read",
      .write_scope = "",
      .filter_values = {{"action", action_names(api)}, {"target_type", target_types()}},
      .creates = false,
      .patches = false,
      .removes = false};
  add_readings(api, with.store.administration(), events);
}

}  // namespace relayna::control
