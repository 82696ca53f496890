#include "relayna/domain/passthrough.hpp"

#include "control/api/schemas.hpp"
#include "control/settings/settings_group.hpp"

namespace relayna::control {

namespace {

core::Result<json::Document> in_force(const json::Document& saved) {
  auto settings = domain::parse_litellm_passthrough(json::dump(saved));
  if (!settings) return std::unexpected(std::move(settings.error()));
  return json::parse(domain::to_json(*settings));
}

}  // namespace

SettingsGroup litellm_passthrough_group() {
  const json::Document number = {{"type", "integer"}, {"minimum", 1}};
  return {
      .name = std::string(domain::kLitellmPassthroughSetting),
      .title = "LiteLLM passthrough",
      .path = "/admin/providers/litellm-passthrough",
      .id = "litellm-passthrough",
      .tag = "Providers",
      .read_scope = "providers:read",
      .write_scope = "providers:write",
      .about =
          "Paths that no route of the gateway has and that go on to LiteLLM as they are. They need a key, "
          "and are recorded.",
      .schema_name = "LitellmPassthrough",
      .fields = {{"enabled", {{"type", "boolean"}}, "Off: such paths are unsupported_route."},
                 {"allowed_paths", array_of({{"type", "string"}}),
                  "1 to 64, each a path, or with `*` at the end everything that begins so."},
                 {"allowed_methods", array_of({{"type", "string"}}), "1 to 16 HTTP methods, in capitals."},
                 {"timeout_ms", number, "From the request's first byte to the answer's last."},
                 {"max_request_body_bytes", number, "Beyond it 413."},
                 {"max_response_body_bytes", number, "An answer that is longer is broken off."}},
      .in_force = in_force};
}

}  // namespace relayna::control
