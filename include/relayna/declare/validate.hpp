#pragma once

#include <string>
#include <vector>

#include "relayna/config/settings.hpp"

namespace relayna::declare {

/// Every problem of a declarative file, process settings included, in the order of the file, without touching
/// a store. What is printed is `where: message`, which begins with `file:line:column`.
std::vector<config::Problem> validate_file(const std::string& path, const config::Environment& environment);

}  // namespace relayna::declare
