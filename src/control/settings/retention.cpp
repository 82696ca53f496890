#include "relayna/domain/retention.hpp"

#include "control/settings/settings_group.hpp"

namespace relayna::control {

SettingsGroup retention_group(const Resources& with) {
  const json::Document days = {{"type", "integer"}, {"minimum", 0}, {"maximum", domain::kMostRetentionDays}};
  return {
      .name = std::string(domain::kRetentionSetting),
      .title = "Retention",
      .path = "/admin/settings/retention",
      .id = "retention",
      .tag = "Settings",
      .read_scope = "settings:read",
      .write_scope = "settings:write",
      .about =
          "For how many days history is kept; 0: for ever. What is older is deleted in the background, for "
          "good. Reports, balances and limits keep what it adds up to.",
      .schema_name = "Retention",
      .fields = {{"usage_days", days, "Single usage events.", "GATEWAY_RETENTION_USAGE_DAYS"},
                 {"audit_days", days, "The audit log.", "GATEWAY_RETENTION_AUDIT_DAYS"}},
      .in_force = [configured = with.retention](const json::Document& saved) -> core::Result<json::Document> {
        auto retention = domain::parse_retention(json::dump(saved), configured);
        if (!retention) return std::unexpected(std::move(retention.error()));
        return json::parse(domain::to_json(*retention));
      }};
}

}  // namespace relayna::control
