#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relayna/domain/catalog_objects.hpp"

// Lists that lie in one column, as JSON arrays. `read_json` is false, and `out` unchanged, for what this
// binary does not understand: a newer one may have written it. `storable_json`: whether both databases keep
// every text in the list.

namespace relayna::store {

std::string to_json(const std::vector<std::string>& texts);
bool read_json(std::string_view json, std::vector<std::string>& out);
bool storable_json(const std::vector<std::string>& texts);

std::string to_json(const std::vector<domain::ModelTarget>& targets);
bool read_json(std::string_view json, std::vector<domain::ModelTarget>& out);
bool storable_json(const std::vector<domain::ModelTarget>& targets);

}  // namespace relayna::store
