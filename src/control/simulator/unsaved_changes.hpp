#pragma once

#include "relayna/store/rows.hpp"

#include "control/api/codec.hpp"

namespace relayna::control {

inline constexpr std::size_t kMostChanges = 100;  ///< of one kind

/// Makes `changes` to rows in memory as they would be made to stored ones: `{"policy_layers": […], "routes":
/// […], "models": […], "limits": […]}`. An entry names its row (a layer by kind and scope_id or by id, a
/// route by id, a model or a limit by name) and is merged into it as PATCH would, or is a new row; with
/// `"remove": true` the row goes. Problems are told below `changes`.
void apply_changes(const json::Document& changes, store::CatalogRows& rows, Problems& problems);
json::Document unsaved_changes_schema();

}  // namespace relayna::control
