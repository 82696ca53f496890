#pragma once

#include "control/api/operation.hpp"

namespace relayna::control {

/// Judges the parameters of a call by what its operation declares: one it does not know, one without a value,
/// and one that is none of the declared values, no UUID, no number or neither true nor false are problems of
/// the call: a filter that is silently ignored would show what was not asked for. Handlers see the others
/// only.
void check_query(Call& call);

/// What is wrong with the value of a parameter of this schema; nullopt: nothing. Bounds are for the handlers.
std::optional<std::string> parameter_problem(const json::Document& schema, const std::string& value);

/// What somebody types to search by may be nothing yet.
bool may_be_empty(const Parameter& parameter) noexcept;

}  // namespace relayna::control
