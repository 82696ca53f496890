#pragma once

#include <span>
#include <string_view>

#include "relayna/store/analytics.hpp"

#include "control/api/operation.hpp"

namespace relayna::control {

/// What usage is told apart by, as the API calls it.
struct Dimension {
  std::string_view name;  ///< `end_user`
  std::string_view path;  ///< `by-end-user`
  store::UsageDimension dimension;
};
std::span<const Dimension> dimensions() noexcept;

/// Reads the parameter `name`, one of the dimensions' names; null when it is not given or wrong, which goes
/// to the problems.
const Dimension* take_dimension(Call& call, std::string_view name);
json::Document dimension_schema();

/// The store spells those that name none as an empty text, answers as null.
json::Document shown_name(const std::string& name);

}  // namespace relayna::control
