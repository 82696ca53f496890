#pragma once

#include <vector>

#include "relayna/config/in_force.hpp"
#include "relayna/control/admin.hpp"

namespace relayna::app {

/// What the admin API tells of the process's settings.
std::vector<control::Admin::ProcessSetting> process_settings(
    const std::vector<config::SettingInForce>& settings);

domain::Retention configured_retention(const config::Settings& settings);

}  // namespace relayna::app
