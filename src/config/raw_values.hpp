#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "relayna/config/settings.hpp"
#include "relayna/config/yaml.hpp"

#include "config/setting.hpp"

// Where the text of a setting comes from, before anything is made of it.
namespace relayna::config {

struct RawValue {
  std::string text;
  std::string where;    ///< how a problem names it: the variable, the flag, or empty for a value of the file
  yaml::Mark mark;      ///< in the file
  bool broken = false;  ///< set, but its text could not be had; that has been reported
};
using RawValues = std::map<const Setting*, RawValue>;

/// The variables that are set, canonical names before old ones, secrets also from NAME_FILE. Warns of old
/// names, of names of a split control plane and of names that look like ours but are not.
RawValues environment_values(const Environment& environment, std::vector<Problem>& problems,
                             std::vector<std::string>& warnings);

/// The process settings in a file's tree. `root` is expanded where it has sections of process settings;
/// unknown keys in them are reported.
RawValues section_values(yaml::Node& root, const Environment& environment, yaml::Diagnostics& diagnostics);

/// What depends on more than one setting.
void cross_check(const Settings& settings, const std::map<std::string, std::string>& sources,
                 std::vector<Problem>& problems, std::vector<std::string>& warnings);

}  // namespace relayna::config
