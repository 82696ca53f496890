#pragma once

#include <map>

#include "relayna/store/administration.hpp"

#include "control/api/operation.hpp"
#include "control/api/shape.hpp"

namespace relayna::control {

inline constexpr std::int64_t kDefaultPage = 50;
inline constexpr std::int64_t kMostPage = 500;

/// Reads `limit`, `cursor`, `sort` (`name`, `-created_at`), `q` (part of `search`, a column; empty: not
/// offered) and a condition per listed field: its value, one of its `filter_values`, `null` for unset;
/// moments also as `<field>_from` and `<field>_to` (half-open). What is wrong goes to the call's problems.
store::ListQuery read_list_query(Call& call, const std::vector<FieldInfo>& fields, const std::string& search);
/// A problem when `cursor` is none of the store's; whether it is of this list in this order the store says.
void check_cursor(Call& call, const store::ListQuery& query);

/// What conditions on fields may say, where the fields' own schemas leave it open.
using ValuesOfFields = std::map<std::string, std::vector<std::string>, std::less<>>;
/// The parameters that `read_list_query` reads, as operations declare them.
std::vector<Parameter> list_parameters(const std::vector<FieldInfo>& fields, const std::string& search,
                                       const ValuesOfFields& values = {});

/// A store's complaint about a column, as one about the parameter that meant it.
core::Error in_terms_of_fields(core::Error error, const std::vector<FieldInfo>& fields);

/// `{"data": […], "next_cursor": …}`
json::Document page_document(json::Document data, const std::string& next);
json::Document page_schema(const std::string& item);

}  // namespace relayna::control
