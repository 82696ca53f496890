#pragma once

#include "relayna/store/administration.hpp"

#include "control/api/operation.hpp"
#include "control/api/shape.hpp"

namespace relayna::control {

inline constexpr std::int64_t kDefaultPage = 50;
inline constexpr std::int64_t kMostPage = 500;

/// Reads `limit`, `cursor`, `sort` (`name`, `-created_at`), `q` (part of `search`, a column; empty: not
/// offered) and a condition per listed field: its value, one of its `filter_values`, `null` for unset;
/// moments also as `<field>_from` and
/// `<field>_to` (half-open). What is wrong goes to the call's problems.
store::ListQuery read_list_query(Call& call, const std::vector<FieldInfo>& fields, const std::string& search);

/// The same for documents.
std::vector<Parameter> list_parameters(const std::vector<FieldInfo>& fields, const std::string& search);

/// Whether a row that is not in the store, as it is shown, meets the conditions of a list.
bool meets(const json::Document& shown, const store::ListQuery& query, const std::vector<FieldInfo>& fields);

/// A store's complaint about a column, as one about the parameter that meant it.
core::Error in_terms_of_fields(core::Error error, const std::vector<FieldInfo>& fields);

/// `{"data": […], "next_cursor": …}`
json::Document page_document(json::Document data, const std::string& next);
json::Document page_schema(const std::string& item);

}  // namespace relayna::control
