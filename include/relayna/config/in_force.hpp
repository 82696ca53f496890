#pragma once

#include <string>
#include <vector>

#include "relayna/config/settings.hpp"
#include "relayna/json/document.hpp"

namespace relayna::config {

/// One process setting as a process has it, for operators to see.
struct SettingInForce {
  std::string name;         ///< the environment variable; of a setting that only the file has, its key
  std::string file_key;     ///< empty: not in the file
  std::string group;        ///< `listeners`
  std::string group_title;  ///< `Listeners`
  std::string help;
  std::string source;       ///< flag | environment | file | default
  bool secret = false;      ///< neither value is told
  bool configured = false;  ///< it has a value
  json::Document value;     ///< null: unset, or secret; durations and addresses as they are written
  json::Document default_value;
};

/// Every process setting, in the order of docs/configuration.md and from the same declarations.
std::vector<SettingInForce> settings_in_force(const Loaded& loaded);

}  // namespace relayna::config
