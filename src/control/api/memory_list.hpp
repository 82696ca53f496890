#pragma once

#include "control/api/lists.hpp"

// Lists of rows that are not in the store, as they are shown.

namespace relayna::control {

/// Whether a row meets the conditions of a list.
bool meets(const json::Document& shown, const store::ListQuery& query, const std::vector<FieldInfo>& fields);

/// A page of `rows`, which is all there are: those that meet the conditions, in the order asked for (an empty
/// `sort`: as they stand). Each has an `id`, which is the cursor behind it. nullopt: the cursor is none of
/// them.
std::optional<json::Document> page_of(std::vector<json::Document> rows, const store::ListQuery& query,
                                      const std::vector<FieldInfo>& fields);

}  // namespace relayna::control
