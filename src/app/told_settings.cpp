#include "app/told_settings.hpp"

namespace relayna::app {

std::vector<control::Admin::ProcessSetting> process_settings(
    const std::vector<config::SettingInForce>& settings) {
  std::vector<control::Admin::ProcessSetting> told;
  for (const auto& setting : settings) {
    told.push_back({.name = setting.name,
                    .file_key = setting.file_key,
                    .group = setting.group,
                    .group_title = setting.group_title,
                    .about = setting.help,
                    .source = setting.source,
                    .secret = setting.secret,
                    .configured = setting.configured,
                    .value = setting.value,
                    .default_value = setting.default_value});
  }
  return told;
}

domain::Retention configured_retention(const config::Settings& settings) {
  return {.usage_days = static_cast<std::int64_t>(settings.retention_usage_days),
          .audit_days = static_cast<std::int64_t>(settings.retention_audit_days)};
}

}  // namespace relayna::app
